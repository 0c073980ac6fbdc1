"""Exact inner-product search over the vectors of one namespace (FAISS), by stable sequence number."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray


class VectorIndex:
    """FAISS ``IndexFlatIP`` behind an id map: every stored vector is compared, so nothing close is missed."""

    kind = "exact"

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    @classmethod
    def load(cls, path: Path, *, dimension: int) -> "VectorIndex":
        """Read a saved index; raises `ValueError` when it has another dimension, `RuntimeError` when it is torn."""
        loaded = faiss.read_index(str(path))
        if not isinstance(loaded, faiss.IndexIDMap2) or loaded.d != dimension:
            raise ValueError(f"{path} is a {type(loaded).__name__} of dimension {loaded.d}, expected {dimension}")
        index = cls(dimension)
        index._index = loaded
        return index

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, seqs: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Add one row a sequence number; `vectors` has shape ``(len(seqs), dimension)``."""
        if len(seqs):
            self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(seqs, dtype=np.int64))

    def remove(self, seqs: Sequence[int]) -> None:
        """Remove these sequence numbers; unknown ones are ignored."""
        if len(seqs):
            self._index.remove_ids(faiss.IDSelectorBatch(np.asarray(seqs, dtype=np.int64)))

    def seqs(self) -> NDArray[np.int64]:
        """Return every sequence number held, in no order."""
        ids: NDArray[np.int64] = faiss.vector_to_array(self._index.id_map)
        return ids

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, inner product), best first; equal products by sequence number."""
        k = min(k, len(self))
        if k == 0:
            return []
        scores, ids = self._index.search(np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1), k)
        found = [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))
