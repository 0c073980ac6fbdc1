"""Exact search in half precision on a GPU by faiss-gpu."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from midthought.memory.errors import MissingExtra
from midthought.memory.indexes.vectors.base import RowScores, Vectors
from midthought.memory.indexes.vectors.exact import ExactIndex
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.row_numbers import Mask

_FEW = 20_000
_MAX_RETURNED = 2_048
"""Maximum number of rows that a GPU search of faiss returns."""


class FaissGpuIndex(ExactIndex):
    """An exact index with a copy of its rows on the device, in half precision, which finds the candidates.

    Candidates are ranked again by the full vectors in memory. FAISS takes no filter on a GPU: a few allowed rows are
    compared in memory; with many, longer lists are read from the device until enough of their rows are allowed.

    Args:
        dimension: columns of every vector.
        scratch: not used.
        to_device: copies a flat index to the device.

    Raises:
        MissingExtra: this faiss sees no GPU.
    """

    kind = IndexKind.FAISS_GPU

    def __init__(
        self, dimension: int, *, scratch: Path | None = None, to_device: Callable[[Any], Any] | None = None
    ) -> None:
        super().__init__(dimension, scratch=scratch)
        self._to_device = to_device or _gpu_copier()
        self._copy: Any = None

    def _append(self, vectors: Vectors) -> None:
        super()._append(vectors)
        if self._copy is not None:
            self._copy.add(vectors)

    def _nearest(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        allowed = self._flat.ntotal if mask is None else int(np.count_nonzero(mask))
        limit = int(2 * k * self._flat.ntotal / allowed) + 16
        while limit <= _MAX_RETURNED and (mask is None or allowed > _FEW):
            rows = self._on_device().search(query, min(limit, self._flat.ntotal))[1][0]
            kept = rows if mask is None else rows[mask[rows]]
            if len(kept) >= min(2 * k, allowed):
                chosen = np.zeros(self._flat.ntotal, dtype=np.bool_)
                chosen[kept] = True
                return super()._nearest(query, k, chosen)
            limit *= 2
        return super()._nearest(query, k, mask)

    def _on_device(self) -> Any:
        """Return the copy, made again if the rows were read or rebuilt since."""
        if self._copy is None or self._copy.ntotal != self._flat.ntotal:
            self._copy = self._to_device(self._flat)
        return self._copy


def _gpu_copier() -> Callable[[Any], Any]:
    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() < 1:
        raise MissingExtra("faiss-gpu", extra="gpu", purpose="the index kind faiss_gpu (and it needs a CUDA device)")
    resources, options = faiss.StandardGpuResources(), faiss.GpuClonerOptions()
    options.useFloat16 = True
    return lambda flat: faiss.index_cpu_to_gpu(resources, 0, flat, options)
