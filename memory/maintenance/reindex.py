"""Reindexing: encode all keys with another encoder while the old vectors are searched, build indexes, then switch.

Searches and writes use the old generation meanwhile. Encoded keys are committed batch by batch, so that a
stopped reindex resumes where it was; going back to an earlier encoder finds its vectors still there and encodes only
the keys written since.
"""

from collections.abc import Mapping
from contextlib import ExitStack

import duckdb

from midthought.memory.database.tables import generations, vectors
from midthought.memory.database.tables.checkpoints import clear_checkpoints, put_checkpoint
from midthought.memory.database.tables.namespaces import read_records
from midthought.memory.errors import StoreDamaged
from midthought.memory.interrupts import apart
from midthought.memory.maintenance.encode_missing import Encode, OnEncoded, encode_missing
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.generation import Generation, GenerationState
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store


@apart
def reindex_store(
    store: Store, encoder: EncoderIdentity, encode: Encode, *, on_progress: OnEncoded = lambda done, total: None
) -> int:
    """Make `encoder` the store's; return how many keys were encoded. Recall is unchanged until the end.

    Raises `StoreError` if the disk refuses: encoded keys stay, and the old generation is searched on.
    """
    with store.state.database.block_compaction():
        with store.transaction() as connection:
            generations.begin_generation(connection, encoder)
        encoded = encode_missing(store, encoder, encode, on_progress=on_progress)
        if _is_current(store, encoder):  # its indexes are in use: only missing vectors are added
            with store.exclusive():
                encoded += encode_missing(store, encoder, encode)
                switch_encoder(store, encoder)
                _fill_indexes(store)
            return encoded
        with ExitStack() as open_snapshot:
            # Only the few keys written during the long encoding are left, so others wait for a moment. The snapshot
            # sees an instant at which every key has a vector.
            with store.exclusive():
                encoded += encode_missing(store, encoder, encode)
                snapshot = open_snapshot.enter_context(store.snapshot())
            # No lock is held while the indexes are built: they are made from the snapshot.
            checkpoints = _build_indexes(store, snapshot, encoder)
        # Keys written during the build are encoded now; the new indexes get them by their ordinary replay.
        with store.exclusive():
            encoded += encode_missing(store, encoder, encode)
            switch_encoder(store, encoder, checkpoints=checkpoints)
        return encoded


@apart
def switch_encoder(
    store: Store, encoder: EncoderIdentity, *, checkpoints: Mapping[Namespace, str] | None = None
) -> None:
    """Search the generation of `encoder` from now on; raises `StoreDamaged` if keys lack a vector of it.

    Namespaces with a token in `checkpoints` are searched at once, others are indexed at their first search.
    """
    state = store.state
    state.database.refuse_read_only()
    with state.database.guarded() as connection:
        done, total = vectors.count_encoded(connection, encoder)
        if done != total:
            raise StoreDamaged(f"{total - done} keys have no vector of {encoder}: reindex before switching")
        generation = _generation_of(connection, encoder)
        if state.indexes is not None:
            state.indexes.drop_generation()
        with state.database.transaction():
            generations.switch_generation(connection, generation.number)
            clear_checkpoints(connection)
            for namespace, token in (checkpoints or {}).items():
                put_checkpoint(connection, namespace, token)
        state.encoder = encoder
        state.open_indexes(generations.current_generation(connection))


def _is_current(store: Store, encoder: EncoderIdentity) -> bool:
    current = [one for one in store.reader.list_generations() if one.state is GenerationState.CURRENT]
    return any(one.encoder.digest == encoder.digest for one in current)


def _generation_of(connection: duckdb.DuckDBPyConnection, encoder: EncoderIdentity) -> Generation:
    for generation in generations.read_generations(connection):
        if generation.encoder.digest == encoder.digest:
            return generation
    raise StoreDamaged(f"there is no generation of {encoder}: reindex before switching")


def _fill_indexes(store: Store) -> None:
    """Build the indexes of large namespaces, so that no search has to wait for them; also in a home that is new."""
    if store.state.indexes is not None:
        with store.state.database.guarded() as connection:
            store.state.indexes.build_large(read_records(connection))


def _build_indexes(
    store: Store, snapshot: duckdb.DuckDBPyConnection, encoder: EncoderIdentity
) -> Mapping[Namespace, str]:
    """Build the indexes of `encoder`'s generation from a snapshot; return the token of each namespace's checkpoint."""
    indexes = store.state.indexes
    return indexes.prepare(snapshot, _generation_of(snapshot, encoder)) if indexes is not None else {}
