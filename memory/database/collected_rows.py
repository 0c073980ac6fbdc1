"""Rows of one transaction that are collected, and inserted into each table at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from midthought.memory.database.key_rows import insert_keys_of
from midthought.memory.database.tables import entries, links, provenance, receipts, steps, trajectories
from midthought.memory.database.tables.entries import FreshEntry
from midthought.memory.database.tables.generations import insert_first_generation
from midthought.memory.database.tables.links import LinkRow
from midthought.memory.database.tables.numbers import Numbers
from midthought.memory.database.tables.receipts import NamedReceipt
from midthought.memory.database.tables.trajectories import TrajectoryRow
from midthought.memory.errors import EncoderMismatch, StoreError
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Provenance
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow
from midthought.memory.records.trajectory import Span

EntryKey = tuple[str, str]
"""A namespace's name and an id inside it."""


@dataclass(slots=True)
class _Collected:
    """Rows that `CollectedRows.flush` will insert."""

    trajectories: dict[EntryKey, TrajectoryRow] = field(default_factory=dict)
    entries: dict[EntryKey, FreshEntry] = field(default_factory=dict)
    provenance: dict[tuple[str, str, Provenance], None] = field(default_factory=dict)
    links: dict[tuple[str, str, str, Span], LinkRow] = field(default_factory=dict)
    receipts: list[NamedReceipt] = field(default_factory=list)


class CollectedRows:
    """Collects rows and inserts them. It is the base of `WriteTransaction`, which says what is collected.

    Args:
        connection: inside a transaction, which the caller commits.
        encoder: that of the store; None if it was opened without one.
        first: whether there is no generation of vectors yet.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, encoder: EncoderIdentity | None, first: bool) -> None:
        self._connection = connection
        self._encoder = encoder
        self._first = first
        self._collected = _Collected()
        self._numbers = Numbers(connection)
        self.next_seq = self._numbers.take
        """Gives out a sequence number."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, with all that was collected so far in its tables."""
        # Statements of callers must see the rows that are still collected.
        self.flush()
        return self._connection

    def add_receipts(self, namespace: Namespace, rows: Sequence[ReceiptRow]) -> None:
        """Collect receipts: those of recalls that end at the same time are inserted together."""
        self._collected.receipts += [(namespace.name, row) for row in rows]

    def flush(self) -> None:
        """Insert all collected rows; raises `StoreError` for text that no database can hold."""
        try:
            self._flush()
        except ValueError as error:  # of Arrow, or of a lone surrogate
            raise StoreError(f"cannot be written, and nothing was: {error}") from error

    def _flush(self) -> None:
        # Emptied first: the next flush of this transaction must not insert the same rows again.
        rows, self._collected = self._collected, _Collected()
        read = trajectories.insert_trajectories(self._connection, list(rows.trajectories.values()))
        split = [(*key, write) for key, (_, write) in rows.trajectories.items()]
        steps.insert_steps(self._connection, split, fresh=read)
        links.insert_links(self._connection, list(rows.links.values()), fresh=read)
        if rows.entries:
            fresh = list(rows.entries.values())
            if self._first:
                insert_first_generation(self._connection, self._own_encoder())
                self._first = False
            self._insert_entries(fresh)
        # After the entries: sources are stored under the number of their entry.
        fresh_seqs = {key: one.seq for key, one in rows.entries.items()}
        provenance.insert_provenance(self._connection, list(rows.provenance), fresh=fresh_seqs, next_seq=self.next_seq)
        receipts.insert_receipts(self._connection, rows.receipts)

    def finish(self) -> None:
        """Insert all collected rows, and record which numbers were given out; the caller commits next."""
        self.flush()
        self._numbers.save()

    def _insert_entries(self, fresh: Sequence[FreshEntry]) -> None:
        entries.insert_entries(self._connection, fresh)
        insert_keys_of(self._connection, fresh, self._own_encoder(), next_seq=self.next_seq)

    def _refuse_other(self, encoder: EncoderIdentity | None) -> None:
        if encoder is not None and encoder.digest != self._own_encoder().digest:
            raise EncoderMismatch(
                f"vectors of {encoder} cannot be written where {self._own_encoder()} is the encoder: encode again"
            )

    def _own_encoder(self) -> EncoderIdentity:
        if self._encoder is None:
            raise ValueError("this store was opened without an encoder: it can be read by id, not searched or taught")
        return self._encoder
