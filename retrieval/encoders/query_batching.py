"""Queries of several threads are encoded together, and the vectors of recent queries are kept.

While one batch is being encoded, other queries wait; the next batch takes all that wait. So a lone caller never waits
for company, and the more threads ask, the larger the batches.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from midthought.memory.forks import call_in_children
from midthought.memory.interrupts import run_apart
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Encoder, Vectors

Row = NDArray[np.float32]

MAX_CACHED = 1024
"""Query vectors kept per encoder: 1.6 MB with 384 dimensions, 13 MB with 3,072."""


class _Call:
    """One caller's texts. It is woken when its rows or its error are there, or else to encode the next batch."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.rows: list[Row] | None = None
        self.error: BaseException | None = None
        self.woken = Event()

    @property
    def is_done(self) -> bool:
        return self.rows is not None or self.error is not None

    def take(self) -> list[Row]:
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
            assert self.rows is not None  # a call that is done has one of the two
            return self.rows
        finally:
            del error  # else the error and its traceback keep each other alive


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
        self._start()
        call_in_children(self, QueryBatching._start)

    def _start(self) -> None:
        """Begin with no caller and nothing cached; also in a forked child, which has none of the parent's threads."""
        self._lock = Lock()
        self._waiting: list[_Call] = []
        self._is_encoding = False
        self._cache: OrderedDict[bytes, Row] = OrderedDict()

    @property
    def identity(self) -> EncoderIdentity:
        """That of the encoder."""
        return self.encoder.identity

    @property
    def waiting(self) -> int:
        """How many callers wait for their batch."""
        return len(self._waiting)

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
            fresh = {_key(text): row for text, row in zip(missing, self._join(missing), strict=True)}
            self._keep(fresh)
            rows |= fresh
        return np.stack([rows[key] for key in keys])

    def _join(self, texts: Sequence[str]) -> list[Row]:
        """Return the rows of a batch that holds these texts, encoded here if no other thread is encoding."""
        call = _Call(texts)
        with self._lock:
            self._waiting.append(call)
            must_wait, self._is_encoding = self._is_encoding, True
        if must_wait:
            call.woken.wait()
        if not call.is_done:
            self._encode_waiting()
        return call.take()

    def _encode_waiting(self) -> None:
        """Encode all that waits, this caller's texts among it, then let one that came meanwhile do the same."""
        with self._lock:
            batch = self._waiting
            self._waiting = []
        try:
            self._encode(batch)
        finally:
            with self._lock:
                self._is_encoding = bool(self._waiting)
                successors = self._waiting[:1]
            for call in [*successors, *batch]:
                call.woken.set()

    def _encode(self, batch: list[_Call]) -> None:
        texts = list(dict.fromkeys(text for call in batch for text in call.texts))
        try:
            rows = dict(zip(texts, map(_frozen, self.encoder.encode_queries(texts)), strict=True))
        except BaseException as error:  # noqa: BLE001  # any error is handed to the caller whose text it is
            if len(batch) == 1:
                batch[0].error = error
                return
            for call in batch:
                self._encode([call])
            return
        for call in batch:
            call.rows = [rows[text] for text in call.texts]

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
