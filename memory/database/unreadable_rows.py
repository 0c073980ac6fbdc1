"""Rows that cannot be read: written by a later version, or damaged."""

from collections.abc import Callable

from midthought.memory.database.tables import jobs, merges, superseded
from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import BadInput
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.job import Counts
from midthought.memory.records.namespace import Namespace

_CELLS: tuple[tuple[str, str, str, Callable[[str], object]], ...] = (
    ("entries or retired", "content", f"SELECT id, content FROM ({superseded.WORDINGS})", entry_from_json),
    ("operations", "counts", jobs.COUNTS, Counts.from_json),
    ("merges", "content", merges.CONTENTS, entry_from_json),
)
"""Table, column, what selects (id, JSON text) of its rows, and what reads the text."""


def find_unreadable(connection: Connection, namespace: Namespace) -> list[str]:
    """Return one sentence per JSON cell of a namespace that cannot be read, with table, id, column and reason."""
    found = []
    for table, column, selected, read in _CELLS:
        rows = connection.execute(f"SELECT * FROM ({selected} WHERE namespace = ?)", [namespace.name]).fetchall()
        for row_id, text in rows:
            try:
                if text is not None:
                    read(text)
            except (BadInput, ValueError, TypeError, KeyError, AttributeError) as error:
                reason = f"field {error} is missing" if isinstance(error, KeyError) else str(error)
                found.append(f"table {table}, id {row_id}, column {column} cannot be read: {reason}")
    return found
