"""Tasks of several threads are carried out in groups; each caller gets its own result, or its own error."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Semaphore

import pytest

from midthought.retrieval.shared_turns import SharedTurns

WAIT = 600.0
"""Seconds after which a test that hangs ends; nothing takes that long."""


class Held:
    """Doubles numbers and refuses negative ones; each group waits until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.began, self.go_on = Semaphore(0), Event()

    def __call__(self, tasks: Sequence[int]) -> list[int]:
        self.groups.append(list(tasks))
        self.began.release()
        assert self.go_on.wait(WAIT)
        if min(tasks) < 0:
            raise ValueError(f"refused: {min(tasks)}")
        return [2 * task for task in tasks]


def wait_until(is_true: Callable[[], bool]) -> None:
    """Return once something is true."""
    while not is_true():
        threading.Event().wait(0.001)


@pytest.mark.parametrize("groups", [1, 2])
def test_all_that_wait_are_the_next_group(groups: int) -> None:
    """While as many groups as are allowed are carried out, others wait; the next group holds all of them."""
    held = Held()
    turns = SharedTurns(held, max_groups=groups)
    with ThreadPoolExecutor(8) as threads:
        first = [threads.submit(turns.run, task) for task in range(groups)]
        assert all(held.began.acquire(timeout=WAIT) for _ in range(groups))
        later = [threads.submit(turns.run, task) for task in range(10, 14)]
        wait_until(lambda: turns.waiting == 4)
        assert sorted(held.groups) == [[task] for task in range(groups)]
        held.go_on.set()
        assert [one.result(WAIT) for one in (*first, *later)] == [*range(0, 2 * groups, 2), 20, 22, 24, 26]
    assert sum(len(group) for group in held.groups) == groups + 4
    assert len(held.groups) <= 2 * groups  # each that ends leaves a successor, and the first of them takes the rest
    assert turns.is_idle


def test_a_group_has_a_maximum() -> None:
    """Of seven that wait, with three in a group, three groups are made, in the order in which they came."""
    held = Held()
    turns = SharedTurns(held, max_tasks=3)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(turns.run, 0)
        assert held.began.acquire(timeout=WAIT)
        later = []
        for task in range(1, 8):
            later.append(threads.submit(turns.run, task))
            wait_until(lambda: turns.waiting == len(later))
        held.go_on.set()
        assert [one.result(WAIT) for one in (first, *later)] == list(range(0, 16, 2))
    assert held.groups == [[0], [1, 2, 3], [4, 5, 6], [7]]


def test_an_error_is_its_callers_alone() -> None:
    """One task of a group is refused: the others are carried out again, alone, and get their results."""
    held = Held()
    turns = SharedTurns(held)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(turns.run, 0)
        assert held.began.acquire(timeout=WAIT)
        good, bad, other = (threads.submit(turns.run, task) for task in (1, -1, 2))
        wait_until(lambda: turns.waiting == 3)
        held.go_on.set()
        assert [one.result(WAIT) for one in (first, good, other)] == [0, 2, 4]
        with pytest.raises(ValueError, match="refused: -1"):
            bad.result(WAIT)
    assert turns.is_idle


def dies(tasks: Sequence[int]) -> list[int]:
    """End the thread of whoever leads a group."""
    if len(tasks) > 1:
        raise SystemExit("the leader dies")
    return [2 * task for task in tasks]


def forgets(tasks: Sequence[int]) -> list[int]:
    """Forget the last result of a group."""
    return [2 * task for task in tasks][: max(1, len(tasks) - 1)]


@pytest.mark.parametrize("act", [dies, forgets])
def test_a_leader_that_fails_leaves_nobody_waiting(act: Callable[[Sequence[int]], list[int]]) -> None:
    """Whatever ends a group, an end of its thread or a result too few: each of its callers gets its own result."""
    held = Held()

    def carry_out(tasks: Sequence[int]) -> list[int]:
        held(tasks)
        return act(tasks)

    turns = SharedTurns(carry_out)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(turns.run, 0)
        assert held.began.acquire(timeout=WAIT)
        later = [threads.submit(turns.run, task) for task in (1, 2, 3)]
        wait_until(lambda: turns.waiting == 3)
        held.go_on.set()
        assert [one.result(WAIT) for one in (first, *later)] == [0, 2, 4, 6]
    assert turns.is_idle
    assert [len(group) for group in held.groups] == [1, 3, 1, 1, 1]


def test_a_task_without_a_result_is_an_error() -> None:
    """Its caller does not go on as if it had one, and the next caller is served."""
    turns: SharedTurns[int, int] = SharedTurns(lambda tasks: [] if 1 in tasks else [0] * len(tasks))
    with pytest.raises(ValueError, match="zip"):
        turns.run(1)
    assert turns.run(2) == 0


def test_many_threads_each_get_their_result() -> None:
    """Sixteen threads that start together, in up to two groups at a time: none gets another's result or none."""
    turns = SharedTurns(lambda tasks: [str(task) for task in tasks], max_groups=2, max_tasks=5)
    together = Barrier(16)

    def ask(number: int) -> bool:
        together.wait(WAIT)
        return all(turns.run(task) == str(task) for task in range(1000 * number, 1000 * number + 200))

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(16)))
    assert turns.is_idle
