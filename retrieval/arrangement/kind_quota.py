"""One hit of every kind among the first three, if it is good enough."""

from collections.abc import Sequence
from itertools import islice

from midthought.memory.records.entry import EntryKind
from midthought.retrieval.hits import Hit

PLACES = 3
"""The first hits, in which every kind has a place: a model is rarely given more."""


def fill_kinds(hits: Sequence[Hit], *, margin: float) -> list[Hit]:
    """Return the hits, best first, with the best hit of each kind among the first three.

    A kind has a place if the score of its best hit is at least ``(1 - margin)`` times the best score. The other places
    of the three are for the best of the rest, and the order among the three stays as it was.
    """
    best: dict[EntryKind, Hit] = {}
    for hit in hits:
        best.setdefault(hit.kind, hit)
    # Not a search per kind: scores are scaled over the pool, so a kind that is not in it would score about 0.
    bar = hits[0].score * (1 - margin) if hits else 0.0
    chosen = {hit.id for hit in list(best.values())[:PLACES] if hit.score >= bar}
    chosen |= {hit.id for hit in islice((one for one in hits if one.id not in chosen), PLACES - len(chosen))}
    return sorted(hits, key=lambda hit: hit.id not in chosen)
