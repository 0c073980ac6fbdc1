"""A store of every format there has been opens, answers and is sound; a migration happens whole or not at all."""

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from midthought.memory.database.tables import migrations as migration_table
from midthought.memory.database.tables.migrations import migrations
from midthought.memory.errors import NotFound, StoreDamaged, StoreError
from midthought.memory.maintenance.backup import write_backup
from midthought.memory.maintenance.repair import repair_namespace
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Part, Span
from midthought.memory.store import Store

from .conftest import OWNER
from .stores.make_store import COUNTING, ENCODER, GONE, KETTLE, TRAJECTORY, write

FORMATS = range(1, len(migrations()) + 1)
EARLIER = FORMATS[:-1]
FOLDER = Path(__file__).parent / "stores"
OTHER = Namespace("other")
NEW = Procedure("How do I add?", "Count on.")


def test_each_migration_begins_with_its_number() -> None:
    """Two of one number would both run, in the order of their names, and the second would be of no format."""
    assert [int(name[:4]) for name, _ in migrations()] == list(FORMATS)


def unpack(number: int, folder: Path) -> Path:
    """A directory with the store of a format, as it was written then."""
    folder.mkdir()
    (folder / "midthought.duckdb").write_bytes(gzip.decompress((FOLDER / f"format-{number}.duckdb.gz").read_bytes()))
    assert format_of(folder) == number
    return folder


def format_of(folder: Path) -> int:
    """The format a directory is in, read without Midthought."""
    with duckdb.connect(str(folder / "midthought.duckdb"), read_only=True) as connection:
        return int(connection.execute("SELECT max(number) FROM migrations").fetchall()[0][0])


@pytest.mark.slow
@pytest.mark.parametrize("number", FORMATS)
def test_a_store_of_every_format_opens(tmp_path: Path, number: int) -> None:
    """It recalls by vector and word, keeps sources, rejections, runs and receipts, and what was forgotten stays so."""
    with Store(unpack(number, tmp_path / "home"), encoder=ENCODER) as store:
        for owner in (OWNER, OTHER):
            store.check_integrity(owner)
        hits = store.searcher.search_vectors(OWNER, np.eye(4, dtype=np.float32)[0], 5)
        found = store.searcher.entries_by_seq(OWNER, [seq for seq, _ in hits])
        assert hits[0][1] == pytest.approx(1.0)
        assert [found[seq].entry for seq, _ in hits] == [COUNTING, KETTLE]
        assert found[hits[0][0]].provenance == (
            Provenance(None, "own"),
            Provenance(TRAJECTORY.id, "fixture", Span(Part.THOUGHT, 0, 5)),
        )
        assert store.searcher.search_words(OWNER, "kettle", 5)[0][0] == store.reader.get_entry(OWNER, KETTLE.id).seq
        with pytest.raises(NotFound):
            store.reader.get_entry(OWNER, GONE.id)
        assert store.reader.get_trajectory(OWNER, TRAJECTORY.id) == TRAJECTORY
        assert [one.place for one in store.reader.list_rejections(OWNER, "o-1")] == ["traces.jsonl:2"]
        assert [one.id for one in store.reader.list_runs(OWNER)] == ["r-1"]
        assert [one.id for one in store.reader.list_receipts(OWNER)] == ["x-1"]
        assert [one.entry for one in store.reader.list_entries(OTHER)] == [KETTLE]
        assert store.reader.stats(OWNER).forgotten == 1
    assert format_of(tmp_path / "home") == FORMATS[-1]


@pytest.mark.sampled
def test_runs_of_the_fourteenth_format_get_their_columns(tmp_path: Path) -> None:
    """They are read from the content, also where that holds nothing, or is no JSON; a known outcome is its caller's."""
    home = unpack(14, tmp_path / "home")
    told = '{"arm":"before","engine":"demo"}'
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        for run_id, outcome, content in (("r-2", "unknown", told), ("r-3", "wrong", "torn {")):
            connection.execute(
                "INSERT INTO runs VALUES ('owner', ?, now(), 'Why?', ?, 1, 1.0, ?)", [run_id, outcome, content]
            )
    with Store(home, encoder=ENCODER) as store:
        runs = {one.id: one for one in store.reader.list_runs(OWNER)}
        ((hashed,),) = store.state.database.connection.execute(
            "SELECT DISTINCT question_hash FROM runs WHERE question = 'Why?'"
        ).fetchall()
    assert (runs["r-2"].arm, runs["r-2"].engine, runs["r-2"].outcomes) == ("before", "demo", ())
    assert hashed == runs["r-2"].question_hash
    for run_id, outcome in (("r-1", "correct"), ("r-3", "wrong")):
        run = runs[run_id]
        assert (run.arm, run.engine, run.withheld, run.holdout, run.entries) == ("in-thought", "", False, 0.0, ())
        assert [(one.outcome, one.source) for one in run.outcomes] == [(outcome, "caller")]


@pytest.mark.slow
@pytest.mark.parametrize("number", FORMATS)
def test_a_store_of_every_format_goes_on(tmp_path: Path, number: int) -> None:
    """It can be taught, made to forget, backed up and opened again."""
    with Store(unpack(number, tmp_path / "home"), encoder=ENCODER) as store:
        write(store, OWNER, NEW, 2)
        store.writer.forget_entry(OWNER, KETTLE.id)
        write_backup(store, tmp_path / "backup")
    with Store(tmp_path / "home", encoder=ENCODER) as store:
        store.check_integrity(OWNER)
        assert {one.entry for one in store.reader.list_entries(OWNER)} == {COUNTING, NEW}
        assert store.reader.get_entry(OWNER, NEW.id).seq > store.reader.get_entry(OWNER, COUNTING.id).seq + 3


@pytest.mark.slow
@pytest.mark.parametrize("number", FORMATS)
def test_a_failing_migration_changes_nothing(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its last statement fails, nothing of a migration is done, and the store opens once the cause is gone."""
    home = unpack(number, tmp_path / "home")
    broken = [*migrations(), ("9999_broken.sql", "DELETE FROM runs; SELECT no_such_column FROM entries")]
    with monkeypatch.context() as patched:
        patched.setattr(migration_table, "migrations", lambda: broken)
        with pytest.raises(StoreError, match="no_such_column"):
            Store(home, encoder=ENCODER)
    assert format_of(home) == FORMATS[-1]
    with Store(home, encoder=ENCODER) as store:
        assert [one.id for one in store.reader.list_runs(OWNER)] == ["r-1"]
        store.check_integrity(OWNER)


DOUBLE = (
    """UPDATE vectors SET seq = (SELECT seq FROM entries WHERE namespace = 'owner' AND domain = 'counting')
       WHERE namespace = 'other'""",
    """UPDATE provenance SET entry_seq = (SELECT seq FROM entries WHERE namespace = 'owner' AND domain = 'counting')
       WHERE namespace = 'other'""",
    """UPDATE entries SET seq = (SELECT seq FROM entries WHERE namespace = 'owner' AND domain = 'counting')
       WHERE namespace = 'other'""",
)


@pytest.mark.slow
def test_a_store_of_format_5_with_a_number_given_twice_is_mended(tmp_path: Path) -> None:
    """It opens, says what is wrong until it is repaired, and then has every entry, vector and source it had."""
    home = unpack(5, tmp_path / "home")
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        for statement in DOUBLE:
            connection.execute(statement)
    with Store(home, encoder=ENCODER) as store:
        with pytest.raises(StoreDamaged, match="2 entries share a sequence number"):
            store.reader.list_entries(OWNER)
        repair_namespace(store, OWNER, lambda keys: pytest.fail(f"every vector is known, but not of {keys}"))
        for owner, expected in ((OWNER, {COUNTING, KETTLE}), (OTHER, {KETTLE})):
            store.check_integrity(owner)
            assert {one.entry for one in store.reader.list_entries(owner)} == expected
            assert all(len(one.provenance) == 2 for one in store.reader.list_entries(owner))
        ((seq, cosine),) = store.searcher.search_vectors(OTHER, np.eye(4, dtype=np.float32)[3], 1)
        assert (store.searcher.entries_by_seq(OTHER, [seq])[seq].entry, cosine) == (KETTLE, pytest.approx(1.0))


KILLED = """
import os, signal, sys
from midthought.memory.database.tables import migrations as table
from midthought.memory.store import Store

class Killing(list):
    def __getitem__(self, rest):
        for number, one in enumerate(list.__getitem__(self, rest)):
            if number:
                os.kill(os.getpid(), signal.SIGKILL)
            yield one

known = Killing(table.migrations())
table.migrations = lambda: known
Store(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", EARLIER[:-1])
def test_killed_between_two_migrations_a_store_goes_on_with_the_second(tmp_path: Path, number: int) -> None:
    """Each is a transaction of its own: the store is whole in the first one's format, and the next opening goes on."""
    home = unpack(number, tmp_path / "home")
    done = subprocess.run([sys.executable, "-c", KILLED, str(home)], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    assert format_of(home) == number + 1
    with Store(home, encoder=ENCODER) as store:
        store.check_integrity(OWNER)
        assert len(store.reader.list_entries(OWNER)) == 2
    assert format_of(home) == FORMATS[-1]


@pytest.mark.sampled
@pytest.mark.parametrize("number", FORMATS)
def test_namespaces_are_those_that_held_something(tmp_path: Path, number: int) -> None:
    """And the default one, which is always there; each sees the starter memory, but nothing of what it forgot."""
    with Store(unpack(number, tmp_path / "home"), encoder=ENCODER, starter=True) as store:
        assert [str(one) for one in store.reader.list_namespaces()] == ["default", "other", "owner"]
        shared = tuple(
            EntryWrite(one, (Provenance(None, "starter:x"),), np.eye(4, dtype=np.float32)[axis])
            for axis, one in enumerate((GONE, COUNTING, NEW))
        )
        store.writer.plant(Batch(entries=shared))
        assert set(store.reader.starter_ids(OWNER)) == {NEW.id}
        assert set(store.reader.starter_ids(OTHER)) == {GONE.id, COUNTING.id, NEW.id}
        assert store.reader.stats(OWNER).forgotten == 1
