"""Where a page begins in a list that is ordered by time: after the row that the page before ended with."""

from collections.abc import Sequence

from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import NotFound
from midthought.memory.records.namespace import Namespace

UNBOUNDED = 2**63 - 1
"""The limit of a list that is read whole."""


def start_after(ids: Sequence[str], after: str) -> int:
    """Return where a page begins in a list: behind an id, or at 0 if that is empty. Raises `NotFound`."""
    if not after:
        return 0
    if after not in ids:
        raise NotFound(f"no page begins after {after!r}: it is not, or no longer, in the list")
    return ids.index(after) + 1


def check_start(connection: Connection, table: str, namespace: Namespace, after: str) -> None:
    """Raise `NotFound` if a page is to begin after a row that does not exist; empty for the first page."""
    if not after:
        return
    found = connection.execute(f"SELECT 1 FROM {table} WHERE namespace = ? AND id = ?", [namespace.name, after])
    if found.fetchone() is None:
        raise NotFound(f"no page begins after {after!r}: it is not, or no longer, in namespace {namespace}")
