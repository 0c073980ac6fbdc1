"""What can be wrong with a namespace, and how each of it is mended without losing what was stored.

Faults of the truth are mended in DuckDB, from what else is there: a vector from its entry's key. Faults of the derived
indexes are mended by building them anew.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from midthought.memory.database import generations
from midthought.memory.database.fault_tables import delete_faulty, faults_of_truth
from midthought.memory.database.write_tables import insert_vectors
from midthought.memory.database.write_transaction import check_vector
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
BATCH = 256


def find_faults(store: Store, namespace: Namespace) -> list[Fault]:
    """Return what is wrong with a namespace; empty where all is well. Nothing is changed."""
    return store.apart(lambda: _find_faults(store, namespace))


def _find_faults(store: Store, namespace: Namespace) -> list[Fault]:
    if doubled := store.count_doubled():
        return [Fault(FaultKind.DOUBLE_NUMBER, doubled)]
    with store.exclusive():
        with store.snapshot() as connection:
            found = faults_of_truth(connection, namespace)
        return [*found, *store.index_faults(namespace)]


def repair_namespace(store: Store, namespace: Namespace, encode: Encode) -> list[Fault]:
    """Mend what `find_faults` finds; return what was found. What it cannot mend, `check_integrity` still raises.

    Numbers given twice are mended in all namespaces at once, see `renumber_store`.
    """
    return store.apart(lambda: _repair_namespace(store, namespace, encode))


def _repair_namespace(store: Store, namespace: Namespace, encode: Encode) -> list[Fault]:
    doubled = renumber_store(store, encode)
    with store.exclusive():
        found = find_faults(store, namespace)
        kinds = {fault.kind for fault in found}
        with store.transaction() as connection:
            delete_faulty(connection, namespace, kinds)
        if FaultKind.MISSING_VECTOR in kinds:
            _encode_missing(store, [namespace], encode)
        if found:
            store.rebuild_indexes(namespace)
        return [*doubled, *found]


def renumber_store(store: Store, encode: Encode) -> list[Fault]:
    """Give entries that share a number others, and those a vector whose own cannot be told; return what was wrong."""
    return store.apart(lambda: _renumber_store(store, encode)) if store.count_doubled() else []


def _renumber_store(store: Store, encode: Encode) -> list[Fault]:
    with store.exclusive():
        found = [Fault(FaultKind.DOUBLE_NUMBER, store.renumber())]
        _encode_missing(store, store.namespaces(), encode)
        return found


def _encode_missing(store: Store, namespaces: Sequence[Namespace], encode: Encode) -> None:
    encoder, names = store.needed_encoder(), {namespace.name for namespace in namespaces}
    with store.transaction() as connection:
        rows = [row for row in generations.read_unencoded(connection, encoder, limit=2**40) if row[0] in names]
    for start in range(0, len(rows), BATCH):
        stop_if_left()
        some = rows[start : start + BATCH]
        vectors = [check_vector(vector, encoder) for vector in encode([key for _, _, key in some])]
        with store.transaction() as connection:
            fresh = [(name, seq, vector) for (name, seq, _), vector in zip(some, vectors, strict=True)]
            insert_vectors(connection, fresh, encoder)
