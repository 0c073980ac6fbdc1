"""The store: everything that is remembered in one directory, read, searched and written through three parts.

Every call takes the namespace first, and no call reads across two namespaces. A batch is written in one transaction;
the derived indexes follow before the next search, so that what a write acknowledged is found.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TypeVar

import duckdb

from midthought.memory.database.faults import faults_of_truth, find_problems
from midthought.memory.database.tables.jobs import count_states, read_jobs
from midthought.memory.errors import StoreDamaged
from midthought.memory.file_sizes import measure_files
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.interrupts import in_place, run_methods_apart
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.store_load import StoreLoad
from midthought.memory.store_keys import StoreKeys
from midthought.memory.store_reader import StoreReader
from midthought.memory.store_searcher import StoreSearcher
from midthought.memory.store_state import StoreState
from midthought.memory.store_writer import StoreWriter

Result = TypeVar("Result")
_HARMLESS = {FaultKind.INDEX_FILE, FaultKind.UNENCODED_KEY}
"""Faults that cost time or hits, and with which nothing is wrong in what is stored and found."""


@run_methods_apart
class Store:
    """A directory that remembers: DuckDB in ``midthought.duckdb``, derived indexes under ``derived/``.

    Threads may share one store. One process at a time may hold a directory.

    Args:
        path: the directory; made if it is missing.
        encoder: who encodes the keys; needed for writing entries and for searching, not for reading by id.
        index: the kind of vector index; None: chosen by the size of each namespace.
        milvus: the Milvus that the indexes lie in; None for the directory.
        starter: whether namespaces see the starter memory, once it is planted; each may switch it off for itself.
        read_only: write nothing, and read what is left even if something that was acknowledged is missing. A
            directory that cannot be written is always opened for reading only. Every write then raises `StoreFull`.

    Attributes:
        reader: reads by id, by page and by count.
        searcher: finds entries by vectors and by words.
        writer: writes, revises and forgets.
        api_keys: those that a service accepts.
        ingest_lock: held from looking up what is stored, through encoding the rest, to writing it, so that the counts
            of what was new are true.
        uploads: what was sent, and is to be read later.
        state: what the three parts share; for `maintenance/` only.

    Raises:
        StoreInUse, StoreTooNew, StoreFull, StoreDamaged: see `midthought.memory.errors`.
        EncoderMismatch: the directory holds vectors of another encoder.
        MissingExtra: `milvus` is given, and its client is not installed.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        encoder: EncoderIdentity | None = None,
        index: IndexKind | None = None,
        milvus: MilvusAddress | None = None,
        starter: bool = False,
        read_only: bool = False,
    ) -> None:
        self.path = Path(path)
        self.ingest_lock = RLock()
        self.state = StoreState(
            self.path, encoder=encoder, index=index, milvus=milvus, starter=starter, read_only=read_only
        )
        self.apart = self.state.apart
        self.uploads = self.state.uploads
        self.reader = StoreReader(self.state)
        self.searcher = StoreSearcher(self.state)
        self.writer = StoreWriter(self.state)
        self.api_keys = StoreKeys(self.state)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @in_place
    def close(self) -> None:
        """Write checkpoints of the indexes and release the directory; do nothing in a forked child."""
        self.state.close()

    @property
    def encoder(self) -> EncoderIdentity | None:
        """Who encodes the keys."""
        return self.state.encoder

    @in_place
    def has_cached(self, namespace: Namespace) -> bool:
        """Whether a namespace is known to exist, so that nobody has to look; never waits for another thread."""
        return self.state.known.cached(namespace) is not None

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return self.state.database.read_only

    @contextmanager
    def snapshot(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection that sees all that is committed now, and nothing later; others may write meanwhile."""
        with self.state.database.snapshot() as snapshot:
            yield snapshot

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield the connection inside one transaction, for rows that belong to no namespace."""
        with self.state.database.transaction() as connection:
            yield connection

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Let no other thread read or write meanwhile."""
        with self.state.database.working():
            yield

    def measure(self, *, seconds: float = 1.0) -> StoreLoad:
        """Return how busy and how large the store is; jobs are not counted if it is busy for so many seconds."""
        indexes = self.state.indexes
        lag = indexes.lag() if indexes is not None else (0, 0, 0)
        sizes = measure_files(self.path)
        return StoreLoad(self.writer.commit_counts, *lag, sizes, self._count_jobs(seconds))

    @property
    def searches(self) -> bool:
        """Whether the index answered when it was last asked; it may lie on a server."""
        return self.state.indexes is None or not self.state.indexes.is_failing

    def catch_up(self) -> None:
        """Bring indexes up to date whose namespaces have many entries that no checkpoint holds.

        So the first search of each need not: after a process was killed that had written 90,000 entries, it took 16 s.
        Raises `IndexUnavailable` if they lie on a server that does not answer.
        """
        for namespace in [] if self.read_only else self.reader.list_namespaces():
            with self.state.database.guarded():
                if self.state.indexes is not None:
                    self.state.indexes.build_large([namespace])

    def _count_jobs(self, seconds: float) -> dict[JobState, int] | None:
        lock = self.state.database.lock
        if not lock.acquire(timeout=seconds):
            return None
        try:
            with self.state.database.guarded() as connection:
                return count_states(connection)
        finally:
            lock.release()

    def check_integrity(self, namespace: Namespace) -> None:
        """Raise `StoreDamaged` unless text, provenance, vectors, FAISS and BM25 agree, and every count adds up."""
        with self.state.database.guarded() as connection:
            problems = _described(faults_of_truth(connection, namespace))
            problems += find_problems(connection, namespace)
            for job in read_jobs(connection, namespace):
                job.counts.check()
            problems += _described(self.searcher.find_index_faults(namespace))
        if problems:
            raise StoreDamaged(f"namespace {namespace}: " + "; ".join(problems))


def _described(faults: list[Fault]) -> list[str]:
    return [str(fault) for fault in faults if fault.kind not in _HARMLESS]
