"""Faults of what is stored: counted, and deleted if that repairs them. Their SQL is in the files of the tables."""

from collections.abc import Collection

from midthought.memory.database.key_rows import compare_keys
from midthought.memory.database.tables import (
    dead_letters,
    keys,
    links,
    outcomes,
    provenance,
    run_entries,
    steps,
    vectors,
)
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.namespace import Namespace

_DELETABLE = (
    vectors.FAULTS
    | provenance.FAULTS
    | steps.FAULTS
    | links.FAULTS
    | dead_letters.FAULTS
    | run_entries.FAULTS
    | outcomes.FAULTS
)
_COUNTED = {FaultKind.MISSING_VECTOR: vectors.MISSING, FaultKind.UNENCODED_KEY: keys.UNENCODED} | _DELETABLE


def faults_of_truth(connection: Connection, namespace: Namespace) -> list[Fault]:
    """Return what is wrong with keys, vectors and sources, and can be repaired."""
    counted = [(kind, _count(connection, namespace, f"SELECT count(*) {sql}")) for kind, sql in _COUNTED.items()]
    of_keys = compare_keys(connection, namespace)
    counted += [(FaultKind.MISSING_KEY, len(of_keys.missing)), (FaultKind.STRAY_KEY, len(of_keys.stray))]
    return [Fault(kind, count) for kind, count in counted if count]


def delete_faulty(connection: Connection, namespace: Namespace, kinds: Collection[FaultKind]) -> None:
    """Delete the rows of these faults, if deleting repairs them."""
    for kind, sql in _DELETABLE.items():
        if kind in kinds:
            connection.execute(f"DELETE {sql}", [namespace.name])


def find_problems(connection: Connection, namespace: Namespace) -> list[str]:
    """Return one sentence for each broken invariant between the tables that is none of `faults_of_truth`."""
    counted = [(sentence, _count(connection, namespace, sql)) for sentence, sql in provenance.PROBLEMS.items()]
    return [sentence.format(count) for sentence, count in counted if count]


def _count(connection: Connection, namespace: Namespace, sql: str) -> int:
    ((count,),) = connection.execute(sql, [namespace.name]).fetchall()
    return int(count)
