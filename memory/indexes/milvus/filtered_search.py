"""A search of a Milvus collection that is limited to some entries: by a filter if they are few, else by reading on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.index_changes import Seqs

MAX_HITS = 16_384
"""The maximum number of hits of one search of Milvus."""
_FILTERED = 8_192
"""Up to this number of allowed entries they are named in the filter, some 60 kB of text; more are named in parts."""
_SAME = 2e-6
"""Two scores that differ by less may be equal: they differ by the order of summation."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows that a search found, best first: numbers of rows, the entries that they belong to, and scores, in step."""

    numbers: Seqs
    seqs: Seqs
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.numbers)

    def among(self, allowed: Seqs) -> "Hits":
        """Return those of allowed entries."""
        kept = np.isin(self.seqs, allowed)
        return Hits(self.numbers[kept], self.seqs[kept], self.scores[kept])

    def best_entries(self) -> "Hits":
        """Return the best row of each entry; equal ones by the number of the entry."""
        order = np.lexsort((self.seqs, -self.scores))
        _, first = np.unique(self.seqs[order], return_index=True)
        best = order[np.sort(first)]
        return Hits(self.numbers[best], self.seqs[best], self.scores[best])


Search = Callable[[str, int], Hits]
"""Searches with a filter for a number of rows: `search(filter, limit)`."""


def search_entries(
    search: Search, k: int, *, within: Seqs | None, field: str, rows: int = 1
) -> list[tuple[int, float]]:
    """Return up to `k` (number of an entry, score of its best row), best first.

    `field` is the one that has the numbers of entries, and `rows` how many rows of an entry there may be among the
    nearest before the search is repeated for more.
    """
    if k < 1 or (within is not None and len(within) == 0):
        return []
    found = None
    if within is None or len(within) > _FILTERED:
        found = _read_on(lambda limit: search("", limit), k, within=within, rows=rows)
    if found is None:  # too many hits that are not allowed: the allowed ones are named, in parts
        allowed = within if within is not None else np.empty(0, dtype=np.int64)
        found = _joined([_filtered(search, part, k, field=field, rows=rows) for part in _parts(allowed)])
    best = found.best_entries()
    return list(zip(best.seqs[:k].tolist(), best.scores[:k].tolist(), strict=True))


def _filtered(search: Search, part: Seqs, k: int, *, field: str, rows: int) -> Hits:
    named = f"{field} in [{', '.join(map(str, part.tolist()))}]"
    found = _read_on(lambda limit: search(named, limit), min(k, len(part)), within=None, rows=rows)
    assert found is not None
    return found


def _read_on(search: Callable[[int], Hits], k: int, *, within: Seqs | None, rows: int) -> Hits | None:
    """Search for more and more rows until `k` allowed entries are found, and all that are as near as the last of them.

    Returns None if Milvus gives no more rows, and there may be allowed ones that it did not give.
    """
    limit = min(MAX_HITS, rows * k + 1)
    while True:
        hits = search(limit)
        kept = hits if within is None else hits.among(within)
        best = kept.best_entries()
        if len(best) >= k and (len(hits) < limit or best.scores[k - 1] > hits.scores[-1] + _SAME):
            return kept
        if len(hits) < limit or limit == MAX_HITS:
            return kept if within is None or len(best) >= k else None
        limit = min(MAX_HITS, 4 * limit)


def _parts(seqs: Seqs) -> Iterator[Seqs]:
    for start in range(0, len(seqs), _FILTERED):
        yield seqs[start : start + _FILTERED]


def _joined(parts: list[Hits]) -> Hits:
    return Hits(
        np.concatenate([one.numbers for one in parts]),
        np.concatenate([one.seqs for one in parts]),
        np.concatenate([one.scores for one in parts]),
    )
