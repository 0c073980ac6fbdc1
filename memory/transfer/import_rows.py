"""Rows of an export on their way into the store: what is stored already stays, so importing twice changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.database.forgetting import delete_extra_keys
from midthought.memory.database.key_rows import insert_keys_of
from midthought.memory.database.tables import (
    dead_letters,
    entries,
    jobs,
    links,
    outcomes,
    provenance,
    retirements,
    run_entries,
    run_evidence,
    runs,
    steps,
    superseded,
    trajectories,
    trust_marks,
)
from midthought.memory.database.tables.entries import FreshEntry, Wording
from midthought.memory.database.tables.export_table import ExportTable
from midthought.memory.database.tables.generations import current_generation, insert_first_generation
from midthought.memory.database.tables.provenance import ProvenanceRow, make_provenance
from midthought.memory.database.tables.statements import Connection, insert_missing
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import EncoderMismatch
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Provenance
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trust import Trust
from midthought.memory.records.unit_vectors import check_vector, check_vectors
from midthought.memory.transfer.export_tables import (
    DEAD_LETTERS,
    ENTRIES,
    LINKS,
    OUTCOMES,
    REJECTIONS,
    RETIREMENTS,
    RUN_ENTRIES,
    RUN_EVIDENCE,
    RUNS,
    STEPS,
    SUPERSEDED,
    TRAJECTORIES,
)


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Rows of one table on their way in.

    Attributes:
        rows: with the table's schema.
        encoder: who made the vectors.
        vectors: of an entry's keys, by its id, shape ``(keys, dimension)``; needed for wordings that are not stored
            yet. Of a superseded wording only the first is used, that of its main key.
        trusted: the export is the owner's own, so the sources of its entries tell their trust.
    """

    table: ExportTable
    rows: pa.Table
    encoder: EncoderIdentity
    vectors: Mapping[str, NDArray[np.float32]]
    trusted: bool = False


def import_rows(writing: WriteTransaction, namespace: Namespace, page: ImportPage) -> int:
    """Insert the rows that are not stored yet; return how many those were.

    Raises `MissingVector` for a wording without a vector and `EncoderMismatch` if the store has another encoder by now.
    """
    if page.table is ENTRIES:
        return _import_entries(writing, namespace, page)
    if page.table is SUPERSEDED:
        return _import_superseded(writing, namespace, page)
    if page.table is REJECTIONS:
        return jobs.import_rejections(writing.connection, page.rows, namespace)
    if page.table is TRAJECTORIES:
        return trajectories.import_trajectories(writing.connection, page.rows, namespace)
    if page.table is STEPS:
        return steps.import_steps(writing.connection, page.rows, namespace)
    if page.table is DEAD_LETTERS:
        return dead_letters.import_letters(writing.connection, page.rows, namespace)
    if page.table in _OF_RUNS:
        return _OF_RUNS[page.table](writing.connection, page.rows, namespace)
    if page.table is LINKS:
        return links.import_links(writing.connection, _with_current_ids(writing, namespace, page.rows), namespace)
    return insert_missing(writing.connection, page.table, page.rows, namespace)


_OF_RUNS = {
    RUNS: runs.import_runs,
    RUN_ENTRIES: run_entries.import_entries,
    OUTCOMES: outcomes.import_outcomes,
    RETIREMENTS: retirements.import_retirements,
    RUN_EVIDENCE: run_evidence.import_evidence,
}


def _with_current_ids(writing: WriteTransaction, namespace: Namespace, rows: pa.Table) -> pa.Table:
    """Return links with the ids that their entries have here: they may have been revised since the export."""
    ids = rows.column("entry_id").to_pylist()
    current = superseded.current_ids(writing.connection, namespace, set(ids))
    column = pa.array([current.get(one, one) for one in ids], pa.string())
    return rows.set_column(rows.schema.get_field_index("entry_id"), rows.schema.field("entry_id"), column)


def new_wordings(
    connection: Connection, namespace: Namespace, table: ExportTable, wordings: Sequence[tuple[str, int]]
) -> set[str]:
    """Return the ids of those (id, version) that `import_rows` will insert into a table of wordings."""
    ids = [entry_id for entry_id, _ in wordings]
    if table is SUPERSEDED:
        stored = superseded.known_versions(connection, namespace, ids)
        return {wording[0] for wording in wordings if wording not in stored}
    return set(ids) - superseded.current_ids(connection, namespace, ids).keys()


def _import_entries(writing: WriteTransaction, namespace: Namespace, page: ImportPage) -> int:
    rows = page.rows.to_pylist()
    connection = writing.connection
    known = superseded.current_ids(connection, namespace, [row["id"] for row in rows])
    lineages = [row["lineage"] for row in rows if row["id"] not in known]
    heads = entries.read_current(connection, namespace, lineages)
    fresh: list[Wording] = []
    older: list[Wording] = []
    succeeding: set[int] = set()  # they have their predecessors' sources already
    for row in rows:
        if row["id"] in known:
            continue
        wording, head = _wording(row, writing.next_seq()), heads.get(row["lineage"])
        if head is not None and head.age > wording.age:
            older.append(replace(wording, superseded_at=head.created_at or wording.created_at or datetime.min))
            known[wording.entry.id] = head.entry.id
            continue
        if head is not None:
            _supersede(writing, namespace, head, by=wording)
            succeeding.add(wording.seq)
        fresh.append(wording)
    _insert_wordings(writing, namespace, page, fresh)
    _insert_wordings(writing, namespace, page, older)
    fresh_seqs = {(namespace.name, one.entry.id): one.seq for one in fresh if one.seq not in succeeding}
    _mark(writing, namespace, page, [one.entry.id for one in (*fresh, *older)])
    sources = _sources(namespace, rows, known)
    provenance.insert_provenance(connection, sources, fresh=fresh_seqs, next_seq=writing.next_seq)
    return len(fresh) + len(older)


def _import_superseded(writing: WriteTransaction, namespace: Namespace, page: ImportPage) -> int:
    rows = page.rows.to_pylist()
    stored = superseded.known_versions(writing.connection, namespace, [row["id"] for row in rows])
    fresh = [_wording(row, writing.next_seq()) for row in rows if (row["id"], row["version"]) not in stored]
    ids = [one.entry.id for one in fresh]
    known = superseded.current_ids(writing.connection, namespace, ids)
    _insert_wordings(writing, namespace, page, fresh)
    _mark(writing, namespace, page, [one for one in ids if one not in known])
    return len(fresh)


def _mark(writing: WriteTransaction, namespace: Namespace, page: ImportPage, fresh: Sequence[str]) -> None:
    """Mark the trust of the entries of a page, of which `fresh` are new, before those stored gain its sources."""
    ids = page.rows.column("id").to_pylist()
    if page.trusted:
        trust_marks.clear_imported(writing.connection, namespace, ids)
        return
    trust_marks.mark_entries(writing.connection, namespace, fresh, Trust.IMPORTED)
    trust_marks.mark_learnt(writing.connection, namespace, ids)


def _supersede(writing: WriteTransaction, namespace: Namespace, head: Wording, *, by: Wording) -> None:
    """Let a later wording take the place of the current one; its sources follow."""
    connection = writing.connection
    superseded.insert_superseded(connection, namespace, head.seq, log_seq=writing.next_seq(), moment=by.created_at)
    entries.delete_entry(connection, namespace, head.entry.id)
    delete_extra_keys(connection, namespace, [head.seq])
    provenance.move_provenance(connection, namespace, head.seq, to=(by.entry.id, by.seq))
    links.move_links(connection, namespace, head.entry.id, to=by.entry.id)


def _insert_wordings(
    writing: WriteTransaction, namespace: Namespace, page: ImportPage, wordings: Sequence[Wording]
) -> None:
    """Insert wordings with their vectors: all of them current, or all superseded."""
    if not wordings:
        return
    connection = writing.connection
    current = current_generation(connection)
    if current and current.encoder.digest != page.encoder.digest:
        raise EncoderMismatch(f"vectors of {page.encoder} cannot be written where {current.encoder} is the encoder")
    if current is None:
        insert_first_generation(connection, page.encoder)
    encoded = [_encoded(namespace, page, one) for one in wordings]
    if wordings[0].superseded_at is None:
        entries.insert_wordings(connection, namespace, wordings)
    else:
        log_seqs = [writing.next_seq() for _ in wordings]
        superseded.insert_wordings(connection, namespace, wordings, log_seqs=log_seqs)
    insert_keys_of(connection, encoded, page.encoder, next_seq=writing.next_seq)


def _encoded(namespace: Namespace, page: ImportPage, wording: Wording) -> FreshEntry:
    """Return a wording with the vectors of its keys: of all if it is current, else of the main one."""
    entry, given = wording.entry, page.vectors.get(wording.entry.id)
    if wording.superseded_at is None:
        rows = check_vectors(entry, given, page.encoder)
    else:
        rows = check_vector(None if given is None else given[0], page.encoder)[np.newaxis]
    return FreshEntry(wording.seq, namespace, entry.id, entry, rows)


def _wording(row: Mapping[str, Any], seq: int) -> Wording:
    entry = entry_from_json(row["content"])
    return Wording(seq, entry, row["content"], row["lineage"], row["version"], row["learnt_at"], row.get("retired_at"))


def _sources(namespace: Namespace, rows: Sequence[Mapping[str, Any]], known: Mapping[str, str]) -> list[ProvenanceRow]:
    """Return every source of the rows; those of an entry that was revised here go to its current wording."""
    return [
        (namespace.name, known.get(row["id"], row["id"]), exported_provenance(record))
        for row in rows
        for record in row["provenance"]
    ]


def exported_provenance(record: Mapping[str, Any]) -> Provenance:
    """Return a source as an export tells it; raises `ValueError` for a span that cannot be."""
    columns = (record[name] for name in ("source", "trajectory_id", "part", "start", "end"))
    return make_provenance(*columns)
