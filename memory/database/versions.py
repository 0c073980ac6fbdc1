"""The SQL of revising: the wordings an entry had, and which of them held at a time."""

from datetime import datetime

import duckdb
import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import EntryVersion, StoredEntry
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.namespace import Namespace

Connection = duckdb.DuckDBPyConnection


def read_versions(connection: Connection, namespace: Namespace, entry_id: str) -> list[EntryVersion]:
    """Return all wordings of the entry that has, or had, this id, oldest first; empty where there is none."""
    lineages = connection.execute(
        """SELECT lineage FROM entries WHERE namespace = $1 AND id = $2
           UNION ALL SELECT lineage FROM retired WHERE namespace = $1 AND id = $2""",
        [namespace.name, entry_id],
    ).fetchall()
    if not lineages:
        return []
    rows = connection.execute(
        """SELECT version, content, learnt_at, NULL AS retired_at FROM entries WHERE namespace = $1 AND lineage = $2
           UNION ALL SELECT version, content, learnt_at, retired_at FROM retired WHERE namespace = $1 AND lineage = $2
           ORDER BY version""",
        [namespace.name, lineages[0][0]],
    ).fetchall()
    return [EntryVersion(version, entry_from_json(content), *times) for version, content, *times in rows]


def retire_entry(connection: Connection, namespace: Namespace, entry_id: str, seq: int) -> tuple[int, int, str]:
    """Take the wording now out of recall, under `seq`; return its number, version and lineage."""
    key = [namespace.name, entry_id]
    connection.execute(
        f"""INSERT INTO retired
            SELECT namespace, id, seq, kind, version, domain, key, content, lineage, learnt_at, tags,
            {int(seq)}, stored_now() FROM entries WHERE namespace = ? AND id = ?""",
        key,
    )
    ((number, version, lineage),) = connection.execute(
        "SELECT seq, version, lineage FROM entries WHERE namespace = ? AND id = ?", key
    ).fetchall()
    connection.execute("DELETE FROM entries WHERE namespace = ? AND id = ?", key)
    return number, version, lineage


def succeed_entry(
    connection: Connection, namespace: Namespace, entry_id: str, *, seq: int, before: tuple[int, int, str]
) -> None:
    """Make the entry that was just inserted the next version of the one that was retired as `before`."""
    number, version, lineage = before
    connection.execute(
        "UPDATE entries SET version = ?, lineage = ? WHERE namespace = ? AND id = ?",
        [version + 1, lineage, namespace.name, entry_id],
    )
    connection.execute(
        """INSERT INTO provenance SELECT namespace, ?, source, trajectory_id, part, span_start, span_end, ?
           FROM provenance WHERE namespace = ? AND entry_seq = ?""",
        [entry_id, seq, namespace.name, number],
    )
    connection.execute("DELETE FROM provenance WHERE namespace = ? AND entry_seq = ?", [namespace.name, number])


def retired_vectors(
    connection: Connection, namespace: Namespace, moment: datetime, encoder: EncoderIdentity
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return numbers and vectors of the wordings that held at a moment and are retired now."""
    rows = connection.sql(
        """SELECT r.seq, v.vector FROM retired r
           JOIN vectors v ON v.namespace = r.namespace AND v.seq = r.seq AND v.encoder_digest = $digest
           WHERE r.namespace = $namespace AND r.retired_at > $moment
           AND (r.learnt_at IS NULL OR r.learnt_at <= $moment) ORDER BY r.seq""",
        params={"namespace": namespace.name, "digest": encoder.digest, "moment": moment},
    ).to_arrow_table()
    flat = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return rows["seq"].to_numpy(), flat.astype(np.float32, copy=False).reshape(-1, encoder.dimension)


def read_retired(connection: Connection, namespace: Namespace, seqs: list[int]) -> list[StoredEntry]:
    """Return retired wordings by their numbers; where they were learnt from is kept with the wording now."""
    rows = connection.execute(
        "SELECT seq, content, version FROM retired WHERE namespace = ? AND seq IN (SELECT unnest(?::BIGINT[]))",
        [namespace.name, seqs],
    ).fetchall()
    return [StoredEntry(seq, entry_from_json(content), version, ()) for seq, content, version in rows]
