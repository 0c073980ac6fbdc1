"""How far an entry is from what is known, and which entries of a batch are refused for being too near to it."""

from collections.abc import Collection
from dataclasses import dataclass

from midthought.memory.records.entry import Entry

REASON = "novelty: near to what is known"
NEIGHBOURS = 5
"""Known entries whose mean distance is the novelty; fewer if there are fewer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known entry, and the cosine of its key and that of a fresh one."""

    entry: Entry
    similarity: float


@dataclass(frozen=True, slots=True)
class Novelty:
    """How far an entry is from what is known.

    Attributes:
        distance: mean of 1 - cosine to the nearest known keys, 0 to 2.
        nearest_id: the nearest entry.
    """

    distance: float
    nearest_id: str

    def __str__(self) -> str:
        return f"{self.distance:.2f} from what is nearest, {self.nearest_id}"


def measure_novelty(candidates: Collection[Candidate]) -> Novelty | None:
    """Return how far an entry is from `candidates`, which hold the `NEIGHBOURS` nearest; None if nothing is known."""
    # Ties by id, as in merging: the same batch must be refused alike on every machine.
    nearest = sorted(candidates, key=lambda one: (-one.similarity, one.entry.id))[:NEIGHBOURS]
    if not nearest:
        return None
    return Novelty(1.0 - sum(one.similarity for one in nearest) / len(nearest), nearest[0].entry.id)
