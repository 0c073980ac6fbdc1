"""Tasks of several threads are carried out together: while some are carried out, others wait, and are the next group.

A lone caller never waits for company, and the more threads ask, the larger the groups.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from threading import Event, Lock
from typing import Generic, TypeVar

from midthought.memory.forks import call_in_children

Task = TypeVar("Task")
Result = TypeVar("Result")

MAX_TASKS = 32
"""Tasks of one group: the first of them waits for the last."""


class _Turn(Generic[Task, Result]):
    """One caller's task. It is woken when its result or its error is there, or else to carry out the next group."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.is_done = False
        self.woken = Event()
        self.next: _Turn[Task, Result] | None = None

    def take(self) -> Result:
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
            return self.result  # type: ignore[return-value]  # done, and without an error
        finally:
            del error  # else the error and its traceback keep each other alive


class SharedTurns(Generic[Task, Result]):
    """Lets one thread carry out the tasks of all that wait.

    An error never reaches another caller: a group that fails is carried out again task by task.

    Args:
        act: returns the results of some tasks, in their order.
        max_groups: maximum number of groups that are carried out at the same time.
        max_tasks: maximum number of tasks of a group.
    """

    def __init__(
        self, act: Callable[[Sequence[Task]], Sequence[Result]], *, max_groups: int = 1, max_tasks: int = MAX_TASKS
    ) -> None:
        self._act = act
        self._max_groups = max_groups
        self._max_tasks = max_tasks
        self._start()
        call_in_children(self, SharedTurns._start)

    def _start(self) -> None:
        """Begin with no caller; also in a forked child, which has none of the parent's threads."""
        self._lock = Lock()
        self._waiting: list[_Turn[Task, Result]] = []
        self._groups = 0

    @property
    def waiting(self) -> int:
        """How many tasks wait."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is carried out."""
        return not self._waiting and not self._groups

    def run(self, task: Task) -> Result:
        """Return the result of a task, carried out here or by another caller; raise its error."""
        turn: _Turn[Task, Result] = _Turn(task)
        with self._lock:
            must_wait = self._groups >= self._max_groups
            if must_wait:
                self._waiting.append(turn)
            else:
                self._groups += 1
        if must_wait:
            turn.woken.wait()
        if turn.next is not None:
            turn.next.woken.set()
        if not turn.is_done:
            self._lead(turn)
        return turn.take()

    def _lead(self, own: _Turn[Task, Result]) -> None:
        """Carry out a task with those that wait, then let one that came meanwhile do the same."""
        with self._lock:
            others = self._waiting[: self._max_tasks - 1]
            del self._waiting[: len(others)]
        group = [own, *others]
        try:
            self._carry_out(group)
        finally:
            with self._lock:
                # Taken out: another group must not carry it out as well.
                successors = [self._waiting.pop(0)] if self._waiting else []
                self._groups -= 1 - len(successors)
            for turn in group:
                turn.is_done = True
            # One wakes the next: thirty that woke at once would all wait for Python's lock, and each looks for it again
            # every time that the interpreter may switch threads.
            for turn, after in pairwise(others):
                turn.next = after
            for turn in [*successors, *others[:1]]:
                turn.woken.set()

    def _carry_out(self, group: Sequence[_Turn[Task, Result]]) -> None:
        try:
            results = self._act([turn.task for turn in group])
            for turn, result in zip(group, results, strict=True):
                turn.result = result
        except BaseException as error:  # noqa: BLE001  # any error is handed to the caller whose task it is
            if len(group) == 1:
                group[0].error = error
                return
            for turn in group:
                self._carry_out([turn])
