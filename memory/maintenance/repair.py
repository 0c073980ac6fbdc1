"""What can be wrong with a namespace, and how it is repaired without losing anything that was stored.

Faults of the truth are repaired in DuckDB from what else is there: a vector from its key, the keys from their entry.
Faults of the derived indexes are repaired by building them again.
"""

from collections.abc import Callable, Sequence

import duckdb

from midthought.memory.database.faults import delete_faulty, faults_of_truth
from midthought.memory.database.key_rows import repair_rows
from midthought.memory.database.tables.numbers import Numbers
from midthought.memory.database.unreadable_rows import find_unreadable
from midthought.memory.interrupts import apart
from midthought.memory.maintenance.encode_missing import Encode, encode_missing
from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

_OF_KEY_ROWS = {FaultKind.MISSING_KEY, FaultKind.STRAY_KEY}


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
def find_unreadable_rows(store: Store, namespace: Namespace, *, read_calibration: Callable[[str], object]) -> list[str]:
    """Return one sentence per cell that cannot be read; nothing repairs it, and other checks would fail at it."""
    with store.snapshot() as connection:
        return list(find_unreadable(connection, namespace, read_calibration=read_calibration))


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
            if kinds & _OF_KEY_ROWS:
                _repair_rows(connection, [namespace])
        if kinds & (_OF_KEY_ROWS | {FaultKind.MISSING_VECTOR, FaultKind.UNENCODED_KEY}):
            encode_missing(store, store.state.needed_encoder(), encode, namespaces=[namespace])
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
        with store.transaction() as connection:
            _repair_rows(connection, store.reader.list_namespaces())
        encode_missing(store, store.state.needed_encoder(), encode)
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


def _repair_rows(connection: duckdb.DuckDBPyConnection, namespaces: Sequence[Namespace]) -> None:
    numbers = Numbers(connection)
    for namespace in namespaces:
        repair_rows(connection, namespace, next_seq=numbers.take)
    numbers.save()
