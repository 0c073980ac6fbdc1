"""Approximate search by product codes (IVF-PQ): the kind for millions of rows, with only their codes in memory.

Jegou, Douze, Schmid: Product Quantization for Nearest Neighbor Search (2011). The codes find candidates, which are
ranked again by their full vectors; those lie in half precision in files beside the codes.
"""

import math
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from midthought.memory.indexes.vectors.base import RowScores, VectorIndex, Vectors
from midthought.memory.indexes.vectors.flat import check_index, read_faiss
from midthought.memory.indexes.vectors.half_vectors import HalfVectors
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.parameters import through_lists
from midthought.memory.indexes.vectors.row_numbers import Mask, RowArray

_CODES = "codes.faiss"
_MAX_BYTES, _MIN_COLUMNS = 64, 8
_PROBED, _CANDIDATES = 96, 400
TRAIN_AT, _POINTS_PER_LIST, _MIN_POINTS = 50_000, 64, 39
_TAIL = 1_024
_OUTGROWN = 4
_FEW = 4_000
"""Up to this number of allowed rows, comparing them is faster than a search among the codes."""


class IvfPqIndex(VectorIndex):
    """FAISS ``IndexIVFPQ`` by row, trained on the data, over full vectors in mapped files.

    Every row is compared until the index is trained, which happens by itself at 50,000 rows. Before adding millions,
    call `train` with a sample of all of them, because the number of lists is fixed then.
    """

    kind = IndexKind.IVF_PQ
    learns_from_rows = True

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch)
        self._generation = 0
        self._full = HalfVectors(dimension, self._next_folder())
        self._codes: Any = None

    @property
    def row_bytes(self) -> int:
        """Bytes per row of codes and row number (benchmarks/store/scale.md); the vectors lie in files."""
        return code_bytes(self.dimension) + 12

    def train(self, sample: Vectors, *, expected: int) -> None:
        """Learn lists and codes from a sample, for `expected` rows; rows already held are encoded anew."""
        codes = _untrained(self.dimension, lists_for(expected, len(sample)))
        codes.train(np.ascontiguousarray(sample[: _POINTS_PER_LIST * codes.nlist], dtype=np.float32))
        self._codes = codes
        self._encode()

    def learn_from(self, source: VectorIndex) -> None:
        """Train on a sample of `source` if it has enough rows; with fewer, every row is compared."""
        if len(source) >= TRAIN_AT:
            self.train(source.sample(sample_for(len(source))), expected=len(source))

    def settle(self) -> None:
        """Learn anew if there are now so many rows that the lists are four times too long."""
        if self._codes is not None and lists_for(len(self), len(self)) >= _OUTGROWN * self._codes.nlist:
            self.train(self.sample(sample_for(len(self))), expected=len(self))

    def _append(self, vectors: Vectors) -> None:
        self._full.append(vectors)
        if self._codes is None:
            if self._full.count >= TRAIN_AT:
                self.train(self._full.take(np.arange(self._full.count)), expected=self._full.count)
        elif self._full.count - self._codes.ntotal >= _TAIL:
            self._encode()

    def _encode(self) -> None:
        for part in self._full.parts(int(self._codes.ntotal)):
            self._codes.add(part)

    def _nearest(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        encoded = 0 if self._codes is None else int(self._codes.ntotal)
        allowed = self._full.count if mask is None else int(np.count_nonzero(mask))
        if encoded == 0 or allowed <= max(_FEW, k):
            return self._compare(query, np.arange(self._full.count) if mask is None else np.flatnonzero(mask))
        rows = self._candidates(query, k, None if mask is None else mask[:encoded], allowed / self._full.count)
        tail = np.arange(encoded, self._full.count) if mask is None else np.flatnonzero(mask[encoded:]) + encoded
        if len(rows) + len(tail) < k:
            return self._compare(query, np.arange(self._full.count) if mask is None else np.flatnonzero(mask))
        return self._compare(query, np.concatenate([rows, tail]))

    def _candidates(self, query: Vectors, k: int, mask: Mask | None, share: float) -> RowArray:
        """Return candidates, from more lists if few rows are allowed: .993 at 10 % and at 1 % of 2 million rows."""
        probed = min(int(self._codes.nlist), int(_PROBED * share**-0.25))
        _, rows = self._codes.search(query, max(_CANDIDATES, 4 * k), params=through_lists(mask, probed=probed))
        found: RowArray = rows[0][rows[0] >= 0]
        return found

    def _compare(self, query: Vectors, rows: RowArray) -> RowScores:
        """Compare by einsum: one thread, and equal rows have equal products at every position, unlike with BLAS."""
        return rows, np.einsum("rd,d->r", self._full.take(rows), query[0])

    def _take(self, rows: RowArray) -> Vectors:
        return self._full.take(rows)

    def _keep(self, rows: RowArray) -> None:
        old, self._full = self._full, HalfVectors(self.dimension, self._next_folder())
        for start in range(0, len(rows), _TAIL):
            self._full.append(old.take(rows[start : start + _TAIL]))
        old.drop()
        if self._codes is not None:
            self._codes.reset()
            self._encode()

    def _write(self, folder: Path) -> None:
        self._full.save(folder)
        if self._codes is not None:
            faiss.write_index(self._codes, str(folder / _CODES))

    def _read(self, folder: Path, *, mapped: bool) -> None:
        """Read codes and vectors; `mapped` is ignored: vectors are always mapped, codes never."""
        self._full = HalfVectors.load(folder, self._rows.count, self.dimension, self._next_folder())
        if (folder / _CODES).exists():
            self._codes = read_faiss(folder / _CODES, mapped=False)
            check_index(folder, self._codes, faiss.IndexIVFPQ, self.dimension)
            if self._codes.ntotal > self._rows.count:
                raise ValueError(f"{folder} holds {self._codes.ntotal} codes for {self._rows.count} rows")

    def _next_folder(self) -> Path | None:
        self._generation += 1
        return self._scratch / str(self._generation) if self._scratch else None


def lists_for(rows: int, sample: int) -> int:
    """Return the number of lists: the power of two nearest to 4 sqrt(rows), limited by the size of the sample."""
    wanted = 1 << round(math.log2(4 * math.sqrt(rows)))
    return max(1, min(wanted, sample // _MIN_POINTS))


def sample_for(rows: int) -> int:
    """Return the number of rows to learn from, of `rows` in all."""
    return min(rows, _POINTS_PER_LIST * lists_for(rows, rows))


def _untrained(dimension: int, lists: int) -> Any:
    """Return an empty FAISS index. A graph of the lists' centres keeps adding cheap with tens of thousands of lists.

    Polysemous training is off: nothing here uses it, and it took 90 % of the time.
    """
    name = f"IVF{lists}_HNSW32,PQ{code_bytes(dimension)}"
    codes: Any = faiss.index_factory(dimension, name, faiss.METRIC_INNER_PRODUCT)
    codes.do_polysemous_training = False
    return codes


def code_bytes(dimension: int) -> int:
    """Return the bytes of a code: the largest divisor of the dimension up to 64, with 8 columns or more per byte."""
    limit = max(1, min(_MAX_BYTES, dimension // _MIN_COLUMNS))
    return next(size for size in range(limit, 0, -1) if dimension % size == 0)
