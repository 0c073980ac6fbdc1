"""The check of an approximate index: what it counts, and at which shares an index passes."""

from pathlib import Path

import numpy as np
import pytest

from midthought.memory.indexes.index_check import (
    MIN_RECALL,
    MIN_SELF_RECALL,
    NEAREST,
    SAMPLE,
    CheckResult,
    CheckSample,
    draw_sample,
)
from midthought.memory.indexes.vectors.base import VectorIndex, Vectors
from midthought.memory.indexes.vectors.exact import ExactIndex

ROWS, DIMENSION = 30, 8


def returned(generator):  # type: ignore[no-untyped-def]
    """What a generator returns at its end."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


@pytest.fixture
def index() -> VectorIndex:
    """Unit rows in an index that misses none."""
    rows = np.random.default_rng(3).normal(size=(ROWS, DIMENSION)).astype(np.float32)
    made = ExactIndex(DIMENSION)
    made.add(list(range(10, 10 + ROWS)), rows / np.linalg.norm(rows, axis=1, keepdims=True))
    return made


@pytest.mark.parametrize(
    ("own", "recall", "between", "passed"),
    [
        (MIN_SELF_RECALL, MIN_RECALL, MIN_RECALL, True),
        (MIN_SELF_RECALL - 1e-9, 1.0, 1.0, False),
        (1.0, MIN_RECALL - 1e-9, 1.0, False),
        (1.0, 1.0, MIN_RECALL - 1e-9, False),
    ],
)
def test_the_shares_at_which_an_index_passes(own: float, recall: float, between: float, passed: bool) -> None:
    """All three must be reached; each may be reached exactly."""
    assert CheckResult(own, recall, between).passed is passed


def test_an_index_that_misses_none_has_full_shares(index: VectorIndex) -> None:
    """Of fewer rows than the sample holds, each is looked for, and as many points between two rows."""
    sample: CheckSample = returned(draw_sample(index))
    assert sample.vectors.shape == (2 * ROWS, DIMENSION)
    assert sample.best.shape == (2 * ROWS, NEAREST)
    assert ROWS < SAMPLE
    assert returned(sample.search(index)) == CheckResult(1.0, 1.0, 1.0)


def test_what_is_missed_is_counted(index: VectorIndex, tmp_path: Path) -> None:
    """Rows that an index lacks are not found: each costs its own search, and its share of its neighbours'."""
    sample: CheckSample = returned(draw_sample(index))
    vectors: Vectors = sample.vectors
    gone = [10, 11, 12]
    index.remove(gone)
    result = returned(sample.search(index))
    assert result.self_recall == (ROWS - len(gone)) / ROWS
    held = index.vectors_of(index.seqs())[1]
    products = vectors @ held.T
    shares = [
        sum(row >= best[-1] - 2e-6) / NEAREST if (best := sample.best[place]) is not None else 0
        for place, row in enumerate(-np.sort(-products, axis=1)[:, :NEAREST])
    ]
    assert result.recall == pytest.approx(np.mean(shares[:ROWS]))
    assert result.between == pytest.approx(np.mean(shares[ROWS:]))
