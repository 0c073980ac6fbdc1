"""Exact search in memory: every stored vector is compared, so nothing close is missed."""

from pathlib import Path

import faiss
import numpy as np

from midthought.memory.indexes.vectors.base import RowScores, VectorIndex, Vectors
from midthought.memory.indexes.vectors.byte_codes import ByteCodes
from midthought.memory.indexes.vectors.flat import (
    few_threads,
    flat_rows,
    kept_rows,
    nearest_flat,
    owned,
    products_of,
    read_flat,
    write_flat,
)
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.row_numbers import Mask, RowArray

_CODED = 4096
"""Rows from which on an index gets codes; fewer are compared as quickly."""
_CODED_AT = 3
"""The search at which it gets them. They take 40 ms for 18,640 rows, which a command that asks once does without."""
_LARGEST_SHARE = 8
"""Rows are chosen by their codes if those that are read after all are at most one in so many."""


class ExactIndex(VectorIndex):
    """FAISS ``IndexFlatIP`` by row; only allowed rows are compared.

    Of many rows, those that cannot be among the nearest are left out by their codes: the result is the same.
    """

    kind = IndexKind.EXACT

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch)
        self._flat = faiss.IndexFlatIP(dimension)
        self._mapped = False
        self._codes: ByteCodes | None = None
        self._searches = 0

    @property
    def row_bytes(self) -> int:
        """Bytes of memory per row."""
        return (5 if self._codes else 4) * self.dimension

    def _append(self, vectors: Vectors) -> None:
        if self._mapped:
            self._flat, self._mapped = owned(self._flat), False
        self._flat.add(vectors)

    def _nearest(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        found = self._nearest_by_codes(query, k) if mask is None and self._flat.ntotal >= _CODED else None
        return found or nearest_flat(self._flat, query, k, mask)

    def _nearest_by_codes(self, query: Vectors, k: int) -> RowScores | None:
        """Return the rows that may be among the `k` nearest, and their products; None if they would be too many."""
        count = 2 * k + 64
        self._searches += 1
        if self._searches < _CODED_AT or count * _LARGEST_SHARE > self._flat.ntotal:
            return None
        self._codes = self._codes or ByteCodes(self.dimension)
        with few_threads(int(self._flat.ntotal)):
            self._codes.follow(flat_rows(self._flat))
            rows, bound = self._codes.nearest(query, count)
        scores = products_of(self._flat, query[0], rows)
        return (rows, scores) if bound < np.partition(scores, -k)[-k] else None

    def _products(self, vector: Vectors, rows: RowArray) -> Vectors:
        return products_of(self._flat, vector, rows)

    def _take(self, rows: RowArray) -> Vectors:
        return np.array(flat_rows(self._flat)[rows])

    def _keep(self, rows: RowArray) -> None:
        self._flat, self._mapped = kept_rows(self._flat, rows), False
        self._codes = None

    def _write(self, folder: Path) -> None:
        write_flat(self._flat, folder)

    def _read(self, folder: Path, *, mapped: bool) -> None:
        self._flat, self._mapped = read_flat(folder, dimension=self.dimension, mapped=mapped), mapped
        if self._flat.ntotal != self._rows.count:
            raise ValueError(f"{folder} holds {self._flat.ntotal} vectors for {self._rows.count} rows")
