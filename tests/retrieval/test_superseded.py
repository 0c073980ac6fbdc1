"""Superseded wordings pass the filter of their own time, at its exact bounds; each condition alone and in pairs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import Entry, EntryKind, Lesson, Procedure, Provenance
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.superseded import SupersededSearch

OWNER = Namespace("owner")
ENCODER = HashingEncoder(16)
STEP = timedelta(microseconds=1)
TRACE = Trajectory("Which apples?", "I count them.", "3", outcome=Outcome.CORRECT, source="orchard")
FIRST = Procedure("How do I count red apples?", "Look and count.", domain="fruit", tags=("count", "old"))
LAST = replace(FIRST, subroutine="Weigh them.", domain="people", tags=())
NOTE = Lesson("How red apples are stored", "Cool.")


def write_of(entry: Entry, *places: Provenance) -> EntryWrite:
    """An entry with its vector."""
    return EntryWrite(entry, places, ENCODER.encode_documents([entry.key])[0])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A procedure learnt from a right trajectory and from a book, and a lesson of no trajectory: both revised once."""
    with Store(tmp_path_factory.mktemp("superseded"), encoder=ENCODER.identity) as opened:
        first = write_of(FIRST, Provenance(None, "book"), Provenance(TRACE.id, "orchard"))
        note = write_of(NOTE, Provenance(None, "book"))
        opened.writer.write(OWNER, Batch((TrajectoryWrite(TRACE),), (first, note)))
        opened.writer.revise_entry(OWNER, FIRST.id, write_of(LAST, Provenance(None, "book")))
        opened.writer.revise_entry(OWNER, NOTE.id, write_of(replace(NOTE, suggestion="Dry."), Provenance(None, "book")))
        yield opened


def created_at(store: Store, entry: Entry = FIRST) -> datetime:
    """When a first wording was stored."""
    moment = store.reader.history(OWNER, entry.id)[0].created_at
    assert moment is not None
    return moment


def found(store: Store, where: Filter, k: int = 9) -> list[Entry]:
    """The superseded wordings that pass as of the moment when both were stored, best first."""
    vector = ENCODER.encode_documents([FIRST.key])[0]
    moment = max(created_at(store), created_at(store, NOTE))
    hits = SupersededSearch(store).search(OWNER, vector, k, where=where, moment=moment)
    return [stored.entry for stored, _ in hits]


def test_the_nearest_come_first_and_only_as_many_as_are_asked_for(store: Store) -> None:
    """Without conditions every wording passes."""
    assert found(store, Filter()) == [FIRST, NOTE]
    assert found(store, Filter(), k=1) == [FIRST]


@pytest.mark.parametrize(
    ("since", "until", "passes"),
    [
        (0, None, True),
        (1, None, False),
        (None, 0, False),
        (None, 1, True),
        (0, 1, True),
        (-1, 0, False),
        (1, 2, False),
        (-1, 2, True),
    ],
)
def test_times_are_compared_with_the_wordings_own(
    store: Store, since: int | None, until: int | None, passes: bool
) -> None:
    """`since` takes in the moment at which the wording was stored, `until` does not; either may be missing."""
    learnt = created_at(store)
    where = Filter(
        since=None if since is None else learnt + since * STEP, until=None if until is None else learnt + until * STEP
    )
    assert (FIRST in found(store, where)) is passes


@pytest.mark.parametrize(
    ("where", "passing"),
    [
        (Filter(kinds=frozenset({EntryKind.PROCEDURE})), [FIRST]),
        (Filter(kinds=frozenset({EntryKind.CONCEPT})), []),
        (Filter(domains=frozenset({"fruit"})), [FIRST]),
        (Filter(domains=frozenset({"people"})), []),
        (Filter(tags=frozenset({"old", "other"})), [FIRST]),
        (Filter(tags=frozenset({"other"})), []),
        (Filter(sources=frozenset({"orchard"})), [FIRST]),
        (Filter(sources=frozenset({"book"})), [FIRST, NOTE]),
        (Filter(sources=frozenset({"elsewhere"})), []),
        (Filter(outcomes=frozenset({Outcome.CORRECT})), [FIRST]),
        (Filter(outcomes=frozenset({Outcome.WRONG})), []),
        (Filter(sources=frozenset({"book"}), outcomes=frozenset({Outcome.CORRECT})), [FIRST]),
        (Filter(sources=frozenset({"elsewhere"}), outcomes=frozenset({Outcome.CORRECT})), []),
        (Filter(sources=frozenset({"orchard"}), outcomes=frozenset({Outcome.WRONG})), []),
        (Filter(domains=frozenset({"fruit"}), tags=frozenset({"other"})), []),
        (Filter(kinds=frozenset({EntryKind.LESSON}), sources=frozenset({"book"})), [NOTE]),
    ],
)
def test_every_condition_must_hold(store: Store, where: Filter, passing: list[Entry]) -> None:
    """Kind, domain and tags are those of the wording; sources and outcomes those of its entry."""
    assert found(store, where) == passing


def test_a_wording_without_a_time_is_older_than_every_moment(tmp_path: Path) -> None:
    """Wordings of store format 2 have no time: they match any `until` and no `since`."""
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        store.writer.write(OWNER, Batch((), (write_of(FIRST, Provenance(None, "book")),)))
        store.writer.revise_entry(OWNER, FIRST.id, write_of(LAST, Provenance(None, "book")))
        moment = created_at(store)
        with store.state.database.transaction() as connection:
            connection.execute("UPDATE retired SET learnt_at = NULL")
        vector = ENCODER.encode_documents([FIRST.key])[0]
        for where, count in (
            (Filter(until=datetime(1900, 1, 1)), 1),
            (Filter(since=datetime(1900, 1, 1)), 0),
            (Filter(since=datetime(1900, 1, 1), until=datetime.max), 0),
        ):
            assert len(SupersededSearch(store).search(OWNER, vector, 9, where=where, moment=moment)) == count
