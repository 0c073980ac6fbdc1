"""The vectors of one namespace: an index for each field that keys are made of, and one for all further wordings.

An entry has at most one key per field. So the nearest k entries are among the nearest k of each field, a filter on
entries holds for every field as it is, and one field can be searched alone. One index over the keys of all fields would
have to return more than k rows, as several may be of one entry. The index of the wordings has that disadvantage; few
entries have many of them: see `key_numbers.py`.
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from threading import RLock

import numpy as np

from midthought.memory.indexes.build_thread import BuildThread
from midthought.memory.indexes.index_build import IndexBuild
from midthought.memory.indexes.index_home import ALL_FIELDS, Vectors
from midthought.memory.indexes.key_means import KeyMeans, mean_scores
from midthought.memory.indexes.key_numbers import (
    WORDINGS,
    entries_with,
    entry_numbers,
    fields_of,
    index_name,
    key_fields,
    key_numbers,
)
from midthought.memory.indexes.vectors.base import VectorIndex
from midthought.memory.indexes.vectors.choose import choose_kind
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.index_changes import ExtraVectors, Seqs
from midthought.memory.records.keys import WORDING_FIELDS, KeyField
from midthought.memory.records.store_stats import IndexNote

_log = logging.getLogger(__name__)
AT_ONCE = 2_000
"""Up to this number of rows an index of another kind is built at once: it takes less than a second."""
_REFUSALS = "refusals.json"
_PER_ENTRY = 4
"""Wordings of one entry that may be among the nearest before a search is repeated for more."""
_RETRY_AT = 2
"""A kind that was refused is tried again at this multiple of the rows for which it was refused."""


@dataclass(frozen=True, slots=True)
class RefusedKind:
    """Why the present kind of an index stays: for how many rows another was built, and what was wrong with it."""

    rows: int
    reason: str


class KeyVectors:
    """Searches entries by the best of their keys.

    Another kind of index, once one suits the number of rows better, is built while the present one is searched,
    and replaces it if it passes the check.

    Args:
        dimension: columns of every vector.
        scratch: a folder on the disk the indexes are saved to.
        kind: the kind of every index; None: chosen by the number of its rows.
        builder: runs the builds; None: they run at once, and the caller waits.

    Attributes:
        lock: held while the indexes must not change, nor their kinds.
        unsaved: whether `save` would write other kinds or refusals than it last did.
    """

    def __init__(
        self, dimension: int, *, scratch: Path, kind: IndexKind | None = None, builder: BuildThread | None = None
    ) -> None:
        self._dimension = dimension
        self._scratch = scratch
        self._kind = kind
        self._builder = builder
        self._indexes: dict[str, VectorIndex] = {}
        self._builds: dict[str, IndexBuild] = {}
        self._refusals: dict[str, RefusedKind] = {}
        self._folders = 0
        self.lock = RLock()
        self.unsaved = False

    def close(self) -> None:
        """Stop the builds; not usable afterwards."""
        for build in list(self._builds.values()):
            if self._builder is not None:
                self._builder.cancel(build)

    @property
    def stored_bytes(self) -> int:
        """Bytes of memory that the vectors take."""
        return sum(index.row_bytes * len(index) for index in self._indexes.values())

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each index, by its name."""
        return {name: index.kind.value for name, index in self._indexes.items()}

    def seqs(self, field: KeyField = KeyField.MAIN) -> Seqs:
        """Return the numbers of the entries that have a key of a field, in no order."""
        name = index_name(field)
        if name not in self._indexes:
            return np.empty(0, dtype=np.int64)
        return entries_with(field, self._indexes[name].seqs())

    def add(self, seqs: Sequence[int] | Seqs, vectors: Vectors, field: KeyField = KeyField.MAIN) -> None:
        """Add the keys of a field, one per entry, replacing those they had; `vectors` is ``(len(seqs), dimension)``."""
        if len(seqs):
            name, numbers = index_name(field), key_numbers(np.asarray(seqs, dtype=np.int64), [field])
            # One lock for both: a build that copies a row before it changes must hear of the change.
            with self.lock:
                self._index_of(name).add(numbers, vectors)
                self._note(name, numbers)

    def add_extra(self, extra: Iterable[ExtraVectors], *, gone: Collection[int]) -> None:
        """Add keys other than the main ones, except those of entries that are `gone`."""
        for rows in extra:
            kept = ~np.isin(rows.seqs, list(gone))
            self.add(rows.seqs[kept], rows.vectors[kept], rows.field)

    def remove(self, seqs: Sequence[int] | Seqs) -> None:
        """Remove all keys of these entries; unknown ones are ignored."""
        entries = np.asarray(seqs, dtype=np.int64)
        with self.lock:
            for name, index in self._indexes.items():
                numbers = key_numbers(entries, fields_of(name))
                index.remove(numbers)
                self._note(name, numbers)

    def _note(self, name: str, numbers: Seqs) -> None:
        if name in self._builds:
            self._builds[name].note(numbers)

    def search(
        self, vector: Vectors, k: int, *, within: Seqs | None = None, fields: Collection[KeyField] = ALL_FIELDS
    ) -> list[tuple[int, float]]:
        """Return up to `k` (number of the entry, inner product of its best key), best first; equal ones by number.

        `within` holds the numbers of entries that may be found; `fields` are those whose keys are compared.
        """
        chosen = {name: [field for field in fields if index_name(field) == name] for name in self._indexes}
        found = [
            _nearest(name, self._indexes[name], vector, k, within=within, fields=some)
            for name, some in chosen.items()
            if some
        ]
        if not found:
            return []
        # With arrays: a loop over 300 rows takes 80 microseconds more, as long as comparing 4,000 keys.
        seqs, scores = np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])
        order = np.lexsort((seqs, -scores))
        _, first = np.unique(seqs[order], return_index=True)  # of the keys of an entry the best comes first
        best = order[np.sort(first)[:k]]
        return list(zip(seqs[best].tolist(), scores[best].tolist(), strict=True))

    def similarities(self, vector: Vectors, seqs: Sequence[int] | Seqs) -> dict[int, dict[KeyField, float]]:
        """Return the inner product of every key of these entries, by field; those without a key are left out."""
        entries, found = np.asarray(seqs, dtype=np.int64), dict[int, dict[KeyField, float]]()
        for name, index in self._indexes.items():
            numbers, scores = index.products(vector, key_numbers(entries, fields_of(name)))
            held = zip(entry_numbers(name, numbers).tolist(), key_fields(name, numbers), scores.tolist(), strict=True)
            for seq, field, score in held:
                found.setdefault(seq, {})[field] = score
        return found

    def key_means(
        self, vector: Vectors, seqs: Sequence[int] | Seqs, *, count: int, fields: Collection[KeyField]
    ) -> KeyMeans:
        """Return two means of the inner products of each entry's keys: of the best `count`, and of those in `fields`.

        The first is None for an entry with fewer keys. `fields` contain the main one, so every entry has a key among
        them, and no wordings. Entries are left out if all have the main key alone.
        """
        if len(self._indexes) < 2:
            return {}
        entries, found = np.asarray(seqs, dtype=np.int64), []
        # Without wordings an entry has at most one key per index: if these are too few, only `fields` are read.
        is_short = WORDINGS not in self._indexes and len(self._indexes) < count
        for name, index in self._indexes.items():
            is_general = name in fields
            if is_general or not is_short:
                numbers, scores = index.products(vector, key_numbers(entries, fields_of(name)))
                found.append((entry_numbers(name, numbers), scores, np.full(len(scores), is_general)))
        owners, scores, chosen = (np.concatenate(column) for column in zip(*found, strict=True))
        return mean_scores(owners, scores, chosen, count=count)

    def main_vectors(self, seqs: Sequence[int] | Seqs) -> dict[int, Vectors]:
        """Return the vector of the main key of each of these entries; those without one are left out."""
        index = self._indexes.get(KeyField.MAIN)
        held, vectors = index.vectors_of(seqs) if index else ((), ())
        return dict(zip(map(int, held), vectors, strict=True))

    def settle(self) -> None:
        """Have indexes built of the kinds that suit the present keys, after all changes are applied."""
        with self.lock:
            for name, index in self._indexes.items():
                if name in self._builds or self._is_refused(name, len(index)):
                    continue
                wanted = choose_kind(len(index), override=self._kind, current=index.kind)
                if wanted is not index.kind or index.is_outgrown:
                    self._build(name, wanted)

    def _is_refused(self, name: str, rows: int) -> bool:
        refusal = self._refusals.get(name)
        return refusal is not None and rows < _RETRY_AT * refusal.rows

    def _build(self, name: str, wanted: IndexKind) -> None:
        index = self._indexes[name]
        _log.info("%s: of the index of %d vectors (%s), %s is built", self._scratch, len(index), name, wanted)
        empty = wanted.load_class()(self._dimension, scratch=self._folder(name))
        build = self._builds[name] = IndexBuild(index, empty, self.lock, finish=partial(self._end, name))
        if self._builder is None or len(index) <= AT_ONCE:
            build.run()
        else:
            self._builder.start(build)

    def _end(self, name: str, build: IndexBuild, index: VectorIndex | None) -> None:
        """Switch to the index that was built, or keep the present one and why."""
        del self._builds[name]
        self._refusals.pop(name, None)
        self.unsaved = True
        if index is None:
            self._refusals[name] = RefusedKind(build.total, build.refusal)
            _log.warning("%s: the index %s stays: %s", self._scratch, self._indexes[name].kind, build.refusal)
        else:
            present, self._indexes[name] = self._indexes[name], index
            present.discard()

    def notes(self) -> tuple[IndexNote, ...]:
        """Return which indexes are being built, and which kinds were refused."""
        with self.lock:
            builds = [(name, build.describe()) for name, build in self._builds.items()]
            told = [*builds, *((name, refusal.reason) for name, refusal in self._refusals.items())]
            return tuple((name, self._indexes[name].kind.value, text) for name, text in told)

    def save(self, folder: Path) -> None:
        """Write each index into a separate folder inside `folder`."""
        with self.lock:
            for name, index in self._indexes.items():
                index.save(folder / _folder_name(name))
            if self._refusals:
                written = {name: asdict(refusal) for name, refusal in self._refusals.items()}
                (folder / _REFUSALS).write_text(json.dumps(written), encoding="utf-8")
            self.unsaved = False

    @classmethod
    def load(
        cls,
        folder: Path,
        kinds: Mapping[str, str],
        *,
        dimension: int,
        scratch: Path,
        kind: IndexKind | None = None,
        builder: BuildThread | None = None,
    ) -> "KeyVectors":
        """Read what `save` wrote; pages that no search reads stay on disk. Raises as `VectorIndex.load` does."""
        keys = cls(dimension, scratch=scratch, kind=kind, builder=builder)
        for name, saved in kinds.items():
            keys._indexes[name] = (
                IndexKind(saved)
                .load_class()
                .load(
                    folder / _folder_name(name),
                    dimension=dimension,
                    mapped=True,  # adding rows copies the index into memory
                    scratch=keys._folder(name),
                )
            )
        if (folder / _REFUSALS).exists():
            written = json.loads((folder / _REFUSALS).read_text(encoding="utf-8"))
            keys._refusals = {name: RefusedKind(**refusal) for name, refusal in written.items()}
        return keys

    def _index_of(self, name: str) -> VectorIndex:
        """Return an index by its name; a first one compares every row, until `settle` has another one built."""
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = IndexKind.EXACT.load_class()(self._dimension, scratch=self._folder(name))
        return index

    def _folder(self, name: str) -> Path:
        """Return a folder for the files of one more index of a name; two of them may be there at a time."""
        self._folders += 1
        return self._scratch / f"{_folder_name(name)}-{self._folders}"


def _nearest(
    name: str, index: VectorIndex, vector: Vectors, k: int, *, within: Seqs | None, fields: Collection[KeyField]
) -> tuple[Seqs, Vectors]:
    """Return the entries of at least the `k` nearest keys of these fields, and their inner products, best first.

    An entry comes once per key; if there are `k` entries, `k` different ones are among them.
    """
    if name != WORDINGS:
        return index.nearest(vector, k, within=within)
    if within is None and len(fields) < len(WORDING_FIELDS):
        within = np.unique(entry_numbers(name, index.seqs()))
    allowed, wanted = None if within is None else key_numbers(within, fields), _PER_ENTRY * k
    while True:
        numbers, scores = index.nearest(vector, wanted, within=allowed)
        entries = entry_numbers(name, numbers)
        if len(numbers) < wanted or len(np.unique(entries)) >= k:
            return entries, scores
        wanted *= 4


def _folder_name(name: str) -> str:
    return "vectors" if name == KeyField.MAIN else f"vectors-{name}"
