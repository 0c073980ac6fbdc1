"""The current encoder of a memory: a reindex replaces it while other threads continue to encode."""

from collections.abc import Callable, Sequence
from threading import Condition, Lock
from typing import TypeVar

from midthought.memory.errors import EncoderMismatch
from midthought.memory.maintenance.encode_missing import OnEncoded
from midthought.memory.maintenance.reindex import reindex_store
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder, Vectors
from midthought.retrieval.encoders.query_batching import QueryBatching

Result = TypeVar("Result")
_PATIENCE = 5.0
"""Maximum seconds from the switch of a store until this object knows of it; normally it takes microseconds."""


class CurrentEncoder:
    """An encoder that is always the current one of its store.

    To encode and then compare or write with one and the same encoder, call `use`; to encode queries alone,
    `use_for_queries`.

    Args:
        store: opened with `encoder`.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._queries = QueryBatching(encoder)  # it holds the encoder: the two switch in one step
        self._switches = 0
        self._told = Condition()
        self._reindexing = Lock()

    @property
    def identity(self) -> EncoderIdentity:
        """The identity of the current encoder."""
        return self.now().identity

    @property
    def waiting_queries(self) -> int:
        """How many callers wait for the batch in which their queries are encoded."""
        return self._queries.waiting

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, of the current encoder."""
        return self._queries_now().encode_queries(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, of the current encoder."""
        return self.now().encode_documents(texts)

    def now(self) -> Encoder:
        """Return the current encoder. If the store has switched and this object not yet, wait until it has."""
        return self._queries_now().encoder

    def use(self, act: Callable[[Encoder], Result]) -> Result:
        """Return `act` of the current encoder; of the new one if the store switched and refused the vectors."""
        return self._use(act, self.now)

    def use_for_queries(self, act: Callable[[Encoder], Result]) -> Result:
        """Return `act` as `use` does; queries of several threads are encoded together, and repeated ones not again."""
        return self._use(act, self._queries_now)

    def _queries_now(self) -> QueryBatching:
        if not self._is_the_stores():
            self._store.apart(self._await_switch)
        return self._queries

    def _use(self, act: Callable[[Encoder], Result], current: Callable[[], Encoder]) -> Result:
        while True:
            # Before the encoder is read: a switch between the two is then one more attempt, not an error.
            before = self._switches
            try:
                return act(current())
            except EncoderMismatch:
                self.now()
                if self._switches == before:
                    raise

    def reindex(self, encoder: Encoder, *, on_progress: OnEncoded) -> int:
        """Make `encoder` the current one of the store; return how many keys it encoded. One reindex runs at a time."""
        return self._store.apart(self._reindex, encoder, on_progress)

    def _reindex(self, encoder: Encoder, on_progress: OnEncoded) -> int:
        with self._reindexing:
            encoded = reindex_store(self._store, encoder.identity, encoder.encode_documents, on_progress=on_progress)
            with self._told:
                self._queries = QueryBatching(encoder)
                self._switches += 1
                self._told.notify_all()
        return encoded

    def _await_switch(self) -> None:
        with self._told:
            self._told.wait_for(self._is_the_stores, _PATIENCE)

    def _is_the_stores(self) -> bool:
        own = self._store.encoder
        return own is None or own.digest == self._queries.identity.digest


def use_encoder(encoder: Encoder, act: Callable[[Encoder], Result]) -> Result:
    """Return `act` of an encoder that does not change meanwhile; see `CurrentEncoder.use`."""
    return encoder.use(act) if isinstance(encoder, CurrentEncoder) else act(encoder)


def current_encoder(encoder: Encoder) -> Encoder:
    """Return what encodes at present."""
    return encoder.now() if isinstance(encoder, CurrentEncoder) else encoder
