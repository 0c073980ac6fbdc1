"""Exact search in memory: every stored vector is compared, so nothing close is missed."""

from pathlib import Path

import faiss
import numpy as np

from midthought.memory.indexes.vectors.base import RowScores, VectorIndex, Vectors
from midthought.memory.indexes.vectors.flat import (
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


class ExactIndex(VectorIndex):
    """FAISS ``IndexFlatIP`` by row; only allowed rows are compared."""

    kind = IndexKind.EXACT

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch)
        self._flat = faiss.IndexFlatIP(dimension)
        self._mapped = False

    def _append(self, vectors: Vectors) -> None:
        if self._mapped:
            self._flat, self._mapped = owned(self._flat), False
        self._flat.add(vectors)

    def _nearest(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        return nearest_flat(self._flat, query, k, mask)

    def _products(self, vector: Vectors, rows: RowArray) -> Vectors:
        return products_of(self._flat, vector, rows)

    def _take(self, rows: RowArray) -> Vectors:
        return np.array(flat_rows(self._flat)[rows])

    def _keep(self, rows: RowArray) -> None:
        self._flat, self._mapped = kept_rows(self._flat, rows), False

    def _write(self, folder: Path) -> None:
        write_flat(self._flat, folder)

    def _read(self, folder: Path, *, mapped: bool) -> None:
        self._flat, self._mapped = read_flat(folder, dimension=self.dimension, mapped=mapped), mapped
        if self._flat.ntotal != self._rows.count:
            raise ValueError(f"{folder} holds {self._flat.ntotal} vectors for {self._rows.count} rows")
