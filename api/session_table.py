"""The open sessions of a memory: how many there may be, and when they expire. No thread watches them."""

import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from midthought.memory.errors import SessionGone, TooManySessions
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.thought_session import ThoughtSession


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What sessions may take.

    Attributes:
        in_all: the maximum number of open sessions of a memory.
        per_namespace: of one namespace.
        idle_seconds: a session expires so many seconds after its last step.
        total_seconds: and so many after it was opened.
    """

    in_all: int = 4000
    per_namespace: int = 1000
    idle_seconds: float = 600.0
    total_seconds: float = 7200.0


@dataclass(slots=True)
class _OpenSession:
    """A session, and when it was opened and used; its steps come one after the other."""

    session: ThoughtSession
    opened: float
    used: float
    lock: Lock = field(default_factory=Lock)


class SessionTable:
    """The sessions by namespace and id; threads may share it.

    Expired ones are removed at the next call for any session: they stand in the order of their last use, so that only
    those are looked at.

    Args:
        limits: what sessions may take.
        clock: seconds from any start.
    """

    def __init__(self, limits: SessionLimits | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or SessionLimits()
        self._clock = clock
        self._lock = Lock()
        self._open: OrderedDict[tuple[Namespace, str], _OpenSession] = OrderedDict()
        self._counts: Counter[Namespace] = Counter()

    def __len__(self) -> int:
        """Return the number of open sessions."""
        with self._lock:
            self._expire()
            return len(self._open)

    def add(self, session: ThoughtSession, namespace: Namespace, session_id: str) -> None:
        """Take a session. Raises `TooManySessions`."""
        with self._lock:
            now = self._expire()
            self._check_room(namespace)
            self._open[namespace, session_id] = _OpenSession(session, now, now)
            self._counts[namespace] += 1

    def get(self, namespace: Namespace, session_id: str) -> tuple[ThoughtSession, Lock]:
        """Return a session, and the lock of its steps; it is used now. Raises `SessionGone`."""
        key = (namespace, session_id)
        with self._lock:
            now = self._expire()
            found = self._open.get(key)
            if found is not None and now - found.opened > self.limits.total_seconds:
                self._remove(key)
                found = None
            if found is None:
                raise SessionGone(f"there is no session {session_id}: it was closed, or it expired; open another")
            found.used = now
            self._open.move_to_end(key)
            return found.session, found.lock

    def close(self, namespace: Namespace, session_id: str) -> None:
        """Remove a session. Raises `SessionGone`."""
        self.get(namespace, session_id)
        with self._lock:
            self._remove((namespace, session_id))

    def close_namespace(self, namespace: Namespace) -> None:
        """Remove every session of a namespace."""
        with self._lock:
            for key in [key for key in self._open if key[0] == namespace]:
                self._remove(key)

    def _check_room(self, namespace: Namespace) -> None:
        limits = self.limits
        for count, most, where in (
            (self._counts[namespace], limits.per_namespace, f"in the namespace {namespace}"),
            (len(self._open), limits.in_all, "in this memory"),
        ):
            if count >= most:
                raise TooManySessions(f"{count} sessions are open {where}, of {most}: close those that have ended")

    def _expire(self) -> float:
        """Remove the sessions that were not used for too long; return the time."""
        now = self._clock()
        while self._open:
            key, oldest = next(iter(self._open.items()))
            if now - oldest.used <= self.limits.idle_seconds:
                break
            self._remove(key)
        return now

    def _remove(self, key: tuple[Namespace, str]) -> None:
        if self._open.pop(key, None) is None:  # another thread was faster
            return
        self._counts[key[0]] -= 1
        if not self._counts[key[0]]:
            del self._counts[key[0]]


def make_session_id() -> str:
    """Return an id that nobody guesses."""
    return f"s-{secrets.token_hex(16)}"
