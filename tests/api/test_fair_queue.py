"""Jobs of several namespaces take turns, and none takes the room of all others."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.api import job_thread
from midthought.api.fair_queue import FairQueue
from midthought.api.job_thread import JobThread
from midthought.api.python.memory import Memory
from midthought.memory.errors import Overloaded
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import Namespace

ALICE, BOB = Namespace("alice"), Namespace("bob")


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_owners_take_turns(owners: list[str]) -> None:
    """Between two items of an owner comes one of each other that waits; those of one owner come in their order."""
    queue = FairQueue[tuple[str, int]]()
    for number, owner in enumerate(owners):
        queue.put(owner, (owner, number))
    assert queue.count_all() == len(owners)
    given_out = [queue.get() for _ in owners]
    assert sorted(one for one in given_out if one) == sorted(zip(owners, range(len(owners)), strict=True))
    for owner in set(owners):
        places = [place for place, one in enumerate(given_out) if one and one[0] == owner]
        numbers = [one[1] for one in given_out if one and one[0] == owner]
        assert numbers == sorted(numbers)
        for first, second in pairwise(places):
            between = given_out[first + 1 : second]
            assert len({one[0] for one in between if one}) == len(between)


def test_an_end_wakes_whoever_waits() -> None:
    """And nothing is given out behind it."""
    queue = FairQueue[int]()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(queue.get)
        queue.end()
        assert waiting.result(60) is None
    queue.put("a", 1)
    assert queue.get() is None


def test_a_namespace_that_floods_does_not_hold_the_others_up(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next job is refused, while that of another is taken, and runs behind one of the flood, not behind all."""
    monkeypatch.setattr(job_thread, "MAX_OF_ONE", 3)
    ran: list[tuple[Namespace, str]] = []
    may_run = Event()

    def run(namespace: Namespace, job_id: str, _: object) -> Job:
        may_run.wait(60)
        ran.append((namespace, job_id))
        return Job(job_id, "ingest", "x", JobState.FINISHED)

    thread = JobThread(memory.store, run)
    for owner, number in ((ALICE, 0), (ALICE, 1), (ALICE, 2), (ALICE, 3), (BOB, 4)):
        memory.store.writer.put_job(owner, Job(f"o-{number}", "ingest", "x", JobState.QUEUED))
        thread.submit(owner, f"o-{number}", memory.store.writer.queue_job(f"o-{number}"))
        while number == 0 and thread.waiting:
            may_run.wait(0.001)
    with pytest.raises(Overloaded, match="3 jobs of namespace alice wait"):
        thread.check_room(ALICE)
    thread.check_room(BOB)
    may_run.set()
    while thread.waiting or len(ran) < 5:
        Event().wait(0.001)
    assert thread.close(seconds=60)
    assert [owner for owner, _ in ran].index(BOB) == 2
