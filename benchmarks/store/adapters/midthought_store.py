"""Midthought's own store, with vectors made beforehand."""

from collections.abc import Sequence
from pathlib import Path

from adapters.base import POOL, Hit, fuse_ranks
from vectors import DIMENSION, Row, Vectors

from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Lesson, Procedure, Provenance, StoredEntry
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store

_ENCODER = EncoderIdentity("all-MiniLM-L6-v2", "0" * 64, DIMENSION)
_SOURCE = (Provenance(None, "benchmark"),)
_BATCH = 1_000


class MidthoughtStore:
    """One namespace; a row's number, outcome and time are tags of its entry."""

    modes = ("synced",)
    note = "as it opens: DuckDB, the index kind it chooses by size, BM25; fused by rank as recall does"

    def __init__(self, folder: Path, mode: str) -> None:
        self._store = Store(folder, encoder=_ENCODER)

    def add(self, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), _BATCH):
            self._write(rows[start : start + _BATCH])

    def finish(self) -> None:
        self._store.searcher.searched_state(DEFAULT_NAMESPACE)  # brings the indexes up to all rows
        self._store.searcher.finish_builds()
        self._store.searcher.checkpoint(DEFAULT_NAMESPACE)

    def add_one(self, row: Row) -> None:
        self._write([row])

    def _write(self, rows: Sequence[Row]) -> None:
        entries = tuple(EntryWrite(_entry(row), _SOURCE, row.vector) for row in rows)
        self._store.writer.write(DEFAULT_NAMESPACE, Batch(entries=entries))

    def search(self, vector: Vectors, k: int) -> list[Hit]:
        return self._search(vector, k)

    def search_domain(self, vector: Vectors, k: int, domain: str) -> list[Hit]:
        return self._search(vector, k, Filter(domains=frozenset({domain})))

    def _search(self, vector: Vectors, k: int, where: Filter = EVERYTHING) -> list[Hit]:
        within = self._store.searcher.matching(DEFAULT_NAMESPACE, where)
        found = self._store.searcher.search_vectors(DEFAULT_NAMESPACE, vector, k, within=within)
        return self._read([seq for seq, _ in found])

    def search_hybrid(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        near = self._store.searcher.search_vectors(DEFAULT_NAMESPACE, vector, POOL)
        worded = self._store.searcher.search_words(DEFAULT_NAMESPACE, text, POOL)
        return self._read(fuse_ranks([[seq for seq, _ in near], [seq for seq, _ in worded]], k))

    def _read(self, seqs: Sequence[int]) -> list[Hit]:
        stored = self._store.searcher.entries_by_seq(DEFAULT_NAMESPACE, seqs)
        return [_hit(stored[seq]) for seq in seqs]

    def close(self) -> None:
        self._store.close()


def _entry(row: Row) -> Entry:
    tags = (f"row:{row.number}", f"outcome:{row.outcome}", f"time:{row.time}")
    if row.kind == "lesson":
        return Lesson(row.question, row.body, domain=row.domain, tags=tags)
    return Procedure(row.question, row.body, domain=row.domain, tags=tags)


def _hit(stored: StoredEntry) -> Hit:
    entry = stored.entry
    fields = dict(tag.split(":", 1) for tag in entry.tags)
    text = f"{entry.key}\n{entry.body}"
    return Hit(int(fields["row"]), text, entry.kind.value, entry.domain, fields["outcome"], int(fields["time"]))


PEER = MidthoughtStore
