"""Exact search in half precision with torch: for a CUDA device if faiss-gpu is not installed."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from midthought.memory.errors import MissingExtra
from midthought.memory.indexes.vectors.base import RowScores, VectorIndex, Vectors
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.row_numbers import Mask, RowArray

if TYPE_CHECKING:
    from torch import Tensor

_HALF = "half.npy"
_ROUNDING = 2.0**-8
"""Twice the largest change of the inner product of two unit vectors by rounding to half precision."""


class TorchExactIndex(VectorIndex):
    """One half-precision matrix on a device: every row is compared there, then those near the k-th again in float32.

    Args:
        dimension: columns of every vector.
        scratch: not used.
        device: a torch device; CUDA if there is one, else the CPU (slower than `ExactIndex`, with the same results).

    Raises:
        MissingExtra: torch is not installed.
    """

    kind = IndexKind.TORCH_EXACT

    def __init__(self, dimension: int, *, scratch: Path | None = None, device: str | None = None) -> None:
        super().__init__(dimension, scratch=scratch)
        self._torch = _import_torch()
        self._device = device or ("cuda" if self._torch.cuda.is_available() else "cpu")
        self._matrix = self._on_device(np.empty((0, dimension), dtype=np.float32))
        self._held = 0

    def _append(self, vectors: Vectors) -> None:
        held = self._held + len(vectors)
        if held > len(self._matrix):
            grown = self._matrix.new_zeros((max(held, 2 * len(self._matrix)), self.dimension))
            grown[: self._held] = self._matrix[: self._held]
            self._matrix = grown
        self._matrix[self._held : held] = self._on_device(vectors)
        self._held = held

    def _nearest(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        vector = self._torch.from_numpy(query[0]).to(self._device)
        scores = (self._matrix[: self._held] @ vector.half()).float()
        if mask is not None:
            scores.masked_fill_(self._torch.from_numpy(~mask).to(self._device), -np.inf)
        bound = self._torch.topk(scores, k).values[-1] - _ROUNDING * max(1.0, float(np.linalg.norm(query)))
        rows = self._torch.nonzero(scores >= bound)[:, 0]
        # Not by a matrix product: equal rows must have equal products at every position.
        return rows.cpu().numpy(), (self._matrix[rows].float() * vector).sum(dim=1).cpu().numpy()

    def _take(self, rows: RowArray) -> Vectors:
        taken: Vectors = self._matrix[self._torch.from_numpy(rows).to(self._device)].float().cpu().numpy()
        return taken

    def _keep(self, rows: RowArray) -> None:
        self._matrix = self._matrix[self._torch.from_numpy(rows).to(self._device)]
        self._held = len(rows)

    def _write(self, folder: Path) -> None:
        np.save(folder / _HALF, self._matrix[: self._held].cpu().numpy(), allow_pickle=False)

    def _read(self, folder: Path, *, mapped: bool) -> None:
        """Read the whole matrix to the device; `mapped` is ignored."""
        try:
            saved = np.load(folder / _HALF, mmap_mode="r", allow_pickle=False)
        except (EOFError, ValueError) as error:
            raise ValueError(f"{folder / _HALF} is torn: {error}") from error
        expected = (self._rows.count, self.dimension)
        if saved.shape != expected or saved.dtype != np.float16:
            raise ValueError(f"{folder} holds {saved.dtype} of shape {saved.shape}, expected float16 of {expected}")
        self._matrix, self._held = self._on_device(np.array(saved)), len(saved)

    def _on_device(self, vectors: Any) -> "Tensor":
        matrix: Tensor = self._torch.from_numpy(vectors).to(self._device, self._torch.float16)
        return matrix


def _import_torch() -> Any:
    if importlib.util.find_spec("torch") is None:
        raise MissingExtra("torch", extra="st", purpose="the index kind torch_exact")
    import torch

    return torch
