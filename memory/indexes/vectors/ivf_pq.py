"""Approximate search by product codes (IVF-PQ): the kind for more than 20,000 rows, with only their codes in memory.

Jegou, Douze, Schmid: Product Quantization for Nearest Neighbor Search (2011). The codes find candidates, which are
ranked again by their full vectors; those lie in half precision in files next to the codes. Codes of four bits are
compared in registers, 32 rows at a time: Andre, Kermarrec, Le Scouarnec: Cache Locality Is Not Enough (2015).

Near-duplicate rows are no harm: lists have no links that could miss some, and with more candidates the right ones are
among them (`benchmarks/store/kinds.md`).
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from midthought.memory.indexes.vectors.base import RowScores, VectorIndex, Vectors
from midthought.memory.indexes.vectors.flat import few_threads, nearest_flat, read_faiss
from midthought.memory.indexes.vectors.half_vectors import HalfVectors
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.parameters import through_lists
from midthought.memory.indexes.vectors.row_numbers import Mask, RowArray

_CODES = "codes.faiss"
_COLUMNS = 2
"""Columns per code of four bits. With 4, moulds of 1,000 near-duplicates need 2.5 times as many candidates."""
_PROBED, _CANDIDATES = 96, 400
"""Lists that are read and rows that are ranked again: recall@10 .9960 of real questions among 100,000 rows, .9995 if
these are near-duplicates, in .6 ms. 48 lists find .98 of the former."""
_MAX_PROBED = 16 * _PROBED
TRAIN_AT, _POINTS_PER_LIST, _MIN_POINTS = 10_000, 64, 39
_ROUNDS, _ASSIGNED_AT_ONCE, _SEED = 10, 4_096, 7
"""Rounds of k-means, and rows per step of one: .1 s with 1,024 lists."""
FLAT_LISTS = 8_192
"""Up to this number of lists, all centres are compared: .2 ms at 4,096, and of near-duplicates none is missed."""
_TAIL = 256
_OUTGROWN = 4
_FEW = 4_000
"""Up to this number of allowed rows, comparing them is faster than a search among the codes."""


class IvfPqIndex(VectorIndex):
    """FAISS ``IndexIVFPQ`` by row, trained on the data, over full vectors in mapped files.

    Every row is compared until the index is trained, which happens by itself at 10,000 rows. Before adding millions,
    call `train` with a sample of all of them, because the number of lists is fixed then.
    """

    kind = IndexKind.IVF_PQ
    approximate = True

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch)
        self._generation = 0
        self._full = HalfVectors(dimension, self._next_folder())
        self._codes: Any = None

    @property
    def row_bytes(self) -> int:
        """Bytes per row of codes, padding, numbers and centres (benchmarks/store/kinds.md); vectors lie in files."""
        return code_count(self.dimension) // 2 + 24

    def train(self, sample: Vectors, *, expected: int) -> None:
        """Learn lists and codes from a sample, for `expected` rows; rows already held are encoded again."""
        for _ in self.learn(sample, expected=expected):
            pass

    @classmethod
    def sample_size(cls, rows: int) -> int:
        """Return the number of rows to learn from; 0 if every row is compared, as they are few."""
        return sample_for(rows) if rows >= TRAIN_AT else 0

    def learn(self, sample: Vectors, *, expected: int) -> Iterator[None]:
        """Learn lists and codes from a sample, for `expected` rows; rows already held are encoded again at the end."""
        lists = lists_for(expected, len(sample))
        sample = np.ascontiguousarray(sample[: _POINTS_PER_LIST * lists], dtype=np.float32)
        codes = _untrained(self.dimension, lists)
        yield from _learn_lists(codes, sample)
        codes.train(sample)
        codes.nprobe = _PROBED
        self._codes = codes
        self._encode()

    def widen(self) -> bool:
        """Read twice as many lists and compare twice as many candidates, up to sixteen times; kept with the index."""
        if self._codes is None or self._codes.nprobe >= _MAX_PROBED:
            return False
        self._codes.nprobe *= 2
        return True

    @property
    def is_outgrown(self) -> bool:
        """Whether many rows are dead, or the number of rows has made the lists four times too long."""
        if self._codes is None:
            return len(self) >= TRAIN_AT
        return self._has_many_dead or lists_for(len(self), len(self)) >= _OUTGROWN * int(self._codes.nlist)

    def discard(self) -> None:
        """Remove the files of the full vectors."""
        self._full.drop()

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
            return self._compare(query, np.arange(self._full.count) if mask is None else np.flatnonzero(mask), k)
        rows = self._candidates(query, k, None if mask is None else mask[:encoded], allowed / self._full.count)
        tail = np.arange(encoded, self._full.count) if mask is None else np.flatnonzero(mask[encoded:]) + encoded
        if len(rows) + len(tail) < k:
            return self._compare(query, np.arange(self._full.count) if mask is None else np.flatnonzero(mask), k)
        return self._compare(query, np.concatenate([rows, tail]), k)

    def _candidates(self, query: Vectors, k: int, mask: Mask | None, share: float) -> RowArray:
        """Return candidates, from more lists if few rows are allowed: .993 at 10 % and at 1 % of 2 million rows."""
        probed = min(int(self._codes.nlist), int(self._codes.nprobe * share**-0.25))
        wanted = max(_CANDIDATES * int(self._codes.nprobe) // _PROBED, 4 * k)
        within = through_lists(mask, probed=probed, graph=self._codes.nlist > FLAT_LISTS)
        with few_threads(0):
            _, rows = self._codes.search(query, wanted, params=within)
        found: RowArray = rows[0][rows[0] >= 0]
        return found

    def _compare(self, query: Vectors, rows: RowArray, k: int) -> RowScores:
        """Compare rows in half precision by FAISS: equal rows have equal products at every position."""
        places, scores = nearest_flat(self._full.as_index(rows), query, min(k, len(rows)), None)
        return rows[places], scores

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
            _check_codes(folder, self._codes, self.dimension)
            if self._codes.ntotal > self._rows.count:
                raise ValueError(f"{folder} holds {self._codes.ntotal} codes for {self._rows.count} rows")

    def _next_folder(self) -> Path | None:
        self._generation += 1
        return self._scratch / str(self._generation) if self._scratch else None


def lists_for(rows: int, sample: int) -> int:
    """Return the number of lists: the power of two nearest to 2 sqrt(rows), limited by the size of the sample."""
    wanted = 1 << round(math.log2(2 * math.sqrt(rows)))
    return max(1, min(wanted, sample // _MIN_POINTS))


def sample_for(rows: int) -> int:
    """Return the number of rows to learn from, of `rows` in all."""
    return min(rows, _POINTS_PER_LIST * lists_for(rows, rows))


def _untrained(dimension: int, lists: int) -> Any:
    """Return an empty FAISS index; a graph of the lists' centres keeps adding cheap with tens of thousands of lists."""
    name = f"IVF{lists}{'_HNSW32' if lists > FLAT_LISTS else ''},PQ{code_count(dimension)}x4fsr"
    return faiss.index_factory(dimension, name, faiss.METRIC_INNER_PRODUCT)


def _learn_lists(codes: Any, sample: Vectors) -> Iterator[None]:
    """Place the centres of the lists by spherical k-means, pausing after some thousand rows.

    FAISS's own takes seconds per round, in which nothing could stop it.
    """
    dice = np.random.default_rng(_SEED)
    centres = sample[dice.permutation(len(sample))[: codes.nlist]]
    for _ in range(_ROUNDS):
        index = faiss.IndexFlatIP(codes.d)
        index.add(centres)
        sums = np.zeros_like(centres)
        for start in range(0, len(sample), _ASSIGNED_AT_ONCE):
            part = sample[start : start + _ASSIGNED_AT_ONCE]
            _add_by_list(sums, index.search(part, 1)[1][:, 0], part)
            yield
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        empty = lengths[:, 0] == 0
        sums[empty], lengths[empty] = sample[dice.integers(0, len(sample), np.count_nonzero(empty))], 1
        centres = sums / lengths
    codes.quantizer.add(centres)


def _add_by_list(sums: Vectors, lists: RowArray, rows: Vectors) -> None:
    """Add each row to the sum of its list."""
    order = np.argsort(lists, kind="stable")
    held, starts = np.unique(lists[order], return_index=True)
    sums[held] += np.add.reduceat(rows[order], starts, axis=0)


def code_count(dimension: int) -> int:
    """Return the number of codes of four bits per row: one for every two columns, or the next divisor below."""
    limit = max(1, dimension // _COLUMNS)
    return next(count for count in range(limit, 0, -1) if dimension % count == 0)


def _check_codes(folder: Path, codes: Any, dimension: int) -> None:
    if not isinstance(codes, faiss.IndexIVFPQFastScan) or codes.d != dimension:
        found = f"{type(codes).__name__} of dimension {codes.d}"
        raise ValueError(f"{folder} holds a {found}, expected {dimension} and codes of four bits")
