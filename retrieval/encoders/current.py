"""The encoder a memory has now: a reindex puts another in its place while others go on encoding."""

from collections.abc import Callable, Sequence
from threading import Condition, Lock
from typing import TypeVar

from midthought.memory.errors import EncoderMismatch
from midthought.memory.maintenance.reindex import OnReindexed, reindex_store
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder, Vectors

Result = TypeVar("Result")
_PATIENCE = 5.0
"""Seconds from a store's switch until its memory knows of it: normally microseconds."""


class CurrentEncoder:
    """An encoder that is always the store's own. Whoever encodes and then compares or writes keeps to one: see `use`.

    Args:
        store: opened with `encoder`.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self._switches = 0
        self._told = Condition()
        self._reindexing = Lock()

    @property
    def identity(self) -> EncoderIdentity:
        """Of the encoder now."""
        return self.now().identity

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a query, of the encoder now."""
        return self.now().encode_queries(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a document, of the encoder now."""
        return self.now().encode_documents(texts)

    def now(self) -> Encoder:
        """Return the encoder itself; between the store's switch and ours it waits for ours."""
        if not self._is_the_stores():
            self._store.apart(self._await_switch)
        return self._encoder

    def use(self, act: Callable[[Encoder], Result]) -> Result:
        """Return `act` of the encoder; where the store switched meanwhile and refused what it made, of the new one."""
        while True:
            before = self._switches
            try:
                return act(self.now())
            except EncoderMismatch:
                self.now()
                if self._switches == before:
                    raise

    def reindex(self, encoder: Encoder, *, on_progress: OnReindexed) -> int:
        """Make `encoder` the store's and the current one; return how many keys it encoded. One reindex at a time."""
        return self._store.apart(lambda: self._reindex(encoder, on_progress))

    def _reindex(self, encoder: Encoder, on_progress: OnReindexed) -> int:
        with self._reindexing:
            encoded = reindex_store(self._store, encoder.identity, encoder.encode_documents, on_progress=on_progress)
            with self._told:
                self._encoder = encoder
                self._switches += 1
                self._told.notify_all()
        return encoded

    def _await_switch(self) -> None:
        with self._told:
            self._told.wait_for(self._is_the_stores, _PATIENCE)

    def _is_the_stores(self) -> bool:
        own = self._store.encoder
        return own is None or own.digest == self._encoder.identity.digest


def use_encoder(encoder: Encoder, act: Callable[[Encoder], Result]) -> Result:
    """Return `act` of an encoder that stays the same meanwhile; see `CurrentEncoder.use`."""
    return encoder.use(act) if isinstance(encoder, CurrentEncoder) else act(encoder)
