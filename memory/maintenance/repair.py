"""What can be wrong with a namespace, and how it is repaired without losing anything that was stored.

Faults of the truth are repaired in DuckDB from what else is there: a vector from its entry's key. Faults of the derived
indexes are repaired by building them again.
"""

from collections.abc import Sequence

from midthought.memory.database.faults import delete_faulty, faults_of_truth
from midthought.memory.database.tables.vectors import insert_vectors, read_unencoded
from midthought.memory.database.write_transaction import check_vector
from midthought.memory.interrupts import apart, stop_if_left
from midthought.memory.maintenance.reindex import BATCH, Encode
from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store


@apart
def find_faults(store: Store, namespace: Namespace) -> list[Fault]:
    """Return what is wrong with a namespace; empty if nothing is. Nothing is changed."""
    if doubled := store.state.database.doubled:
        return [Fault(FaultKind.DOUBLE_NUMBER, doubled)]
    with store.exclusive():
        with store.snapshot() as connection:
            faults = faults_of_truth(connection, namespace)
        return [*faults, *store.searcher.find_index_faults(namespace)]


@apart
def repair_namespace(store: Store, namespace: Namespace, encode: Encode) -> list[Fault]:
    """Repair what `find_faults` finds, and return it; `check_integrity` still raises for what cannot be repaired.

    Numbers given twice are repaired in all namespaces at once, see `renumber_store`.
    """
    doubled = renumber_store(store, encode)
    with store.exclusive():
        faults = find_faults(store, namespace)
        kinds = {fault.kind for fault in faults}
        with store.transaction() as connection:
            delete_faulty(connection, namespace, kinds)
        if FaultKind.MISSING_VECTOR in kinds:
            _encode_missing(store, [namespace], encode)
        if faults:
            # Also after faults of the truth: the indexes were built from what has just been repaired.
            rebuild_indexes(store, namespace)
        return [*doubled, *faults]


@apart
def renumber_store(store: Store, encode: Encode) -> list[Fault]:
    """Give new numbers to entries that share one, and vectors to those that lost theirs; return what was wrong."""
    database = store.state.database
    if not database.doubled:
        return []
    with store.exclusive():
        faults = [Fault(FaultKind.DOUBLE_NUMBER, database.renumber())]
        # Indexes know entries by number, and these numbers have just changed.
        if store.state.indexes is not None:
            store.state.indexes.drop_all()
        _encode_missing(store, store.reader.list_namespaces(), encode)
        return faults


@apart
def rebuild_indexes(store: Store, namespace: Namespace) -> None:
    """Delete the derived indexes of a namespace, build them from what is stored, and write them to disk."""
    state = store.state
    state.database.refuse_read_only()
    with state.database.guarded():
        if state.indexes is not None:
            state.indexes.drop(namespace)
            state.indexes.checkpoint(namespace)


def _encode_missing(store: Store, namespaces: Sequence[Namespace], encode: Encode) -> None:
    encoder, names = store.state.needed_encoder(), {namespace.name for namespace in namespaces}
    with store.transaction() as connection:
        rows = [row for row in read_unencoded(connection, encoder, limit=2**40) if row[0] in names]
    for start in range(0, len(rows), BATCH):
        stop_if_left()
        some = rows[start : start + BATCH]
        vectors = [check_vector(vector, encoder) for vector in encode([key for _, _, key in some])]
        with store.transaction() as connection:
            fresh = [(name, seq, vector) for (name, seq, _), vector in zip(some, vectors, strict=True)]
            insert_vectors(connection, fresh, encoder)
