"""The protocol of query reasoners, which say in other words what a query needs."""

from collections.abc import Sequence
from typing import Protocol


class QueryReasoner(Protocol):
    """Writes texts to search with a query (TongSearch-QR, arXiv 2506.11603): any function of this shape will do.

    It is called from a worker thread, by several threads at a time. What it raises is logged, and the query is
    recalled without it.
    """

    def __call__(self, query: str, /) -> Sequence[str]:
        """Return texts such as the problem in general words, what would help, and a draft of the answer."""
        ...
