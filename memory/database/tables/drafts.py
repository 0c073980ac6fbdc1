"""The table `drafts`: what waits for a person or is quarantined, and the ids of what a person rejected."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from midthought.memory.database.tables.export_table import ARROW_TYPES, Column, ColumnKind, ExportTable
from midthought.memory.database.tables.provenance import make_provenance
from midthought.memory.database.tables.statements import Connection, Where
from midthought.memory.records.draft import Draft, DraftState, DraftWrite
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.entry_json import entry_from_json, entry_to_json
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(drafted_at) FROM drafts"
EXPORT = ExportTable(
    "drafts",
    (
        Column("id"),
        Column("state"),
        Column("content"),
        Column("provenance", ColumnKind.PROVENANCE),
        Column("operation_id"),
        Column("drafted_at", ColumnKind.MOMENT),
    ),
    ("id",),
    "SELECT * FROM drafts WHERE namespace = $namespace",
    since=3,
)
CELLS = "SELECT id, state, nullif(content, '') FROM drafts WHERE namespace = ?"
"""What `unreadable_rows` reads; the content is null if the draft was rejected."""
_SORTED = "list_sort(list_distinct({0}))"
_UNDECIDED = f"state <> '{DraftState.REJECTED}'"


def insert_drafts(connection: Connection, namespace: Namespace, drafts: Sequence[DraftWrite], *, job_id: str) -> None:
    """Insert drafts; one that is there already keeps its state, and only gains the sources if it is not rejected."""
    if not drafts:
        return
    draft_rows = pa.table(  # noqa: F841  # found by its name
        {
            "id": [one.entry.id for one in drafts],
            "state": [one.state.value for one in drafts],
            "content": [entry_to_json(one.entry) for one in drafts],
            "provenance": pa.array(
                [[_struct(place) for place in one.provenance] for one in drafts], ARROW_TYPES[ColumnKind.PROVENANCE]
            ),
        }
    )
    values = {"namespace": namespace.name}
    connection.execute(
        f"""UPDATE drafts SET provenance = {_SORTED.format("list_concat(drafts.provenance, d.provenance)")}
            FROM draft_rows d WHERE drafts.namespace = $namespace AND drafts.id = d.id AND drafts.{_UNDECIDED}""",
        values,
    )
    connection.execute(
        f"""INSERT INTO drafts SELECT $namespace, id, state, content, {_SORTED.format("provenance")},
            $job_id, stored_now() FROM draft_rows d
            WHERE NOT EXISTS (SELECT 1 FROM drafts t WHERE t.namespace = $namespace AND t.id = d.id)""",
        {**values, "job_id": job_id},
    )


def _struct(place: Provenance) -> dict[str, Any]:
    span = place.span
    where = {"part": span.part.value, "start": span.start, "end": span.end} if span else {}
    return {"source": place.source, "trajectory_id": place.trajectory_id, **where}


def read_drafts(
    connection: Connection,
    namespace: Namespace,
    *,
    states: Sequence[DraftState],
    ids: Sequence[str] | None,
    after: str,
    limit: int | None,
) -> list[Draft]:
    """Return drafts in one of these states, ordered by id, narrowed by the arguments that are given."""
    where = Where(namespace)
    where.any_of("state", [one.value for one in states])
    where.any_of("id", ids)
    where.add("id > ?", after or None)
    rows = where.select(connection, "SELECT content, provenance, operation_id, drafted_at FROM drafts", limit)
    return [Draft(entry_from_json(text), _sources(found), *more) for text, found, *more in rows]


def _sources(records: Sequence[dict[str, Any]]) -> tuple[Provenance, ...]:
    columns = ("source", "trajectory_id", "part", "start", "end")
    return tuple(make_provenance(*(record[name] for name in columns)) for record in records)


def read_states(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> dict[str, DraftState]:
    """Return the state of those of `ids` that are drafts."""
    rows = connection.execute(
        "SELECT id, state FROM drafts WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    ).fetchall()
    return {draft_id: DraftState(state) for draft_id, state in rows}


def count_drafts(connection: Connection, namespace: Namespace, state: DraftState) -> int:
    """Return how many drafts are in a state."""
    ((count,),) = connection.execute(
        "SELECT count(*) FROM drafts WHERE namespace = ? AND state = ?", [namespace.name, state.value]
    ).fetchall()
    return int(count)


def reject_drafts(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Keep of these drafts the ids alone."""
    connection.execute(
        f"""UPDATE drafts SET state = '{DraftState.REJECTED}', content = '', provenance = []
            WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))""",
        [namespace.name, list(ids)],
    )


def replace_draft(connection: Connection, namespace: Namespace, draft_id: str, entry: Entry) -> None:
    """Give a draft another wording; the id of the old one is kept as rejected."""
    connection.execute(
        """INSERT INTO drafts SELECT namespace, $3, state, $4, provenance, operation_id, stored_now()
           FROM drafts WHERE namespace = $1 AND id = $2""",
        [namespace.name, draft_id, entry.id, entry_to_json(entry)],
    )
    reject_drafts(connection, namespace, [draft_id])


def delete_drafts(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete drafts by their ids."""
    if not ids:
        return
    connection.execute(
        "DELETE FROM drafts WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))", [namespace.name, list(ids)]
    )


def delete_of_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete trajectories as sources of drafts, and the drafts that have no other."""
    connection.execute(
        f"""UPDATE drafts SET provenance = list_filter(provenance,
                lambda one: one.trajectory_id IS NULL OR NOT list_contains($2::TEXT[], one.trajectory_id))
            WHERE namespace = $1 AND {_UNDECIDED} AND list_has_any(list_transform(provenance,
            lambda one: one.trajectory_id), $2::TEXT[])""",
        [namespace.name, list(ids)],
    )
    connection.execute(
        f"DELETE FROM drafts WHERE namespace = ? AND {_UNDECIDED} AND len(provenance) = 0", [namespace.name]
    )
