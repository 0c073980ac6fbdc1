"""The vectors of one namespace: an index for each field that keys are made of, all of them by the entries' numbers.

An entry has at most one key per field. So the nearest k entries are among the nearest k of each field, a filter on
entries holds for every field as it is, and one field can be searched alone. One index over the keys of all fields would
have to be asked for more than k rows, as several may be of one entry, and would be several times as large: a graph that
finds .99 of the nearest rows at 100,000 finds fewer at 300,000 (`benchmarks/store/kinds.md`).
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from midthought.memory.indexes.vectors.base import VectorIndex
from midthought.memory.indexes.vectors.choose import choose_kind, convert_index
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.index_changes import ExtraVectors, Seqs
from midthought.memory.records.keys import KeyField

_log = logging.getLogger(__name__)
Vectors = NDArray[np.float32]
ALL_FIELDS = frozenset(KeyField)


class KeyVectors:
    """Searches entries by the best of their keys.

    Args:
        dimension: columns of every vector.
        scratch: a folder on the disk the indexes are saved to.
        kind: the kind of every index; None: chosen by the number of its rows.
    """

    def __init__(self, dimension: int, *, scratch: Path, kind: IndexKind | None = None) -> None:
        self._dimension = dimension
        self._scratch = scratch
        self._kind = kind
        self._indexes: dict[KeyField, VectorIndex] = {}

    @property
    def stored_bytes(self) -> int:
        """Bytes of memory that the vectors take."""
        return sum(index.row_bytes * len(index) for index in self._indexes.values())

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of the index of each field that has keys, by the field's name."""
        return {field.value: index.kind.value for field, index in self._indexes.items()}

    def seqs(self, field: KeyField = KeyField.MAIN) -> Seqs:
        """Return the numbers of the entries that have a key of a field, in no order."""
        index = self._indexes.get(field)
        return index.seqs() if index else np.empty(0, dtype=np.int64)

    def add(self, seqs: Sequence[int] | Seqs, vectors: Vectors, field: KeyField = KeyField.MAIN) -> None:
        """Add the keys of a field, one per entry, replacing those they had; `vectors` is ``(len(seqs), dimension)``."""
        if len(seqs):
            self._index_of(field).add(seqs, vectors)

    def add_extra(self, extra: Iterable[ExtraVectors], *, gone: Collection[int]) -> None:
        """Add keys beside the main ones, but for those of entries that are `gone`."""
        for rows in extra:
            kept = ~np.isin(rows.seqs, list(gone))
            self.add(rows.seqs[kept], rows.vectors[kept], rows.field)

    def remove(self, seqs: Sequence[int] | Seqs) -> None:
        """Remove all keys of these entries; unknown ones are ignored."""
        for index in self._indexes.values():
            index.remove(seqs)

    def search(
        self, vector: Vectors, k: int, *, within: Seqs | None = None, fields: Collection[KeyField] = ALL_FIELDS
    ) -> list[tuple[int, float]]:
        """Return up to `k` (number of the entry, inner product of its best key), best first; equal ones by number.

        `within` holds the numbers of entries that may be found; `fields` are those whose keys are compared.
        """
        best: dict[int, float] = {}
        for field, index in self._indexes.items():
            if field in fields:
                for seq, score in index.search(vector, k, within=within):
                    if score > best.get(seq, -np.inf):
                        best[seq] = score
        return sorted(best.items(), key=lambda hit: (-hit[1], hit[0]))[:k]

    def similarities(
        self, vector: Vectors, seqs: Sequence[int] | Seqs, *, fields: Collection[KeyField] = ALL_FIELDS
    ) -> dict[int, float]:
        """Return the inner product of the best key of each of these entries; those without a key are left out."""
        best: dict[int, float] = {}
        for field, index in self._indexes.items():
            if field in fields:
                found, scores = index.products(vector, seqs)
                for seq, score in zip(found.tolist(), scores.tolist(), strict=True):
                    if score > best.get(seq, -np.inf):
                        best[seq] = score
        return best

    def expect(self, more: Mapping[KeyField, int]) -> None:
        """Change to the kinds of index that suit the coming keys, if those can be made without seeing them."""
        for field, rows in more.items():
            index = self._index_of(field)
            wanted = choose_kind(len(index) + rows, override=self._kind, current=index.kind)
            if not wanted.load_class().learns_from_rows:
                self._become(field, wanted)

    def settle(self) -> None:
        """Change to the kinds of index that suit the present keys, after all changes are applied."""
        for field, index in list(self._indexes.items()):
            self._become(field, choose_kind(len(index), override=self._kind, current=index.kind))
            self._indexes[field].settle()

    def save(self, folder: Path) -> None:
        """Write the index of each field into a folder of its own inside `folder`."""
        for field, index in self._indexes.items():
            index.save(folder / _folder_name(field))

    @classmethod
    def load(
        cls, folder: Path, kinds: Mapping[str, str], *, dimension: int, scratch: Path, kind: IndexKind | None = None
    ) -> "KeyVectors":
        """Read what `save` wrote; pages that no search reads stay on disk. Raises as `VectorIndex.load` does."""
        keys = cls(dimension, scratch=scratch, kind=kind)
        for name, saved in kinds.items():
            field = KeyField(name)
            keys._indexes[field] = (
                IndexKind(saved)
                .load_class()
                .load(
                    folder / _folder_name(field),
                    dimension=dimension,
                    mapped=True,  # adding rows copies the index into memory
                    scratch=scratch / _folder_name(field),
                )
            )
        return keys

    def _index_of(self, field: KeyField) -> VectorIndex:
        index = self._indexes.get(field)
        if index is None:
            index_class = (self._kind or IndexKind.EXACT).load_class()
            index = self._indexes[field] = index_class(self._dimension, scratch=self._scratch / _folder_name(field))
        return index

    def _become(self, field: KeyField, wanted: IndexKind) -> None:
        index = self._indexes[field]
        if wanted is not index.kind:
            _log.info("%s: the index of %d vectors (%s) becomes %s", self._scratch, len(index), field, wanted)
            self._indexes[field] = convert_index(index, wanted, scratch=self._scratch / _folder_name(field))


def _folder_name(field: KeyField) -> str:
    return "vectors" if field is KeyField.MAIN else f"vectors-{field}"
