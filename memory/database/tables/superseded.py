"""The table `retired`: wordings that a later one has superseded, and what an entry's whole history says.

They are out of recall, and stay for history and for recall as of an earlier moment. All wordings of an entry share its
lineage, the id of the first.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.database.tables.entries import (
    COLUMNS,
    CURRENT,
    WORDING_COLUMNS,
    Wording,
    read_current_of,
    wording_rows,
)
from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, insert_imported, select_numbered, update_numbers
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import EntryVersion, StoredEntry
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.namespace import Namespace

WORDINGS = f"{CURRENT} UNION ALL SELECT {COLUMNS} FROM retired"
"""Every wording there is, current or superseded: for joins elsewhere."""
COUNT_WORDINGS = f"(SELECT count(*) FROM ({CURRENT})) + (SELECT count(*) FROM retired)"
"""Counting `WORDINGS` itself takes DuckDB three times as long."""
CELLS = "SELECT id, content FROM retired WHERE namespace = ?"
"""What `unreadable_rows` reads."""
LATEST_TIME = "SELECT max(greatest(learnt_at, retired_at)) FROM retired"
LOG = "SELECT retired_seq, seq FROM retired WHERE namespace = $namespace AND retired_seq > $after"
"""As `entries.LOG`."""
NUMBERED = select_numbered("retired")
RENUMBER = update_numbers("retired")
GIVEN_NUMBERS = "SELECT seq FROM retired UNION ALL SELECT retired_seq FROM retired"
EXPORT = ExportTable(
    "retired",
    (*WORDING_COLUMNS, Column("retired_at", ColumnKind.MOMENT)),
    ("id", "version", "retired_at"),
    "SELECT * FROM retired WHERE namespace = $namespace",
)


def current_ids(connection: Connection, namespace: Namespace, ids: Collection[str]) -> dict[str, str]:
    """Return those of `ids` that are stored, each with the id of its entry now: another one if it was revised.

    Most entries were never revised, and their id is their lineage, which is indexed. The others are few, and are looked
    up in a second query, which is left out while nothing was ever revised.
    """
    if not ids:
        return {}
    values = list(ids)
    rows = read_current_of(connection, namespace, values)
    found = {lineage: entry_id for lineage, entry_id in rows if lineage is not None and entry_id is not None}
    # The row without a lineage says that something was revised: only then a second query is needed.
    return found | _revised_ids(connection, namespace, values) if len(rows) > len(found) else found


def _revised_ids(connection: Connection, namespace: Namespace, ids: list[str]) -> dict[str, str]:
    rows = connection.execute(
        f"""SELECT r.id, e.id FROM retired r JOIN ({CURRENT}) e ON e.namespace = r.namespace AND e.lineage = r.lineage
            WHERE r.namespace = $1 AND r.id IN (SELECT unnest($2::TEXT[]))
            UNION ALL SELECT id, id FROM ({CURRENT}) WHERE namespace = $1 AND id IN (SELECT unnest($2::TEXT[]))
            AND lineage IN (SELECT lineage FROM retired WHERE namespace = $1)""",
        [namespace.name, ids],
    ).fetchall()
    return dict(rows)


def read_versions(connection: Connection, namespace: Namespace, entry_id: str) -> list[EntryVersion]:
    """Return all wordings of the entry that has, or had, this id, oldest first; empty if there is none."""
    lineages = connection.execute(
        f"SELECT lineage FROM ({WORDINGS}) WHERE namespace = ? AND id = ?", [namespace.name, entry_id]
    ).fetchall()
    if not lineages:
        return []
    rows = connection.execute(
        f"""SELECT version, content, learnt_at, NULL AS retired_at FROM ({CURRENT})
            WHERE namespace = $1 AND lineage = $2
            UNION ALL SELECT version, content, learnt_at, retired_at FROM retired WHERE namespace = $1 AND lineage = $2
            ORDER BY version""",
        [namespace.name, lineages[0][0]],
    ).fetchall()
    return [EntryVersion(version, entry_from_json(content), *times) for version, content, *times in rows]


def read_lineages(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> list[tuple[int, str, str]]:
    """Return (number, id, lineage) of every wording of the entries whose ids now are `ids`."""
    return connection.execute(
        f"""SELECT seq, id, lineage FROM ({WORDINGS}) WHERE namespace = $1 AND lineage IN
            (SELECT lineage FROM ({CURRENT}) WHERE namespace = $1 AND id IN (SELECT unnest($2::TEXT[])))""",
        [namespace.name, list(ids)],
    ).fetchall()


def known_versions(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> set[tuple[str, int]]:
    """Return (id, version) of every wording with one of `ids`: one text may be several versions."""
    rows = connection.execute(
        f"SELECT DISTINCT id, version FROM ({WORDINGS}) WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    ).fetchall()
    return {(entry_id, version) for entry_id, version in rows}


def insert_superseded(
    connection: Connection, namespace: Namespace, seq: int, *, log_seq: int, moment: datetime | None = None
) -> None:
    """Copy the entry with the number `seq` among the superseded wordings, logged under `log_seq`; None means now."""
    connection.execute(
        f"""INSERT INTO retired ({COLUMNS}, retired_seq, retired_at)
            SELECT {COLUMNS}, $3, coalesce($4::TIMESTAMP, stored_now()) FROM ({CURRENT})
            WHERE namespace = $1 AND seq = $2""",
        [namespace.name, seq, log_seq, moment],
    )


def insert_wordings(
    connection: Connection, namespace: Namespace, wordings: Sequence[Wording], *, log_seqs: Sequence[int]
) -> None:
    """Insert imported wordings that were superseded before they came, each logged under a number of `log_seqs`."""
    columns = wording_rows(wordings) | {
        "retired_seq": pa.array(log_seqs, pa.int64()),
        "retired_at": pa.array([w.superseded_at for w in wordings], pa.timestamp("us")),
    }
    imported = COLUMNS.replace("namespace", "$namespace")
    sql = f"""INSERT INTO retired ({COLUMNS}, retired_seq, retired_at)
              SELECT {imported}, retired_seq, retired_at FROM imported_rows"""
    insert_imported(connection, sql, pa.table(columns), namespace)


def delete_superseded(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> None:
    """Delete superseded wordings by their numbers."""
    connection.execute(
        "DELETE FROM retired WHERE namespace = ? AND seq IN (SELECT unnest(?::BIGINT[]))", [namespace.name, list(seqs)]
    )


def read_vectors(
    connection: Connection, namespace: Namespace, moment: datetime, encoder: EncoderIdentity
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return numbers and vectors of the wordings that held at a moment and are superseded now."""
    rows = connection.sql(
        """SELECT r.seq, v.vector FROM retired r
           JOIN vectors v ON v.namespace = r.namespace AND v.seq = r.seq AND v.encoder_digest = $digest
           WHERE r.namespace = $namespace AND r.retired_at > $moment
           AND (r.learnt_at IS NULL OR r.learnt_at <= $moment) ORDER BY r.seq""",
        params={"namespace": namespace.name, "digest": encoder.digest, "moment": moment},
    ).to_arrow_table()
    flat = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return rows["seq"].to_numpy(), flat.astype(np.float32, copy=False).reshape(-1, encoder.dimension)


def read_superseded(connection: Connection, namespace: Namespace, seqs: list[int]) -> list[StoredEntry]:
    """Return superseded wordings by their numbers, without sources: those are kept with the current wording."""
    rows = connection.execute(
        "SELECT seq, content, version FROM retired WHERE namespace = ? AND seq IN (SELECT unnest(?::BIGINT[]))",
        [namespace.name, seqs],
    ).fetchall()
    return [StoredEntry(seq, entry_from_json(content), version, ()) for seq, content, version in rows]
