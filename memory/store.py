"""The store: the one way to write and read what is remembered.

Every call takes the namespace first, and no call reads across two. Writing is one transaction a batch; the derived
indexes follow in the same call, so that what `write` acknowledged is found by the next search.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from midthought.memory import log_tables, tables
from midthought.memory.batch import Batch, MissingVector
from midthought.memory.database import Database
from midthought.memory.derived import Changes, DerivedIndexes
from midthought.memory.encoder_identity import EncoderIdentity
from midthought.memory.entry import EntryKind, StoredEntry
from midthought.memory.errors import BadInput, EncoderMismatch, NotFound, StoreDamaged
from midthought.memory.namespace import Namespace
from midthought.memory.operation import Operation, Rejection
from midthought.memory.run import ReceiptRow, RunRow
from midthought.memory.stats import StoreStats, read_stats
from midthought.memory.trajectory import Trajectory

_log = logging.getLogger(__name__)

CHECKPOINT_EVERY = 20_000
"""Changed rows between two checkpoints of a namespace while it is open: replaying so many takes about a second."""


class Store:
    """A directory that remembers: DuckDB in ``midthought.duckdb``, derived indexes under ``derived/``.

    Threads may share one store. One process at a time may hold a directory.

    Args:
        path: the directory; made when missing.
        encoder: who encodes the keys; needed for writing entries and for searching, not for reading by id.

    Raises:
        StoreInUse, StoreTooNew, StoreFull, StoreDamaged: see `midthought.memory.errors`.
        EncoderMismatch: the directory holds vectors of another encoder.
    """

    def __init__(self, path: str | Path, *, encoder: EncoderIdentity | None = None) -> None:
        self.path = Path(path)
        self.teaching = RLock()
        """Held by whoever looks what is known, encodes the rest and writes it, so that counts are true."""
        self._encoder = encoder
        self._claimed: set[str] = set()
        self._derived: dict[Namespace, DerivedIndexes] = {}
        self._database = Database(self.path)
        try:
            with self._database.guarded() as connection:
                self._check_encoder()
                self._last_seq = tables.last_seq(connection)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Checkpoint the derived indexes and release the directory."""
        with self._database.guarded():
            try:
                for namespace, derived in self._derived.items():
                    self._checkpoint(namespace, derived)
            finally:
                self._derived.clear()
                self._database.close()

    # Writing

    def write(self, namespace: Namespace, batch: Batch) -> None:
        """Make a batch durable, then searchable. Rows already stored are left as they are and gain provenance.

        Raises `StoreFull` where the disk refuses (nothing is written) and `MissingVector` for an entry that is neither
        stored nor has a vector.
        """
        with self._database.guarded():
            seq = self._last_seq
            known = tables.known_entries(self._database.connection, namespace, [w.entry.id for w in batch.entries])
            fresh = []
            for write in batch.entries:
                if write.entry.id not in known:
                    seq += 1
                    known.add(write.entry.id)
                    fresh.append(tables.FreshEntry(seq, write.entry, self._checked_vector(write.vector)))
            with self._database.transaction() as connection:
                tables.insert_trajectories(connection, namespace, batch.trajectories)
                if fresh:
                    tables.insert_encoder(connection, self._needed_encoder())
                    tables.insert_entries(connection, namespace, fresh, self._needed_encoder())
                tables.insert_provenance(connection, namespace, batch.entries)
                log_tables.insert_rejections(connection, namespace, batch.operation, batch.rejections)
                if batch.operation:
                    log_tables.put_operation(connection, namespace, batch.operation)
            self._last_seq = seq
            self._refresh(namespace)

    def put_operation(self, namespace: Namespace, operation: Operation) -> None:
        """Record an operation's state."""
        with self._database.transaction() as connection:
            log_tables.put_operation(connection, namespace, operation)

    @contextmanager
    def claim_operation(self, operation_id: str) -> Iterator[None]:
        """Run an operation as its only runner; raises `BadInput` where another thread is running it."""
        with self._database.guarded():
            if operation_id in self._claimed:
                raise BadInput(f"this content is being ingested already, as operation {operation_id}: wait for it")
            self._claimed.add(operation_id)
        try:
            yield
        finally:
            self._claimed.discard(operation_id)

    def record_run(self, namespace: Namespace, run: RunRow, receipts: Sequence[ReceiptRow] = ()) -> None:
        """Record one solved problem with its receipts, together."""
        with self._database.transaction() as connection:
            log_tables.insert_run(connection, namespace, run)
            log_tables.insert_receipts(connection, namespace, receipts)

    def record_receipt(self, namespace: Namespace, receipt: ReceiptRow) -> None:
        """Record one recall that belongs to no run."""
        with self._database.transaction() as connection:
            log_tables.insert_receipts(connection, namespace, [receipt])

    def forget_entry(self, namespace: Namespace, entry_id: str) -> None:
        """Remove one entry, its provenance and its vector; a tombstone keeps the id. Raises `NotFound`."""
        with self._database.guarded():
            if not tables.known_entries(self._database.connection, namespace, [entry_id]):
                raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
            self._forget(namespace, [entry_id])

    def forget_trajectory(self, namespace: Namespace, trajectory_id: str) -> int:
        """Remove a trajectory and every entry learnt from it alone; return how many entries went. Raises `NotFound`."""
        with self._database.guarded():
            if not tables.known_trajectories(self._database.connection, namespace, [trajectory_id]):
                raise NotFound(f"no trajectory {trajectory_id!r} in namespace {namespace}")
            orphans = tables.entries_only_from(self._database.connection, namespace, trajectory_id)
            self._forget(namespace, orphans, trajectory_id=trajectory_id)
            return len(orphans)

    # Reading

    def known_entries(self, namespace: Namespace, ids: Iterable[str]) -> set[str]:
        """Return those of `ids` that are stored."""
        with self._database.guarded():
            return tables.known_entries(self._database.connection, namespace, list(ids))

    def known_trajectories(self, namespace: Namespace, ids: Iterable[str]) -> set[str]:
        """Return those of `ids` that are stored."""
        with self._database.guarded():
            return tables.known_trajectories(self._database.connection, namespace, list(ids))

    def get_entry(self, namespace: Namespace, entry_id: str) -> StoredEntry:
        """Return one entry; raises `NotFound`."""
        with self._database.guarded():
            found = tables.read_entries(self._database.connection, namespace, ids=[entry_id])
        if not found:
            raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
        return found[0]

    def get_trajectory(self, namespace: Namespace, trajectory_id: str) -> Trajectory:
        """Return one trajectory; raises `NotFound`."""
        with self._database.guarded():
            found = tables.read_trajectories(self._database.connection, namespace, ids=[trajectory_id])
        if not found:
            raise NotFound(f"no trajectory {trajectory_id!r} in namespace {namespace}")
        return found[0][1]

    def list_entries(
        self, namespace: Namespace, *, kind: EntryKind | None = None, after: str = "", limit: int = 1000
    ) -> list[StoredEntry]:
        """Return entries ordered by id, those after the id `after` (for paging), at most `limit`."""
        with self._database.guarded():
            return tables.read_entries(self._database.connection, namespace, kind=kind, after=after, limit=limit)

    def list_trajectories(
        self, namespace: Namespace, *, after: str = "", limit: int = 1000
    ) -> list[tuple[str, Trajectory]]:
        """Return (id, trajectory) ordered by id, those after the id `after` (for paging), at most `limit`."""
        with self._database.guarded():
            return tables.read_trajectories(self._database.connection, namespace, after=after, limit=limit)

    def entries_by_seq(self, namespace: Namespace, seqs: Sequence[int]) -> dict[int, StoredEntry]:
        """Return the entries behind search results, by sequence number; forgotten ones are absent."""
        with self._database.guarded():
            found = tables.read_entries(self._database.connection, namespace, seqs=seqs)
        return {stored.seq: stored for stored in found}

    def get_operation(self, namespace: Namespace, operation_id: str) -> Operation | None:
        """Return a recorded operation, or None."""
        with self._database.guarded():
            return log_tables.read_operation(self._database.connection, namespace, operation_id)

    def list_operations(self, namespace: Namespace) -> list[Operation]:
        """Return every operation, oldest first."""
        with self._database.guarded():
            return log_tables.read_operations(self._database.connection, namespace)

    def list_rejections(self, namespace: Namespace, operation_id: str) -> list[Rejection]:
        """Return the records an operation rejected, in reading order."""
        with self._database.guarded():
            return log_tables.read_rejections(self._database.connection, namespace, operation_id)

    def list_runs(self, namespace: Namespace, *, limit: int = 100) -> list[RunRow]:
        """Return the newest runs first."""
        with self._database.guarded():
            return log_tables.read_runs(self._database.connection, namespace, limit)

    def get_run(self, namespace: Namespace, run_id: str) -> RunRow:
        """Return one run; raises `NotFound`."""
        with self._database.guarded():
            return log_tables.read_run(self._database.connection, namespace, run_id)

    def list_receipts(self, namespace: Namespace, *, limit: int = 100) -> list[ReceiptRow]:
        """Return the newest receipts first."""
        with self._database.guarded():
            return log_tables.read_receipts(self._database.connection, namespace, limit)

    def namespaces(self) -> list[Namespace]:
        """Return every namespace that holds something, by name."""
        with self._database.guarded():
            return tables.read_namespaces(self._database.connection)

    def stats(self, namespace: Namespace) -> StoreStats:
        """Return what a namespace holds."""
        with self._database.guarded():
            return read_stats(self._database.connection, namespace)

    # Searching

    def search_vectors(self, namespace: Namespace, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, cosine), best first; `vector` is a unit row of shape ``(dimension,)``."""
        with self._database.guarded():
            return self._indexes(namespace).vectors.search(self._checked_vector(vector), k)

    def search_words(self, namespace: Namespace, text: str, k: int) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, BM25 score), best first."""
        with self._database.guarded():
            return self._indexes(namespace).words.search(text, k)

    def checkpoint(self, namespace: Namespace) -> None:
        """Write the derived indexes of a namespace to disk now."""
        with self._database.guarded():
            self._checkpoint(namespace, self._indexes(namespace))

    def check_integrity(self, namespace: Namespace) -> None:
        """Raise `StoreDamaged` unless text, provenance, vectors, FAISS and BM25 agree, and every count adds up."""
        with self._database.guarded():
            problems = tables.find_problems(self._database.connection, namespace)
            for operation in log_tables.read_operations(self._database.connection, namespace):
                operation.counts.check()
            if self._encoder is not None:
                stored = set(tables.read_seqs(self._database.connection, namespace))
                derived = self._indexes(namespace)
                problems += _differences("FAISS", stored, set(derived.vectors.seqs().tolist()))
                problems += _differences("BM25", stored, set(derived.words.seqs()))
        if problems:
            raise StoreDamaged(f"namespace {namespace}: " + "; ".join(problems))

    # Inside

    def _indexes(self, namespace: Namespace) -> DerivedIndexes:
        derived = self._derived.get(namespace)
        if derived is None:
            folder, token = self.path / "derived" / namespace.name, self._known_checkpoint(namespace)
            derived = DerivedIndexes(folder, self._needed_encoder(), token=token)
            self._derived[namespace] = derived
            self._replay(namespace, derived)
        return derived

    def _known_checkpoint(self, namespace: Namespace) -> str:
        return tables.read_checkpoint(self._database.connection, namespace)

    def _checkpoint(self, namespace: Namespace, derived: DerivedIndexes) -> None:
        """Write a checkpoint, then let the database know it; one it does not know is never believed."""
        token = derived.checkpoint()
        if token != self._known_checkpoint(namespace):
            with self._database.transaction() as connection:
                tables.put_checkpoint(connection, namespace, token)

    def _refresh(self, namespace: Namespace) -> None:
        """Let loaded indexes follow a commit. Should they fail, the commit stands: the next search replays it."""
        derived = self._derived.pop(namespace, None)
        if derived is None:
            return
        try:
            self._replay(namespace, derived)
        except (OSError, RuntimeError, ValueError) as error:
            _log.warning("the indexes of %s could not follow a commit and will be replayed: %s", namespace, error)
        else:
            self._derived[namespace] = derived

    def _replay(self, namespace: Namespace, derived: DerivedIndexes) -> None:
        for changes in self._changes(namespace, derived):
            derived.apply(changes)
        if derived.last_seq - derived.checkpointed_seq >= CHECKPOINT_EVERY:
            self._checkpoint(namespace, derived)

    def _changes(self, namespace: Namespace, derived: DerivedIndexes) -> Iterator[Changes]:
        changes = tables.read_changes(
            self._database.connection, namespace, derived.last_seq, self._needed_encoder(), limit=CHECKPOINT_EVERY
        )
        while changes.size:
            yield changes
            changes = tables.read_changes(
                self._database.connection, namespace, changes.last_seq, self._needed_encoder(), limit=CHECKPOINT_EVERY
            )

    def _forget(self, namespace: Namespace, entry_ids: list[str], *, trajectory_id: str | None = None) -> None:
        seq = self._last_seq
        with self._database.transaction() as connection:
            if trajectory_id is not None:
                tables.delete_trajectory(connection, namespace, trajectory_id)
            for entry_id in entry_ids:
                seq += 1
                tables.delete_entry(connection, namespace, entry_id, seq)
        self._last_seq = seq
        self._refresh(namespace)

    def _needed_encoder(self) -> EncoderIdentity:
        if self._encoder is None:
            raise ValueError("this store was opened without an encoder: it can be read by id, not searched or taught")
        return self._encoder

    def _checked_vector(self, vector: NDArray[np.float32] | None) -> NDArray[np.float32]:
        dimension = self._needed_encoder().dimension
        if vector is None:
            raise MissingVector("an entry that is not stored yet needs a vector")
        if vector.shape != (dimension,) or not np.isfinite(vector).all():
            raise ValueError(f"a vector must be {dimension} finite numbers, got shape {vector.shape}")
        return vector

    def _check_encoder(self) -> None:
        stored = tables.read_encoder(self._database.connection)
        if stored and self._encoder and stored.digest != self._encoder.digest:
            raise EncoderMismatch(
                f"{self.path} was built with the encoder {stored}, but it is opened with {self._encoder}: "
                f"open it with the first, or ingest into a new directory"
            )


def _differences(name: str, stored: set[int], indexed: set[int]) -> list[str]:
    missing, orphans = sorted(stored - indexed), sorted(indexed - stored)
    problems = [f"{name} lacks {len(missing)} entries, first seq {missing[0]}"] if missing else []
    return problems + ([f"{name} holds {len(orphans)} forgotten entries, first seq {orphans[0]}"] if orphans else [])
