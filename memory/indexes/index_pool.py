"""The open indexes of a store: loaded at the first search, brought up to date, closed when memory is short."""

import logging
from collections import Counter, OrderedDict
from collections.abc import Iterable
from contextlib import ExitStack, closing, suppress

import duckdb

from midthought.memory.database import replay
from midthought.memory.database.database import Database
from midthought.memory.database.tables.checkpoints import put_checkpoint, read_checkpoint
from midthought.memory.database.tables.entries import count_entries
from midthought.memory.database.tables.namespaces import read_records
from midthought.memory.errors import IndexUnavailable
from midthought.memory.indexes.follow_thread import FollowThread
from midthought.memory.indexes.index_home import IndexHome, SearchIndex
from midthought.memory.records.generation import Generation
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.store_stats import IndexNote, IndexPosition

_log = logging.getLogger(__name__)

CHECKPOINT_EVERY = 20_000
"""Changed rows between two checkpoints of an open namespace: replaying that many takes about a second."""
MAX_OPEN = 128
"""Namespaces open at a time; each holds some file handles."""
MAX_BYTES = 8 << 30
"""Bytes of all vectors of open namespaces; above it the least recently searched are closed. One may be larger."""
FOLLOW_AT = 2_000
"""Rows written since the indexes last followed, from which they do so before a search needs it."""
_FOLLOWED_AT_ONCE = 500
"""Rows that are followed while writers and searches wait: .1 s."""
_WORTH_A_CHECKPOINT = 1_000
"""Rows without a checkpoint from which a namespace that was written to but not searched is indexed at closing."""


class IndexPool:
    """Hands out the index of a namespace, with everything committed in it. The caller holds the database's lock.

    A commit only marks its namespaces; the next search replays what was committed since. So a search sees everything
    that was acknowledged before it began. After many commits a thread replays them a few hundred rows at a time: after
    90,000 additions, the next search would take 16 s otherwise. A writer waits for one such step, .1 s, at most, and
    for a checkpoint after each 20,000 rows.

    Args:
        home: where the indexes lie.
        database: the source of the indexes.
        generation: the generation whose vectors the indexes hold.
    """

    def __init__(self, home: IndexHome, database: Database, generation: Generation) -> None:
        self.generation = generation
        self._home = home
        self._database = database
        self._open: OrderedDict[Namespace, SearchIndex] = OrderedDict()
        self._behind: set[Namespace] = set()
        self._follower = FollowThread(self._follow_some)
        self._written: Counter[Namespace] = Counter()

    def mark_behind(self, namespaces: Iterable[Namespace], *, rows: Counter[Namespace] | None = None) -> None:
        """Note that entries of these namespaces were written, revised or forgotten; `rows` counts those written."""
        self._behind.update(namespaces)
        self._written.update(rows or {})
        if any(self._written[one] >= FOLLOW_AT for one in rows or ()):
            self._follower.wake()

    def get(self, namespace: Namespace) -> SearchIndex:
        """Return the index of a namespace, with everything committed in it."""
        index = self._open.get(namespace)
        if index is not None and not index.is_usable:
            self._open.pop(namespace).close()
            index = None
        if index is not None and namespace not in self._behind:
            self._open.move_to_end(namespace)
            return index  # it did not grow, so none has to be closed for it
        if index is None:
            index = self._load(namespace, in_background=True)
        else:
            del self._open[namespace]  # if the next line fails, the next search loads it again
            self._follow(namespace, index)
        self._behind.discard(namespace)
        del self._written[namespace]  # a Counter: no error if nothing was counted
        self._open[namespace] = index
        self._close_some()
        return index

    def _follow_some(self) -> bool:
        """Replay some rows of a namespace to which many were written; return False if there are none."""
        with self._database.guarded():
            for namespace in [one for one, rows in self._written.items() if rows >= FOLLOW_AT]:
                if self._advance(namespace):
                    return True
                del self._written[namespace]
        return False

    def _advance(self, namespace: Namespace) -> bool:
        """Replay the next rows of a namespace; return whether there were any."""
        index = self._open.pop(namespace, None)  # if what follows fails, the next search loads it again
        if index is None:
            token = read_checkpoint(self._database.connection, namespace)
            index = self._home.open(namespace, self.generation, token=token, in_background=True)
        before = index.last_seq
        self._follow(namespace, index, limit=_FOLLOWED_AT_ONCE)
        self._behind.add(namespace)  # the next search has builds begun, and replays what is written meanwhile
        self._open[namespace] = index
        self._close_some()
        return index.last_seq > before

    def _load(self, namespace: Namespace, *, in_background: bool = False) -> SearchIndex:
        """Return the index of a namespace as it was last saved, and what was committed since."""
        token = read_checkpoint(self._database.connection, namespace)
        index = self._home.open(namespace, self.generation, token=token, in_background=in_background)
        self._follow(namespace, index)
        return index

    def checkpoint(self, namespace: Namespace) -> None:
        """Write the index of a namespace to disk, then record its token in DuckDB.

        A checkpoint whose token is not recorded is ignored.
        """
        self._checkpoint(namespace, self.get(namespace))

    def close(self) -> None:
        """Stop all builds, write checkpoints of what is open and of what has many new rows, and close everything."""
        self._home.stop_builds()
        try:
            with suppress(IndexUnavailable):  # its rows are replayed when it is next opened
                self.build_large(sorted(self._behind))
            for namespace in list(self._open):
                with suppress(IndexUnavailable):
                    self.checkpoint(namespace)
        finally:
            self._close_all()

    def build_large(self, namespaces: Iterable[Namespace]) -> None:
        """Write checkpoints of closed namespaces with many new rows, so that no search has to wait for them."""
        for namespace in namespaces:
            if namespace not in self._open and self._rows_behind(namespace) >= _WORTH_A_CHECKPOINT:
                with closing(self._load(namespace)) as index:
                    self._checkpoint(namespace, index)

    def prepare(self, snapshot: duckdb.DuckDBPyConnection, generation: Generation) -> dict[Namespace, str]:
        """Write checkpoints of another generation, and return their tokens; the database's lock need not be held.

        `snapshot` must see a vector of every entry. Small namespaces are indexed at their first search, and so is one
        whose files are removed meanwhile because it is forgotten or repaired.
        """
        if generation.number == self.generation.number:
            raise ValueError("the indexes in use are not built beside themselves")
        tokens = {}
        for namespace in read_records(snapshot):
            if count_entries(snapshot, namespace) >= _WORTH_A_CHECKPOINT:
                try:
                    tokens[namespace] = self._prepare(snapshot, namespace, generation)
                except (
                    IndexUnavailable,
                    ValueError,
                    RuntimeError,
                    OSError,
                ) as error:  # of Milvus, tantivy, FAISS, the disk
                    _log.warning("the indexes of %s are left to their first search: %s", namespace, error)
        return tokens

    def _prepare(self, snapshot: duckdb.DuckDBPyConnection, namespace: Namespace, generation: Generation) -> str:
        self._home.remove(namespace, generation)  # left by a reindex that was stopped
        with closing(self._home.open(namespace, generation)) as index:
            _replay(index, snapshot, namespace, generation)
            return index.checkpoint()

    def lag(self) -> tuple[int, int, int]:
        """Return the rows and the namespaces that indexes have to follow, and how many indexes are in memory.

        The lock need not be held: the figures are those of any moment of the call.
        """
        return sum(list(self._written.values())), len(self._behind), len(self._open)

    def notes(self, namespace: Namespace) -> tuple[IndexNote, ...]:
        """Return which vector indexes of a namespace are being built or were refused; empty while it is closed."""
        index = self._open.get(namespace)
        return index.notes() if index else ()

    def position(self, namespace: Namespace) -> IndexPosition:
        """Return how far the index of a namespace is; nothing is opened for it."""
        index = self._open.get(namespace)
        last = index.last_seq if index else self._home.saved_seq(namespace, self.generation)
        connection = self._database.connection
        applied = replay.count_changes(connection, namespace, 0, last)
        return IndexPosition(self._home.describe(), applied, replay.count_changes(connection, namespace, last))

    @property
    def is_failing(self) -> bool:
        """Whether the home did not answer when it was last asked."""
        return self._home.is_failing

    def finish_builds(self) -> None:
        """Wait until no index is being built."""
        self._home.finish_builds()

    def drop(self, namespace: Namespace) -> None:
        """Close the index of a namespace and delete its files; the next search rebuilds it."""
        del self._written[namespace]
        if index := self._open.pop(namespace, None):
            index.close()
        self._home.remove(namespace)

    def drop_all(self) -> None:
        """Close all indexes and delete all files, also those of other generations."""
        self._close_all()
        self._home.remove_all()

    def drop_generation(self) -> None:
        """Close all indexes and delete the files of this generation."""
        self._close_all()
        self._home.remove_all(self.generation)

    def _close_all(self) -> None:
        self._behind.clear()
        self._written.clear()
        # All are closed, even if closing one of them raises.
        with ExitStack() as closing_all:
            while self._open:
                closing_all.callback(self._open.popitem()[1].close)

    def _checkpoint(self, namespace: Namespace, index: SearchIndex) -> None:
        if self._database.read_only:
            return  # the next opening replays
        token = index.checkpoint()
        # The files are complete and on the disk by now. A kill before this commit leaves a checkpoint that is ignored.
        if token != read_checkpoint(self._database.connection, namespace):
            with self._database.transaction() as connection:
                put_checkpoint(connection, namespace, token)

    def _follow(self, namespace: Namespace, index: SearchIndex, *, limit: int | None = None) -> None:
        """Bring an index up to everything committed, or `limit` rows further; if that fails, close it.

        After many rows a checkpoint is written.
        """
        connection = self._database.connection
        try:
            if limit is None:
                _replay(index, connection, namespace, self.generation)
            else:
                _apply_next(index, connection, namespace, self.generation, limit=limit)
            if index.last_seq - index.checkpointed_seq >= CHECKPOINT_EVERY:
                self._checkpoint(namespace, index)
        except BaseException:
            # Some of its parts may have the new rows and others not: it is loaded again.
            index.close()
            raise

    def _rows_behind(self, namespace: Namespace) -> int:
        """Return how many rows of a namespace have numbers after what is saved of it."""
        after = self._home.saved_seq(namespace, self.generation)
        return count_entries(self._database.connection, namespace, after=after)

    def _close_some(self) -> None:
        # One index stays open whatever its size: the caller is about to search it.
        while len(self._open) > 1 and (len(self._open) > MAX_OPEN or self._bytes > MAX_BYTES):
            namespace, index = next(iter(self._open.items()))
            self._checkpoint(namespace, index)
            self._open.pop(namespace).close()
            _log.info("the indexes of %s are closed until they are searched again", namespace)

    @property
    def _bytes(self) -> int:
        return sum(index.stored_bytes for index in self._open.values())


def _replay(
    index: SearchIndex, connection: duckdb.DuckDBPyConnection, namespace: Namespace, generation: Generation
) -> None:
    """Bring an index up to everything that a connection sees of a namespace."""
    while True:
        while _apply_next(index, connection, namespace, generation, limit=CHECKPOINT_EVERY):
            pass
        if index.settle():
            return


def _apply_next(
    index: SearchIndex,
    connection: duckdb.DuckDBPyConnection,
    namespace: Namespace,
    generation: Generation,
    *,
    limit: int,
) -> bool:
    """Bring an index up to `limit` rows further; return whether there were any."""
    after = index.last_seq
    changes = replay.read_changes(connection, namespace, after, generation.encoder, limit=limit)
    if changes.last_seq == after:
        return False
    index.apply(changes)
    return True
