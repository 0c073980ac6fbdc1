"""A small encoder without a model: words hashed into a vector. For tests, also those of users: it knows no meaning."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Vectors

_WORD = re.compile(r"\w+")


class HashingEncoder:
    """Signed feature hashing of lower-case words (Weinberger et al. 2009), normalised to unit length."""

    def __init__(self, dimension: int = 256) -> None:
        if dimension < 1:
            raise ValueError(f"dimension must be >= 1, got {dimension}")
        self.identity = EncoderIdentity("hashing", f"hashing-1-{dimension}", dimension)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32, shape ``(len(texts), dimension)``."""
        return np.stack([self._encode(text) for text in texts]) if texts else self._none()

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32, shape ``(len(texts), dimension)``."""
        return self.encode_queries(texts)

    def _encode(self, text: str) -> Vectors:
        row = np.zeros(self.identity.dimension, dtype=np.float32)
        for word in _WORD.findall(text.lower()) or [text]:
            digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            number = int.from_bytes(digest, "little")
            row[number % self.identity.dimension] += 1.0 if number >> 63 else -1.0
        norm = float(np.linalg.norm(row))
        if norm == 0.0:
            row[0] = norm = 1.0
        return row / np.float32(norm)

    def _none(self) -> Vectors:
        return np.zeros((0, self.identity.dimension), dtype=np.float32)
