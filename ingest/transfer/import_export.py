"""Imports an export, one commit per page, so that a stopped import can be continued."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from midthought.ingest.ingestion import Ingestion, Vector, Vectors
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.transfer.import_checks import check_export
from midthought.ingest.transfer.layout import STARTER, starter_job
from midthought.ingest.transfer.read_export import OpenedExport
from midthought.memory.database.tables.export_table import ExportTable
from midthought.memory.records.entry import Entry
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.job import Counts
from midthought.memory.records.keys import KeyField, SearchKey, entry_keys
from midthought.memory.records.namespace import Namespace
from midthought.memory.transfer.export_tables import ENTRIES, JOBS, REJECTIONS, VECTOR_TABLES, WITH_WORDINGS
from midthought.memory.transfer.import_rows import ImportPage
from midthought.retrieval.encoders.base import Encoder

KeyedVectors = dict[tuple[str, KeyField], Vector]
"""Vectors by entry id and field of the key."""


@dataclass(frozen=True, slots=True)
class TableCount:
    """What became of a table's rows: read = stored + known (there already)."""

    table: str
    read: int
    stored: int

    @property
    def known(self) -> int:
        """Rows that were there already."""
        return self.read - self.stored


def import_export(
    ingestion: Ingestion, export: OpenedExport, *, trusted: bool = False, on_progress: OnProgress = ignore_progress
) -> tuple[TableCount, ...]:
    """Check every row, then take them all in; return what became of them by table.

    The export's vectors are used if the same encoder made them; else they are made again. What the namespace holds
    already stays, so giving an export twice, or again after it was stopped, is harmless. What is new is of the trust
    `Trust.IMPORTED`; of a `trusted` export, the sources of entries tell their trust, also of those imported before.

    The encoder of `ingestion` must stay the same throughout, as the export's vectors are chosen by it: see
    `CurrentEncoder.use`.

    Raises:
        BadInput: a row cannot be stored; nothing was written.
        StoreError: the store cannot be written; what was committed stays.
    """
    check_export(export, on_progress)
    chosen = [table for table in export.tables if table not in VECTOR_TABLES]
    done, total = 0, sum(export.count(table) for table in chosen)
    counts = []
    for table in chosen:
        taking = _Taking(ingestion, export, table, trusted=trusted)
        stored = 0
        for page in export.pages(table):
            stored += taking.take(page)
            done += page.num_rows
            on_progress(Progress("import", done, total, Counts()))
        counts.append(TableCount(table.name, export.count(table), stored))
    return tuple(counts)


class _Taking:
    """One table that is being imported; the export's vectors are read in parallel."""

    def __init__(self, ingestion: Ingestion, export: OpenedExport, table: ExportTable, *, trusted: bool) -> None:
        self._ingestion = ingestion
        self._table = table
        self._trusted = trusted
        self._worded = table in WITH_WORDINGS
        self._vectors = [_VectorReader(export, table, ingestion.encoder) for table in VECTOR_TABLES]

    def take(self, page: pa.Table) -> int:
        page = _name_starter(page, self._table, self._ingestion.namespace)
        known: KeyedVectors = {}
        if self._worded:
            for reader in self._vectors:
                known |= reader.upto(page.column("id")[-1].as_py())
        return self._ingestion.write(lambda fixed: self._take(fixed, page, known))

    def _take(self, ingestion: Ingestion, page: pa.Table, known: KeyedVectors) -> int:
        vectors = self._encode(ingestion, page, known) if self._worded else {}
        moved = ImportPage(self._table, page, ingestion.encoder.identity, vectors, self._trusted)
        return ingestion.store.writer.import_rows(ingestion.namespace, moved)

    def _encode(self, ingestion: Ingestion, page: pa.Table, known: KeyedVectors) -> dict[str, Vectors]:
        """Return the vectors of wordings that are not stored yet: those of the export, or newly encoded ones."""
        ids, versions = page.column("id").to_pylist(), page.column("version").to_pylist()
        contents = dict(zip(ids, page.column("content").to_pylist(), strict=True))
        wordings = list(zip(ids, versions, strict=True))
        needed = ingestion.store.reader.new_wordings(ingestion.namespace, self._table, wordings)
        texts = {
            (entry_id, key.field): key.text
            for entry_id in sorted(needed)
            for key in self._keys(entry_from_json(contents[entry_id]))
        }
        missing = [one for one in texts if one not in known]
        made = dict(zip(missing, ingestion.encode([texts[one] for one in missing]), strict=True))
        rows: dict[str, list[Vector]] = {}
        for one in texts:
            rows.setdefault(one[0], []).append(known[one] if one in known else made[one])
        return {entry_id: np.stack(some) for entry_id, some in rows.items()}

    def _keys(self, entry: Entry) -> tuple[SearchKey, ...]:
        """Return the keys to encode: a superseded wording has its main key only."""
        return entry_keys(entry) if self._table is ENTRIES else entry_keys(entry)[:1]


class _VectorReader:
    """The vectors of one table of an export in the order of their ids, read only as far as they are needed."""

    def __init__(self, export: OpenedExport, table: ExportTable, encoder: Encoder) -> None:
        made_by = export.manifest.encoder
        same = made_by is not None and made_by.digest == encoder.identity.digest and table in export.tables
        self._pages = export.pages(table) if same else iter(())
        self._waiting: KeyedVectors = {}
        self._last = ""

    def upto(self, last_id: str) -> KeyedVectors:
        """Return those read and not past `last_id`; callers give ids in ascending order."""
        while self._last <= last_id and (page := next(self._pages, None)) is not None:
            fields = page.column("field").to_pylist() if "field" in page.column_names else [KeyField.MAIN] * len(page)
            for entry_id, field, vector in zip(
                page.column("entry_id").to_pylist(), fields, page.column("vector"), strict=True
            ):
                self._waiting[entry_id, KeyField(field)] = vector.values.to_numpy()
                self._last = entry_id
        found = {one: vector for one, vector in self._waiting.items() if one[0] <= last_id}
        later = {one: vector for one, vector in self._waiting.items() if one[0] >= last_id}
        self._waiting = later  # the next page may begin with the same id, of another superseded wording
        return found


def _name_starter(page: pa.Table, table: ExportTable, namespace: Namespace) -> pa.Table:
    """Give the starter's job the id it has in this namespace."""
    if table not in (JOBS, REJECTIONS):
        return page
    name = table.key[0]
    ids = [starter_job(namespace) if one == STARTER else one for one in page.column(name).to_pylist()]
    return page.set_column(page.schema.get_field_index(name), page.schema.field(name), pa.array(ids, pa.string()))
