"""The derived indexes that are open: loaded when first searched, brought up to date, closed when memory is short."""

import logging
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

import duckdb

from midthought.memory.database import replay
from midthought.memory.database.database import Database
from midthought.memory.database.tables.checkpoints import checkpoint_seq, put_checkpoint, read_checkpoint
from midthought.memory.database.tables.entries import count_entries
from midthought.memory.database.tables.namespaces import read_records
from midthought.memory.indexes.checkpoint import checkpoints
from midthought.memory.indexes.namespace_index import NamespaceIndex, generation_folder
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.generation import Generation
from midthought.memory.records.namespace import Namespace
from midthought.memory.scratch import Scratch

_log = logging.getLogger(__name__)

CHECKPOINT_EVERY = 20_000
"""Changed rows between two checkpoints of a namespace while it is open: replaying so many takes about a second."""
MOST_OPEN = 128
"""Namespaces open at a time: each holds some file handles of its own."""
MOST_BYTES = 8 << 30
"""Of the vectors of open namespaces together, before those searched longest ago are closed; one may be larger."""
_WORTH_A_CHECKPOINT = 1_000
"""Rows behind its checkpoint from which a namespace that was written to, and not searched, is indexed at closing."""


class IndexPool:
    """FAISS and BM25 of every namespace that was searched. The caller holds the database's lock.

    A commit only marks its namespaces; the next search replays what was committed since. So writers never wait for an
    index, and a search sees all that was acknowledged before it began.

    Args:
        folder: where checkpoints lie, ``<store>/derived``.
        database: the truth they follow.
        generation: whose vectors they hold.
        scratch: where their live files lie, on the disk of `folder`.
        kind: of the vector indexes; None lets the size of each decide.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        generation: Generation,
        *,
        scratch: Scratch,
        kind: IndexKind | None = None,
    ) -> None:
        self.generation = generation
        self._scratch = scratch
        self._kind = kind
        self._folder = folder
        self._database = database
        self._open: OrderedDict[Namespace, NamespaceIndex] = OrderedDict()
        self._behind: set[Namespace] = set()

    def mark_behind(self, namespaces: Iterable[Namespace]) -> None:
        """Note that entries of these were written, revised or forgotten."""
        self._behind.update(namespaces)

    def get(self, namespace: Namespace) -> NamespaceIndex:
        """Return the indexes of a namespace, with everything committed in them."""
        derived = self._open.pop(namespace, None)
        if derived is None:
            derived = self.load(namespace)
        elif namespace in self._behind:
            self._follow(namespace, derived)  # where this fails, it is loaded anew at the next search
        self._behind.discard(namespace)
        self._open[namespace] = derived
        self._close_some()
        return derived

    def load(self, namespace: Namespace) -> NamespaceIndex:
        """Return indexes of a namespace from its newest good checkpoint and what was committed since."""
        token = read_checkpoint(self._database.connection, namespace)
        derived = self._make(namespace, self.generation, token=token)
        self._follow(namespace, derived)
        return derived

    def checkpoint(self, namespace: Namespace) -> None:
        """Write a namespace's indexes to disk, then let the database know; one it does not know is never believed."""
        self._checkpoint(namespace, self.get(namespace))

    def close(self) -> None:
        """Checkpoint what is open, and what was written to and is worth it, and let go of all."""
        try:
            self.build_large(sorted(self._behind))
            for namespace in list(self._open):
                self.checkpoint(namespace)
        finally:
            self._let_go()

    def build_large(self, namespaces: Iterable[Namespace]) -> None:
        """Write checkpoints of those that are not open and are worth one, so that no search has to wait for it."""
        for namespace in namespaces:
            if namespace not in self._open and self._rows_behind(namespace) >= _WORTH_A_CHECKPOINT:
                with closing(self.load(namespace)) as derived:
                    self._checkpoint(namespace, derived)

    def prepare(self, snapshot: duckdb.DuckDBPyConnection, generation: Generation) -> dict[Namespace, str]:
        """Write checkpoints of another generation, and return their tokens; the database's lock need not be held.

        `snapshot` must see a vector of every entry. Small namespaces are left to their first search, as is one whose
        files go away meanwhile, because it is forgotten or repaired.
        """
        if generation.number == self.generation.number:
            raise ValueError("the indexes in use are not built beside themselves")
        tokens = {}
        for namespace in read_records(snapshot):
            if count_entries(snapshot, namespace) >= _WORTH_A_CHECKPOINT:
                try:
                    tokens[namespace] = self._prepare(snapshot, namespace, generation)
                except (ValueError, RuntimeError, OSError) as error:  # of tantivy, FAISS or the disk
                    _log.warning("the indexes of %s are left to their first search: %s", namespace, error)
        return tokens

    def _prepare(self, snapshot: duckdb.DuckDBPyConnection, namespace: Namespace, generation: Generation) -> str:
        folder = generation_folder(self._folder / namespace.name, generation)
        self._scratch.remove(folder)  # of a reindex that was stopped
        with closing(self._make(namespace, generation)) as derived:
            _follow(derived, snapshot, namespace, generation)
            return derived.checkpoint()

    def _make(self, namespace: Namespace, generation: Generation, *, token: str = "") -> NamespaceIndex:
        folder = self._folder / namespace.name
        return NamespaceIndex(folder, generation, scratch=self._scratch, token=token, kind=self._kind)

    def drop(self, namespace: Namespace) -> None:
        """Let go of a namespace and delete its files; the next search builds them anew."""
        if derived := self._open.pop(namespace, None):
            derived.close()
        self._scratch.remove(self._folder / namespace.name)

    def drop_all(self) -> None:
        """Let go of everything and delete all files, those of other generations with them."""
        self._let_go()
        for path in self._folder.glob("[!.]*"):
            self._scratch.remove(path)

    def drop_generation(self) -> None:
        """Let go of everything and delete the files of this generation."""
        self._let_go()
        for folder in self._folder.glob("[!.]*"):
            self._scratch.remove(generation_folder(folder, self.generation))

    def _let_go(self) -> None:
        self._behind.clear()
        with ExitStack() as letting_go:
            while self._open:
                letting_go.callback(self._open.popitem()[1].close)

    def _checkpoint(self, namespace: Namespace, derived: NamespaceIndex) -> None:
        if self._database.read_only:
            return  # the next opening replays
        token = derived.checkpoint()
        if token != read_checkpoint(self._database.connection, namespace):
            with self._database.transaction() as connection:
                put_checkpoint(connection, namespace, token)

    def _follow(self, namespace: Namespace, derived: NamespaceIndex) -> None:
        """Bring indexes up to all that is committed; where that fails, they are closed."""
        try:
            self._replay(namespace, derived)
        except BaseException:
            derived.close()
            raise

    def _replay(self, namespace: Namespace, derived: NamespaceIndex) -> None:
        _follow(derived, self._database.connection, namespace, self.generation)
        if derived.last_seq - derived.checkpointed_seq >= CHECKPOINT_EVERY:
            self._checkpoint(namespace, derived)

    def _rows_behind(self, namespace: Namespace) -> int:
        """Return how many rows a namespace has beyond its checkpoint, by the numbers given out."""
        kept = checkpoints(generation_folder(self._folder / namespace.name, self.generation))
        after = checkpoint_seq(kept[0]) if kept else 0
        return count_entries(self._database.connection, namespace, after=after)

    def _close_some(self) -> None:
        while len(self._open) > 1 and (len(self._open) > MOST_OPEN or self._bytes > MOST_BYTES):
            namespace, derived = next(iter(self._open.items()))
            self._checkpoint(namespace, derived)
            self._open.pop(namespace).close()
            _log.info("the indexes of %s are closed until they are searched again", namespace)

    @property
    def _bytes(self) -> int:
        return sum(derived.stored_bytes for derived in self._open.values())


def _follow(
    derived: NamespaceIndex, connection: duckdb.DuckDBPyConnection, namespace: Namespace, generation: Generation
) -> None:
    """Bring indexes up to all that a connection sees of a namespace."""
    while True:
        after, encoder = derived.last_seq, generation.encoder
        changes = replay.read_changes(connection, namespace, after, encoder, limit=CHECKPOINT_EVERY)
        if changes.last_seq == after:
            break
        if len(changes.documents) > CHECKPOINT_EVERY // 2:
            derived.expect(count_entries(connection, namespace, after=after))
        derived.apply(changes)
    derived.settle()
