"""The table `runs`: solved problems, columns to query by and the whole record as JSON."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from midthought.memory.database.tables import outcomes, run_entries, run_evidence
from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.page_start import check_start
from midthought.memory.database.tables.statements import Connection, insert_imported
from midthought.memory.errors import NotFound
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import DEFAULT_ARM, WITHHELD_ARM, RunRow

LATEST_TIME = "SELECT max(started_at) FROM runs"
ARM = f"CASE WHEN withheld THEN '{WITHHELD_ARM}' ELSE arm END"
"""What a run is listed and compared under."""
EXPORT = ExportTable(
    "runs",
    (
        Column("id"),
        Column("started_at", ColumnKind.MOMENT),
        Column("question"),
        Column("outcome"),
        Column("tokens", ColumnKind.INTEGER),
        Column("seconds", ColumnKind.REAL),
        Column("content"),
    ),
    ("id",),
    "SELECT * FROM runs WHERE namespace = $namespace",
    page=500,
    read=2000,  # a run holds its whole text
)
"""The other columns repeat what `content` says: an import reads them there, as it must of exports before version 5."""

CELLS = "SELECT id, content FROM runs WHERE namespace = ?"
"""What `unreadable_rows` reads."""
MAX_BEGUN = 5
"""Runs that `find_begun_runs` returns."""
_COLUMNS = "id, question, outcome, tokens, seconds, content, arm, withheld, holdout, engine, cached_tokens"


def insert_run(connection: Connection, namespace: Namespace, run: RunRow) -> None:
    """Insert one run with its entries and what was said of it."""
    connection.execute(
        f"""INSERT INTO runs (namespace, started_at, question_hash, {_COLUMNS})
            VALUES (?, stored_now(), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            namespace.name,
            run.question_hash,
            run.id,
            run.question,
            run.outcome,
            run.tokens,
            run.seconds,
            run.content,
            run.arm,
            run.withheld,
            run.holdout,
            run.engine,
            run.cached_tokens,
        ],
    )
    run_entries.insert_entries(connection, namespace, run.id, run.entries)


def import_runs(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the runs of an export that are not stored yet; return how many those were."""
    names = ", ".join(column.name for column in EXPORT.columns)
    inserted = insert_imported(
        connection,
        f"""INSERT INTO runs (namespace, {names}, question_hash, arm, withheld, holdout, engine, cached_tokens)
            SELECT $namespace, {names}, 'q-' || left(sha256(question), 32),
            coalesce(content->>'$.arm', '{DEFAULT_ARM}'),
            coalesce(TRY_CAST(content->>'$.withheld' AS BOOLEAN), FALSE),
            coalesce(TRY_CAST(content->>'$.configuration.holdout' AS DOUBLE), 0), coalesce(content->>'$.engine', ''),
            coalesce(list_sum(TRY_CAST(content->>'$.turns[*].cached_tokens' AS BIGINT[])), 0)
            FROM imported_rows m
            WHERE NOT EXISTS (SELECT 1 FROM runs t WHERE t.namespace = $namespace AND t.id = m.id)""",
        rows,
        namespace,
    )
    if inserted:
        run_evidence.delete_of_stored_runs(connection, namespace)
    return inserted


def read_runs(
    connection: Connection,
    namespace: Namespace,
    *,
    arm: str | None = None,
    outcome: str | None = None,
    entry_id: str | None = None,
    after: str = "",
    limit: int = 100,
) -> list[RunRow]:
    """Return the newest runs first, those of an arm, with an outcome or with an entry, if these are given.

    Those after a run, if it is given; raises `NotFound` if it does not exist.
    """
    check_start(connection, "runs", namespace, after)
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM runs WHERE namespace = $1 AND ($2 IS NULL OR {ARM} = $2)
            AND ($3 IS NULL OR outcome = $3) AND ($4 IS NULL OR id IN
            (SELECT run_id FROM run_entries e WHERE e.namespace = $1 AND e.entry_id = $4))
            AND ($6 = '' OR EXISTS (SELECT 1 FROM runs a WHERE a.namespace = $1 AND a.id = $6 AND
            (runs.started_at < a.started_at OR (runs.started_at = a.started_at AND runs.id > $6))))
            ORDER BY started_at DESC, id LIMIT $5""",
        [namespace.name, arm, outcome, entry_id, limit, after],
    ).fetchall()
    return _completed(connection, namespace, [RunRow(*row) for row in rows])


def read_run(connection: Connection, namespace: Namespace, run_id: str) -> RunRow:
    """Return one run; raises `NotFound`."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE namespace = ? AND id = ?", [namespace.name, run_id]
    ).fetchone()
    if row is None:
        raise NotFound(f"no run {run_id!r} in namespace {namespace}")
    return _completed(connection, namespace, [RunRow(*row)])[0]


def find_begun_runs(
    connection: Connection, namespace: Namespace, question_mark: str, since: datetime, seconds: float
) -> list[tuple[str, str]]:
    """Return (id, question) of at most `MAX_BEGUN` runs that began in the `seconds` after a time, the earliest first.

    `question_mark` is what the hash of their question begins with, behind ``q-``.
    """
    # `started_at` is the time at which a run was recorded, and so its end.
    return connection.execute(
        """SELECT id, question FROM runs WHERE namespace = $1 AND starts_with(question_hash, 'q-' || $2)
           AND epoch(started_at) - seconds - epoch($3::TIMESTAMP) BETWEEN 0 AND $4
           ORDER BY epoch(started_at) - seconds, id LIMIT $5""",
        [namespace.name, question_mark, since, seconds, MAX_BEGUN],
    ).fetchall()


def _completed(connection: Connection, namespace: Namespace, found: Sequence[RunRow]) -> list[RunRow]:
    """Return runs with their entries and outcomes."""
    ids = [run.id for run in found]
    entries = run_entries.read_entries(connection, namespace, ids)
    said = outcomes.read_outcomes(connection, namespace, ids)
    return [replace(run, entries=entries.get(run.id, ()), outcomes=said.get(run.id, ())) for run in found]


def known_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> set[str]:
    """Return those of `run_ids` that are stored."""
    rows = connection.execute(
        "SELECT id FROM runs WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))", [namespace.name, list(run_ids)]
    ).fetchall()
    return {run_id for (run_id,) in rows}


def delete_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Delete runs by their ids, with their entries and outcomes."""
    connection.execute(
        "DELETE FROM runs WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))", [namespace.name, list(run_ids)]
    )
    run_entries.delete_of_runs(connection, namespace, run_ids)
    outcomes.delete_of_runs(connection, namespace, run_ids)
