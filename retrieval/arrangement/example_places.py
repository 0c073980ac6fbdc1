"""Worked examples do not take all of the first three places."""

from collections.abc import Sequence

from midthought.memory.records.entry import EntryKind
from midthought.retrieval.hits import Hit

PLACES = 3
"""The first hits: a model is rarely given more."""


def are_examples_alone(hits: Sequence[Hit]) -> bool:
    """Return whether the first three hits are all worked examples."""
    return len(hits) >= PLACES and all(hit.kind is EntryKind.EXAMPLE for hit in hits[:PLACES])


def seat_other_kind(hits: Sequence[Hit], other: Hit) -> tuple[Hit, ...]:
    """Return as many hits with another one at the third place.

    What says how to do it in general helps more often than a third example. Of 22 questions and sub-goals of traces
    whose first three hits were examples, the best entry of another kind helped with 9, the third example with 5
    (``benchmarks/extraction/retrieval_value.py``, the half for building).
    """
    rest = [hit for hit in hits if hit.id != other.id]
    return (*rest[: PLACES - 1], other, *rest[PLACES - 1 :])[: len(hits)]
