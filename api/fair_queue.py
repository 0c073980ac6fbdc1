"""Work that waits, of several owners: they take turns, so that nobody waits for all that another has asked for."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """What each owner has waits in order; threads may share the queue."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: OrderedDict[Hashable, deque[Item]] = OrderedDict()
        self._has_ended = False

    def put(self, owner: Hashable, item: Item) -> None:
        """Let something wait behind all that its owner has."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(item)
            self._changed.notify()

    def get(self) -> Item | None:
        """Return the next item of the owner whose turn it is, as soon as there is one; None after the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._has_ended)
            if self._has_ended:
                return None
            owner, items = self._waiting.popitem(last=False)
            item = items.popleft()
            if items:
                self._waiting[owner] = items  # behind the others
            return item

    def end(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def count(self, owner: Hashable) -> int:
        """Return how much of an owner waits."""
        with self._changed:
            return len(self._waiting.get(owner, ()))

    def count_all(self) -> int:
        """Return how much waits."""
        with self._changed:
            return sum(map(len, self._waiting.values()))
