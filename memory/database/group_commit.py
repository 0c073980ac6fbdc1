"""Group commit: writers that come at the same time share one transaction, and so one sync of the disk."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, TypeVar

from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.records.batch import Batch
from midthought.memory.records.namespace import Namespace

Result = TypeVar("Result")

PATIENCE = 0.001
"""Seconds that a group waits for writers who were there the time before: a commit takes several times as long."""
MOST_TOGETHER = 512
"""Changes of one transaction at most: so many take some ten milliseconds, and none waits much longer for its sync."""


@dataclass(slots=True)
class Change(Generic[Result]):
    """One caller's write on its way.

    Attributes:
        namespace: whose entries it changes.
        apply: does it inside the transaction.
        batch: what `apply` is going to store, so that all changes of a group can be looked up at once.
        of_entries: whether it changes what is searched; operations, runs and receipts do not.
        begins: whether the namespace exists from then on.
        result, error: what became of it, once it is `done`.
    """

    namespace: Namespace
    apply: Callable[[WriteTransaction], Result]
    batch: Batch | None = None
    of_entries: bool = True
    begins: bool = False
    result: Result | None = field(default=None, init=False)
    error: BaseException | None = field(default=None, init=False)
    done: bool = field(default=False, init=False)

    def take(self) -> Result:
        """Return the result, or raise what happened."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # done, and without an error: `apply` has returned it


class GroupCommit:
    """Lets the first of several waiting writers commit what all of them wait for.

    Writers whose change is done come back with the next one while others commit; so that a group is not only the half
    that happened to wait, a committer gives as many as were there the time before a moment to come.

    Args:
        commit: makes changes durable together, or gives each that failed its error.
    """

    def __init__(self, commit: Callable[[Sequence[Change[object]]], None]) -> None:
        self._commit = commit
        self._waiting: list[Change[object]] = []
        self._moved = Condition()
        self._committing = False
        self._expected = 1

    def run(self, change: Change[Result]) -> Result:
        """Return what `change` returned once it is durable; raise what it or the disk refused."""
        with self._moved:
            self._waiting.append(change)  # type: ignore[arg-type]  # results are handed back to their own callers
            self._moved.notify_all()
        while group := self._take_turn(change):
            try:
                self._commit_all(group)
            finally:
                with self._moved:
                    self._committing = False
                    self._expected = len(group) + len(self._waiting)
                    self._moved.notify_all()
        return change.take()

    def _take_turn(self, change: Change[Result]) -> list[Change[object]]:
        """Wait until `change` is done, and return nothing, or until nobody commits, and return the group to commit."""
        with self._moved:
            while self._committing and not change.done:
                self._moved.wait()
            if change.done:
                return []
            self._committing = True
            try:
                return self._gather()
            except BaseException:  # interrupted: somebody else takes the turn
                self._committing = False
                self._moved.notify_all()
                raise

    def _gather(self) -> list[Change[object]]:
        """Return what waits, after the others of the time before have come, or `PATIENCE` is over."""
        until = time.monotonic() + PATIENCE
        while len(self._waiting) < self._expected and (left := until - time.monotonic()) > 0:
            self._moved.wait(left)
        group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        return group

    def _commit_all(self, group: list[Change[object]]) -> None:
        try:
            self._commit(group)
        except BaseException as error:
            for change in group:
                change.error = change.error or error
            raise
        finally:
            for change in group:
                change.done = True
