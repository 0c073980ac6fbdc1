"""FAISS's flat index, which compares every row: exact order among equal products, loading and saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from midthought.memory.indexes.vectors.base import RowScores, Vectors
from midthought.memory.indexes.vectors.parameters import listed, masked
from midthought.memory.indexes.vectors.row_numbers import Mask, RowArray

_FLAT = "flat.faiss"
_ONE_THREAD = 200_000


def nearest_flat(index: Any, query: Vectors, k: int, mask: Mask | None) -> RowScores:
    """Return the `k` best rows, and every row that equals the k-th, so that ties can be settled.

    `index` is an `IndexFlat`, which reads only the allowed rows, or an `IndexScalarQuantizer`, which must look at every
    row's bit of the mask (.2 ms for 100,000 rows).
    """
    allowed = listed if isinstance(index, faiss.IndexFlat) else masked
    total = int(index.ntotal) if mask is None else int(np.count_nonzero(mask))
    asked = min(k + 1, total)
    if asked == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    with few_threads(int(index.ntotal)):
        scores, rows = index.search(query, asked, params=allowed(mask))
        while asked < total and scores[0, k - 1] == scores[0, -1]:
            if isinstance(index, faiss.IndexFlat):
                return _not_below(index, query, float(scores[0, -1]), mask)
            asked = min(2 * asked, total)  # a scalar quantizer's range search gives other last bits than its search
            scores, rows = index.search(query, asked, params=allowed(mask))
    return rows[0], scores[0]


def _not_below(index: Any, query: Vectors, score: float, mask: Mask | None) -> RowScores:
    below = float(np.nextafter(np.float32(score), np.float32(-np.inf)))
    _, scores, rows = index.range_search(query, below, params=masked(mask))
    return rows, scores


@contextmanager
def few_threads(rows: int) -> Iterator[None]:
    """Compare up to `_ONE_THREAD` rows in this thread only (OpenMP keeps its number of threads per calling thread).

    From 10,000 rows on FAISS would use all cores for one query. If other work uses them, it waits for the slowest:
    20,000 rows took 24 ms in two threads on two busy cores, and 1.2 ms in one.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if rows <= _ONE_THREAD else threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def flat_rows(index: Any) -> Vectors:
    """Return all vectors of an `IndexFlat`, shape ``(ntotal, d)``: a view of its memory, valid until the next add."""
    if not index.ntotal:
        return np.empty((0, index.d), dtype=np.float32)
    rows: Vectors = faiss.rev_swig_ptr(index.get_xb(), int(index.ntotal) * int(index.d)).reshape(-1, index.d)
    return rows


def products_of(index: Any, vector: Vectors, rows: RowArray) -> Vectors:
    """Return the inner product of a vector with each of some rows of an `IndexFlatIP`, without copying the rows."""
    products = np.empty(len(rows), dtype=np.float32)
    if len(rows):
        query, places = np.ascontiguousarray(vector, dtype=np.float32), np.ascontiguousarray(rows, dtype=np.int64)
        given, found, labels = (faiss.swig_ptr(array) for array in (query, products, places))
        with few_threads(0):
            index.compute_distance_subset(1, given, len(rows), found, labels)
    return products


def rows_at(index: Any, rows: RowArray) -> Vectors:
    """Return vectors of any FAISS index by row, shape ``(len(rows), d)``."""
    taken: Vectors = index.reconstruct_batch(rows) if len(rows) else np.empty((0, index.d), dtype=np.float32)
    return taken


def kept_rows(index: Any, rows: RowArray) -> Any:
    """Return a new `IndexFlatIP` of these rows."""
    kept = faiss.IndexFlatIP(index.d)
    if len(rows):
        kept.add(flat_rows(index)[rows])
    return kept


def write_flat(index: Any, folder: Path) -> None:
    """Write a flat index into a directory."""
    faiss.write_index(index, str(folder / _FLAT))


def read_flat(folder: Path, *, dimension: int, mapped: bool) -> Any:
    """Read what `write_flat` wrote; raises `ValueError` if it is another index, `RuntimeError` if it is torn."""
    index = read_faiss(folder / _FLAT, mapped=mapped)
    check_index(folder, index, faiss.IndexFlat, dimension)
    return index


def read_faiss(path: Path, *, mapped: bool) -> Any:
    """Read any FAISS index; adding to a mapped one makes FAISS end the process: see `owned`."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing")
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)


def owned(index: Any) -> Any:
    """Return a copy of a mapped index in memory, to which rows may be added."""
    return faiss.deserialize_index(faiss.serialize_index(index))


def check_index(folder: Path, index: Any, expected: type[Any], dimension: int) -> None:
    """Raise `ValueError` unless an index read from `folder` is of the expected class and dimension."""
    if not isinstance(index, expected) or index.d != dimension:
        found = f"{type(index).__name__} of dimension {index.d}"
        raise ValueError(f"{folder} holds a {found}, expected {dimension} and {expected.__name__}")
