"""Queries of several threads are encoded together, and the vectors of recent queries are kept.

While one batch is being encoded, other queries wait; the next batch takes all that wait. So a lone caller never waits
for company, and the more threads ask, the larger the batches.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from midthought.memory.forks import call_in_children
from midthought.memory.interrupts import run_apart
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Encoder, Vectors
from midthought.retrieval.shared_turns import SharedTurns

Row = NDArray[np.float32]

MAX_CACHED = 1024
"""Query vectors kept per encoder: 1.6 MB with 384 dimensions, 13 MB with 3,072."""


class QueryBatching:
    """An encoder whose queries are encoded in batches and cached; for documents it is the plain encoder.

    An error, or an interrupt of one caller, never reaches another: a batch that fails is encoded again caller by
    caller, and calls of the main thread run in a thread that no interrupt reaches.

    Args:
        encoder: encodes what is not in the cache, one batch at a time.
        max_cached: query vectors kept, those used last; 0 for none.
    """

    knows_word: Callable[[str], bool]
    """That of the encoder; missing if the encoder has none, so that a check for it tells the same of both."""

    def __init__(self, encoder: Encoder, *, max_cached: int = MAX_CACHED) -> None:
        self.encoder = encoder
        if hasattr(encoder, "knows_word"):
            self.knows_word = encoder.knows_word
        self._max_cached = max_cached
        # In longer groups an encoder forms batches of its size.
        self._turns = SharedTurns(self._encode, max_tasks=MAX_CACHED)
        self._start()
        call_in_children(self, QueryBatching._start)

    def _start(self) -> None:
        """Begin with nothing cached; also in a forked child, where another thread may hold the lock for ever."""
        self._lock = Lock()
        self._cache: OrderedDict[bytes, Row] = OrderedDict()

    @property
    def identity(self) -> EncoderIdentity:
        """That of the encoder."""
        return self.encoder.identity

    @property
    def waiting(self) -> int:
        """How many callers wait for their batch."""
        return self._turns.waiting

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, as the encoder does."""
        return self.encoder.encode_documents(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32; the array is the caller's to change."""
        return run_apart(lambda: self._encode_queries(texts)) if texts else self.encoder.encode_queries(texts)

    def _encode_queries(self, texts: Sequence[str]) -> Vectors:
        keys = [_key(text) for text in texts]
        rows = self._cached(keys)
        missing = list(dict.fromkeys(text for text, key in zip(texts, keys, strict=True) if key not in rows))
        if missing:
            fresh = {_key(text): row for text, row in zip(missing, self._turns.run(missing), strict=True)}
            self._keep(fresh)
            rows |= fresh
        return np.stack([rows[key] for key in keys])

    def _encode(self, calls: Sequence[Sequence[str]]) -> list[list[Row]]:
        """Return the rows of each caller's texts, encoded as one batch."""
        texts = list(dict.fromkeys(text for call in calls for text in call))
        rows = dict(zip(texts, map(_frozen, self.encoder.encode_queries(texts)), strict=True))
        return [[rows[text] for text in call] for call in calls]

    def _cached(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        with self._lock:
            found = {key: self._cache[key] for key in keys if key in self._cache}
            for key in found:
                self._cache.move_to_end(key)
        return found

    def _keep(self, rows: dict[bytes, Row]) -> None:
        with self._lock:
            self._cache.update(rows)
            while len(self._cache) > self._max_cached:
                self._cache.popitem(last=False)


def _key(text: str) -> bytes:
    """Return what stands for a text in the cache: a query may have 100,000 characters, this has 16 bytes."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _frozen(row: Row) -> Row:
    """Return a read-only copy: a view would keep the whole batch in memory."""
    copy = np.array(row, np.float32)
    copy.flags.writeable = False
    return copy
