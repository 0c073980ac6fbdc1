"""Reindexing: all keys encoded anew beside the vectors that are searched, new indexes built, then one switch.

Searching and writing go on meanwhile against the old generation. What was encoded is committed a batch at a time, so a
reindex that was stopped goes on where it was; one back to an earlier encoder finds its vectors still there and encodes
only what came since.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from midthought.memory.database import generations
from midthought.memory.database.write_tables import insert_vectors
from midthought.memory.database.write_transaction import check_vector
from midthought.memory.errors import BadInput
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.generation import GenerationState
from midthought.memory.store import Store

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
OnReindexed = Callable[[int, int], None]
"""Told how many keys have a vector of the new encoder, and how many there are."""

BATCH = 256


def reindex_store(
    store: Store, encoder: EncoderIdentity, encode: Encode, *, on_progress: OnReindexed = lambda done, total: None
) -> int:
    """Make `encoder` the store's; return how many keys were encoded. Until the end, recall is as it was.

    Raises `StoreError` where the disk refuses: what was encoded stays, and the old generation is searched on.
    """

    def reindex() -> int:
        with store.block_compaction():
            return _reindex(store, encoder, encode, on_progress)

    return store.apart(reindex)


def _reindex(store: Store, encoder: EncoderIdentity, encode: Encode, on_progress: OnReindexed) -> int:
    with store.transaction() as connection:
        generations.begin_generation(connection, encoder)
    encoded = _encode_missing(store, encoder, encode, on_progress)
    current = [one.encoder.digest for one in store.generations() if one.state is GenerationState.CURRENT]
    if encoder.digest in current:  # its indexes are those in use: what was missing is filled in
        with store.exclusive():
            encoded += _encode_missing(store, encoder, encode)
            store.switch_encoder(encoder)
        return encoded
    with ExitStack() as open_snapshot:
        with store.exclusive():
            encoded += _encode_missing(store, encoder, encode)
            snapshot = open_snapshot.enter_context(store.snapshot())
        prepared = store.prepare_indexes(snapshot, encoder)
    with store.exclusive():
        encoded += _encode_missing(store, encoder, encode)
        store.switch_encoder(encoder, prepared=prepared)
    return encoded


def _encode_missing(
    store: Store, encoder: EncoderIdentity, encode: Encode, on_progress: OnReindexed | None = None
) -> int:
    """Encode every key that has no vector of the encoder; those written while others were encoded are few."""
    encoded = 0
    while rows := store.unencoded(encoder, limit=BATCH):
        stop_if_left()
        encoded += _encode_rows(store, encoder, encode, rows)
        if on_progress is not None:
            on_progress(*store.count_encoded(encoder))
    return encoded


def _encode_rows(store: Store, encoder: EncoderIdentity, encode: Encode, rows: Sequence[tuple[str, int, str]]) -> int:
    vectors = encode([key for _, _, key in rows])
    if len(vectors) != len(rows):
        raise BadInput(f"the encoder gave {len(vectors)} vectors for {len(rows)} keys")
    checked = [check_vector(vector, encoder) for vector in vectors]
    with store.transaction() as connection:
        still = generations.still_unencoded(connection, encoder, [row[:2] for row in rows])
        fresh = [(*row[:2], vector) for row, vector in zip(rows, checked, strict=True) if row[:2] in still]
        if fresh:
            insert_vectors(connection, fresh, encoder)
    return len(fresh)
