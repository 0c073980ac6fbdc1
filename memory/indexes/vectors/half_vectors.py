"""Full vectors in half precision on disk, mapped: only the pages that a search reads are in memory.

They lie in files of `SEGMENT` rows. A full file never changes again, so a checkpoint is a hard link of each, and only
the last one is copied.
"""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from midthought.memory.indexes.vectors.base import Vectors
from midthought.memory.indexes.vectors.row_numbers import RowArray

SEGMENT = 65_536
Half = NDArray[np.float16]


class HalfVectors:
    """Rows of half-precision vectors in a directory: append, take, save as links.

    Args:
        dimension: columns of every row.
        folder: the directory of the files, emptied first; by default a temporary one, removed with this object.
    """

    def __init__(self, dimension: int, folder: Path | None = None) -> None:
        self._dimension = dimension
        self._folder = _empty_folder(folder) if folder else Path(tempfile.mkdtemp(prefix="midthought-vectors-"))
        if folder is None:
            # No caller sees errors in a finalizer, and a temporary directory may be removed before this object.
            weakref.finalize(self, shutil.rmtree, str(self._folder), ignore_errors=True)
        self._mapped: list[Half] = []
        self.count = 0

    def append(self, vectors: Vectors) -> None:
        """Write rows after the others; if the disk refuses, none of them counts."""
        start, count = 0, self.count
        while start < len(vectors):
            number, held = divmod(count, SEGMENT)
            part = vectors[start : start + SEGMENT - held]
            self._write(number, held, part)
            start, count = start + len(part), count + len(part)
        self.count = count

    def take(self, rows: RowArray) -> Vectors:
        """Return rows as float32, in the order of `rows`."""
        taken = np.empty((len(rows), self._dimension), dtype=np.float32)
        self._gather(rows, taken)
        return taken

    def as_index(self, rows: RowArray) -> Any:
        """Return a flat FAISS index of these rows, for a search among them: ten times faster than widening them."""
        halves = np.empty((len(rows), self._dimension), dtype=np.float16)
        self._gather(rows, halves)
        precision: Any = faiss.ScalarQuantizer.QT_fp16  # an int, although FAISS's types say otherwise
        index = faiss.IndexScalarQuantizer(self._dimension, precision, faiss.METRIC_INNER_PRODUCT)
        if len(rows):
            index.add_sa_codes(halves.view(np.uint8))
        return index

    def _gather(self, rows: RowArray, taken: NDArray[Any]) -> None:
        numbers, places = np.divmod(rows, SEGMENT)
        for number in np.unique(numbers):
            chosen = numbers == number
            taken[chosen] = self._mapped[number][places[chosen]]

    def parts(self, start: int = 0) -> Iterator[Vectors]:
        """Yield the rows from `start` on as float32, at most a segment at once."""
        for number, segment in enumerate(self._mapped):
            skipped = max(0, start - number * SEGMENT)
            if skipped < len(segment):
                yield np.asarray(segment[skipped:], dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Link the full files into a directory and copy the last one."""
        for number in range(len(self._mapped)):
            _place(_segment(self._folder, number), _segment(folder, number), full=len(self._mapped[number]) == SEGMENT)

    @classmethod
    def load(cls, saved: Path, count: int, dimension: int, folder: Path | None) -> "HalfVectors":
        """Read `count` saved rows; raises `ValueError` if a file is missing or has another size."""
        vectors = cls(dimension, folder)
        for number in range(-(-count // SEGMENT)):
            rows = min(SEGMENT, count - number * SEGMENT)
            source = _segment(saved, number)
            size = source.stat().st_size if source.is_file() else 0
            if size != rows * dimension * 2:
                raise ValueError(f"{source} has {size} bytes, expected {rows * dimension * 2}")
            _place(source, _segment(vectors._folder, number), full=rows == SEGMENT)
            vectors._map(number, rows)
        vectors.count = count
        return vectors

    def drop(self) -> None:
        """Remove the files; a search that has begun reads what it mapped until it ends."""
        shutil.rmtree(self._folder)

    def _write(self, number: int, held: int, part: Vectors) -> None:
        path = _segment(self._folder, number)
        with path.open("r+b" if held else "wb") as file:
            file.seek(held * self._dimension * 2)
            file.write(np.ascontiguousarray(part, dtype=np.float16).tobytes())
        self._map(number, held + len(part))

    def _map(self, number: int, rows: int) -> None:
        path = _segment(self._folder, number)
        mapped: Half = np.memmap(path, dtype=np.float16, mode="r", shape=(rows, self._dimension))
        self._mapped[number:] = [mapped]


def _segment(folder: Path, number: int) -> Path:
    return folder / f"vectors-{number:06d}.f16"


def _empty_folder(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _place(source: Path, target: Path, *, full: bool) -> None:
    """Hard-link a full file if the disk allows it; copy any other."""
    if full:
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copyfile(source, target)
