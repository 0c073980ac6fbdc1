"""The SQL that takes rows of an export in: what is there already stays, so taking them in twice changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.database import write_tables
from midthought.memory.database.generations import current_generation, insert_first_generation
from midthought.memory.database.write_transaction import WriteTransaction, check_vector
from midthought.memory.errors import EncoderMismatch
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Part, Span
from midthought.memory.transfer.export_tables import ENTRIES, REJECTIONS, RETIRED, ExportTable

Connection = write_tables.Connection


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Rows of one table on their way in.

    Attributes:
        rows: with the table's schema.
        encoder: who made the vectors.
        vectors: by entry id, shape ``(dimension,)``; needed for wordings that are not stored yet.
    """

    table: ExportTable
    rows: pa.Table
    encoder: EncoderIdentity
    vectors: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _Wording:
    """One wording of an entry: current, or retired at a time."""

    seq: int
    entry: Entry
    content: str
    lineage: str
    version: int
    created_at: datetime | None
    retired_at: datetime | None = None

    @property
    def age(self) -> tuple[int, datetime, str]:
        """What tells which of two wordings of one lineage is the later."""
        return (self.version, self.created_at or datetime.min, self.entry.id)


def import_rows(writing: WriteTransaction, namespace: Namespace, page: ImportPage) -> int:
    """Insert the rows that are not there yet; return how many those were.

    Raises `MissingVector` for a wording without one and `EncoderMismatch` where the store's encoder is another now.
    """
    if page.table is ENTRIES:
        return _take_entries(writing, namespace, page)
    if page.table is RETIRED:
        return _take_retired(writing, namespace, page)
    insert = _insert_rejections if page.table is REJECTIONS else _insert_missing
    return _with_rows(writing.connection, page.rows, insert(page.table), namespace)


def new_wordings(
    connection: Connection, namespace: Namespace, table: ExportTable, wordings: Sequence[tuple[str, int]]
) -> set[str]:
    """Return the ids of those (id, version) that `import_rows` will insert into a table of wordings."""
    ids = [entry_id for entry_id, _ in wordings]
    if table is RETIRED:
        stored = _stored_versions(connection, namespace, ids)
        return {wording[0] for wording in wordings if wording not in stored}
    return set(ids) - write_tables.current_ids(connection, namespace, ids).keys()


def _insert_missing(table: ExportTable) -> str:
    names = ", ".join(column.name for column in table.columns)
    same = " AND ".join(f"t.{name} = m.{name}" for name in table.key)
    return f"""INSERT INTO {table.name} (namespace, {names}) SELECT $namespace, {names} FROM moved_rows m
        WHERE NOT EXISTS (SELECT 1 FROM {table.name} t WHERE t.namespace = $namespace AND {same})"""


def _insert_rejections(table: ExportTable) -> str:
    """Rejections have no name of their own: those of an operation are the first, the second and so on."""
    return f"""INSERT INTO {table.name} (namespace, operation_id, place, reason)
        SELECT $namespace, operation_id, place, reason FROM moved_rows m
        WHERE number > (SELECT count(*) FROM {table.name} t
                        WHERE t.namespace = $namespace AND t.operation_id = m.operation_id)
        ORDER BY operation_id, number"""


def _take_entries(writing: WriteTransaction, namespace: Namespace, page: ImportPage) -> int:
    rows = page.rows.to_pylist()
    connection = writing.connection
    known = write_tables.current_ids(connection, namespace, [row["id"] for row in rows])
    heads = _heads(connection, namespace, [row["lineage"] for row in rows if row["id"] not in known])
    fresh: list[_Wording] = []
    older: list[_Wording] = []
    succeeding: set[int] = set()  # they have their predecessors' sources already
    for row in rows:
        if row["id"] in known:
            continue
        wording, head = _wording(row, writing.next_seq()), heads.get(row["lineage"])
        if head is not None and head.age > wording.age:
            older.append(replace(wording, retired_at=head.created_at or wording.created_at or datetime.min))
            known[wording.entry.id] = head.entry.id
            continue
        if head is not None:
            _retire(writing, namespace, head, by=wording)
            succeeding.add(wording.seq)
        fresh.append(wording)
    _insert_wordings(writing, namespace, page, fresh)
    _insert_wordings(writing, namespace, page, older)
    fresh_seqs = {(namespace.name, one.entry.id): one.seq for one in fresh if one.seq not in succeeding}
    places = _provenance(namespace, rows, known)
    write_tables.insert_provenance(connection, places, fresh=fresh_seqs, next_seq=writing.next_seq)
    return len(fresh) + len(older)


def _take_retired(writing: WriteTransaction, namespace: Namespace, page: ImportPage) -> int:
    rows = page.rows.to_pylist()
    stored = _stored_versions(writing.connection, namespace, [row["id"] for row in rows])
    fresh = [_wording(row, writing.next_seq()) for row in rows if (row["id"], row["version"]) not in stored]
    _insert_wordings(writing, namespace, page, fresh)
    return len(fresh)


def _stored_versions(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> set[tuple[str, int]]:
    """Return (id, version) of every wording with one of `ids`, current or retired: one text may be several versions."""
    rows = connection.execute(
        """SELECT id, version FROM retired WHERE namespace = $1 AND id IN (SELECT unnest($2::TEXT[]))
           UNION SELECT id, version FROM entries WHERE namespace = $1 AND id IN (SELECT unnest($2::TEXT[]))""",
        [namespace.name, list(ids)],
    ).fetchall()
    return {(entry_id, version) for entry_id, version in rows}


def _heads(connection: Connection, namespace: Namespace, lineages: Sequence[str]) -> dict[str, _Wording]:
    """Return the current wording of each of `lineages` that is here."""
    rows = connection.execute(
        """SELECT seq, content, lineage, version, learnt_at FROM entries
           WHERE namespace = $1 AND lineage IN (SELECT unnest($2::TEXT[]))""",
        [namespace.name, list(lineages)],
    ).fetchall()
    return {row[2]: _Wording(row[0], entry_from_json(row[1]), *row[1:]) for row in rows}


def _retire(writing: WriteTransaction, namespace: Namespace, head: _Wording, *, by: _Wording) -> None:
    """Let a later wording take the place of the current one, which goes to the retired; its sources follow."""
    connection = writing.connection
    connection.execute(
        """INSERT INTO retired SELECT namespace, id, seq, kind, version, domain, key, content, lineage, learnt_at, tags,
           $3, coalesce($4, stored_now()) FROM entries WHERE namespace = $1 AND seq = $2""",
        [namespace.name, head.seq, writing.next_seq(), by.created_at],
    )
    connection.execute("DELETE FROM entries WHERE namespace = ? AND seq = ?", [namespace.name, head.seq])
    connection.execute(
        "UPDATE provenance SET entry_id = ?, entry_seq = ? WHERE namespace = ? AND entry_seq = ?",
        [by.entry.id, by.seq, namespace.name, head.seq],
    )


def _insert_wordings(
    writing: WriteTransaction, namespace: Namespace, page: ImportPage, wordings: Sequence[_Wording]
) -> None:
    """Insert wordings with their vectors: among the entries, or among the retired where they have that time."""
    if not wordings:
        return
    connection = writing.connection
    current = current_generation(connection)
    if current and current.encoder.digest != page.encoder.digest:
        raise EncoderMismatch(f"vectors of {page.encoder} cannot be written where {current.encoder} is the encoder")
    if current is None:
        insert_first_generation(connection, page.encoder)
    vectors = [check_vector(page.vectors.get(one.entry.id), page.encoder) for one in wordings]
    rows = [(namespace.name, w.seq, v) for w, v in zip(wordings, vectors, strict=True)]
    columns = "namespace, id, seq, kind, version, domain, key, content, lineage, learnt_at, tags"
    moved = f"$namespace, {columns.removeprefix('namespace, ')}"
    if wordings[0].retired_at is None:
        sql = f"INSERT INTO entries ({columns}) SELECT {moved} FROM moved_rows"
    else:
        sql = f"""INSERT INTO retired ({columns}, retired_seq, retired_at)
                  SELECT {moved}, retired_seq, retired_at FROM moved_rows"""
    _with_rows(connection, _wording_rows(writing, wordings), sql, namespace)
    write_tables.insert_vectors(connection, rows, page.encoder)


def _wording_rows(writing: WriteTransaction, wordings: Sequence[_Wording]) -> pa.Table:
    moment = pa.timestamp("us")
    return pa.table(
        {
            "id": [w.entry.id for w in wordings],
            "seq": pa.array([w.seq for w in wordings], pa.int64()),
            "kind": [w.entry.kind.value for w in wordings],
            "version": pa.array([w.version for w in wordings], pa.int64()),
            "domain": [w.entry.domain for w in wordings],
            "key": [w.entry.key for w in wordings],
            "content": [w.content for w in wordings],
            "lineage": [w.lineage for w in wordings],
            "learnt_at": pa.array([w.created_at for w in wordings], moment),
            "tags": pa.array([list(w.entry.tags) for w in wordings], pa.list_(pa.string())),
            "retired_seq": pa.array([writing.next_seq() if w.retired_at else None for w in wordings], pa.int64()),
            "retired_at": pa.array([w.retired_at for w in wordings], moment),
        }
    )


def _wording(row: Mapping[str, Any], seq: int) -> _Wording:
    entry = entry_from_json(row["content"])
    return _Wording(seq, entry, row["content"], row["lineage"], row["version"], row["learnt_at"], row.get("retired_at"))


def _provenance(
    namespace: Namespace, rows: Sequence[Mapping[str, Any]], known: Mapping[str, str]
) -> list[tuple[str, str, Provenance]]:
    """Return (namespace, entry, place) of every source; those of an entry revised here go to what it is now."""
    return [
        (namespace.name, known.get(row["id"], row["id"]), place_of(record))
        for row in rows
        for record in row["provenance"]
    ]


def place_of(record: Mapping[str, Any]) -> Provenance:
    """Return where an entry comes from, as an export tells it; raises `ValueError` for a span that cannot be."""
    part, start, end = record["part"], record["start"], record["end"]
    span = None if part is None else Span(Part(part), start, end)
    return Provenance(record["trajectory_id"], record["source"], span)


def _with_rows(connection: Connection, rows: pa.Table, sql: str, namespace: Namespace) -> int:
    """Run an INSERT over `rows`, which it knows as ``moved_rows``; return how many rows it inserted."""
    connection.register("moved_rows", rows)
    try:
        ((inserted,),) = connection.execute(sql, {"namespace": namespace.name}).fetchall()
    finally:
        connection.unregister("moved_rows")
    return int(inserted)
