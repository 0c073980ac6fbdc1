"""What is exported and imported is the same, byte for byte, wherever it goes."""

import json
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midthought.ingest.transfer.export import export_namespace
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.memory.records.batch import EntryWrite
from midthought.memory.records.entry import Entry, Lesson, Procedure
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.memory.transfer.export_tables import EXPORTED, VECTOR_TABLES
from midthought.retrieval.encoders.hashing import HashingEncoder

from ...scale import DRAWS
from .conftest import (
    CONCEPT,
    ENCODER,
    LESSON,
    NEW_WORDING,
    OLD_WORDING,
    OWNER,
    PROCEDURE,
    STEPS,
    TRAJECTORY,
    contents,
    export,
    import_rows,
    revise,
    write_entries,
)

LAYOUTS = [("folder", "jsonl"), ("folder", "parquet"), ("one.jsonl", "jsonl")]


@pytest.mark.slow
@pytest.mark.parametrize("vectors", [False, True])
@pytest.mark.parametrize(("name", "format"), LAYOUTS)
def test_round_trip(full: Store, empty: Store, tmp_path: Path, name: str, format: str, vectors: bool) -> None:
    """An export of what was imported is the export that was imported, and the store is sound."""
    first = export(full, tmp_path / "a" / name, format=format, vectors=vectors)
    counts = import_rows(empty, first)
    assert {one.table: one.read for one in counts} == {one.table: one.stored for one in counts}
    assert all(one.stored for one in counts)
    second = export(empty, tmp_path / "b" / name, format=format, vectors=vectors)
    assert contents(second) == contents(first)
    empty.check_integrity(OWNER)
    assert len(contents(first)) == (1 if name.endswith("jsonl") else len(EXPORTED) + len(VECTOR_TABLES) * vectors)


def test_everything_is_in_it(full: Store, tmp_path: Path) -> None:
    """Text, provenance, wordings replaced, outcomes, operations, rejections, runs, receipts and merges are there."""
    folder = export(full, tmp_path / "folder", vectors=True)
    lines = {f.stem: [json.loads(x) for x in f.read_text().split("\n")[:-1]] for f in folder.glob("*.jsonl")}
    assert set(lines) == {table.name for table in (*EXPORTED, *VECTOR_TABLES)}
    entries = {one["id"]: one for one in lines["entries"]}
    assert set(entries) == {PROCEDURE.id, CONCEPT.id, LESSON.id, NEW_WORDING.id}
    assert entries[PROCEDURE.id]["content"]["subroutine"] == PROCEDURE.subroutine
    assert [place["source"] for place in entries[PROCEDURE.id]["provenance"]] == ["own", "tests"]
    assert entries[NEW_WORDING.id]["version"] == 2
    assert entries[NEW_WORDING.id]["lineage"] == OLD_WORDING.id == lines["retired"][0]["id"]
    assert lines["retired"][0]["retired_at"] == "2026-03-01T12:30:00.000007"
    assert lines["trajectories"][0]["outcome"] == "correct"
    assert [one["id"] for one in lines["operations"]] == ["o-1", "starter"]
    assert [one["place"] for one in lines["rejections"]] == ["traces.jsonl:2", "traces.jsonl:1"]
    assert (len(lines["runs"]), len(lines["receipts"]), len(lines["merges"])) == (1, 2, 1)
    assert {one["entry_id"] for one in lines["vectors"]} == {*entries, OLD_WORDING.id}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "format"), LAYOUTS)
def test_another_encoder(full: Store, tmp_path: Path, name: str, format: str) -> None:
    """Vectors of another encoder are made anew: everything else is the same, and search finds it."""
    other = HashingEncoder(24)
    first = export(full, tmp_path / "a" / name, format=format, vectors=True)
    with Store(tmp_path / "other", encoder=other.identity) as store:
        import_rows(store, first, encoder=other)
        store.check_integrity(OWNER)
        plain = export(full, tmp_path / "plain" / name, format=format)
        assert contents(export(store, tmp_path / "b" / name, format=format)) == contents(plain)
        (hit, *_) = store.searcher.search_vectors(OWNER, other.encode_queries([LESSON.situation])[0], 1)
        assert store.searcher.entries_by_seq(OWNER, [hit[0]])[hit[0]].entry == LESSON


@pytest.mark.slow
def test_vectors_are_used(full: Store, empty: Store, tmp_path: Path) -> None:
    """With vectors of the same encoder nothing is encoded; without, everything is."""
    encoded: list[str] = []

    class Counting(HashingEncoder):
        def encode_documents(self, texts):  # type: ignore[no-untyped-def]
            encoded.extend(texts)
            return super().encode_documents(texts)

    import_rows(empty, export(full, tmp_path / "with", vectors=True), encoder=Counting(16))
    assert encoded == []
    import_rows(empty, export(full, tmp_path / "without"), namespace=Namespace("b"), encoder=Counting(16))
    assert len(encoded) == 6  # one of the five has two keys


@pytest.mark.slow
def test_taking_in_twice_changes_nothing(full: Store, tmp_path: Path) -> None:
    """An export given again, even to the namespace it came from, stores nothing."""
    first = export(full, tmp_path / "a")
    counts = import_rows(full, first)
    assert [one.stored for one in counts] == [0] * len(EXPORTED)
    assert [one.known for one in counts] == [one.read for one in counts]
    assert contents(export(full, tmp_path / "b")) == contents(first)
    full.check_integrity(OWNER)


@pytest.mark.slow
def test_a_namespace_of_another_name(full: Store, empty: Store, tmp_path: Path) -> None:
    """The files do not depend on the namespace."""
    other = Namespace("other")
    first = export(full, tmp_path / "a")
    import_rows(empty, first, namespace=other)
    assert contents(export(empty, tmp_path / "b", namespace=other)) == contents(first)
    assert empty.reader.list_entries(OWNER) == []


@pytest.mark.slow
def test_merging_with_what_is_there(full: Store, empty: Store, tmp_path: Path) -> None:
    """A namespace that holds something keeps it, gains the rest, and an entry in both gains sources."""
    own = Lesson("It rains", "Take an umbrella")
    write_entries(empty, OWNER, own, PROCEDURE)
    with empty.state.database.transaction() as connection:
        connection.execute("DELETE FROM provenance WHERE source = 'own' AND entry_id = ?", [PROCEDURE.id])
    counts = {one.table: one for one in import_rows(empty, export(full, tmp_path / "a"))}
    assert (counts["entries"].read, counts["entries"].stored) == (4, 3)
    assert counts["trajectories"].known == 1
    assert {one.id for one in empty.reader.list_entries(OWNER)} == {
        own.id,
        PROCEDURE.id,
        CONCEPT.id,
        LESSON.id,
        NEW_WORDING.id,
    }
    assert {place.source for place in empty.reader.get_entry(OWNER, PROCEDURE.id).provenance} == {"own", "tests"}
    empty.check_integrity(OWNER)


@pytest.mark.slow
def test_a_later_wording_replaces_an_earlier_one(full: Store, empty: Store, tmp_path: Path) -> None:
    """Where the namespace still has the first wording, the one that comes takes its place; the history is one."""
    write_entries(empty, OWNER, OLD_WORDING)
    import_rows(empty, export(full, tmp_path / "a"))
    assert OLD_WORDING.id not in {one.id for one in empty.reader.list_entries(OWNER)}
    replaced = empty.reader.get_entry(OWNER, NEW_WORDING.id)
    assert replaced.version == 2
    assert len(replaced.provenance) == len(set(replaced.provenance))
    retired = (export(empty, tmp_path / "b") / "retired.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in retired] == [OLD_WORDING.id]
    empty.check_integrity(OWNER)
    first, second = empty.reader.history(OWNER, NEW_WORDING.id)
    assert (first.entry, second.entry) == (OLD_WORDING, NEW_WORDING)
    assert (first.retired_at, second.retired_at) == (second.created_at, None)


@pytest.mark.slow
def test_an_earlier_wording_does_not_come_back(full: Store, empty: Store, tmp_path: Path) -> None:
    """Where the namespace has a later wording, the one that comes is kept as history, and its sources are gained."""
    third = Procedure("How do I tally best?", "For problems like this I should tally in tens.")
    write_entries(empty, OWNER, OLD_WORDING)
    revise(empty, OWNER, OLD_WORDING, third, datetime(2026, 4, 1), version=3)
    import_rows(empty, export(full, tmp_path / "a"))
    current = {one.id for one in empty.reader.list_entries(OWNER)}
    assert third.id in current
    assert NEW_WORDING.id not in current
    retired = (export(empty, tmp_path / "b") / "retired.jsonl").read_text().splitlines()
    assert {json.loads(line)["id"] for line in retired} == {OLD_WORDING.id, NEW_WORDING.id}
    empty.check_integrity(OWNER)
    history = empty.reader.history(OWNER, third.id)
    assert [(one.version, one.entry, one.retired_at) for one in history] == [
        (1, OLD_WORDING, datetime(2026, 4, 1)),
        (2, NEW_WORDING, datetime(2026, 4, 1)),
        (3, third, None),
    ]


@pytest.mark.slow
def test_a_stopped_import_goes_on(full: Store, empty: Store, tmp_path: Path) -> None:
    """What an import committed before it was stopped is sound, and the second attempt completes it."""
    first = export(full, tmp_path / "a")

    class Stopping(HashingEncoder):
        def encode_documents(self, texts):  # type: ignore[no-untyped-def]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_rows(empty, first, encoder=Stopping(16))
    assert [one for one, _ in empty.reader.list_trajectories(OWNER)] == [TRAJECTORY.id]
    empty.check_integrity(OWNER)
    import_rows(empty, first)
    assert contents(export(empty, tmp_path / "b")) == contents(first)


def test_a_stopped_export_leaves_nothing(full: Store, tmp_path: Path) -> None:
    """An export that is stopped in the middle leaves neither its path nor anything beside it."""

    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_namespace(full, OWNER, tmp_path / "place" / "a", on_progress=stop)
    assert list((tmp_path / "place").iterdir()) == []


def test_what_is_there_is_not_overwritten(full: Store, tmp_path: Path) -> None:
    """An export to a path that exists is refused."""
    (tmp_path / "a").write_text("mine")
    with pytest.raises(BadInput, match="there already"):
        export(full, tmp_path / "a")
    assert (tmp_path / "a").read_text() == "mine"


def test_a_single_file_cannot_be_parquet(full: Store, tmp_path: Path) -> None:
    """Asking for both is refused, and nothing is written."""
    with pytest.raises(MidthoughtError, match="no Parquet"):
        export(full, tmp_path / "a.jsonl", format="parquet")
    assert not (tmp_path / "a.jsonl").exists()


@pytest.mark.slow
def test_writing_goes_on_during_an_export(full: Store, tmp_path: Path) -> None:
    """An export holds what there was when it began, though entries are written and forgotten meanwhile."""
    late = Lesson("Later", "Not in it")
    before = contents(export(full, tmp_path / "before"))

    def write(progress: object) -> None:
        write_entries(full, OWNER, late)
        if PROCEDURE.id in full.reader.known_entries(OWNER, [PROCEDURE.id]):
            full.writer.forget_entry(OWNER, PROCEDURE.id)

    export_namespace(full, OWNER, tmp_path / "during", on_progress=write)
    assert contents(tmp_path / "during") == before
    assert late.id in full.reader.known_entries(OWNER, [late.id])


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30)
ENTRIES = st.lists(
    st.one_of(
        st.builds(Lesson, TEXT, TEXT, domain=TEXT, tags=st.lists(TEXT, max_size=3).map(tuple)),
        st.builds(Procedure, TEXT, TEXT, applicability=TEXT, pitfalls=st.lists(TEXT, max_size=2).map(tuple)),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.slow
@pytest.mark.scaled
@settings(
    max_examples=6 * DRAWS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(entries=ENTRIES, layout=st.sampled_from(LAYOUTS))
def test_any_entries_round_trip(entries: list[Entry], layout: tuple[str, str]) -> None:
    """Whatever text entries hold, they come back as they were."""
    name, kind = layout
    with TemporaryDirectory() as place:
        folder = Path(place)
        with Store(folder / "a", encoder=ENCODER.identity) as one, Store(folder / "b", encoder=ENCODER.identity) as two:
            write_entries(one, OWNER, *entries)
            first = export(one, folder / "1" / name, format=kind, vectors=True)
            import_rows(two, first)
            assert contents(export(two, folder / "2" / name, format=kind, vectors=True)) == contents(first)
            assert [s.entry for s in two.reader.list_entries(OWNER)] == [
                s.entry for s in one.reader.list_entries(OWNER)
            ]


def test_every_column_is_moved_or_made_anew(full: Store) -> None:
    """Whatever a later format adds to a table is exported, or named here as what a store makes of its own."""
    own = {
        "entries": {"seq", "kind", "domain", "key", "tags"},
        "retired": {"seq", "kind", "domain", "key", "tags", "retired_seq"},
        "vectors": {"seq", "encoder_digest"},
        "runs": {"question_hash", "arm", "withheld", "holdout", "engine", "cached_tokens"},
        "trajectories": {"stored_at"},  # how old they are here
        "provenance": {"entry_id", "entry_seq", "source", "trajectory_id", "part", "span_start", "span_end"},
    }
    whole = {
        "job_requests",  # of paths and uploads of this machine
        "job_runs",
        "waiting_traces",  # what waits here to be learnt
        "traffic_counts",
        "retention_reports",  # of jobs that removed something here
        "kept_answers",  # to requests that this service got
        "api_keys",  # of this service: whoever gets an export must not get in
        "job_exclusions",  # of jobs that have not ended here
        "completions",  # kept to save calls while a job is resumed
        "calibrations",  # of an encoder and of this memory: made anew where the entries arrive
        "trust_marks",  # what is imported is not trusted, whoever trusts it elsewhere
        "migrations",
        "encoders",
        "keys",
        "tombstones",
        "source_changes",
        "checkpoints",
        "generations",
        "namespaces",
        "numbers",
    }
    moved = {table.name: {column.name for column in table.columns} for table in (*EXPORTED, *VECTOR_TABLES)}
    with full.snapshot() as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    left = {
        (table, column)
        for table, column in columns
        if table not in whole and column not in {"namespace", *own.get(table, ()), *moved.get(table, ())}
    }
    assert left == set()


@pytest.mark.slow
@pytest.mark.parametrize(("version", "vectors"), [(1, False), (2, True), (3, True), (4, True)])
def test_an_export_of_an_earlier_version(
    full: Store, empty: Store, tmp_path: Path, version: int, vectors: bool
) -> None:
    """It has nothing of runs but themselves, before version 4 no dead letters, before version 3 no steps, links and
    drafts, and everything else is taken in.
    """
    folder = export(full, tmp_path / "a", vectors=vectors)
    manifest = json.loads((folder / "manifest.json").read_text())
    later = {table.name for table in EXPORTED if table.since > version}
    expected = {"run_entries", "outcomes", "retirements", "run_evidence"} | ({"dead_letters"} if version < 4 else set())
    assert later == expected | ({"steps", "links", "drafts"} if version < 3 else set())
    for name in later:
        (folder / f"{name}.jsonl").unlink()
    manifest |= {"midthought_export": version, "files": [f for f in manifest["files"] if f["table"] not in later]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    counts = import_rows(empty, folder)
    assert all(one.stored == one.read > 0 for one in counts)
    assert empty.reader.get_steps(OWNER, TRAJECTORY.id) == (list(STEPS) if version >= 3 else [])
    empty.check_integrity(OWNER)
    assert "must name" in refused_without(folder, empty, {"runs"})


def refused_without(folder: Path, store: Store, names: set[str]) -> str:
    """Why an export is refused whose manifest does not name these tables."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = [file for file in manifest["files"] if file["table"] not in names]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInput) as caught:
        import_rows(store, folder)
    return str(caught.value)


def test_links_of_entries_that_are_not_there_are_left_out(full: Store, empty: Store, tmp_path: Path) -> None:
    """Those of a revised entry go to its wording here, those of a forgotten one nowhere."""
    folder = export(full, tmp_path / "a")
    import_rows(empty, folder)
    later = Procedure("How do I tally best?", "For problems like this I should use a table.")
    revise_entry(empty, NEW_WORDING, later)
    empty.writer.forget_entry(OWNER, PROCEDURE.id)
    with empty.transaction() as connection:
        connection.execute("DELETE FROM links")
        connection.execute("DELETE FROM steps WHERE number = 2")
    counts = {one.table: one.stored for one in import_rows(empty, folder)}
    assert (counts["entries"], counts["links"], counts["steps"]) == (1, 2, 0)
    assert {link.entry_id for link in empty.reader.list_links(OWNER)} == {PROCEDURE.id, later.id}


def revise_entry(store: Store, old: Entry, new: Entry) -> None:
    """Let a wording take the place of another."""
    (vector,) = ENCODER.encode_documents([new.key])
    store.writer.revise_entry(OWNER, old.id, EntryWrite(new, (), vector))
