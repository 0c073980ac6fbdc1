"""What the benchmark asks of a store, and what it gets back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vectors import Row, Vectors

POOL = 50
"""Candidates of each search where words and vectors are fused by rank, for whoever does not fuse by itself."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A found row with its text and its four fields."""

    number: int
    text: str
    kind: str
    domain: str
    outcome: str
    time: int


class Peer(Protocol):
    """One store in one folder, which exists.

    Attributes:
        modes: how single adds can be acknowledged: ``synced``, ``unsynced``, both, or none where an add cannot be made
            durable by itself.
        note: how it is set up.
    """

    modes: tuple[str, ...]
    note: str

    def __init__(self, folder: Path, mode: str) -> None: ...

    def add(self, rows: Sequence[Row]) -> None:
        """Load some rows."""

    def finish(self) -> None:
        """Make what was loaded durable, and build what searching needs."""

    def search(self, vector: Vectors, k: int) -> list[Hit]:
        """Return the `k` nearest rows."""

    def close(self) -> None:
        """Leave the folder as another process may open it."""


class SinglePeer(Peer, Protocol):
    """One that can acknowledge single adds."""

    def add_one(self, row: Row) -> None:
        """Add one row; returning acknowledges it. Any thread may call."""


class FilteredPeer(Peer, Protocol):
    """One that can search among the rows with a value in a field."""

    def search_domain(self, vector: Vectors, k: int, domain: str) -> list[Hit]:
        """Return the `k` nearest rows of a domain."""


class HybridPeer(Peer, Protocol):
    """One that can search by vector and words together."""

    def search_hybrid(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        """Return the `k` best rows by vector and words."""


class OneSearch:
    """The calls of a store that adds rows together, and has one search with or without a domain."""

    def add(self, rows: Sequence[Row]) -> None:
        raise NotImplementedError

    def find(self, vector: Vectors, k: int, domain: str | None = None) -> list[Hit]:
        raise NotImplementedError

    def add_one(self, row: Row) -> None:
        self.add([row])

    def search(self, vector: Vectors, k: int) -> list[Hit]:
        return self.find(vector, k)

    def search_domain(self, vector: Vectors, k: int, domain: str) -> list[Hit]:
        return self.find(vector, k, domain)


def fuse_ranks(rankings: Sequence[Sequence[int]], k: int, constant: int = 60) -> list[int]:
    """Return the `k` best numbers by the sum of ``1 / (constant + rank)`` over rankings."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking, start=1):
            scores[number] = scores.get(number, 0.0) + 1.0 / (constant + rank)
    return sorted(scores, key=lambda number: (-scores[number], number))[:k]
