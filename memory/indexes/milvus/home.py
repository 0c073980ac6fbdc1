"""The home of the derived indexes in Milvus: opens the collections of a namespace, and drops them."""

import logging
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from midthought.memory.database.database import Database
from midthought.memory.database.stored_entries import read_texts
from midthought.memory.errors import IndexUnavailable
from midthought.memory.indexes.home_kinds import HomeKind
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.milvus.collections import collection_names
from midthought.memory.indexes.milvus.connection import MilvusConnection
from midthought.memory.indexes.milvus.entry_tables import EntryTables, MilvusState
from midthought.memory.indexes.milvus.index import MilvusIndex
from midthought.memory.indexes.namespace_index import generation_folder
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.generation import Generation
from midthought.memory.records.index_changes import StoredText
from midthought.memory.records.namespace import Namespace
from midthought.memory.scratch import Scratch

_log = logging.getLogger(__name__)
_TABLES = "milvus.sqlite"
_STORE = ".milvus"
"""A file with the name of this store among those that share a Milvus; it stays if all indexes are removed."""


class MilvusHome:
    """Opens indexes whose rows are in Milvus and whose tables are in ``<folder>/<namespace>``.

    What cannot be dropped because Milvus does not answer is dropped when an index is next opened.

    Args:
        folder: the folder of the tables, ``<store>/derived``.
        database: has the texts of entries.
        scratch: removes folders.
        kind: the kind of all vector indexes; None: chosen by the size of each.
    """

    def __init__(
        self,
        folder: Path,
        address: MilvusAddress,
        database: Database,
        *,
        scratch: Scratch,
        kind: IndexKind | None = None,
    ) -> None:
        self._folder = folder
        self._database = database
        self._scratch = scratch
        self._kind = kind
        self._connection = MilvusConnection(address)
        self._prefix = f"{address.prefix}_{_store_name(folder)}"
        self._is_swept = False

    def open(
        self, namespace: Namespace, generation: Generation, *, token: str = "", in_background: bool = False
    ) -> MilvusIndex:
        """Return the index of a namespace as it was last left; see `IndexHome.open`. Raises `IndexUnavailable`."""
        self._sweep()
        folder = generation_folder(self._folder / namespace.name, generation)
        for other in folder.glob("*"):
            if not other.name.startswith(_TABLES):
                self._scratch.remove(other)  # of the home in the directory: it holds texts, and follows no more

        def texts(seqs: Sequence[int]) -> dict[int, StoredText]:
            return read_texts(self._database.connection, namespace, seqs)

        return MilvusIndex(
            folder / _TABLES,
            self._connection,
            generation,
            prefix=self._prefix,
            read_texts=texts,
            token=token,
            kind=self._kind,
        )

    @property
    def is_failing(self) -> bool:
        """Whether the last call of Milvus failed."""
        return self._connection.is_failing

    def describe(self) -> str:
        """Return its name; where Milvus is concerns nobody who only reads a namespace."""
        return HomeKind.MILVUS.value

    def saved_seq(self, namespace: Namespace, generation: Generation) -> int:
        """Return the last sequence number whose rows Milvus has acknowledged."""
        state = _read_state(generation_folder(self._folder / namespace.name, generation) / _TABLES)
        return state.last_seq if state else 0

    def remove(self, namespace: Namespace, generation: Generation | None = None) -> None:
        """Delete the tables of a namespace, in one generation or in all, and drop its collections."""
        folder = self._folder / namespace.name
        self._scratch.remove(generation_folder(folder, generation) if generation else folder)
        self._drop_unnamed()

    def remove_all(self, generation: Generation | None = None) -> None:
        """Delete the tables of all namespaces, in one generation or in all, and drop their collections."""
        for folder in self._folder.glob("[!.]*"):
            self._scratch.remove(generation_folder(folder, generation) if generation else folder)
        self._drop_unnamed()

    def finish_builds(self) -> None:
        """Return at once: Milvus builds its indexes itself."""

    def stop_builds(self) -> None:
        """Do nothing: see `finish_builds`."""

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _drop_unnamed(self) -> None:
        """Drop the collections of this store that no tables name, now or when Milvus answers again."""
        self._is_swept = False
        try:
            self._sweep()
        except IndexUnavailable as error:
            _log.warning("collections of removed indexes are dropped later: %s", error)

    def _sweep(self) -> None:
        if self._is_swept:
            return
        states = [_read_state(file) for file in self._folder.glob(f"*/*/{_TABLES}")]
        named = {name for state in states if state for name in collection_names(self._prefix, state.name)}
        for name in self._connection.call("list_collections"):
            if name.startswith(f"{self._prefix}_") and name not in named:
                self._connection.call("drop_collection", name)
        self._is_swept = True


def _read_state(file: Path) -> MilvusState | None:
    if not file.exists():
        return None
    tables = EntryTables(file)
    try:
        return tables.read_state()
    finally:
        tables.close()


def _store_name(folder: Path) -> str:
    """Return the name of the store of a folder in Milvus; made at the first call, and in a copy of the folder anew.

    Two stores of one name would write into the same collections. The file of the name has the number of its own inode,
    which a copy of it has not; what else was copied tells of collections of the original.
    """
    file = folder / _STORE
    try:
        inode, name = file.read_text(encoding="utf-8").split()
        if int(inode) == file.stat().st_ino:
            return name
    except (FileNotFoundError, ValueError):
        pass
    folder.mkdir(parents=True, exist_ok=True)
    for copied in [file, *folder.glob(f"*/*/{_TABLES}*")]:
        copied.unlink(missing_ok=True)
    name = secrets.token_hex(4)
    with file.open("x", encoding="utf-8") as opened:
        opened.write(f"{os.fstat(opened.fileno()).st_ino} {name}")
    return name
