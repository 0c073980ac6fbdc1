"""The proof that what is searched is what is stored: every number and every text of a namespace is compared."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from midthought.memory.database.stored_entries import read_texts
from midthought.memory.database.tables.entries import read_numbers
from midthought.memory.database.tables.keys import read_encoded
from midthought.memory.indexes.index_home import SearchIndex, WordSearch
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.namespace import Namespace

_COMPARED_AT_ONCE = 1_000
"""Texts read into memory together: of the longest entries, some ten megabytes."""


def index_faults(
    connection: duckdb.DuckDBPyConnection, namespace: Namespace, index: SearchIndex, encoder: EncoderIdentity
) -> list[Fault]:
    """Return where the indexes of a namespace differ from what is stored, and which of their files were refused."""
    stored = set(read_numbers(connection, namespace).values())
    faults = [
        *_difference(FaultKind.VECTORS_DIFFER, stored, set(index.vectors.seqs().tolist())),
        *_different_keys(connection, namespace, index, encoder),
        *_difference(FaultKind.WORDS_DIFFER, stored, set(index.words.seqs())),
        *_different_texts(connection, namespace, index.words, sorted(stored)),
    ]
    refused = index.refused
    return [Fault(FaultKind.INDEX_FILE, len(refused), "; ".join(refused)), *faults] if refused else faults


def _different_keys(
    connection: duckdb.DuckDBPyConnection, namespace: Namespace, index: SearchIndex, encoder: EncoderIdentity
) -> list[Fault]:
    """Compare, by field, which entries have a key other than the main one; one without a vector is not searched."""
    encoded = read_encoded(connection, namespace, encoder)
    return [
        replace(fault, detail=f"of the field {field}: {fault.detail}")
        for field, seqs in encoded.items()
        for fault in _difference(FaultKind.VECTORS_DIFFER, set(seqs.tolist()), set(index.vectors.seqs(field).tolist()))
    ]


def _different_texts(
    connection: duckdb.DuckDBPyConnection, namespace: Namespace, words: WordSearch, stored: Sequence[int]
) -> list[Fault]:
    """Compare every text that recall would return with the one that is stored."""
    different: list[int] = []
    for start in range(0, len(stored), _COMPARED_AT_ONCE):
        seqs = stored[start : start + _COMPARED_AT_ONCE]
        true, indexed = read_texts(connection, namespace, seqs), words.texts(seqs)
        different += [seq for seq in indexed if indexed[seq] != true.get(seq)]
    return [Fault(FaultKind.TEXTS_DIFFER, len(different), f"the first is {different[0]}")] if different else []


def _difference(kind: FaultKind, stored: set[int], indexed: set[int]) -> list[Fault]:
    missing, orphans = sorted(stored - indexed), sorted(indexed - stored)
    parts = [f"{len(missing)} are missing, the first is {missing[0]}"] if missing else []
    parts += [f"{len(orphans)} are forgotten entries, the first is {orphans[0]}"] if orphans else []
    return [Fault(kind, len(missing) + len(orphans), "; ".join(parts))] if parts else []
