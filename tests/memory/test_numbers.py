"""Sequence numbers come from the database and are never given twice; a store in which they were is mended whole."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from midthought.memory.errors import StoreDamaged
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import find_faults, repair_namespace
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector, write_of

OTHER = Namespace("other")
VECTORS = {write_of(number).entry.key: unit_vector(number) for number in range(30)}


def encode(keys: list[str]) -> np.ndarray:
    """The vectors that the writes have."""
    return np.stack([VECTORS[key] for key in keys])


def set_back(store: Store, last: int) -> None:
    """Make a store give out numbers again, as a stale count did: the next one after `last`."""
    for statement in ("DROP INDEX IF EXISTS entries_seq", f"UPDATE numbers SET last = {last}"):
        store.state.database.connection.execute(statement)


@pytest.fixture
def doubled(tmp_path: Path) -> Path:
    """A store with the same number twice in a namespace, in two namespaces, and for a wording that was revised."""
    home = tmp_path / "doubled"
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(5)))
        store.writer.revise_entry(OWNER, write_of(0).entry.id, write_of(20))
        set_back(store, 2)
        store.writer.write(OWNER, batch_of(5, 6, 7))
        set_back(store, 0)
        store.writer.write(OTHER, batch_of(8, 9, 10, 11))
        store.state.indexes = None  # whoever left such a store had not indexed it
    return home


def entries_of(store: Store, owner: Namespace) -> dict[str, tuple[Entry, object]]:
    """Every entry with its sources."""
    return {one.id: (one.entry, one.provenance) for one in store.reader.list_entries(owner)}


@pytest.mark.slow
def test_a_store_with_doubles_opens_and_refuses_by_name(doubled: Path, tmp_path: Path) -> None:
    """Every read and write says what is wrong and which command mends it; closing works."""
    with Store(doubled, encoder=ENCODER) as store:
        assert store.state.database.doubled == 12
        assert [(fault.kind, fault.count) for fault in find_faults(store, OWNER)] == [(FaultKind.DOUBLE_NUMBER, 12)]
        for call in (
            lambda: store.reader.list_entries(OWNER),
            lambda: store.searcher.search_vectors(OWNER, unit_vector(1), 3),
            lambda: store.searcher.search_words(OWNER, "count", 3),
            lambda: store.check_integrity(OWNER),
            lambda: store.writer.write(OWNER, batch_of(12)),
            lambda: store.writer.forget_entry(OWNER, write_of(1).entry.id),
            lambda: store.reader.list_namespaces(),
            lambda: compact_store(store),
        ):
            with pytest.raises(StoreDamaged, match=r"12 entries share a sequence number.*midthought doctor --repair"):
                call()
        with pytest.raises(StoreDamaged, match="doctor --repair"), store.snapshot():
            pass


@pytest.mark.slow
def test_repair_numbers_anew_and_loses_nothing(doubled: Path) -> None:
    """Every entry, wording, vector and source is there afterwards, under numbers of their own, in both namespaces."""
    with Store(doubled, encoder=ENCODER) as store:
        assert repair_namespace(store, OWNER, encode)[0].kind is FaultKind.DOUBLE_NUMBER
        assert repair_namespace(store, OTHER, encode) == []
        expected = {OWNER: [20, *range(1, 8)], OTHER: [8, 9, 10, 11]}
        for owner, numbers in expected.items():
            store.check_integrity(owner)
            assert entries_of(store, owner) == {
                write_of(n).entry.id: (write_of(n).entry, write_of(n).provenance) for n in numbers
            }
            for number in numbers:
                ((seq, cosine),) = store.searcher.search_vectors(owner, unit_vector(number), 1)
                assert store.searcher.entries_by_seq(owner, [seq])[seq].entry == write_of(number).entry
                assert cosine == pytest.approx(1.0)
        assert [one.entry for one in store.reader.history(OWNER, write_of(20).entry.id)] == [
            write_of(0).entry,
            write_of(20).entry,
        ]
        seqs = [one.seq for owner in expected for one in store.reader.list_entries(owner)]
        assert len(set(seqs)) == len(seqs) == 12
        store.writer.write(OWNER, batch_of(13))
        store.writer.forget_entry(OTHER, write_of(9).entry.id)
    with Store(doubled, encoder=ENCODER) as store:
        assert len(store.reader.list_entries(OWNER)) == 9
        assert len(store.reader.list_entries(OTHER)) == 3
        for owner in expected:
            store.check_integrity(owner)


@pytest.mark.slow
def test_the_database_refuses_doubles(store: Store, tmp_path: Path) -> None:
    """Whatever the code believes, two entries cannot have one number: also after a compaction, and in a backup."""
    store.writer.write(OWNER, batch_of(1, 2))
    compact_store(store)
    with pytest.raises(duckdb.ConstraintException), store.state.database.lock:
        store.state.database.connection.execute("UPDATE entries SET seq = 1")
    store.writer.write(OTHER, batch_of(3))
    store.state.database.connection.execute("UPDATE numbers SET last = 1")  # as if something else had set it back
    with pytest.raises(StoreDamaged, match=r"Duplicate key .*: nothing was written"):
        store.writer.write(OWNER, batch_of(4))
    store.state.database.connection.execute("UPDATE numbers SET last = 3")
    store.writer.write(OWNER, batch_of(4))
    for owner in (OWNER, OTHER):
        store.check_integrity(owner)


@pytest.mark.slow
def test_a_number_is_never_given_again(store: Store) -> None:
    """After forgetting everything, compacting and opening again, the next entry has a number above all before."""
    store.writer.write(OWNER, batch_of(1, 2, 3))
    highest = max(one.seq for one in store.reader.list_entries(OWNER))
    store.writer.forget_namespace(OWNER)
    compact_store(store)
    path = store.path
    store.close()
    with Store(path, encoder=ENCODER) as again:
        again.writer.write(OWNER, batch_of(4))
        assert again.reader.list_entries(OWNER)[0].seq > highest


def test_a_failed_write_leaves_no_number_behind(store: Store) -> None:
    """A change that fails after taking numbers: the next write goes on as if it had not been."""
    store.writer.write(OWNER, batch_of(1))
    wrong = EncoderIdentity("tests", "digest-b", ENCODER.dimension)
    for _ in range(3):
        with pytest.raises(Exception, match=r"digest-b"):
            store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(2), encoder=wrong)
    store.writer.write(OWNER, batch_of(2))
    assert sorted(one.seq for one in store.reader.list_entries(OWNER)) == [1, 2]


@pytest.mark.sampled
@pytest.mark.parametrize("statement", ["delete", "revise"])
def test_numbers_of_another_namespace_are_left_alone(store: Store, statement: str) -> None:
    """Forgetting and revising name the namespace: a vector or a source under the same number elsewhere stays."""
    store.writer.write(OWNER, batch_of(1))
    store.writer.write(OTHER, batch_of(2))
    ((seq,),) = store.state.database.connection.execute("SELECT seq FROM entries WHERE namespace = 'owner'").fetchall()
    connection = store.state.database.connection
    connection.execute("INSERT INTO vectors SELECT 'third', ?, encoder_digest, vector FROM vectors LIMIT 1", [seq])
    connection.execute(
        "INSERT INTO provenance (namespace, entry_id, source, entry_seq) VALUES ('third', 'p', 's', ?)", [seq]
    )
    if statement == "delete":
        store.writer.forget_entry(OWNER, write_of(1).entry.id)
    else:
        store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(3))
    for table in ("vectors", "provenance"):
        assert connection.execute(f"SELECT count(*) FROM {table} WHERE namespace = 'third'").fetchall() == [(1,)]
