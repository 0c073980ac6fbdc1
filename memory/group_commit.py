"""Group commit: writers that come at the same time share one transaction, and so one sync of the disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from midthought.memory.batch import Batch
from midthought.memory.namespace import Namespace
from midthought.memory.writing import Writing

Result = TypeVar("Result")

MOST_TOGETHER = 512
"""Changes of one transaction at most: so many take some ten milliseconds, and none waits much longer for its sync."""


@dataclass(slots=True)
class Change(Generic[Result]):
    """One caller's write on its way.

    Attributes:
        namespace: whose entries it changes.
        apply: does it inside the transaction. Refuses by `MissingVector`, `NotFound`, `BadInput` or `EncoderMismatch`
            before it has written anything.
        batch: what `apply` is going to store, so that all changes of a group can be looked up at once.
        result, error: what became of it, once it is `done`.
    """

    namespace: Namespace
    apply: Callable[[Writing], Result]
    batch: Batch | None = None
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

    Args:
        commit: makes changes durable together, or gives each that failed its error.
    """

    def __init__(self, commit: Callable[[Sequence[Change[object]]], None]) -> None:
        self._commit = commit
        self._waiting: list[Change[object]] = []
        self._queue = Lock()
        self._turn = Lock()

    def run(self, change: Change[Result]) -> Result:
        """Return what `change` returned once it is durable; raise what it or the disk refused."""
        with self._queue:
            self._waiting.append(change)  # type: ignore[arg-type]  # results are handed back to their own callers
        with self._turn:
            while not change.done:
                with self._queue:
                    group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                self._commit_all(group)
        return change.take()

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
