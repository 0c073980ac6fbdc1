"""Work that waits, of several owners: they take turns, so that nobody waits for all that another has asked for."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairTurns(Generic[Item]):
    """What each owner has waits in order, and its owners in a ring. One thread at a time may use it."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Item]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, owner: Hashable, item: Item) -> None:
        """Let something wait behind all that its owner has."""
        self._waiting.setdefault(owner, deque()).append(item)
        self._length += 1

    def pop(self) -> Item:
        """Return the next item of the owner whose turn it is. Raises `KeyError` if nothing waits."""
        owner, items = self._waiting.popitem(last=False)
        item = items.popleft()
        self._length -= 1
        if items:
            self._waiting[owner] = items  # behind the others
        return item

    def count(self, owner: Hashable) -> int:
        """Return how much of an owner waits."""
        return len(self._waiting.get(owner, ()))


class FairQueue(Generic[Item]):
    """The same for threads, which may share it, and wait for something to come."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._turns: FairTurns[Item] = FairTurns()
        self._has_ended = False

    def put(self, owner: Hashable, item: Item) -> None:
        """Let something wait behind all that its owner has."""
        with self._changed:
            self._turns.put(owner, item)
            self._changed.notify()

    def get(self) -> Item | None:
        """Return the next item of the owner whose turn it is, as soon as there is one; None after the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._turns or self._has_ended)
            return None if self._has_ended else self._turns.pop()

    def end(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def count(self, owner: Hashable) -> int:
        """Return how much of an owner waits."""
        with self._changed:
            return self._turns.count(owner)

    def count_all(self) -> int:
        """Return how much waits."""
        with self._changed:
            return len(self._turns)
