"""The protocol of rerankers, which judge how well a text answers a query."""

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Judges texts for a query by reading both together: better than comparing vectors, and much slower.

    It is called from a worker thread, by one thread at a time.
    """

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """Return one finite score per text; larger is better. Anything else leaves the hits in their order."""
        ...
