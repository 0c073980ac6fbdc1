"""Which row of an index holds which sequence number. Rows are appended; a removed one stays, dead, until a rebuild."""

from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.index_changes import Seqs

Number = TypeVar("Number", bound=np.generic)
RowArray = NDArray[np.int64]
"""Rows of an index, counted from 0."""
Mask = NDArray[np.bool_]


class RowNumbers:
    """Sequence numbers by row, and back, in arrays: 9 bytes a row.

    Sequence numbers mostly come in ascending order, and then the array itself is searched. After one that came out of
    order, a sorted copy is made at the next look-up.
    """

    def __init__(self) -> None:
        self._seqs = np.empty(0, dtype=np.int64)
        self._dead = np.empty(0, dtype=np.bool_)
        self._ascending = True
        self._order: RowArray | None = None
        self.count = 0
        self.dead_count = 0

    @property
    def live_count(self) -> int:
        """Number of rows that are not dead."""
        return self.count - self.dead_count

    def append(self, seqs: Seqs) -> None:
        """Give the next rows to these sequence numbers, none of which may be held by a live row."""
        last = self._seqs[self.count - 1 : self.count]
        self._ascending = self._ascending and bool(np.all(np.diff(np.concatenate([last, seqs])) > 0))
        self._order = None
        count = self.count + len(seqs)
        self._seqs, self._dead = _grown(self._seqs, count), _grown(self._dead, count)
        self._seqs[self.count : count] = seqs
        self._dead[self.count : count] = False
        self.count = count

    def kill(self, rows: RowArray) -> None:
        """Mark live rows as dead."""
        self._dead[rows] = True
        self.dead_count += len(rows)

    def find(self, seqs: Seqs) -> RowArray:
        """Return the live rows of those sequence numbers that are held; the others are left out."""
        if not self.count:
            return np.empty(0, dtype=np.int64)
        keys = self._seqs[: self.count]
        if self._ascending and keys[-1] - keys[0] == self.count - 1:
            rows = np.clip(seqs - keys[0], 0, self.count - 1)
        elif self._ascending:
            rows = np.searchsorted(keys, seqs, side="right") - 1
        else:
            order = self._sorted_rows()
            rows = order[np.searchsorted(keys, seqs, side="right", sorter=order) - 1]
        found: RowArray = rows[(keys[rows] == seqs) & ~self._dead[rows]]
        return found

    def seqs_at(self, rows: RowArray) -> Seqs:
        """Return the sequence numbers of rows."""
        return self._seqs[rows]

    def live(self) -> RowArray:
        """Return every live row, ascending."""
        return np.flatnonzero(~self._dead[: self.count])

    def mask(self, within: Seqs | None) -> Mask | None:
        """Return which rows may be found: the live ones that are `within`; None if every row may be."""
        if within is None:
            return ~self._dead[: self.count] if self.dead_count else None
        mask = np.zeros(self.count, dtype=np.bool_)
        mask[self.find(within)] = True
        return mask

    def save(self, path: Path) -> None:
        """Write one number per row: the sequence number, or its bitwise complement (negative) if the row is dead."""
        seqs = self._seqs[: self.count]
        np.save(path, np.where(self._dead[: self.count], ~seqs, seqs), allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> "RowNumbers":
        """Read what `save` wrote; raises `ValueError` if the file is torn."""
        try:
            saved = np.load(path, allow_pickle=False)
        except (EOFError, ValueError) as error:
            raise ValueError(f"{path} is torn: {error}") from error
        if saved.ndim != 1 or saved.dtype != np.int64:
            raise ValueError(f"{path} holds {saved.dtype} of shape {saved.shape}, expected int64 in one dimension")
        rows = cls()
        rows.append(np.where(saved < 0, ~saved, saved))
        rows.kill(np.flatnonzero(saved < 0))
        return rows

    def _sorted_rows(self) -> RowArray:
        """Rows ordered by sequence number; of two rows with the same number the later is last, where `find` looks."""
        if self._order is None:
            self._order = np.argsort(self._seqs[: self.count], kind="stable")
        return self._order


def _grown(array: NDArray[Number], size: int) -> NDArray[Number]:
    """Return the array itself, or a copy with at least `size` places and at least twice those it has."""
    if size <= len(array):
        return array
    grown = np.zeros(max(size, 2 * len(array)), dtype=array.dtype)
    grown[: len(array)] = array
    return grown
