"""Which namespaces exist, and what recall needs to know of each, cached until a commit may have changed it."""

from collections.abc import Collection, Iterable, Mapping

from midthought.memory.database.group_commit import Change
from midthought.memory.database.tables import entries as entry_table
from midthought.memory.database.tables import namespaces as namespace_table
from midthought.memory.database.tables.calibrations import read_calibration
from midthought.memory.database.tables.retirements import retired_ids
from midthought.memory.database.tables.statements import Connection
from midthought.memory.database.tables.trust_marks import read_marks
from midthought.memory.records.namespace import (
    STARTER_NAMESPACE,
    Namespace,
    NamespaceRecord,
    missing_namespace,
)
from midthought.memory.records.trust import Trust

MAX_CACHED = 4096
"""Maximum number of namespaces whose view of the starter memory, or calibration, is cached; all that hide nothing share
one view."""


class KnownNamespaces:
    """What DuckDB says of namespaces, cached between commits. The caller holds the database's lock.

    Args:
        starter: whether this store shows the starter memory at all; each namespace may switch it off for itself.
    """

    def __init__(self, *, starter: bool) -> None:
        self.starter = starter
        self._records: dict[Namespace, NamespaceRecord] | None = None
        self._entries: dict[str, int] | None = None
        self._seen: dict[Namespace, Mapping[str, int]] = {}
        self._calibrations: dict[Namespace, str | None] = {}
        self._retired: dict[Namespace, tuple[set[str], frozenset[int]]] = {}
        self._marks: dict[Namespace, Mapping[str, Trust]] = {}

    def records(self, connection: Connection) -> Mapping[Namespace, NamespaceRecord]:
        """Return every namespace that exists, in the order of their names."""
        if self._records is None:
            self._records = namespace_table.read_records(connection)
        return self._records

    def cached(self, namespace: Namespace) -> NamespaceRecord | None:
        """Return what is known of a namespace if nobody has to look; the caller need not hold the lock.

        A commit that changes namespaces drops what was read before it is acknowledged.
        """
        return (self._records or {}).get(namespace)

    def get(self, connection: Connection, namespace: Namespace) -> NamespaceRecord:
        """Return what is known of a namespace; raises `NotFound`."""
        record = self.records(connection).get(namespace)
        if record is None:
            raise missing_namespace(namespace)
        return record

    def entries(self, connection: Connection) -> Mapping[str, int]:
        """Return the number of every starter entry by id; empty if this store is opened without them."""
        if self._entries is None:
            self._entries = entry_table.read_numbers(connection, STARTER_NAMESPACE) if self.starter else {}
        return self._entries

    def seen(self, connection: Connection, namespace: Namespace) -> Mapping[str, int]:
        """Return the numbers of the starter entries that an existing namespace sees, by id."""
        record = self.records(connection).get(namespace)
        if record is None or not record.starter or namespace == STARTER_NAMESPACE:
            return {}
        if namespace not in self._seen:
            if len(self._seen) >= MAX_CACHED:
                self._seen.clear()
            self._seen[namespace] = self._look(connection, namespace)
        return self._seen[namespace]

    def _look(self, connection: Connection, namespace: Namespace) -> Mapping[str, int]:
        entries = self.entries(connection)
        hidden = namespace_table.hidden_starter_ids(connection, namespace) if entries else set()
        # All namespaces that hide nothing share one mapping, so thousands of namespaces cost no memory.
        return {entry_id: seq for entry_id, seq in entries.items() if entry_id not in hidden} if hidden else entries

    def calibration(self, connection: Connection, namespace: Namespace, digest: str) -> str | None:
        """Return the calibration that a namespace has for the current encoder, the one with this digest, or None.

        DuckDB takes 1.2 ms to say that there is none, a fifth of what a recall takes after encoding.
        """
        if namespace not in self._calibrations:
            if len(self._calibrations) >= MAX_CACHED:
                self._calibrations.clear()
            self._calibrations[namespace] = read_calibration(connection, namespace, digest)
        return self._calibrations[namespace]

    def retired(self, connection: Connection, namespace: Namespace) -> frozenset[int]:
        """Return the numbers of the entries that a namespace has retired, of the starter memory as well."""
        if namespace not in self._retired:
            if len(self._retired) >= MAX_CACHED:
                self._retired.clear()
            ids = retired_ids(connection, namespace)
            self._retired[namespace] = ids, self.numbers_of(connection, namespace, ids)
        return self._retired[namespace][1]

    def marks(self, connection: Connection, namespace: Namespace) -> Mapping[str, Trust]:
        """Return the trust of those wordings of a namespace whose sources do not tell it, by id."""
        if namespace not in self._marks:
            if len(self._marks) >= MAX_CACHED:
                self._marks.clear()
            self._marks[namespace] = read_marks(connection, namespace)
        return self._marks[namespace]

    def numbers_of(self, connection: Connection, namespace: Namespace, ids: Collection[str]) -> frozenset[int]:
        """Return the numbers of current wordings with these ids, of the starter memory as well.

        Not those of entries that had such an id and were revised: the new wording is another text.
        """
        if not ids:
            return frozenset()
        starter = self.entries(connection)
        own = entry_table.read_seqs(connection, namespace, list(ids))
        return frozenset(own | {starter[one] for one in ids if one in starter})

    def note_generation(self) -> None:
        """Drop what was read for the encoder that was current until now."""
        self._calibrations.clear()

    def note(self, changes: Iterable[Change[object]], *, of_namespaces: bool) -> None:
        """Drop what these changes may have changed, whether they were committed or not."""
        if of_namespaces:
            self._records = None
            self._seen.clear()
            self._calibrations.clear()
            self._retired.clear()
            self._marks.clear()
        for change in changes:
            if change.marks_entries:
                self._marks.pop(change.namespace, None)
            if change.of_calibration:
                self._calibrations.pop(change.namespace, None)
            # Writing entries retires none, but gives those that are retired other numbers. A retired text that was
            # revised has none, until a revision brings it back: so ids decide, not numbers.
            ids, _ = self._retired.get(change.namespace, ((), ()))
            if change.of_utility or (change.of_entries and ids):
                self._retired.pop(change.namespace, None)
            if change.namespace == STARTER_NAMESPACE:
                self._entries = None
                self._seen.clear()
                self._retired.clear()
            elif change.of_entries and self._may_hide(change):
                self._seen.pop(change.namespace, None)

    def _may_hide(self, change: Change[object]) -> bool:
        """Whether a change may hide a starter entry. The entries of a batch are known; few are starter entries."""
        # Unknown: assume that it may, which costs one query more.
        if change.batch is None or self._entries is None:
            return True
        return any(write.id in self._entries for write in change.batch.entries)
