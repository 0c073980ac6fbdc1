"""Group commit: writers that come at the same time share one transaction, and so one sync of the disk."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, TypeVar

from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.records.batch import Batch
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.store_load import CommitCounts

Result = TypeVar("Result")

PATIENCE = 0.001
"""Seconds that a group waits for the writers of the group before: a commit takes several times as long."""
_NO_LOCK: AbstractContextManager[object] = nullcontext()
MAX_CHANGES = 512
"""Maximum number of changes in one transaction: they take some ten milliseconds, not much more than a sync."""


@dataclass(slots=True)
class Change(Generic[Result]):
    """One caller's write, waiting for its commit.

    Attributes:
        namespace: the one it changes.
        apply: does it inside the transaction.
        batch: what `apply` will store, so that one query can look up the batches of a whole group.
        of_entries: whether it changes what is searched; jobs, runs and receipts do not.
        begins: whether it makes the namespace exist.
        of_calibration: whether it changes when recall answers.
        of_utility: whether it may change which entries are retired.
        of_trust: whether it may change the trust in entries, beyond what `of_entries` and the batch tell.
        result, error: set once it is `done`.
    """

    namespace: Namespace
    apply: Callable[[WriteTransaction], Result]
    batch: Batch | None = None
    of_entries: bool = True
    begins: bool = False
    of_calibration: bool = False
    of_utility: bool = False
    of_trust: bool = False
    result: Result | None = field(default=None, init=False)
    error: BaseException | None = field(default=None, init=False)
    done: bool = field(default=False, init=False)

    @property
    def marks_entries(self) -> bool:
        """Whether it may change the marks of trust of its namespace."""
        return self.of_trust or (self.of_entries and (self.batch is None or self.batch.marks_entries))

    def take(self) -> Result:
        """Return the result, or raise what happened."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # done, and without an error: `apply` has returned it


class GroupCommit:
    """Lets the first of several waiting writers commit what all of them wait for.

    Writers whose change is done return with their next one while others commit. Without a pause a group would hold only
    the half that happened to wait, so the committer waits a moment for as many writers as the group before had.

    Args:
        commit: makes changes durable together, or sets the error of each that failed.
        lock: what `commit` needs. While searches hold it, more writers join the group.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Change[object]]], None],
        *,
        lock: AbstractContextManager[object] = _NO_LOCK,
    ) -> None:
        self._commit = commit
        self._lock = lock
        self._waiting: list[Change[object]] = []
        self._moved = Condition()
        self._committing = False
        self._expected = 1
        self._commits = self._changes = 0

    @property
    def counts(self) -> CommitCounts:
        """What waits, and what has become durable."""
        return CommitCounts(len(self._waiting), self._commits, self._changes)

    def run(self, change: Change[Result]) -> Result:
        """Return the result of `change` once it is durable; raise its error, or that of the disk."""
        self.run_all([change])
        return change.take()

    def run_all(self, changes: Sequence[Change[Result]]) -> None:
        """Return once several changes of one caller are durable, in one commit if no others wait, or have failed."""
        with self._moved:
            self._waiting += changes  # type: ignore[arg-type]  # each result goes back to its own caller
            self._moved.notify_all()
        for change in changes:
            # More than one turn if many wait: a group has at most `MAX_CHANGES`, and this one may not be in the first.
            while group := self._take_turn(change):
                try:
                    self._commit_all(group)
                finally:
                    with self._moved:
                        self._committing = False
                        # Those who waited during this commit, and those who just got their result and will write again.
                        self._expected = len(group) + len(self._waiting)
                        self._moved.notify_all()

    def _take_turn(self, change: Change[Result]) -> list[Change[object]]:
        """Return an empty list once `change` is done, or the group to commit as soon as no other thread commits."""
        with self._moved:
            while self._committing and not change.done:
                self._moved.wait()
            if change.done:
                return []
            self._committing = True
            try:
                return self._gather()
            except BaseException:  # interrupted: another thread takes the turn
                self._committing = False
                self._moved.notify_all()
                raise

    def _gather(self) -> list[Change[object]]:
        """Return the waiting changes, once there are as many as in the group before or `PATIENCE` is over."""
        until = time.monotonic() + PATIENCE
        while len(self._waiting) < self._expected and (left := until - time.monotonic()) > 0:
            self._moved.wait(left)
        return self._take_waiting(MAX_CHANGES)

    def _take_waiting(self, count: int) -> list[Change[object]]:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def _commit_all(self, group: list[Change[object]]) -> None:
        try:
            with self._lock:
                with self._moved:
                    # Changes that came while the lock was awaited cost no sync more.
                    group += self._take_waiting(MAX_CHANGES - len(group))
                self._commit(group)
            self._commits += 1  # one thread at a time commits
            self._changes += sum(change.error is None for change in group)
        except BaseException as error:
            for change in group:
                # A change that failed alone keeps its error.
                change.error = change.error or error
            raise
        finally:
            # After an error as well: a writer whose change is never done would wait for ever.
            for change in group:
                change.done = True
