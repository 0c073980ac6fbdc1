"""Rows chosen by their bytes and compared exactly: the same rows, the same scores, to the last bit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from midthought.memory.indexes.vectors import exact
from midthought.memory.indexes.vectors.byte_codes import ByteCodes
from midthought.memory.indexes.vectors.exact import ExactIndex
from midthought.memory.indexes.vectors.flat import nearest_flat

Vectors = NDArray[np.float32]
ROWS, DIMENSION = 6_000, 64
"""A multiple of 32, as the encoders have: FAISS compares bytes with bytes there."""


def clustered(rows: int, *, seed: int, spread: float = 0.4) -> Vectors:
    """Return unit vectors around 40 centres, every tenth of them equal to its neighbour."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((40, DIMENSION))
    vectors = centres[random.integers(0, 40, rows)] + spread * random.standard_normal((rows, DIMENSION))
    vectors[1::10] = vectors[::10][: len(vectors[1::10])]
    return np.float32(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.fixture
def index() -> ExactIndex:
    """An index that has its codes."""
    made = ExactIndex(DIMENSION)
    made.add(range(ROWS), clustered(ROWS, seed=1))
    for query in clustered(3, seed=2):
        made.search(query, 5)
    assert made._codes is not None
    return made


def read_plainly(index: ExactIndex, query: Vectors, k: int) -> list[tuple[int, float]]:
    """Return what comparing every row finds."""
    rows, scores = nearest_flat(index._flat, query.reshape(1, -1), k, index._rows.mask(None))
    seqs = index._rows.seqs_at(rows)
    best = np.lexsort((seqs, -scores))[:k]
    return list(zip(seqs[best].tolist(), scores[best].tolist(), strict=True))


@pytest.mark.parametrize("k", [1, 7, 100, 300])
def test_the_same_rows_and_scores(index: ExactIndex, k: int) -> None:
    """Fifty queries near to rows, equal rows among the last ones found: rows and scores are those of all rows read."""
    by_codes = 0
    for query in clustered(50, seed=3):
        by_codes += index._nearest_by_codes(query.reshape(1, -1), k) is not None
        assert index.search(query, k) == read_plainly(index, query, k)
    assert by_codes > 40


@pytest.mark.parametrize("dimension", [48, 384])
def test_the_same_rows_of_every_dimension(dimension: int) -> None:
    """Whatever instructions FAISS has for a dimension, rows that are all unlike each other are found as they are."""
    rows = np.random.default_rng(8).standard_normal((5_000, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    made = ExactIndex(dimension)
    made.add(range(len(rows)), rows)
    for query in rows[::500]:
        assert made.search(query, 10) == read_plainly(made, query, 10)
    assert made._codes is not None


def test_rows_that_come_and_go(index: ExactIndex) -> None:
    """Rows added later, also with larger numbers than any before, and rows removed: the next search knows of them."""
    query = clustered(1, seed=4)[0]
    index.add([ROWS], query.reshape(1, -1))
    assert index.search(query, 3)[0][0] == ROWS
    axis = np.eye(DIMENSION, dtype=np.float32)[5]
    index.add([ROWS + 1], axis.reshape(1, -1))
    assert index.search(axis, 1) == [(ROWS + 1, 1.0)]
    index.remove([ROWS, *range(ROWS // 2)])
    for one in (query, axis, *clustered(5, seed=5)):
        found = index.search(one, 20)
        assert found == read_plainly(index, one, 20)
        assert not {seq for seq, _ in found} & {ROWS, *range(ROWS // 2)}


def test_no_other_row_is_above_the_bound() -> None:
    """The bound holds for rows and queries of every length, and for bytes that say little."""
    for seed in range(20):
        random = np.random.default_rng(seed)
        rows = clustered(500, seed=seed) * np.float32(random.uniform(0.1, 1))
        codes = ByteCodes(DIMENSION)
        codes.follow(rows[:100])
        codes.follow(rows)
        query = np.float32(random.standard_normal((1, DIMENSION)))
        found, bound = codes.nearest(query, 60)
        assert len(set(found.tolist())) == 60
        assert np.delete(rows @ query[0], found).max() <= bound


def test_few_rows_and_few_searches_have_no_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two searches, and those of a small index, read every row: a command that asks once builds nothing."""
    monkeypatch.setattr(exact, "_CODED", 1000)
    for rows, searches, has_codes in ((1000, 2, False), (999, 5, False), (1000, 3, True)):
        made = ExactIndex(DIMENSION)
        made.add(range(rows), clustered(rows, seed=6))
        for query in clustered(searches, seed=7):
            made.search(query, 1)
        assert (made._codes is not None) is has_codes
