"""A copy of vectors with one byte per number: it says which rows may be among the nearest, and reads a quarter.

Comparing 18,640 vectors of 384 numbers reads 28 MB: 1.0 ms of the processor, the largest part of a search. Comparing
their bytes takes .15 ms. A product of the bytes differs from the true one by no more than a known error, so that a row
which cannot be among the nearest even with that error need not be read; the others are compared exactly.
"""

from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from midthought.memory.indexes.vectors.row_numbers import RowArray

Vectors = NDArray[np.float32]

_LARGEST = 127
_SPARE = 1.25
"""Room for larger numbers in vectors that are added later."""
_ROUNDING = 1e-4
"""Added to the error: both products are sums in single precision, which differ from true ones by less than 1e-5."""
_CHUNK = 4096


class ByteCodes:
    """The bytes of the first rows of an index, for products with a query.

    Args:
        dimension: numbers of a vector.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._begin(0.0)

    def _begin(self, largest: float) -> None:
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        self._codes: Any = faiss.IndexScalarQuantizer(self._dimension, kind, faiss.METRIC_INNER_PRODUCT)
        self._scale = _LARGEST / (_SPARE * largest) if largest else 0.0
        self._error = self._longest = 0.0

    def follow(self, vectors: Vectors) -> None:
        """Take in the rows of an index that are new since the last time: `vectors` are all of its rows."""
        if len(vectors) < self._codes.ntotal:
            self._begin(0.0)
        fresh = vectors[self._codes.ntotal :]
        largest = float(np.abs(fresh).max(initial=0.0))
        if largest * self._scale > _LARGEST or not self._scale:
            self._begin(float(np.abs(vectors).max(initial=0.0)))
            fresh = vectors
        for start in range(0, len(fresh), _CHUNK):
            self._add(fresh[start : start + _CHUNK])

    def _add(self, vectors: Vectors) -> None:
        codes = np.rint(vectors * np.float32(self._scale))
        self._codes.add(codes)
        held = codes / np.float32(self._scale)
        lost = np.linalg.norm(vectors - held, axis=1)
        self._error = max(self._error, float(lost.max(initial=0.0)))
        self._longest = max(self._longest, float(np.linalg.norm(held, axis=1).max(initial=0.0)))

    def nearest(self, query: Vectors, count: int) -> tuple[RowArray, float]:
        """Return the `count` rows whose bytes have the largest products with a query, and a bound for all others.

        No other row has an inner product with the query, shape ``(1, dimension)``, that is larger than the bound.
        """
        # Bytes as well: if the dimension is a multiple of 32, FAISS cuts a query to whole numbers, here to zeros.
        scale = _LARGEST / (float(np.abs(query).max(initial=0.0)) or 1.0)
        codes = np.rint(query * np.float32(scale))
        scores, rows = self._codes.search(codes, count)
        lost = float(np.linalg.norm(query - codes / np.float32(scale)))
        error = self._error * float(np.linalg.norm(query)) + lost * self._longest + _ROUNDING
        return rows[0], float(scores[0, -1]) / (self._scale * scale) + error
