"""Drafts: what waits for a person is in no index, keeps its sources, and goes with the trajectory it comes from."""

from dataclasses import replace
from pathlib import Path

import pytest

from midthought.memory.errors import BadInput, NotFound
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.draft import Draft, DraftState, DraftWrite
from midthought.memory.records.entry import Lesson, Provenance
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store

from .conftest import OWNER, TRAJECTORY, unit_vector

FIRST = Lesson("The zanzibar kettle whistles", "Take it off the stove.")
SECOND = Lesson("It rains", "Stay in.")
LATER = Trajectory("Why?", "Because I think so.")
HERE = Provenance(TRAJECTORY.id, "tests", Span(Part.THOUGHT, 0, 5))
THERE = Provenance(LATER.id, "tests", Span(Part.THOUGHT, 0, 7))
NAMED = Provenance(None, "own")
JOB = Job("o-1", "ingest", "traces.jsonl")
OTHER = Namespace("other")


def write(store: Store, *drafts: DraftWrite, namespace: Namespace = OWNER, job: Job = JOB) -> None:
    """Store both trajectories and drafts in one commit."""
    trajectories = (TrajectoryWrite(TRAJECTORY), TrajectoryWrite(LATER))
    store.writer.write(namespace, Batch(trajectories, job=job, drafts=drafts))


def waiting(store: Store, namespace: Namespace = OWNER) -> list[tuple[str, tuple[Provenance, ...]]]:
    """The id and the sources of each draft that waits."""
    return [(one.id, one.provenance) for one in store.reader.list_drafts(namespace)]


def test_drafts_come_back_by_id(store: Store) -> None:
    """With content, sources and job, page by page; they are no entries, and of their namespace alone."""
    write(store, DraftWrite(FIRST, (HERE, NAMED)), DraftWrite(SECOND, (THERE,)))
    found = store.reader.list_drafts(OWNER)
    assert [one.id for one in found] == sorted([FIRST.id, SECOND.id])
    first = next(one for one in found if one.id == FIRST.id)
    assert first == Draft(FIRST, first.provenance, "o-1", first.drafted_at)
    assert set(first.provenance) == {HERE, NAMED}
    assert store.reader.list_drafts(OWNER, limit=1) == found[:1]
    assert store.reader.list_drafts(OWNER, after=found[0].id) == found[1:]
    assert store.reader.list_drafts(OWNER, ids=[SECOND.id, "l-none"]) == [one for one in found if one.id == SECOND.id]
    assert store.reader.list_entries(OWNER) == []
    assert store.reader.stats(OWNER).drafts == 2
    assert store.reader.list_drafts(OTHER) == []
    store.check_integrity(OWNER)


def test_a_draft_that_comes_again_gains_sources(store: Store) -> None:
    """Each once; it stays a draft of the job that drafted it first."""
    write(store, DraftWrite(FIRST, (HERE,)))
    write(store, DraftWrite(FIRST, (THERE, HERE)), job=replace(JOB, id="o-2"))
    ((_, sources),) = waiting(store)
    assert sorted(sources, key=str) == sorted((HERE, THERE), key=str)
    assert [one.job_id for one in store.reader.list_drafts(OWNER)] == ["o-1"]


def test_a_rejected_draft_does_not_come_back(store: Store, tmp_path: Path) -> None:
    """Its id is all that is kept: after `compact` no byte of its text is left."""
    write(store, DraftWrite(FIRST, (HERE,)), DraftWrite(SECOND, (HERE,)))
    with pytest.raises(NotFound, match="l-none"):
        store.writer.reject_drafts(OWNER, [FIRST.id, "l-none"])
    assert len(waiting(store)) == 2
    store.writer.reject_drafts(OWNER, [FIRST.id])
    write(store, DraftWrite(FIRST, (THERE,)))
    assert waiting(store) == [(SECOND.id, (HERE,))]
    assert store.reader.draft_states(OWNER, [FIRST.id, SECOND.id, "l-none"]) == {
        FIRST.id: DraftState.REJECTED,
        SECOND.id: DraftState.WAITING,
    }
    with pytest.raises(NotFound):
        store.writer.reject_drafts(OWNER, [FIRST.id])
    compact_store(store)
    files = [one.read_bytes() for one in (tmp_path / "store").rglob("*") if one.is_file()]
    assert not any(b"zanzibar" in one for one in files)


def test_an_accepted_draft_is_an_entry_in_the_same_commit(store: Store) -> None:
    """And no draft any more; one that is refused for its vectors waits on."""
    write(store, DraftWrite(FIRST, (HERE,)))
    with pytest.raises(ValueError, match="vector"):
        store.writer.write(OWNER, Batch(entries=(EntryWrite(FIRST, (HERE,), None),), accepted_drafts=(FIRST.id,)))
    assert len(waiting(store)) == 1
    store.writer.write(OWNER, Batch(entries=(EntryWrite(FIRST, (HERE,), unit_vector(1)),), accepted_drafts=(FIRST.id,)))
    assert waiting(store) == []
    assert store.reader.get_entry(OWNER, FIRST.id).provenance == (HERE,)


def test_an_edited_draft_waits_on(store: Store) -> None:
    """With its sources, under the id of its new wording; the old wording counts as rejected."""
    write(store, DraftWrite(FIRST, (HERE,)), DraftWrite(SECOND, (THERE,)))
    better = replace(FIRST, suggestion="Switch it off first.")
    edited = store.writer.edit_draft(OWNER, FIRST.id, better)
    assert (edited.entry, edited.provenance, edited.job_id) == (better, (HERE,), "o-1")
    assert store.writer.edit_draft(OWNER, better.id, better) == edited
    with pytest.raises(BadInput, match="which waits"):
        store.writer.edit_draft(OWNER, better.id, SECOND)
    with pytest.raises(BadInput, match="which was rejected"):
        store.writer.edit_draft(OWNER, better.id, FIRST)
    with pytest.raises(NotFound):
        store.writer.edit_draft(OWNER, FIRST.id, SECOND)
    write(store, DraftWrite(FIRST, (THERE,)))
    assert {one for one, _ in waiting(store)} == {better.id, SECOND.id}


def test_drafts_go_with_the_only_trajectory_they_come_from(store: Store) -> None:
    """Those with another source lose this one; all go with their namespace."""
    for owner in (OWNER, OTHER):
        write(store, DraftWrite(FIRST, (HERE, THERE)), DraftWrite(SECOND, (HERE,)), namespace=owner)
    third = Lesson("It snows", "Stay in as well.")
    write(store, DraftWrite(third, (NAMED, HERE)))
    store.writer.forget_trajectory(OWNER, TRAJECTORY.id)
    assert dict(waiting(store)) == {FIRST.id: (THERE,), third.id: (NAMED,)}
    assert len(waiting(store, OTHER)) == 2
    store.writer.forget_namespace(OTHER)
    assert waiting(store, OTHER) == []


def test_drafts_belong_to_a_job(store: Store) -> None:
    """Without one nothing is written."""
    with pytest.raises(ValueError, match="need the job"):
        store.writer.write(OWNER, Batch(drafts=(DraftWrite(FIRST, (HERE,)),)))
