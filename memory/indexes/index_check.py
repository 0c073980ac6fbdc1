"""The check of an approximate index before it is searched: whether it finds what comparing every row finds.

Rows of the index are searched for, and points between two rows, as a query lies between entries. Near-duplicates show
there: a graph whose rows are more like each other than a row has candidates for its links falls into islands, and a
search then misses the very row that it starts from.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from midthought.memory.indexes.vectors.base import VectorIndex, Vectors, spread

SAMPLE, NEAREST = 200, 10
MIN_SELF_RECALL, MIN_RECALL = 0.99, 0.98
"""Measured at 100,000 rows, with questions as queries (`benchmarks/store/kinds.md`): a graph of 1,000 near-duplicates
per mould, which finds .69 of what it should, has a self-recall of .83; indexes that find .99 have 1.0. Recall between
rows is that of questions within .005; recall at rows is higher, .9995 for .9925."""
_SAME = 2e-6
"""Two inner products of unit vectors that differ by less differ only by the order of summation."""
_READ = 4_096
"""Rows compared with the sample per step: some .1 s."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: shares from 0 to 1.

    Attributes:
        self_recall: of the sampled rows, those whose nearest hit is the row itself or one with an equal vector.
        recall: of the ten nearest rows of each sampled row, those that were found.
        between: of the ten nearest rows of each point between two rows, those that were found.
    """

    self_recall: float
    recall: float
    between: float

    @property
    def passed(self) -> bool:
        """Whether the index may be searched."""
        return self.self_recall >= MIN_SELF_RECALL and min(self.recall, self.between) >= MIN_RECALL

    def __str__(self) -> str:
        return (
            f"self-recall {self.self_recall:.3f} (at least {MIN_SELF_RECALL}), recall@{NEAREST} {self.recall:.3f} "
            f"at rows and {self.between:.3f} between them (at least {MIN_RECALL})"
        )


@dataclass(frozen=True, slots=True)
class CheckSample:
    """Vectors to search for, first rows, then as many points between them, and the scores of their nearest rows."""

    vectors: Vectors
    best: Vectors

    def search(self, index: VectorIndex) -> Generator[None, None, CheckResult]:
        """Search for all of them, pausing after each; return what was found."""
        own, shares = [], []
        for vector, best in zip(self.vectors, self.best, strict=True):
            found = [seq for seq, _ in index.search(vector, NEAREST)]
            scores = index.products(vector, found)[1]
            own.append(len(scores) > 0 and bool(scores.max() >= best[0] - _SAME))
            shares.append(int(np.count_nonzero(scores >= best[-1] - _SAME)) / len(best))
            yield
        rows = len(own) // 2
        return CheckResult(_mean(own[:rows]), _mean(shares[:rows]), _mean(shares[rows:]))


def draw_sample(index: VectorIndex) -> Generator[None, None, CheckSample]:
    """Draw a sample of an index and compare it with every row, pausing after some thousand rows."""
    import faiss  # not before there is an index: commands that search nothing do without it

    seqs = spread(np.sort(index.seqs()), SAMPLE)
    rows = index.vectors_of(seqs)[1]
    # The partner is far in the order of storing, so that the point is seldom between two rows of one text.
    sums = rows + np.roll(rows, len(rows) // 2 + 1, axis=0)
    points = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), _SAME)
    vectors = np.concatenate([rows, points])
    best = np.empty((len(vectors), 0), dtype=np.float32)
    for _, held in index.chunks(_READ):
        scores, _ = faiss.knn(vectors, held, min(NEAREST, len(held)), metric=faiss.METRIC_INNER_PRODUCT)
        best = -np.sort(-np.concatenate([best, scores], axis=1), axis=1)[:, :NEAREST]
        yield
    return CheckSample(vectors, best)


def _mean(shares: Sequence[float]) -> float:
    return sum(shares) / len(shares)
