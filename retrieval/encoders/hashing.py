"""A small encoder without a model: words hashed into a vector. For tests, also those of users: it knows no meaning."""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

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
        dimension = self.identity.dimension
        rows = np.zeros((len(texts), dimension), dtype=np.float32)
        words = [_WORD.findall(text.lower()) or [text] for text in texts]
        numbers = np.array([_hash_word(word) for some in words for word in some], dtype=np.uint64)
        places = np.repeat(np.arange(len(texts)), [len(some) for some in words])
        np.add.at(rows, (places, numbers % np.uint64(dimension)), np.where(numbers >> np.uint64(63), 1, -1))
        # A text whose words cancel out would have no direction.
        rows[~rows.any(axis=1), 0] = 1
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32, shape ``(len(texts), dimension)``."""
        return self.encode_queries(texts)


@lru_cache(maxsize=1 << 14)  # texts repeat their words: the 9,600 keys of the starter memory have 11,000 different ones
def _hash_word(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
