"""The home of the derived indexes in the directory of the store: FAISS and tantivy, one folder per namespace."""

from pathlib import Path

from midthought.memory.database.tables.checkpoints import checkpoint_seq
from midthought.memory.indexes.build_thread import BuildThread
from midthought.memory.indexes.checkpoint import checkpoints
from midthought.memory.indexes.home_kinds import HomeKind
from midthought.memory.indexes.namespace_index import NamespaceIndex, generation_folder
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.generation import Generation
from midthought.memory.records.namespace import Namespace
from midthought.memory.scratch import Scratch


class LocalHome:
    """Opens indexes from their checkpoints in ``<folder>/<namespace>``.

    Args:
        folder: the folder of the checkpoints, ``<store>/derived``.
        scratch: gives out folders for live files, on the disk of `folder`.
        kind: the kind of all vector indexes; None: chosen by the size of each.
    """

    def __init__(self, folder: Path, *, scratch: Scratch, kind: IndexKind | None = None) -> None:
        self._folder = folder
        self._scratch = scratch
        self._kind = kind
        self._builder = BuildThread()

    def open(
        self, namespace: Namespace, generation: Generation, *, token: str = "", in_background: bool = False
    ) -> NamespaceIndex:
        """Return the index of a namespace from its newest good checkpoint; see `IndexHome.open`."""
        builder = self._builder if in_background else None
        folder = self._folder / namespace.name
        return NamespaceIndex(folder, generation, scratch=self._scratch, token=token, kind=self._kind, builder=builder)

    @property
    def is_failing(self) -> bool:
        """False: it lies in this process."""
        return False

    def describe(self) -> str:
        """Return its name."""
        return HomeKind.LOCAL.value

    def saved_seq(self, namespace: Namespace, generation: Generation) -> int:
        """Return the last sequence number of the newest checkpoint, by its name."""
        kept = checkpoints(generation_folder(self._folder / namespace.name, generation))
        return checkpoint_seq(kept[0]) if kept else 0

    def remove(self, namespace: Namespace, generation: Generation | None = None) -> None:
        """Delete the files of a namespace, in one generation or in all."""
        folder = self._folder / namespace.name
        self._scratch.remove(generation_folder(folder, generation) if generation else folder)

    def remove_all(self, generation: Generation | None = None) -> None:
        """Delete the files of all namespaces, in one generation or in all."""
        for folder in self._folder.glob("[!.]*"):
            self._scratch.remove(generation_folder(folder, generation) if generation else folder)

    def finish_builds(self) -> None:
        """Wait until no index is being built."""
        self._builder.finish()

    def stop_builds(self) -> None:
        """Stop all builds: what they would have replaced stays."""
        self._builder.close()

    def close(self) -> None:
        """Do nothing: no index shares anything with another."""
