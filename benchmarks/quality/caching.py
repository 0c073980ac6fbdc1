"""An encoder that remembers its vectors in a folder: a benchmark that is run again encodes only what is new."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.minilm import MiniLMEncoder

_BATCH = 32
_TOLD = 200
"""Texts between two lines of progress: half a minute of long documents."""


class CachingEncoder:
    """The default encoder, with the vectors of documents and queries kept by the digest of their text.

    Args:
        folder: one file of vectors per encoder is kept here; `save` writes it.
    """

    def __init__(self, folder: Path) -> None:
        self._encoder = MiniLMEncoder()
        self._file = folder / f"vectors-{self._encoder.identity.digest[:16]}.npz"
        self._vectors: dict[str, Vectors] = {}
        self._saved = 0
        if self._file.is_file():
            with np.load(self._file, allow_pickle=False) as kept:
                self._vectors = dict(zip(kept["names"].tolist(), kept["rows"], strict=True))
            self._saved = len(self._vectors)

    @property
    def identity(self) -> EncoderIdentity:
        """That of the encoder itself: the vectors are its own."""
        return self._encoder.identity

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query."""
        return self._encode("query", texts, self._encoder.encode_queries)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document."""
        return self._encode("document", texts, self._encoder.encode_documents)

    def knows_word(self, word: str) -> bool:
        """Return what the encoder says."""
        return self._encoder.knows_word(word)

    def save(self) -> None:
        """Write what is new."""
        if len(self._vectors) > self._saved:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part = self._file.with_suffix(".part.npz")
            np.savez(part, names=np.array(list(self._vectors)), rows=np.stack(list(self._vectors.values())))
            part.replace(self._file)
            self._saved = len(self._vectors)

    def _encode(self, sort: str, texts: Sequence[str], encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
        names = [hashlib.sha256(f"{sort}\0{text}".encode()).hexdigest()[:32] for text in texts]
        fresh = {name: text for name, text in zip(names, texts, strict=True) if name not in self._vectors}
        for start in range(0, len(fresh), _BATCH):
            part = list(fresh)[start : start + _BATCH]
            self._vectors.update(zip(part, encode([fresh[name] for name in part]), strict=True))
            if (len(self._vectors) - self._saved) // _TOLD > (len(self._vectors) - self._saved - len(part)) // _TOLD:
                print(f"  {len(self._vectors) - self._saved} texts encoded", file=sys.stderr, flush=True)
        return np.stack([self._vectors[name] for name in names])
