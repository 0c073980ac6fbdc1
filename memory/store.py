"""The store: the one way to write and read what is remembered.

Every call takes the namespace first, and no call reads across two. Writing is one transaction a batch; the derived
indexes follow before the next search, so that what `write` acknowledged is found.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock, get_ident
from typing import TypeVar

import duckdb

from midthought.memory.database import forgetting, log_tables, namespace_tables, starter_tables, tables
from midthought.memory.database.checkpoints import put_checkpoint
from midthought.memory.database.database import Database
from midthought.memory.database.forks import register_opened
from midthought.memory.database.generations import (
    count_encoded,
    current_generation,
    drop_generations,
    read_generations,
    read_unencoded,
    switch_generation,
)
from midthought.memory.database.group_commit import Change, GroupCommit
from midthought.memory.database.known_namespaces import KnownNamespaces
from midthought.memory.database.write_tables import current_ids
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import BadInput, EncoderMismatch, MidthoughtError, NotFound, StoreDamaged
from midthought.memory.indexes.index_pool import IndexPool
from midthought.memory.indexes.vectors.base import IndexKind
from midthought.memory.interrupts import in_place, run_apart, run_methods_apart
from midthought.memory.records.batch import Batch, EntryWrite, MissingVector, Written
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Origin
from midthought.memory.records.generation import Generation
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.scratch import Scratch
from midthought.memory.store_namespaces import StoreNamespaces, refuse_starter
from midthought.memory.transfer import import_rows
from midthought.memory.transfer.export_tables import WORDED
from midthought.memory.transfer.import_rows import ImportPage

Result = TypeVar("Result")
_REFUSALS = (MissingVector, EncoderMismatch, ValueError)
"""What a batch may raise, which then is collected not at all: only its own writer hears of it. Whatever else any change
raises undoes the whole group, and each is tried alone."""


@run_methods_apart
class Store(StoreNamespaces):
    """A directory that remembers: DuckDB in ``midthought.duckdb``, derived indexes under ``derived/``.

    Threads may share one store. One process at a time may hold a directory.

    Args:
        path: the directory; made when missing.
        encoder: who encodes the keys; needed for writing entries and for searching, not for reading by id.
        index: the kind of vector index; None lets the size of each namespace decide.
        starter: whether namespaces see the starter memory, once it is planted; each may switch it off for itself.
        read_only: write nothing, and read also what is left where something that was acknowledged is missing. A
            directory that cannot be written is opened for reading by itself. Every write then raises `StoreFull`.

    Raises:
        StoreInUse, StoreTooNew, StoreFull, StoreDamaged: see `midthought.memory.errors`.
        EncoderMismatch: the directory holds vectors of another encoder.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        encoder: EncoderIdentity | None = None,
        index: IndexKind | None = None,
        starter: bool = False,
        read_only: bool = False,
    ) -> None:
        self.path = Path(path)
        self.ingest_lock = RLock()
        """Held by whoever looks what is known, encodes the rest and writes it, so that counts are true."""
        self._encoder = encoder
        self._index_kind = index
        self._claimed: dict[str, int] = {}
        self._known = KnownNamespaces(starter=starter)
        self._commits = GroupCommit(self._commit)
        run_apart(lambda: self._open(read_only=read_only), undo=self.close)

    def _open(self, *, read_only: bool) -> None:
        self._database = Database(self.path, read_only=read_only)
        self._scratch = Scratch(self._database.scratch, read_only=self._database.read_only)
        try:
            with self._database.working():
                self._scratch.close()  # of a process that was killed
                self._indexes = self._open_indexes(self._check_encoder())
        except BaseException:
            self._database.close()
            raise
        register_opened(self)

    @in_place
    def leave_to_opener(self) -> None:
        """Do nothing more in a forked child: what is open is the opener's."""

    @in_place
    def apart(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns; the main thread waits for it, and an interrupt of it cannot land inside."""
        self._database.refuse_other_process()
        return work() if self._database.is_mine else run_apart(work)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @in_place
    def close(self) -> None:
        """Checkpoint the derived indexes and release the directory; in a forked child, whose it is not, do nothing."""
        if not self._database.is_others:
            self.apart(self._close)

    def _close(self) -> None:
        with self._database.lock, ExitStack() as closing:
            closing.callback(self._database.close)
            closing.callback(self._scratch.close)
            if self._indexes is not None and not self._database.doubled:
                with self._database.guarded():
                    self._indexes.close()

    # Writing

    def write(self, namespace: Namespace, batch: Batch) -> Written:
        """Make a batch durable, and so found by the next search; return what was not stored before.

        Rows already stored are left as they are and gain provenance. Writers that come at the same time share one
        commit. Raises `StoreFull` where the disk refuses (nothing is written), `MissingVector` for an entry that is
        neither stored nor has a vector, and `EncoderMismatch` for vectors of another encoder.
        """
        refuse_starter(namespace)

        def add(writing: WriteTransaction) -> Written:
            return writing.add(namespace, batch)

        return self._commits.run(Change(namespace, add, batch, of_entries=bool(batch.entries), begins=True))

    def put_job(self, namespace: Namespace, job: Job) -> None:
        """Record an operation's state."""

        def put(writing: WriteTransaction) -> None:
            log_tables.put_job(writing.connection, namespace, job)

        self._record(namespace, put, begins=True)

    @contextmanager
    def claim_job(self, job_id: str) -> Iterator[None]:
        """Run an operation as its only runner; raises `BadInput` where another thread is running it.

        A thread that claims it again was interrupted before it let go.
        """
        if self._claimed.setdefault(job_id, get_ident()) != get_ident():
            raise BadInput(f"this content is being ingested already, as operation {job_id}: wait for it")
        try:
            yield
        finally:
            self._claimed.pop(job_id, None)

    def record_run(self, namespace: Namespace, run: RunRow, receipts: Sequence[ReceiptRow] = ()) -> None:
        """Record one solved problem with its receipts, together; of a namespace forgotten meanwhile nothing is kept."""

        def record(writing: WriteTransaction) -> None:
            if not writing.exists(namespace):
                return
            log_tables.insert_run(writing.connection, namespace, run)
            log_tables.insert_receipts(writing.connection, namespace, receipts)

        self._record(namespace, record)

    def record_receipt(self, namespace: Namespace, receipt: ReceiptRow) -> None:
        """Record one recall that belongs to no run, unless its namespace is forgotten."""

        def record(writing: WriteTransaction) -> None:
            if writing.exists(namespace):
                log_tables.insert_receipts(writing.connection, namespace, [receipt])

        self._record(namespace, record)

    def forget_entry(self, namespace: Namespace, entry_id: str) -> Origin:
        """Remove the entry that has, or had, this id, with all wordings; tombstones keep the ids. Raises `NotFound`.

        A starter entry, which others share, is hidden from the namespace instead. Returns which of the two it was.
        """

        def forget(writing: WriteTransaction) -> Origin:
            connection = writing.connection
            current = current_ids(connection, namespace, [entry_id]).get(entry_id)
            if current is not None:
                forgetting.delete_entry(connection, namespace, current, writing.next_seq())
                return Origin.OWN
            if not writing.seen_starter(namespace, [entry_id]):
                raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
            starter_tables.hide_entry(connection, namespace, entry_id, (writing.next_seq(), writing.next_seq()))
            return Origin.STARTER

        return self._change(namespace, forget)

    def forget_trajectory(self, namespace: Namespace, trajectory_id: str) -> int:
        """Remove a trajectory and every entry learnt from it alone; return how many entries went. Raises `NotFound`."""

        def forget(writing: WriteTransaction) -> int:
            connection = writing.connection
            if not tables.known_trajectories(connection, namespace, [trajectory_id]):
                raise NotFound(f"no trajectory {trajectory_id!r} in namespace {namespace}")
            orphans = forgetting.entries_only_from(connection, namespace, trajectory_id)
            forgetting.delete_trajectory(connection, namespace, trajectory_id, writing.next_seq())
            for entry_id in orphans:
                forgetting.delete_entry(connection, namespace, entry_id, writing.next_seq())
            return len(orphans)

        return self._change(namespace, forget)

    def import_rows(self, namespace: Namespace, page: ImportPage) -> int:
        """Take rows of an export in, together; return how many were not there. What is there already stays."""
        put = self._change if page.table in WORDED else self._record
        return put(namespace, lambda writing: import_rows.import_rows(writing, namespace, page), begins=True)

    def revise_entry(
        self, namespace: Namespace, entry_id: str, write: EntryWrite, *, encoder: EncoderIdentity | None = None
    ) -> int:
        """Let a new wording take an entry's place; return its version. The old one stays in the entry's history.

        `write.provenance` is added to where the entry comes from. A wording that is the one now changes nothing.
        Raises `NotFound`, `MissingVector`, `EncoderMismatch` where the vector was made by another `encoder` than the
        store's (None says its own), and `BadInput` where the wording is that of another entry.
        """
        return self._change(namespace, lambda writing: writing.revise(namespace, entry_id, write, encoder=encoder))

    def compact(self) -> None:
        """Leave no byte of what was forgotten or replaced by a reindex in any file; nothing else runs meanwhile.

        The derived indexes are deleted first and built anew at the end, small ones at their next search, so stopping
        it loses only time.
        Raises `StoreError` while a backup or an export is being written, or another encoder is being moved to.
        """
        with self._database.guarded():
            self._database.refuse_read_only()
            self._database.refuse_if_held()
            if self._indexes is not None:
                self._indexes.drop_all()
                with self._database.transaction() as connection:
                    drop_generations(connection, but=self._indexes.generation.number)
                    connection.execute("DELETE FROM checkpoints")  # their files are gone, as their numbers may be
                    connection.execute("DELETE FROM source_changes")  # what is built from here on has read the sources
            self._database.rewrite()
            if self._indexes is not None:
                self._indexes.build_large(namespace_tables.read_records(self._database.connection))

    # Reindexing, see `reindex_store`

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield the connection inside a transaction of its own, for what is no part of any namespace."""
        with self._database.transaction() as connection:
            yield connection

    @contextmanager
    def block_compaction(self) -> Iterator[None]:
        """Let nobody compact meanwhile."""
        with self._database.held():
            yield

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Let nobody else read or write meanwhile."""
        with self._database.working():
            yield

    def count_doubled(self) -> int:
        """Return how many entries share a number with another, over all namespaces; until `renumber` nothing works."""
        return self._database.doubled

    def renumber(self) -> int:
        """Give entries that share a number others; return how many. Some then lack a vector: see `renumber_store`."""
        with self._database.working():
            renumbered = self._database.renumber()
            if self._indexes is not None:
                self._indexes.drop_all()
            return renumbered

    def unencoded(self, encoder: EncoderIdentity, *, limit: int) -> list[tuple[str, int, str]]:
        """Return (namespace, sequence number, key) of what has no vector of `encoder`, oldest first."""
        with self._database.guarded() as connection:
            return read_unencoded(connection, encoder, limit=limit)

    def count_encoded(self, encoder: EncoderIdentity) -> tuple[int, int]:
        """Return how many keys have a vector of `encoder`, and how many keys there are."""
        with self._database.guarded() as connection:
            return count_encoded(connection, encoder)

    def prepare_indexes(self, snapshot: duckdb.DuckDBPyConnection, encoder: EncoderIdentity) -> dict[Namespace, str]:
        """Build the indexes of `encoder`'s generation, of all that a snapshot sees; recall goes on meanwhile.

        Return what `switch_encoder` wants to know.
        """
        generation = next(one for one in read_generations(snapshot) if one.encoder.digest == encoder.digest)
        return self._indexes.prepare(snapshot, generation) if self._indexes is not None else {}

    def switch_encoder(self, encoder: EncoderIdentity, *, prepared: Mapping[Namespace, str] | None = None) -> None:
        """Search the generation of `encoder` from now on; raises `StoreDamaged` where keys lack a vector of it.

        Indexes that were `prepared` are searched at once, others are built at their first search.
        """
        self._database.refuse_read_only()
        with self._database.guarded() as connection:
            done, total = count_encoded(connection, encoder)
            if done != total:
                raise StoreDamaged(f"{total - done} keys have no vector of {encoder}: reindex before switching")
            found = [one for one in read_generations(connection) if one.encoder.digest == encoder.digest]
            if not found:
                raise StoreDamaged(f"there is no generation of {encoder}: reindex before switching")
            if self._indexes is not None:
                self._indexes.drop_generation()
            with self._database.transaction():
                switch_generation(connection, found[0].number)
                for namespace, token in (prepared or {}).items():
                    put_checkpoint(connection, namespace, token)
            self._encoder = encoder
            self._indexes = self._open_indexes(current_generation(connection))

    # Inside

    def _commit(self, group: Sequence[Change[object]]) -> None:
        """Commit changes together; where that fails, each alone, so that only what cannot be written fails."""
        try:
            with self._database.guarded():
                self._commit_together(group)
        except (MidthoughtError, ValueError) as error:
            if len(group) == 1:
                group[0].error = error
                return
            for change in group:
                change.result = change.error = None
                self._commit([change])

    def _commit_together(self, group: Sequence[Change[object]]) -> None:
        connection = self._database.connection
        writing = WriteTransaction(
            connection,
            encoder=self._encoder,
            first=self._indexes is None,
            namespaces=self._known.records(connection).keys(),
            starter=self._known.entries(connection),
        )
        if self._indexes is not None:  # before the commit: also if nobody learns how it ended
            self._indexes.mark_behind({change.namespace for change in group if change.of_entries})
        try:
            with self._database.transaction():
                _apply_all(writing, group)
        finally:  # whatever became of the commit, the next to ask reads what it left
            self._known.note(group, of_namespaces=writing.moved_namespaces)
        self._indexes = self._indexes or self._open_indexes(current_generation(self._database.connection))

    def _open_indexes(self, generation: Generation | None) -> IndexPool | None:
        if generation is None:
            return None
        folder = self.path / "derived"
        return IndexPool(folder, self._database, generation, scratch=self._scratch, kind=self._index_kind)

    def _check_encoder(self) -> Generation | None:
        stored = current_generation(self._database.connection)
        if stored and self._encoder and stored.encoder.digest != self._encoder.digest:
            raise EncoderMismatch(
                f"{self.path} was built with the encoder {stored.encoder}, but it is opened with {self._encoder}: "
                f"open it with the first, or `midthought reindex --encoder` the second"
            )
        return stored


def _apply_all(writing: WriteTransaction, group: Sequence[Change[object]]) -> None:
    """Fill a transaction; a batch that is refused leaves nothing in it, and only its own writer hears of it."""
    writing.look_up([(change.namespace, change.batch) for change in group if change.batch])
    # Batches first: one that was looked up must not come after a change that forgets what it found.
    for change in sorted(group, key=lambda one: one.batch is None):
        try:
            change.result = change.apply(writing)
        except _REFUSALS as error:
            if change.batch is None:
                raise
            change.error = error
            continue
        if change.begins:
            writing.begin(change.namespace)
    writing.finish()
