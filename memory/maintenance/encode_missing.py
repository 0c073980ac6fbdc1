"""Encoding the keys that have no vector of an encoder, batch by batch, each batch in one commit."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from midthought.memory.database.key_rows import insert_encoded
from midthought.memory.database.tables import vectors
from midthought.memory.database.tables.generations import current_generation
from midthought.memory.database.tables.numbers import Numbers
from midthought.memory.database.tables.vectors import UnencodedKey
from midthought.memory.errors import BadInput
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.namespace import Namespace, stored_namespace
from midthought.memory.records.unit_vectors import check_vector
from midthought.memory.store import Store

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
OnEncoded = Callable[[int, int], None]
"""Told how many keys have a vector of the encoder, and how many keys there are."""

BATCH = 256


def encode_missing(
    store: Store,
    encoder: EncoderIdentity,
    encode: Encode,
    *,
    namespaces: Sequence[Namespace] | None = None,
    on_progress: OnEncoded | None = None,
) -> int:
    """Encode every key, of all namespaces or of some, that has no vector of the encoder; return how many."""
    encoded = 0
    names = None if namespaces is None else [namespace.name for namespace in namespaces]
    while rows := _next_unencoded(store, encoder, names):
        stop_if_left()
        encoded += _encode(store, encoder, encode, rows)
        if on_progress is not None:
            with store.state.database.guarded() as connection:
                counts = vectors.count_encoded(connection, encoder)
            on_progress(*counts)
    return encoded


def _next_unencoded(store: Store, encoder: EncoderIdentity, names: Sequence[str] | None) -> list[UnencodedKey]:
    with store.state.database.guarded() as connection:
        return vectors.read_unencoded(connection, encoder, limit=BATCH, names=names)


def _encode(store: Store, encoder: EncoderIdentity, encode: Encode, rows: Sequence[UnencodedKey]) -> int:
    encoded = encode([key.text for key in rows])
    if len(encoded) != len(rows):
        raise BadInput(f"the encoder gave {len(encoded)} vectors for {len(rows)} keys")
    checked = [check_vector(vector, encoder) for vector in encoded]
    with store.transaction() as connection:
        # Encoding ran without the lock: meanwhile an entry may have been forgotten, or encoded by another thread.
        still = vectors.still_unencoded(connection, encoder, [(key.namespace, key.number) for key in rows])
        fresh = [
            (key, vector) for key, vector in zip(rows, checked, strict=True) if (key.namespace, key.number) in still
        ]
        if fresh:
            current = current_generation(connection)
            if current is not None and current.encoder.digest == encoder.digest and store.state.indexes is not None:
                store.state.indexes.mark_behind({stored_namespace(key.namespace) for key, _ in fresh})
            numbers = Numbers(connection)
            insert_encoded(connection, fresh, encoder, next_seq=numbers.take)
            numbers.save()
    return len(fresh)
