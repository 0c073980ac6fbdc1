"""The derived indexes of one namespace: loaded from the newest good checkpoint, then brought up to date by replay."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from midthought.memory.checkpoint import (
    Manifest,
    checkpoint_token,
    checkpoints,
    link_files,
    read_manifest,
    write_checkpoint,
)
from midthought.memory.encoder_identity import EncoderIdentity
from midthought.memory.lexical_index import LexicalDocument, LexicalIndex
from midthought.memory.vector_index import VectorIndex

_log = logging.getLogger(__name__)
_VECTORS, _WORDS = "vectors.faiss", "words"
_CHANGED_IN_PLACE = frozenset({"meta.json", ".managed.json"})


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a namespace after a sequence number: rows to add (in step) and sequence numbers to remove."""

    documents: Sequence[LexicalDocument]
    vectors: NDArray[np.float32]
    removed: Sequence[int]
    last_seq: int

    @property
    def size(self) -> int:
        """How many rows are added or removed."""
        return len(self.documents) + len(self.removed)


class DerivedIndexes:
    """FAISS and BM25 of one namespace, in ``<store>/derived/<namespace>/``.

    A bad or missing checkpoint costs the time of replaying everything, never data; `last_seq` says from where the
    caller must replay. `token` names the one checkpoint the database knows; any other is not believed.
    """

    def __init__(self, folder: Path, encoder: EncoderIdentity, *, token: str = "") -> None:
        self._folder = folder
        self._encoder = encoder
        self._token = token
        self.checkpointed_seq = 0
        self.last_seq = 0
        self._fresh_live_directory()
        for checkpoint in checkpoints(folder):
            if self._load(checkpoint):
                return
        self.vectors = VectorIndex(encoder.dimension)
        self.words = LexicalIndex(self._live)

    @property
    def _live(self) -> Path:
        return self._folder / "live"

    def apply(self, changes: Changes) -> None:
        """Bring both indexes up to `changes.last_seq`; applying the same changes again changes nothing."""
        seqs = [document.seq for document in changes.documents]
        self.vectors.remove([*seqs, *changes.removed])
        gone = set(changes.removed)
        kept = [row for row, seq in enumerate(seqs) if seq not in gone]
        self.vectors.add([seqs[row] for row in kept], changes.vectors[kept])
        self.words.update([changes.documents[row] for row in kept], changes.removed)
        self.last_seq = max(self.last_seq, changes.last_seq)

    def checkpoint(self) -> str:
        """Write what the indexes hold now, unless the newest checkpoint already has it; return that one's token."""
        if self.last_seq != self.checkpointed_seq:
            self._token = checkpoint_token(write_checkpoint(self._folder, self._manifest(), self._fill))
            self.checkpointed_seq = self.last_seq
        return self._token

    def _manifest(self) -> Manifest:
        return Manifest(
            encoder_digest=self._encoder.digest,
            dimension=self._encoder.dimension,
            index_kind=VectorIndex.kind,
            tokenizer=LexicalIndex.tokenizer,
            last_seq=self.last_seq,
        )

    def _fill(self, folder: Path) -> None:
        self.vectors.save(folder / _VECTORS)
        link_files(self._live, folder / _WORDS, copied=_CHANGED_IN_PLACE)

    def _load(self, checkpoint: Path) -> bool:
        try:
            manifest = read_manifest(checkpoint)
            if checkpoint_token(checkpoint) != self._token:
                raise ValueError("the database does not know it: one of them was restored from elsewhere")
            if manifest.built_with != self._manifest().built_with:
                raise ValueError(f"built with {manifest.built_with}, needed {self._manifest().built_with}")
            self.vectors = VectorIndex.load(checkpoint / _VECTORS, dimension=self._encoder.dimension)
            link_files(checkpoint / _WORDS, self._live, copied=_CHANGED_IN_PLACE)
            self.words = LexicalIndex(self._live)
        except (ValueError, RuntimeError, OSError) as error:
            _log.warning("checkpoint %s is not used, replaying instead: %s", checkpoint, error)
            self._fresh_live_directory()
            return False
        self.last_seq = self.checkpointed_seq = manifest.last_seq
        return True

    def _fresh_live_directory(self) -> None:
        shutil.rmtree(self._live, ignore_errors=True)
        self._live.mkdir(parents=True)
