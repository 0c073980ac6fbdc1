"""The index of one namespace: loaded from the newest good checkpoint, then brought up to date by replay."""

import logging
from pathlib import Path

from midthought.memory.indexes.build_thread import BuildThread
from midthought.memory.indexes.checkpoint import (
    Manifest,
    checkpoint_token,
    checkpoints,
    link_files,
    read_manifest,
    write_checkpoint,
)
from midthought.memory.indexes.key_vectors import KeyVectors
from midthought.memory.indexes.lexical import LexicalIndex
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.generation import Generation
from midthought.memory.records.index_changes import Changes
from midthought.memory.records.store_stats import IndexNote
from midthought.memory.scratch import Scratch

_log = logging.getLogger(__name__)
_WORDS = "words"
_CHANGED_IN_PLACE = frozenset({"meta.json", ".managed.json"})
"""Files that tantivy rewrites: a link would let the live index change its checkpoint. The others never change."""


class NamespaceIndex:
    """FAISS and BM25 of one namespace and generation, in ``<store>/derived/<namespace>/generation-<number>/``.

    A bad or missing checkpoint costs the time of replaying everything, never data: the caller replays from `last_seq`
    on. `token` names the only checkpoint that the database recorded; any other is ignored. The live files lie in a
    folder of `scratch` on the same disk, into which the files of the checkpoint are linked; `close` removes it.

    Args:
        kind: the kind of the vector indexes; None: chosen by the number of rows of each.
        builder: builds vector indexes of other kinds while the present ones are searched; None: they are built at once.

    Attributes:
        last_seq: the last sequence number in the indexes.
        checkpointed_seq: the last sequence number in the newest checkpoint.
        refused: why existing checkpoints are not used, one sentence each.
    """

    def __init__(
        self,
        folder: Path,
        generation: Generation,
        *,
        scratch: Scratch,
        token: str = "",
        kind: IndexKind | None = None,
        builder: BuildThread | None = None,
    ) -> None:
        self._scratch = scratch
        self._builder = builder
        self._folder = generation_folder(folder, generation)
        self._kind = kind
        self._encoder = generation.encoder
        self._token = token
        self.checkpointed_seq = 0
        self.last_seq = 0
        self.refused: list[str] = []
        for path in _of_earlier_formats(folder, self._folder):
            scratch.remove(path)
        if any(self._load(checkpoint) for checkpoint in checkpoints(self._folder)):
            return
        self._live = scratch.folder()
        self.vectors = KeyVectors(generation.encoder.dimension, scratch=self._live, kind=kind, builder=builder)
        self.words = LexicalIndex(self._live / _WORDS)

    @property
    def stored_bytes(self) -> int:
        """Bytes of memory that the vectors take."""
        return self.vectors.stored_bytes

    def close(self) -> None:
        """Wait for threads that write in the live folder, then remove it; rows in no checkpoint are replayed later."""
        self.vectors.close()
        self.words.close()
        del self.vectors
        self._scratch.remove(self._live)

    def apply(self, changes: Changes) -> None:
        """Bring both indexes up to `changes.last_seq`; applying the same changes again changes nothing."""
        seqs = [document.seq for document in changes.documents]
        self.vectors.remove(changes.removed)
        # An entry may be added and removed within one page of the log.
        gone = set(changes.removed)
        kept = [row for row, seq in enumerate(seqs) if seq not in gone]
        self.vectors.add([seqs[row] for row in kept], changes.vectors[kept])
        self.vectors.add_extra(changes.extra, gone=gone)
        words = [*(changes.documents[row] for row in kept), *changes.changed]
        self.words.update(words, changes.removed, commit=False)
        self.last_seq = max(self.last_seq, changes.last_seq)

    @property
    def is_usable(self) -> bool:
        """True: nothing but this process changes the files."""
        return True

    def settle(self) -> bool:
        """Have indexes built of the kinds that suit the present keys, after all changes are applied; return True."""
        self.vectors.settle()
        return True

    def notes(self) -> tuple[IndexNote, ...]:
        """Return which indexes are being built, and which kinds were refused."""
        return self.vectors.notes()

    def checkpoint(self) -> str:
        """Write a checkpoint unless the newest one already holds everything; return the token of the newest."""
        if self.last_seq != self.checkpointed_seq or self.vectors.unsaved:
            self._token = checkpoint_token(self._write_checkpoint())
            self.checkpointed_seq = self.last_seq
        return self._token

    def _write_checkpoint(self) -> Path:
        with self.vectors.lock:  # the kinds that are named must be those that are written
            manifest = Manifest(
                encoder_digest=self._encoder.digest,
                dimension=self._encoder.dimension,
                index_kinds=self.vectors.kinds,
                words=LexicalIndex.layout,
                last_seq=self.last_seq,
            )
            return write_checkpoint(self._folder, manifest, self._fill, scratch=self._scratch)

    def _fill(self, folder: Path) -> None:
        self.vectors.save(folder)
        # Before the links are made: until then new rows are not in files that stay as they are.
        self.words.flush()
        link_files(self._live / _WORDS, folder / _WORDS, copied=_CHANGED_IN_PLACE)

    def _load(self, checkpoint: Path) -> bool:
        live = self._scratch.folder()
        try:
            manifest = self._open(checkpoint, live)
        except (ValueError, RuntimeError, OSError) as error:
            _log.warning("checkpoint %s is not used, replaying instead: %s", checkpoint, error)
            self.refused.append(f"checkpoint {checkpoint.name} is not used: {error}")
            self._scratch.remove(live)
            return False
        self._live = live
        self.last_seq = self.checkpointed_seq = manifest.last_seq
        return True

    def _open(self, checkpoint: Path, live: Path) -> Manifest:
        """Open the files of a checkpoint, copies in `live` of those that change; raises if it cannot be used."""
        manifest = read_manifest(checkpoint)
        # The checkpoints of an older copy of the store fit their own manifests, but not this database.
        if checkpoint_token(checkpoint) != self._token:
            raise ValueError("the database does not know it: one of them was restored from elsewhere")
        needed = (self._encoder.digest, self._encoder.dimension, LexicalIndex.layout)
        if manifest.built_with != needed:
            raise ValueError(f"built with {manifest.built_with}, needed {needed}")
        self.vectors = KeyVectors.load(
            checkpoint,
            manifest.index_kinds,
            dimension=self._encoder.dimension,
            scratch=live,
            kind=self._kind,
            builder=self._builder,
        )
        link_files((checkpoint / _WORDS).absolute(), live / _WORDS, link=self._scratch.link, copied=_CHANGED_IN_PLACE)
        self.words = LexicalIndex(live / _WORDS)
        return manifest


def generation_folder(folder: Path, generation: Generation) -> Path:
    """Return the folder of a generation inside the folder of its namespace."""
    return folder / f"generation-{generation.number}"


def _of_earlier_formats(folder: Path, generation: Path) -> list[Path]:
    """Return what earlier versions or the home in Milvus left next to today's checkpoints: it holds texts or words."""
    left = [path for pattern in ("live", "aside-*", "milvus*") for path in generation.glob(pattern)]
    return [*checkpoints(folder), folder / "live", *left]
