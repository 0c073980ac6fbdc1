"""The table `waiting_traces`: what passed through the proxy and is to be learnt; of this directory, so not exported."""

from collections.abc import Sequence
from datetime import datetime

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import OutcomeSource
from midthought.memory.records.waiting_trace import Awaited, WaitingBounds, WaitingTrace

LATEST_TIME = "SELECT max(taken_at) FROM waiting_traces"
CELLS = "SELECT id, awaits, outcome, content FROM waiting_traces WHERE namespace = ?"
"""What `unreadable_rows` reads."""
_COLUMNS = "id, run_id, awaits, question, content, outcome, judged_by, batch, taken_at"
_STRENGTH = [source.value for source in OutcomeSource]
_SAID_BY = """SELECT arg_min(source, list_position($strength::TEXT[], source)) FROM outcomes o
    WHERE o.namespace = $namespace AND o.run_id = r.id"""
"""Whose statement counts, of a row of `runs`: the strongest."""
READY = "(awaits = 'nothing' OR outcome <> 'unknown')"
"""Whether a row may be ingested."""


def insert_traces(connection: Connection, namespace: Namespace, traces: Sequence[WaitingTrace]) -> None:
    """Insert traces, each once; what was said of their runs already counts."""
    for one in traces:
        connection.execute(
            f"""INSERT INTO waiting_traces (namespace, {_COLUMNS})
                SELECT $1, $2, $3, $4, $5, $6, 'unknown', '', '', stored_now()
                WHERE NOT EXISTS (SELECT 1 FROM waiting_traces WHERE namespace = $1 AND id = $2)""",
            [namespace.name, one.id, one.run_id, one.awaits.value, one.question, one.content],
        )
    settle(connection, namespace, [one.run_id for one in traces if one.run_id])


def settle(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Give the traces of runs that wait for feedback what was said of these runs, if anything was."""
    connection.execute(
        f"""UPDATE waiting_traces SET outcome = said.outcome, judged_by = said.source FROM
            (SELECT r.id, r.outcome, coalesce(({_SAID_BY}), '') AS source FROM runs r
             WHERE r.namespace = $namespace AND r.id IN (SELECT unnest($ids::TEXT[])) AND r.outcome <> 'unknown') said
            WHERE namespace = $namespace AND run_id = said.id AND awaits = $awaits""",
        {
            "namespace": namespace.name,
            "ids": list(run_ids),
            "strength": _STRENGTH,
            "awaits": Awaited.FEEDBACK.value,
        },
    )


def read_traces(
    connection: Connection,
    namespace: Namespace,
    *,
    ready: bool | None = None,
    awaits: Awaited | None = None,
    limit: int = 100,
) -> list[WaitingTrace]:
    """Return the oldest first: those that may be ingested or not, and those that wait for one thing, if given."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM waiting_traces WHERE namespace = $1 AND ($2 IS NULL OR {READY} = $2)
            AND ($3 IS NULL OR awaits = $3) ORDER BY taken_at, id LIMIT $4""",
        [namespace.name, ready, awaits.value if awaits else None, limit],
    ).fetchall()
    return [WaitingTrace(row[0], row[1], Awaited(row[2]), *row[3:]) for row in rows]


def namespaces_with_traces(connection: Connection) -> list[Namespace]:
    """Return the namespaces in which something waits."""
    rows = connection.execute("SELECT DISTINCT namespace FROM waiting_traces ORDER BY namespace").fetchall()
    return [Namespace(name) for (name,) in rows]


def judge(connection: Connection, namespace: Namespace, ids: Sequence[str], outcome: str, source: str) -> None:
    """Give traces a verdict, and say whose it is."""
    connection.execute(
        """UPDATE waiting_traces SET outcome = ?, judged_by = ?
           WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))""",
        [outcome, source, namespace.name, list(ids)],
    )


def set_batch(connection: Connection, namespace: Namespace, ids: Sequence[str], batch: str) -> None:
    """Note the batch in which traces are ingested."""
    connection.execute(
        "UPDATE waiting_traces SET batch = ? WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [batch, namespace.name, list(ids)],
    )


def release(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Let traces wait for nothing any more."""
    connection.execute(
        "UPDATE waiting_traces SET awaits = ? WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [Awaited.NOTHING.value, namespace.name, list(ids)],
    )


def find_overdue(
    connection: Connection, namespace: Namespace, bounds: WaitingBounds
) -> list[tuple[str, Awaited, bool]]:
    """Return (id, what it waits for, whether for too long) of traces beyond the bounds: too old, or too many.

    Those that are ready or in a batch are not among them.
    """
    rows = connection.execute(
        f"""SELECT id, awaits, taken_at + to_seconds($2) < stored_now() FROM waiting_traces
            WHERE namespace = $1 AND NOT {READY} AND batch = '' ORDER BY taken_at DESC, id""",
        [namespace.name, bounds.max_age.total_seconds()],
    ).fetchall()
    numbered = enumerate(rows, start=1)
    return [(row[0], Awaited(row[1]), row[2]) for number, row in numbered if row[2] or number > bounds.max_traces]


def count_traces(connection: Connection, namespace: Namespace) -> tuple[int, int, datetime | None]:
    """Return how many wait, how many are ready, and when the oldest that waits passed, which is None if none does."""
    ((waiting, ready, oldest),) = connection.execute(
        f"""SELECT count(*) FILTER (NOT {READY}), count(*) FILTER ({READY}), min(taken_at) FILTER (NOT {READY})
            FROM waiting_traces WHERE namespace = ?""",
        [namespace.name],
    ).fetchall()
    return waiting, ready, oldest


def known_traces(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> set[str]:
    """Return those of `ids` that still wait."""
    rows = connection.execute(
        "SELECT id FROM waiting_traces WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    ).fetchall()
    return {trace_id for (trace_id,) in rows}


def delete_traces(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete traces by their ids."""
    connection.execute(
        "DELETE FROM waiting_traces WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )


def delete_of_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Delete the traces of runs."""
    connection.execute(
        "DELETE FROM waiting_traces WHERE namespace = ? AND run_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(run_ids)],
    )


def delete_naming(connection: Connection, namespace: Namespace, entry_ids: Sequence[str]) -> None:
    """Delete the traces of models that were shown one of these entries: they may repeat its text."""
    connection.execute(
        """DELETE FROM waiting_traces WHERE namespace = $1 AND id IN
           (SELECT w.id FROM waiting_traces w JOIN (SELECT unnest($2::TEXT[]) AS id) e ON contains(w.content, e.id)
            WHERE w.namespace = $1)""",
        [namespace.name, list(entry_ids)],
    )
