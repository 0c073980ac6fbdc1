"""Recall keeps to what is wanted: conditions, a moment, and the store's own encoder."""

import doctest
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from midthought.memory.errors import EncoderMismatch
from midthought.memory.maintenance.reindex import reindex_store
from midthought.memory.records import filter as filter_module
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import Entry, EntryKind, Lesson, Procedure, Provenance, StoredEntry
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import AbstentionReason
from midthought.retrieval.recall import Recaller
from midthought.retrieval.recall_settings import RecallSettings

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
QUERY = "how do I count red apples"
TRACE = Trajectory("Which apples?", "I count them.", "3", outcome=Outcome.CORRECT, source="orchard")
FIRST = Procedure("How do I count red apples?", "Look and count.", domain="fruit", tags=("count", "old"))
SECOND = replace(FIRST, subroutine="Weigh them and divide.", tags=("count", "new"))
THIRD = replace(FIRST, subroutine="Ask the farmer.", domain="people", tags=())
OTHER = Lesson("How red apples are stored", "Cool.", domain="fruit")


def write_of(entry: Entry, *places: Provenance) -> EntryWrite:
    """An entry with its vector."""
    (vector,) = ENCODER.encode_documents([entry.key])
    return EntryWrite(entry, places or (Provenance(None, "tests"),), vector)


@contextmanager
def open_revised(place: Path) -> Iterator[Store]:
    """One entry with three wordings, learnt from a right trajectory, and a lesson from elsewhere."""
    with Store(place, encoder=ENCODER.identity) as opened:
        learnt = write_of(FIRST, Provenance(TRACE.id, "orchard"))
        opened.writer.write(OWNER, Batch((TrajectoryWrite(TRACE),), (learnt, write_of(OTHER))))
        opened.writer.revise_entry(OWNER, FIRST.id, write_of(SECOND))
        opened.writer.revise_entry(OWNER, SECOND.id, write_of(THIRD))
        yield opened


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Such a store for the whole module, to which nothing is written."""
    with open_revised(tmp_path_factory.mktemp("revised")) as opened:
        yield opened


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    """Such a store for one test, which may change it."""
    with open_revised(tmp_path) as opened:
        yield opened


@pytest.fixture
def recaller(store: Store) -> Recaller:
    """Never abstains for want of similarity."""
    return Recaller(store, ENCODER, settings=RecallSettings(min_similarity=-1.0))


def learnt(store: Store, version: int) -> datetime:
    """When a wording was stored."""
    moment = store.reader.history(OWNER, FIRST.id)[version - 1].created_at
    assert moment is not None
    return moment


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("where", "found"),
    [
        (Filter(), {THIRD, OTHER}),
        (Filter(kinds=frozenset({EntryKind.LESSON})), {OTHER}),
        (Filter(domains=frozenset({"fruit"})), {OTHER}),
        (Filter(domains=frozenset({"fruit", "people"})), {THIRD, OTHER}),
        (Filter(tags=frozenset({"old"})), set()),
        (Filter(outcomes=frozenset({Outcome.CORRECT})), {THIRD}),
        (Filter(outcomes=frozenset({Outcome.WRONG})), set()),
        (Filter(sources=frozenset({"orchard"})), {THIRD}),
        (Filter(sources=frozenset({"tests"}), kinds=frozenset({EntryKind.PROCEDURE})), {THIRD}),
        (Filter(until=datetime(2000, 1, 1)), set()),
        (Filter(since=datetime(2000, 1, 1)), {THIRD, OTHER}),
    ],
)
def test_only_what_is_wanted_comes_back(recaller: Recaller, where: Filter, found: set[Entry]) -> None:
    """All conditions hold for every hit; where nothing passes, recall says so and never that it is empty."""
    result = recaller.recall(OWNER, QUERY, where=where)
    assert {hit.stored.entry for hit in result.hits} == found
    if not found:
        assert result.abstention is not None
        assert result.abstention.reason is AbstentionReason.NOTHING_CLOSE
        assert result.abstention.detail.startswith("no entry ")


@pytest.mark.sampled
@pytest.mark.parametrize(("version", "wording"), [(1, FIRST), (2, SECOND), (3, THIRD)])
def test_each_wording_is_found_at_its_time(store: Store, recaller: Recaller, version: int, wording: Procedure) -> None:
    """As of the instant it was stored, a wording is the one that is found, and the only one of its entry."""
    hits = recaller.recall(OWNER, QUERY, as_of=learnt(store, version)).hits
    found = [hit.stored for hit in hits if hit.stored.entry.key == FIRST.key]
    assert [(one.entry, one.version) for one in found] == [(wording, version)]
    assert hits[0].similarity == pytest.approx(1.0)


def test_before_anything_was_stored_there_is_nothing(store: Store, recaller: Recaller) -> None:
    """The abstention names the moment."""
    moment = learnt(store, 1) - timedelta(days=1)
    abstention = recaller.recall(OWNER, QUERY, as_of=moment).abstention
    assert abstention is not None
    assert abstention.detail == f"no entry stored by {moment.isoformat()}"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("where", "found"),
    [
        (Filter(kinds=frozenset({EntryKind.LESSON})), {OTHER}),
        (Filter(domains=frozenset({"fruit"})), {FIRST, OTHER}),
        (Filter(domains=frozenset({"people"})), set()),
        (Filter(tags=frozenset({"old"})), {FIRST}),
        (Filter(tags=frozenset({"new"})), set()),
        (Filter(sources=frozenset({"orchard"})), {FIRST}),
        (Filter(sources=frozenset({"elsewhere"})), set()),
        (Filter(outcomes=frozenset({Outcome.CORRECT})), {FIRST}),
        (Filter(outcomes=frozenset({Outcome.WRONG})), set()),
        (Filter(since=datetime(2000, 1, 1)), {FIRST, OTHER}),
        (Filter(since=datetime(9999, 1, 1)), set()),
        (Filter(until=datetime(2000, 1, 1)), set()),
        (Filter(until=datetime.max), {FIRST, OTHER}),
    ],
)
def test_replaced_wordings_pass_the_same_filter(
    store: Store, recaller: Recaller, where: Filter, found: set[Entry]
) -> None:
    """As of a moment, conditions look at the wording of that time, and at where its entry was learnt."""
    result = recaller.recall(OWNER, QUERY, where=where, as_of=learnt(store, 1))
    assert {hit.stored.entry for hit in result.hits} == found


def test_the_last_moment_there_is_can_be_asked(recaller: Recaller) -> None:
    """No time comes after it."""
    assert recaller.recall(OWNER, QUERY, as_of=datetime.max).hits[0].stored.entry == THIRD


def test_an_empty_memory_is_empty_whatever_is_wanted(recaller: Recaller) -> None:
    """A filter does not make it a memory in which nothing passes."""
    result = recaller.recall(Namespace("empty"), QUERY, where=Filter(tags=frozenset({"x"})))
    assert result.abstention is not None
    assert result.abstention.reason is AbstentionReason.EMPTY_MEMORY


@pytest.mark.slow
def test_no_more_entries_are_fetched_than_are_needed(own_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of fifty candidates a recall of three fetches three; a row of equal keys makes it fetch on."""
    crowd = [Procedure("How do I count red apples?", f"Way {number}.") for number in range(10)]
    crowd += [Procedure(f"How do I count apples of tree{number}?", "Count.") for number in range(40)]
    store = own_store
    store.writer.write(OWNER, Batch(entries=tuple(map(write_of, crowd))))
    fetched: list[int] = []
    fetch = store.searcher.entries_by_seq

    def watch(namespace: Namespace, seqs: Sequence[int]) -> dict[int, StoredEntry]:
        fetched.append(len(seqs))
        return fetch(namespace, seqs)

    monkeypatch.setattr(store.searcher, "entries_by_seq", watch)
    recaller = Recaller(store, ENCODER, settings=RecallSettings(min_similarity=-1.0))
    assert len(recaller.recall(OWNER, "how do I count apples of tree7", k=3).hits) == 3
    assert fetched == [3]
    fetched.clear()
    hits = recaller.recall(OWNER, QUERY, k=3).hits
    assert len({hit.stored.entry.key for hit in hits}) == 3
    assert set(fetched) == {3}
    assert 1 < len(fetched) < 10
    assert sum(fetched) < 30


@pytest.mark.slow
def test_a_vector_of_another_encoder_is_never_searched(own_store: Store) -> None:
    """After a reindex a recaller of the old encoder is refused by name."""
    store, new = own_store, HashingEncoder(64)
    reindex_store(store, new.identity, new.encode_documents)
    with pytest.raises(EncoderMismatch, match=r"256 dimensions.*64 dimensions"):
        Recaller(store, ENCODER).recall(OWNER, QUERY)
    assert Recaller(store, new).recall(OWNER, QUERY).hits[0].stored.entry == THIRD


def test_examples_hold() -> None:
    """Those in the docstrings are run."""
    done = doctest.testmod(filter_module)
    assert (done.attempted > 0, done.failed) == (True, 0)
