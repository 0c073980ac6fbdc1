"""What the reader, the searcher and the writer of one open store share."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import ParamSpec, TypeVar

from midthought.memory.database.database import Database
from midthought.memory.database.known_keys import KnownKeys
from midthought.memory.database.known_namespaces import KnownNamespaces
from midthought.memory.database.tables.generations import current_generation
from midthought.memory.database.tables.job_requests import uploads_of
from midthought.memory.errors import EncoderMismatch
from midthought.memory.forks import leave_in_children
from midthought.memory.indexes.index_home import IndexHome, SearchIndex
from midthought.memory.indexes.index_pool import IndexPool
from midthought.memory.indexes.local_home import LocalHome
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.interrupts import cannot_be_interrupted, in_place, run_apart
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.generation import Generation
from midthought.memory.records.namespace import Namespace
from midthought.memory.scratch import Scratch
from midthought.memory.uploads import Uploads

P = ParamSpec("P")
Result = TypeVar("Result")


class StoreState:
    """The open database, the indexes derived from it, and what is kept in memory between two calls.

    Only `Store`, its three parts and `maintenance/` use it; they hold the database's lock while they do. See `Store`
    for the arguments and errors.

    Attributes:
        database: the truth.
        indexes: of the current generation of vectors; None while the store holds no vectors.
        encoder: who encodes the keys; None for a store that was opened without one.
        api_keys: the keys that a service accepts.
        known: which namespaces exist, and what each sees of the starter memory.
        claimed_jobs: the id of every job that a thread of this process runs, and that thread's identifier.
        queued_jobs: the ids of jobs that wait for a thread of this process, each with the ticket of its last wait.
        cancelling: the ids of jobs that are to stop after their present batch.
        forgotten_jobs: the ids of running jobs whose namespace was forgotten: they may not write any more.
        uploads: what was sent, and is to be read later.
    """

    database: Database
    indexes: IndexPool | None

    def __init__(
        self,
        path: Path,
        *,
        encoder: EncoderIdentity | None,
        index: IndexKind | None,
        milvus: MilvusAddress | None,
        starter: bool,
        read_only: bool,
    ) -> None:
        self.path = path
        self.encoder = encoder
        self.api_keys = KnownKeys()
        self.known = KnownNamespaces(starter=starter)
        self.claimed_jobs: dict[str, int] = {}
        self.queued_jobs: dict[str, int] = {}
        self.tickets = count(1)
        self.cancelling: set[str] = set()
        self.forgotten_jobs: set[str] = set()
        self.uploads = Uploads(path)
        self._index_kind = index
        self._milvus = milvus
        self._home: IndexHome | None = None
        run_apart(lambda: self._open(read_only=read_only), undo=self.close)

    def _open(self, *, read_only: bool) -> None:
        self.database = Database(self.path, read_only=read_only)
        self._scratch = Scratch(self.database.scratch, read_only=self.database.read_only)
        try:
            with self.database.working():
                self._scratch.close()  # what a killed process left there
                self._remove_lost_uploads()
                self.api_keys.load(self.database.connection)
                self.open_indexes(self._check_encoder())
        except BaseException:
            self.database.close()
            raise
        leave_in_children(self)

    def _remove_lost_uploads(self) -> None:
        """Delete what a killed process had received, but not accepted yet."""
        if not self.database.read_only and self.uploads.names():
            self.uploads.remove_others(uploads_of(self.database.connection, waiting=False))

    @property
    def busy_jobs(self) -> frozenset[str]:
        """The ids of the jobs that run or wait in this process now."""
        return frozenset((*self.claimed_jobs, *self.queued_jobs))

    @in_place
    def apart(self, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        """Return what `work` returns; the main thread waits for it, so that an interrupt cannot land inside it."""
        self.database.refuse_other_process()
        # A thread that holds the lock must not hand work to the worker: both would wait for each other.
        if self.database.is_mine or cannot_be_interrupted():
            return work(*args, **kwargs)
        return run_apart(partial(work, *args, **kwargs))

    @in_place
    def close(self) -> None:
        """Write checkpoints of the indexes and release the directory; do nothing in a forked child."""
        if not self.database.is_others:
            self.apart(self._close)

    def _close(self) -> None:
        with self.database.lock, ExitStack() as closing:
            closing.callback(self.database.close)
            closing.callback(self._scratch.close)
            if self._home is not None:
                closing.callback(self._home.close)
            # `guarded` refuses a store with doubled numbers, and closing must not fail.
            if self.indexes is not None and not self.database.doubled:
                with self.database.guarded():
                    self.indexes.close()

    def open_indexes(self, generation: Generation | None) -> None:
        """Search the vectors of a generation from now on; None if the store holds no vectors."""
        self.known.note_generation()
        if generation is None:
            self.indexes = None
            return
        self._home = self._home or self._make_home()
        self.indexes = IndexPool(self._home, self.database, generation)

    def _make_home(self) -> IndexHome:
        folder = self.path / "derived"
        # Opened for reading only, a store leaves nothing in Milvus: it is searched by what this process builds.
        if self._milvus is None or self.database.read_only:
            return LocalHome(folder, scratch=self._scratch, kind=self._index_kind)
        from midthought.memory.indexes.milvus.home import MilvusHome

        return MilvusHome(folder, self._milvus, self.database, scratch=self._scratch, kind=self._index_kind)

    def index_of(self, namespace: Namespace) -> SearchIndex | None:
        """Return the indexes of a namespace, up to date; None if it does not exist or nothing has a vector yet."""
        if self.indexes is None or namespace not in self.known.records(self.database.connection):
            return None
        return self.indexes.get(namespace)

    def needed_encoder(self) -> EncoderIdentity:
        """Return who encodes the keys; raises `ValueError` for a store that was opened without an encoder."""
        if self.encoder is None:
            raise ValueError("this store was opened without an encoder: it can be read by id, not searched or taught")
        return self.encoder

    def _check_encoder(self) -> Generation | None:
        stored = current_generation(self.database.connection)
        if stored and self.encoder and stored.encoder.digest != self.encoder.digest:
            raise EncoderMismatch(
                f"{self.path} was built with the encoder {stored.encoder}, but it is opened with {self.encoder}: "
                f"open it with the first, or `midthought reindex --encoder` the second"
            )
        return stored


class StorePart:
    """Base of the reader, the searcher and the writer: what each of their methods uses of the shared state."""

    def __init__(self, state: StoreState) -> None:
        self._state = state
        self._database = state.database
        self._known = state.known
        self.apart = state.apart
