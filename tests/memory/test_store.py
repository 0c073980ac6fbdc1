"""What the store promises: what is written is found, once, by its owner alone, until it is forgotten."""

import json
from dataclasses import fields, replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from midthought.memory.errors import EncoderMismatch, NotFound, StoreDamaged, StoreError, StoreTooNew
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import EntryKind, Procedure, Provenance
from midthought.memory.records.job import Counts, Job, JobState, RefusedExample, Rejection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of, unit_vector, write_of


def test_written_is_found(store: Store) -> None:
    """An entry comes back by id, by vector and by word, with its provenance."""
    store.writer.write(OWNER, batch_of(1, 2, 3))
    entry = write_of(2).entry
    found = store.reader.get_entry(OWNER, entry.id)
    assert found.entry == entry
    assert found.provenance == (Provenance(TRAJECTORY.id, "tests", Span(Part.THOUGHT, 0, 5)),)
    assert TRAJECTORY.text(found.provenance[0].span) == "First"
    assert store.searcher.search_vectors(OWNER, unit_vector(2), 1)[0] == (found.seq, pytest.approx(1.0))
    assert store.searcher.search_words(OWNER, "sort2", 5)[0][0] == found.seq


def test_writing_twice_changes_nothing(store: Store) -> None:
    """The same batch again leaves one trajectory, the same entries and no repeated provenance."""
    store.writer.write(OWNER, batch_of(1, 2))
    before = store.reader.list_entries(OWNER), store.reader.list_trajectories(OWNER)
    store.writer.write(OWNER, batch_of(1, 2))
    assert (store.reader.list_entries(OWNER), store.reader.list_trajectories(OWNER)) == before


def test_same_entry_from_two_trajectories_merges(store: Store) -> None:
    """An entry learnt twice is stored once and names both sources."""
    other = replace(TRAJECTORY, question="How many others?")
    store.writer.write(OWNER, batch_of(1))
    store.writer.write(OWNER, batch_of(1, trajectory=other))
    (found,) = store.reader.list_entries(OWNER)
    assert {place.trajectory_id for place in found.provenance} == {TRAJECTORY.id, other.id}


def test_duplicates_inside_one_batch_merge(store: Store) -> None:
    """Two writes of one entry in one batch give one entry."""
    store.writer.write(OWNER, batch_of(4, 4))
    assert len(store.reader.list_entries(OWNER)) == 1
    store.check_integrity(OWNER)


def test_nothing_crosses_namespaces(store: Store) -> None:
    """Another namespace sees neither entries nor trajectories nor search results."""
    store.writer.write(OWNER, batch_of(1, 2))
    other = Namespace("other")
    assert store.reader.list_entries(other) == []
    assert store.reader.list_trajectories(other) == []
    assert store.searcher.search_vectors(other, unit_vector(1), 5) == []
    assert store.searcher.search_words(other, "sort1", 5) == []
    assert store.reader.known_entries(other, [write_of(1).entry.id]) == set()
    with pytest.raises(NotFound):
        store.reader.get_entry(other, write_of(1).entry.id)
    with pytest.raises(NotFound):
        store.writer.forget_entry(other, write_of(1).entry.id)


def test_listing_pages_by_id(store: Store) -> None:
    """Pages in id order, put together, are the whole listing."""
    store.writer.write(OWNER, batch_of(*range(10)))
    whole = [stored.id for stored in store.reader.list_entries(OWNER)]
    pages: list[str] = []
    while page := store.reader.list_entries(OWNER, after=pages[-1] if pages else "", limit=3):
        pages += [stored.id for stored in page]
    assert pages == whole == sorted(whole)
    assert store.reader.list_entries(OWNER, kind=EntryKind.CONCEPT) == []


def test_forgetting_an_entry(store: Store) -> None:
    """A forgotten entry is gone from every way of finding it, and the rest stays."""
    store.writer.write(OWNER, batch_of(1, 2))
    gone = store.reader.get_entry(OWNER, write_of(1).entry.id)
    store.writer.forget_entry(OWNER, gone.id)
    with pytest.raises(NotFound):
        store.reader.get_entry(OWNER, gone.id)
    assert gone.seq not in dict(store.searcher.search_vectors(OWNER, unit_vector(1), 5))
    assert gone.seq not in dict(store.searcher.search_words(OWNER, "sort1", 5))
    assert [stored.id for stored in store.reader.list_entries(OWNER)] == [write_of(2).entry.id]
    store.check_integrity(OWNER)


def test_forgotten_entry_can_be_learnt_again(store: Store) -> None:
    """Forgetting is no ban: the same entry written again is found under a new number."""
    store.writer.write(OWNER, batch_of(1))
    old = store.reader.get_entry(OWNER, write_of(1).entry.id)
    store.writer.forget_entry(OWNER, old.id)
    store.writer.write(OWNER, batch_of(1))
    assert store.reader.get_entry(OWNER, old.id).seq > old.seq
    store.check_integrity(OWNER)


@pytest.mark.slow
def test_forgetting_a_trajectory_takes_what_came_from_it_alone(store: Store) -> None:
    """Entries another trajectory also taught stay and lose one source."""
    other = replace(TRAJECTORY, question="How many others?")
    store.writer.write(OWNER, batch_of(1, 2))
    store.writer.write(OWNER, batch_of(2, trajectory=other))
    assert store.writer.forget_trajectory(OWNER, TRAJECTORY.id) == 1
    (left,) = store.reader.list_entries(OWNER)
    assert left.id == write_of(2).entry.id
    assert [place.trajectory_id for place in left.provenance] == [other.id]
    store.check_integrity(OWNER)


def test_a_failed_batch_writes_nothing(store: Store) -> None:
    """An entry without a vector fails the whole call, trajectories included."""
    bad = EntryWrite(Procedure("How?", "So."), (Provenance(None, "tests"),), None)
    with pytest.raises(ValueError, match="needs a vector"):
        store.writer.write(OWNER, Batch((TrajectoryWrite(TRAJECTORY),), (write_of(1), bad)))
    assert store.reader.list_trajectories(OWNER) == []
    assert store.reader.list_entries(OWNER) == []


@pytest.mark.parametrize("vector", [np.zeros(3, np.float32), np.full(8, np.nan, np.float32)])
def test_impossible_vectors_are_refused(store: Store, vector: np.ndarray) -> None:
    """A vector of another dimension, or one that is not finite, is an error that says so."""
    with pytest.raises(ValueError, match="8 finite numbers"):
        store.writer.write(OWNER, Batch(entries=(replace(write_of(1), vectors=vector),)))


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    """Opening with another encoder names both encoders."""
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
    with pytest.raises(EncoderMismatch, match=r"digest-a.*other"):
        Store(tmp_path, encoder=EncoderIdentity("other", "digest-b", 8))
    with Store(tmp_path) as store:
        assert len(store.reader.list_entries(OWNER)) == 1


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    """A directory of a later Midthought is not touched."""
    Store(tmp_path).close()
    with duckdb.connect(str(tmp_path / "midthought.duckdb")) as connection:
        connection.execute("INSERT INTO migrations VALUES (999, 'from the future')")
    with pytest.raises(StoreTooNew, match="999"):
        Store(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Garbage in place of the database is a clear error, and the file is left as it is."""
    (tmp_path / "midthought.duckdb").write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreDamaged, match="no DuckDB database"):
        Store(tmp_path)
    assert (tmp_path / "midthought.duckdb").read_bytes() == b"garbage" * 1000


def test_operations_and_rejections_are_kept(store: Store) -> None:
    """Progress, counts and every rejection come back as they were written."""
    counts = Counts(
        read=3,
        stored=1,
        merged=1,
        rejected=1,
        drafted=1,
        entries_refused=1,
        reasons=(("leak", 1),),
        untaught=((NoYield.REFUSED.value, 1),),
    )
    job = Job("o-1", "ingest", "file", JobState.FINISHED, 3, counts)
    rejections = (Rejection("file:2", "not JSON"),)
    store.writer.write(OWNER, Batch(rejections=rejections, job=job))
    assert store.reader.list_jobs(OWNER) == [job]
    assert tuple(store.reader.list_rejections(OWNER, "o-1")) == rejections


_ADDED_UP = Counts(
    read=9,
    stored=4,
    merged=2,
    rejected=3,
    taught=1,
    drafted=10,
    entries_stored=3,
    entries_merged=2,
    entries_refused=5,
    reasons=(("leak", 1), ("length: blank key", 1), ("length: body too long", 3)),
    untaught=((NoYield.REFUSED.value, 2), (NoYield.WRONG.value, 1)),
    examples=(RefusedExample("length", "t-1", "a key"), RefusedExample("extractor", "t-1", "another key")),
)
_NOT_SUMMED = {"reasons", "untaught", "learnt", "linked", "masked", "examples"}
_NOT_SUMMED |= {"calls", "tokens_in", "tokens_cached", "tokens_out", "dead_letters"}
_SUMMED = [one.name for one in fields(Counts) if one.name not in _NOT_SUMMED]


def test_counts_that_add_up_pass() -> None:
    """With several addends in each sum."""
    _ADDED_UP.check()
    assert Counts.from_json(_ADDED_UP.to_json()) == _ADDED_UP
    assert _ADDED_UP.refused_by_check == (("extractor", 1), ("length", 4))


@pytest.mark.parametrize(
    "counts",
    [
        Counts(read=2, stored=1),
        Counts(read=2, stored=2, taught=1),
        Counts(read=1, stored=1, untaught=((NoYield.WRONG.value, 2),)),
        Counts(drafted=2, entries_stored=1),
        Counts(drafted=2, entries_stored=2, learnt=(("procedure", 1),)),
        Counts(read=1, stored=1, linked_only=1),
        Counts(drafted=1, entries_refused=1, reasons=(("leak", 2),)),
        replace(_ADDED_UP, examples=(*_ADDED_UP.examples, RefusedExample("extractor", "t-2", "one too many"))),
        replace(_ADDED_UP, examples=(RefusedExample("names", "t-1", "of a check that refused nothing"),)),
        *(replace(_ADDED_UP, **{name: getattr(_ADDED_UP, name) + 1}) for name in _SUMMED),
    ],
)
def test_counts_that_do_not_add_up_are_damage(counts: Counts) -> None:
    """Each sum is checked."""
    with pytest.raises(StoreDamaged):
        counts.check()


def test_counts_of_links_and_kinds_add_up() -> None:
    """A record that gave only links is neither taught nor untaught; waiting drafts are neither stored nor refused."""
    counts = replace(
        _ADDED_UP,
        read=11,
        stored=6,
        linked_only=2,
        linked=5,
        drafted=14,
        entries_waiting=4,
        learnt=(("procedure", 1), ("step example", 2)),
    )
    counts.check()
    assert Counts.from_json(counts.to_json()) == counts


def test_counts_of_an_earlier_version_are_read() -> None:
    """What it did not count is zero, or empty."""
    old = json.loads(_ADDED_UP.to_json())
    later = ("linked", "linked_only", "entries_waiting", "learnt", "examples")
    for name in (*later, "calls", "tokens_in", "tokens_cached", "tokens_out", "dead_letters"):
        del old[name]
    counts = Counts.from_json(json.dumps(old))
    counts.check()
    assert counts == replace(_ADDED_UP, examples=())


def test_runs_and_receipts_are_kept(store: Store) -> None:
    """A run and its receipts come back, newest first, for their owner alone."""
    store.writer.put_namespace(OWNER)
    run = RunRow("r-1", "How?", "unknown", 12, 0.5, "{}")
    receipt = ReceiptRow("x-1", "injection", "query", "{}", "r-1")
    store.writer.record_run(OWNER, run, [receipt])
    store.writer.record_receipt(OWNER, replace(receipt, id="x-2", run_id=None))
    assert store.reader.list_runs(OWNER) == [run]
    assert [r.id for r in store.reader.list_receipts(OWNER)] == ["x-2", "x-1"]
    assert store.reader.list_runs(Namespace("other")) == []


def test_stats_count_everything(store: Store) -> None:
    """Statistics follow writes and forgetting."""
    store.writer.write(OWNER, batch_of(1, 2, 3))
    store.writer.forget_entry(OWNER, write_of(1).entry.id)
    stats = store.reader.stats(OWNER)
    assert (stats.trajectory_count, stats.entry_count, stats.forgotten) == (1, 2, 1)
    assert stats.entries == (("procedure", 2),)


@pytest.mark.slow
def test_broken_invariants_are_found(tmp_path: Path) -> None:
    """Integrity checking names a missing vector, a lost source and a span past its text."""
    long_span = EntryWrite(
        Procedure("How far?", "Measure."),
        (Provenance(TRAJECTORY.id, "tests", Span(Part.ANSWER, 0, 999)),),
        unit_vector(9),
    )
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1, 2))
        store.check_integrity(OWNER)
        store.writer.write(OWNER, Batch(entries=(long_span,)))
    with duckdb.connect(str(tmp_path / "midthought.duckdb")) as connection:
        connection.execute("DELETE FROM vectors WHERE seq = 1")
    sentence = "1 entries have no vector; 1 spans reach past their text"
    with Store(tmp_path, encoder=ENCODER) as store, pytest.raises(StoreDamaged, match=sentence):
        store.check_integrity(OWNER)


def test_trajectories_round_trip(store: Store) -> None:
    """Every field of a trajectory survives storage, odd characters included."""
    odd = Trajectory("ünïcode ∑?", "tab\t newline\n 'quote' \U0001f600", gold="½", metadata='{"a":1}', finished=False)
    store.writer.write(OWNER, Batch((TrajectoryWrite(odd),)))
    assert store.reader.get_trajectory(OWNER, odd.id) == odd


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Using a store after closing it is one of our errors, not DuckDB's."""
    store = Store(tmp_path, encoder=ENCODER)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="this memory is closed"):
        store.reader.list_entries(OWNER)


def test_a_torn_database_is_damage(tmp_path: Path) -> None:
    """A database file cut short is named as damaged, whether opening or reading meets it."""
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(300)))
    file = tmp_path / "midthought.duckdb"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
    with pytest.raises(StoreDamaged, match="restore a backup"), Store(tmp_path, encoder=ENCODER) as store:
        store.reader.list_entries(OWNER)


def test_more_hits_than_entries_can_be_asked_for(store: Store) -> None:
    """A huge number of hits gives what there is."""
    store.writer.write(OWNER, batch_of(1, 2))
    assert len(store.searcher.search_words(OWNER, "count", 10**12)) == 2
    assert len(store.searcher.search_vectors(OWNER, unit_vector(1), 10**12)) == 2


def test_an_operation_that_nobody_runs_is_interrupted(store: Store, tmp_path: Path) -> None:
    """Recorded as running: it is while somebody holds its claim, and interrupted before, after, and after a kill."""
    store.writer.put_job(OWNER, Job("o-1", "ingest", "file", position=3))

    def state(opened: Store) -> tuple[JobState, JobState]:
        (listed,), one = opened.reader.list_jobs(OWNER), opened.reader.get_job(OWNER, "o-1")
        assert one is not None
        assert one.position == 3
        return listed.state, one.state

    assert state(store) == (JobState.INTERRUPTED, JobState.INTERRUPTED)
    with store.writer.claim_job("o-1"):
        assert state(store) == (JobState.RUNNING, JobState.RUNNING)
    assert state(store) == (JobState.INTERRUPTED, JobState.INTERRUPTED)
    store.close()
    with Store(store.path, encoder=ENCODER) as again:
        assert state(again) == (JobState.INTERRUPTED, JobState.INTERRUPTED)
