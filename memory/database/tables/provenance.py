"""The tables `provenance`, where each entry comes from, and `source_changes`, which entries gained or lost a source."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence

import pyarrow as pa

from midthought.memory.database.tables.entries import CURRENT
from midthought.memory.database.tables.statements import Connection, number_list
from midthought.memory.records.entry import Provenance
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome, Part, Span

CHANGE_LOG = "SELECT seq, NULL FROM source_changes WHERE namespace = $namespace AND seq > $after"
"""As `entries.LOG`."""
GIVEN_NUMBERS = "SELECT DISTINCT seq FROM source_changes"
RENUMBER = """UPDATE provenance SET entry_seq = {before} + position FROM renumbered n WHERE n.place = 'entries'
    AND n.namespace = provenance.namespace AND n.id = entry_id AND n.seq = entry_seq"""
FAULTS = {
    FaultKind.STRAY_SOURCE: f"""FROM provenance WHERE namespace = ? AND NOT EXISTS
        (SELECT 1 FROM ({CURRENT}) e WHERE e.seq = entry_seq AND e.id = entry_id
         AND e.namespace = provenance.namespace)"""
}
"""Rows that should not be there, see `faults.py`."""
PROBLEMS = {
    "{} entries have no provenance": f"""SELECT count(*) FROM ({CURRENT}) e WHERE namespace = $1 AND NOT EXISTS
        (SELECT 1 FROM provenance p WHERE p.namespace = e.namespace AND p.entry_id = e.id)""",
    "{} sources point at a missing trajectory": """SELECT count(*) FROM provenance p WHERE namespace = $1
        AND trajectory_id IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM trajectories t WHERE t.namespace = p.namespace AND t.id = p.trajectory_id)""",
    "{} spans reach past their text": """SELECT count(*) FROM provenance p JOIN trajectories t
        ON t.namespace = p.namespace AND t.id = p.trajectory_id WHERE p.namespace = $1 AND p.span_end >
        length(CASE p.part WHEN 'thought' THEN t.thought ELSE t.answer END)""",
}
"""Broken invariants that nothing repairs, see `faults.py`."""
NO_SOURCES = "[]"
ProvenanceRow = tuple[str, str, Provenance]
"""The namespace's name, the entry's id, and one source of it."""

_TYPES = ("TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT")
_INSERT = f"INSERT INTO provenance SELECT {', '.join(f'unnest(?::{one}[])' for one in _TYPES)}"
"""With one list per column: half as long as by Arrow for the few rows of a small write, about the same for many."""


def insert_provenance(
    connection: Connection,
    rows: Sequence[ProvenanceRow],
    *,
    fresh: Mapping[tuple[str, str], int],
    next_seq: Callable[[], int],
) -> None:
    """Insert sources of entries; a source already known is not repeated.

    Those of `fresh` entries, inserted in this transaction under the numbers given, need no comparing. Other entries
    that gain a source are noted under a number that `next_seq` gives, for the derived indexes to follow.
    """
    # Entries that this transaction inserts have no sources yet, so there is nothing to compare with.
    certain = [(*_columns(row), fresh[row[0], row[1]]) for row in rows if (row[0], row[1]) in fresh]
    if certain:
        connection.execute(_INSERT, [list(column) for column in zip(*certain, strict=True)])
    compared = [row for row in rows if (row[0], row[1]) not in fresh]
    if compared:
        fresh_rows = _table(compared)  # noqa: F841  # found by its name
        # IS NOT DISTINCT FROM, because the columns of a source without a span are null, and null equals nothing in
        # SQL.
        changed = connection.execute(
            f"""INSERT INTO provenance SELECT f.*, e.seq
                FROM fresh_rows f JOIN ({CURRENT}) e ON e.namespace = f.namespace AND e.id = f.entry_id
                WHERE NOT EXISTS (SELECT 1 FROM provenance p
                WHERE p.namespace = e.namespace AND p.entry_seq = e.seq AND p.source = f.source
                AND p.trajectory_id IS NOT DISTINCT FROM f.trajectory_id AND p.part IS NOT DISTINCT FROM f.part
                AND p.span_start IS NOT DISTINCT FROM f.span_start AND p.span_end IS NOT DISTINCT FROM f.span_end)
                RETURNING namespace, entry_seq"""
        ).fetchall()
        if changed:
            _note_changes(connection, changed, next_seq())


def _note_changes(connection: Connection, entries: Collection[tuple[str, int]], seq: int) -> None:
    """Note under `seq` that sources of stored entries, (namespace, sequence number) each, came or went."""
    names, numbers = zip(*dict.fromkeys(entries), strict=True)
    connection.execute(
        f"INSERT INTO source_changes SELECT unnest(?::TEXT[]), {int(seq)}, unnest(?::BIGINT[])",
        [list(names), list(numbers)],
    )


def _columns(row: ProvenanceRow) -> tuple[str | int | None, ...]:
    name, entry_id, source = row
    span = source.span
    where = (span.part.value, span.start, span.end) if span else (None, None, None)
    return (name, entry_id, source.source, source.trajectory_id, *where)


def _table(rows: Sequence[ProvenanceRow]) -> pa.Table:
    names = ("namespace", "entry_id", "source", "trajectory_id", "part", "span_start", "span_end")
    columns = zip(*map(_columns, rows), strict=True)
    types = [pa.string() if one == "TEXT" else pa.int64() for one in _TYPES]
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=False)})


def read_sources(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> dict[int, str]:
    """Return the sources of entries, sorted, as a JSON array of arrays, by sequence number."""
    return _read_sources(connection, namespace, f"entry_seq IN ({number_list(seqs)})")


def read_sources_between(connection: Connection, namespace: Namespace, after: int, upto: int) -> dict[int, str]:
    """Return the sources of the entries with a number above `after` and up to `upto`, as `read_sources` does."""
    return _read_sources(connection, namespace, f"entry_seq > {int(after)} AND entry_seq <= {int(upto)}")


def _read_sources(connection: Connection, namespace: Namespace, condition: str) -> dict[int, str]:
    rows = connection.execute(
        f"""SELECT entry_seq, to_json(list(json_array(source, trajectory_id, part, span_start, span_end)
            ORDER BY coalesce(trajectory_id, ''), source, coalesce(part, ''), span_start, span_end)) FROM provenance
            WHERE namespace = ? AND {condition} GROUP BY entry_seq""",
        [namespace.name],
    ).fetchall()
    return dict(rows)


def read_questions(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> list[tuple[int, str]]:
    """Return (number of the entry, question) of every trajectory that is a source of these entries."""
    # A list of 190 numbers is unnested: 7.7 ms of 100,000 sources and 20,000 trajectories, 9.7 if it stands in the SQL.
    return connection.execute(
        """SELECT DISTINCT p.entry_seq, t.question FROM provenance p
           JOIN trajectories t ON t.namespace = p.namespace AND t.id = p.trajectory_id
           WHERE p.namespace = ? AND p.entry_seq IN (SELECT unnest(?::BIGINT[]))""",
        [namespace.name, list(seqs)],
    ).fetchall()


def count_right(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> dict[int, int]:
    """Return how many right trajectories are a source of each of these entries, by sequence number; 0 is left out."""
    rows = connection.execute(
        f"""SELECT p.entry_seq, count(DISTINCT p.trajectory_id) FROM provenance p
            JOIN trajectories t ON t.namespace = p.namespace AND t.id = p.trajectory_id
            WHERE p.namespace = ? AND p.entry_seq IN ({number_list(seqs)}) AND t.outcome = ? GROUP BY p.entry_seq""",
        [namespace.name, Outcome.CORRECT.value],
    ).fetchall()
    return dict(rows)


def parse_sources(text: str) -> tuple[Provenance, ...]:
    """Return the sources that `read_sources` wrote as JSON."""
    return tuple(make_provenance(*source) for source in json.loads(text))


def make_provenance(
    source: str, trajectory_id: str | None, part: str | None, start: int | None, end: int | None
) -> Provenance:
    """Return a source from its columns; raises `ValueError` for a span that cannot be."""
    if part is None:
        return Provenance(trajectory_id, source)
    return Provenance(trajectory_id, source, Span(Part(part), start, end))  # type: ignore[arg-type]  # with its part


def read_changed(connection: Connection, namespace: Namespace, after: int, upto: int) -> list[int]:
    """Return the numbers, up to `after`, of entries whose sources changed after `after` and up to `upto`."""
    rows = connection.execute(
        """SELECT DISTINCT entry_seq FROM source_changes WHERE namespace = $1 AND seq > $2 AND seq <= $3
           AND entry_seq <= $2""",
        [namespace.name, after, upto],
    ).fetchall()
    return [seq for (seq,) in rows]


def entries_from(connection: Connection, namespace: Namespace, trajectory_ids: Sequence[str]) -> dict[str, bool]:
    """Return the ids of entries that come from these trajectories, each with whether it comes from nowhere else."""
    rows = connection.execute(
        """SELECT entry_id, count(*) = count(g.id) FROM provenance p
           LEFT JOIN (SELECT DISTINCT unnest($2::TEXT[]) AS id) g ON g.id = p.trajectory_id WHERE namespace = $1
           GROUP BY entry_id HAVING count(g.id) > 0 ORDER BY entry_id""",
        [namespace.name, list(trajectory_ids)],
    ).fetchall()
    return dict(rows)


def copy_provenance(connection: Connection, source: tuple[Namespace, int], target: tuple[Namespace, int]) -> None:
    """Give the sources of an entry, (namespace, number), to its copy in another namespace as well."""
    connection.execute(
        """INSERT INTO provenance SELECT $1, entry_id, source, trajectory_id, part, span_start, span_end, $2
           FROM provenance WHERE namespace = $3 AND entry_seq = $4""",
        [target[0].name, target[1], source[0].name, source[1]],
    )


def move_provenance(connection: Connection, namespace: Namespace, seq: int, *, to: tuple[str, int]) -> None:
    """Give the sources of a wording to the one, (id, number), that supersedes it."""
    connection.execute(
        "UPDATE provenance SET entry_id = ?, entry_seq = ? WHERE namespace = ? AND entry_seq = ?",
        [*to, namespace.name, seq],
    )


def delete_provenance(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> None:
    """Delete all sources of entries, by their numbers."""
    connection.execute(
        "DELETE FROM provenance WHERE namespace = ? AND entry_seq IN (SELECT unnest(?::BIGINT[]))",
        [namespace.name, list(seqs)],
    )


def delete_of_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str], seq: int) -> None:
    """Delete trajectories as sources; entries that lose one are noted under `seq`."""
    key = [namespace.name, list(ids)]
    connection.execute(
        f"""INSERT INTO source_changes SELECT DISTINCT namespace, {int(seq)}, entry_seq FROM provenance
            WHERE namespace = ? AND trajectory_id IN (SELECT unnest(?::TEXT[]))""",
        key,
    )
    connection.execute(
        "DELETE FROM provenance WHERE namespace = ? AND trajectory_id IN (SELECT unnest(?::TEXT[]))", key
    )


def clear_changes(connection: Connection) -> None:
    """Delete all of `source_changes`: allowed once every index is rebuilt, as those have read the sources."""
    connection.execute("DELETE FROM source_changes")
