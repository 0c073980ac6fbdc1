"""What every vector index does: rows by stable sequence number, search among all or among the allowed ones."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.row_numbers import Mask, RowArray, RowNumbers
from midthought.memory.records.index_changes import Seqs

Vectors = NDArray[np.float32]
RowScores = tuple[RowArray, Vectors]
"""Rows and their inner products, in step."""

_ROWS = "rows.npy"
_DEAD_SHARE = 0.2
"""A search passes over dead rows at some cost; beyond this share a rebuild is cheaper than keeping them."""


class VectorIndex(ABC):
    """Inner-product search over the vectors of one namespace. A kind supplies the six methods at the end.

    Args:
        dimension: columns of every vector.
        scratch: an empty directory on the disk the index is saved to, for a kind that keeps vectors in files; a
            temporary one by default.
    """

    kind: ClassVar[IndexKind]
    approximate: ClassVar[bool] = False
    """Whether a search may miss rows; such an index is checked before it is searched, see `index_check.py`."""

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        self.dimension = dimension
        self._scratch = scratch
        self._rows = RowNumbers()

    @property
    def row_bytes(self) -> int:
        """Bytes of memory per row."""
        return 4 * self.dimension

    def __len__(self) -> int:
        return self._rows.live_count

    def add(self, seqs: Sequence[int] | Seqs, vectors: Vectors) -> None:
        """Add one row per sequence number, replacing the row it had; `vectors` is ``(len(seqs), dimension)``."""
        numbers = _numbers(seqs)
        if len(numbers) == 0:
            return
        if len(np.unique(numbers)) < len(numbers) or int(numbers.min()) < 0:
            raise ValueError("sequence numbers must be different from each other and not negative")
        if vectors.shape != (len(numbers), self.dimension):
            raise ValueError(f"vectors have shape {vectors.shape}, expected {(len(numbers), self.dimension)}")
        self.remove(numbers)
        self._append(np.ascontiguousarray(vectors, dtype=np.float32))
        self._rows.append(numbers)

    def remove(self, seqs: Sequence[int] | Seqs) -> None:
        """Remove these sequence numbers; unknown ones are ignored."""
        rows = np.unique(self._rows.find(_numbers(seqs)))
        self._rows.kill(rows)
        if self._has_many_dead and not self.approximate:
            self.compact()

    def search(self, vector: Vectors, k: int, *, within: Seqs | None = None) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, inner product), best first; equal products by sequence number.

        `within` holds the sequence numbers that may be found. The search itself is limited to them, so that `k` are
        returned if there are `k`.
        """
        seqs, scores = self.nearest(vector, k, within=within)
        return list(zip(seqs.tolist(), scores.tolist(), strict=True))

    def nearest(self, vector: Vectors, k: int, *, within: Seqs | None = None) -> tuple[Seqs, Vectors]:
        """Return what `search` does as two arrays in step, numbers and inner products."""
        mask = self._rows.mask(None if within is None else _numbers(within))
        k = min(k, self._rows.count if mask is None else int(np.count_nonzero(mask)))
        if k < 1:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, self.dimension)
        rows, scores = self._nearest(query, k, mask)
        seqs = self._rows.seqs_at(rows)
        best = np.lexsort((seqs, -scores))[:k]
        return seqs[best], scores[best]

    def products(self, vector: Vectors, seqs: Sequence[int] | Seqs) -> tuple[Seqs, Vectors]:
        """Return those of `seqs` that are held, and the inner product of each with `vector`, in step."""
        rows = self._rows.find(_numbers(seqs))
        return self._rows.seqs_at(rows), self._products(np.asarray(vector, dtype=np.float32), rows)

    def _products(self, vector: Vectors, rows: RowArray) -> Vectors:
        # By einsum, in this thread: BLAS would share so small a product among all cores, and its threads spin. With
        # the keys of 200 entries that doubled the processor time of a recall, 55 ms instead of 27.
        products: Vectors = np.einsum("rd,d->r", self._take(rows), vector)
        return products

    def vectors_of(self, seqs: Sequence[int] | Seqs) -> tuple[Seqs, Vectors]:
        """Return those of `seqs` that are held, and the vector of each, in step."""
        rows = self._rows.find(_numbers(seqs))
        return self._rows.seqs_at(rows), self._take(rows)

    def seqs(self) -> Seqs:
        """Return every sequence number held, in no order."""
        return self._rows.seqs_at(self._rows.live())

    def chunks(self, size: int = 65_536) -> Iterator[tuple[Seqs, Vectors]]:
        """Yield everything held as (sequence numbers, vectors), at most `size` rows at once."""
        live = self._rows.live()
        for start in range(0, len(live), size):
            rows = live[start : start + size]
            yield self._rows.seqs_at(rows), self._take(rows)

    def sample(self, size: int) -> Vectors:
        """Return the vectors of `size` rows evenly spread over those held, for a kind that learns from rows."""
        live = self._rows.live()
        return self._take(spread(live, size))

    @classmethod
    def sample_size(cls, rows: int) -> int:
        """Return how many vectors `learn` needs for an index of `rows` rows."""
        return 0

    def learn(self, sample: Vectors, *, expected: int) -> Iterator[None]:
        """Prepare an empty index for `expected` rows like those of the sample, pausing after each second or so."""
        yield from ()

    def widen(self) -> bool:
        """Let searches compare more rows from now on; return False if they compare the maximum number already."""
        return False

    @property
    def is_outgrown(self) -> bool:
        """Whether an index of the same kind, made from the rows that are held now, would be much better.

        An approximate index takes long to rebuild, so its dead rows wait for that; any other drops them by itself.
        """
        return self._has_many_dead

    @property
    def _has_many_dead(self) -> bool:
        return self._rows.dead_count > _DEAD_SHARE * self._rows.count

    def discard(self) -> None:  # noqa: B027  # most kinds have no files
        """Remove the files of an index that another one has replaced; searches that run may end."""

    def compact(self) -> None:
        """Rebuild without the dead rows; nothing removed is left in memory or in the next `save`."""
        if not self._rows.dead_count:
            return
        live, old = self._rows.live(), self._rows
        self._rows = RowNumbers()
        self._rows.append(old.seqs_at(live))
        self._keep(live)

    def save(self, folder: Path) -> None:
        """Write the index into a directory, made if it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._rows.save(folder / _ROWS)
        self._write(folder)

    @classmethod
    def load(cls, folder: Path, *, dimension: int, mapped: bool = False, scratch: Path | None = None) -> Self:
        """Read a saved index; with `mapped` its vectors stay in the file and are read page by page as searches need.

        Raises `ValueError` or `RuntimeError` if it is torn or has another dimension or kind; `OSError` if it
        is missing.
        """
        index = cls(dimension, scratch=scratch)
        index._rows = RowNumbers.load(folder / _ROWS)
        index._read(folder, mapped=mapped)
        return index

    @abstractmethod
    def _append(self, vectors: Vectors) -> None:
        """Store vectors as the next rows; the row numbers are added afterwards."""

    @abstractmethod
    def _nearest(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        """Return at least the `k` rows nearest to `query` (one row), in no order, among those in `mask`."""

    @abstractmethod
    def _take(self, rows: RowArray) -> Vectors:
        """Return the vectors of rows."""

    @abstractmethod
    def _keep(self, rows: RowArray) -> None:
        """Rebuild from these rows, renumbered from 0."""

    @abstractmethod
    def _write(self, folder: Path) -> None:
        """Write everything except the row numbers."""

    @abstractmethod
    def _read(self, folder: Path, *, mapped: bool) -> None:
        """Read what `_write` wrote, and check it against the row numbers, which were read before."""


def spread(numbers: Seqs, size: int) -> Seqs:
    """Return up to `size` of the numbers, evenly spread."""
    return numbers[np.linspace(0, len(numbers) - 1, min(size, len(numbers))).astype(np.int64)]


def _numbers(seqs: ArrayLike) -> Seqs:
    return np.asarray(seqs, dtype=np.int64).reshape(-1)
