"""The rows of the table `keys`: made for new entries, compared with the keys that entries have, and repaired."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from midthought.memory.database.tables import entries, keys, vectors
from midthought.memory.database.tables.entries import FreshEntry
from midthought.memory.database.tables.keys import KeyRow
from midthought.memory.database.tables.statements import Connection
from midthought.memory.database.tables.vectors import UnencodedKey, VectorRow
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.keys import KeyField, entry_keys
from midthought.memory.records.namespace import Namespace

_PAGE = 5_000


def copy_keys(
    connection: Connection,
    source: tuple[Namespace, int],
    target: tuple[Namespace, int],
    *,
    next_seq: Callable[[], int],
) -> None:
    """Give the keys of an entry, (namespace, number), to its copy in another namespace, with all their vectors."""
    vectors.copy_vectors(connection, source, target)
    copies = []
    for row in keys.read_keys(connection, source[0], [source[1]]):
        copy = KeyRow(target[0].name, next_seq(), target[1], row.field)
        vectors.copy_vectors(connection, (source[0], row.number), (target[0], copy.number))
        copies.append(copy)
    keys.insert_keys(connection, copies)


def insert_keys_of(
    connection: Connection, fresh: Sequence[FreshEntry], encoder: EncoderIdentity, *, next_seq: Callable[[], int]
) -> None:
    """Insert the keys of new entries other than the main ones, and the vectors of all their keys.

    The entries have numbers in a row, and their other keys the numbers after those: replay reads them in this order.
    One with a single vector has only its main key.
    """
    rows: list[KeyRow] = []
    encoded: list[VectorRow] = []
    for one in fresh:
        name, extra = one.namespace.name, entry_keys(one.entry)[1:] if len(one.vectors) > 1 else ()
        added = [KeyRow(name, next_seq(), one.seq, key.field) for key in extra]
        numbers = (one.seq, *(row.number for row in added))
        encoded += [(name, number, vector) for number, vector in zip(numbers, one.vectors, strict=True)]
        rows += added
    keys.insert_keys(connection, rows)
    vectors.insert_vectors(connection, encoded, encoder)


def insert_encoded(
    connection: Connection,
    rows: Sequence[tuple[UnencodedKey, NDArray[np.float32]]],
    encoder: EncoderIdentity,
    *,
    next_seq: Callable[[], int],
) -> None:
    """Insert vectors of keys that had none; keys other than the main one get new numbers.

    The derived indexes follow the numbers: under its old number, which they have passed, such a vector would be missed.
    """
    moves = {key.number: next_seq() for key, _ in rows if key.field is not KeyField.MAIN}
    if moves:
        keys.move_keys(connection, moves)
        vectors.move_vectors(connection, moves)
    numbered = [(key.namespace, moves.get(key.number, key.number), vector) for key, vector in rows]
    vectors.insert_vectors(connection, numbered, encoder)


@dataclass(frozen=True, slots=True)
class KeyDifference:
    """How the rows of a namespace differ from the keys that its entries have.

    Attributes:
        missing: (number of the entry, field) of every key that has no row.
        stray: the numbers of rows that are of no key, or of one that has a row already.
    """

    missing: tuple[tuple[int, KeyField], ...]
    stray: tuple[int, ...]


def compare_keys(connection: Connection, namespace: Namespace) -> KeyDifference:
    """Return how the rows differ from the keys of the entries, each of which is parsed once."""
    missing, stray = dict.fromkeys(_expected(connection, namespace)), []
    for row in keys.read_keys(connection, namespace):
        if (row.seq, row.field) in missing:
            del missing[row.seq, row.field]
        else:
            stray.append(row.number)
    return KeyDifference(tuple(missing), tuple(stray))


def repair_rows(connection: Connection, namespace: Namespace, *, next_seq: Callable[[], int]) -> None:
    """Delete the rows that are of no key, with their vectors, and insert those that are missing."""
    found = compare_keys(connection, namespace)
    vectors.delete_vectors(connection, namespace, found.stray)
    keys.delete_keys(connection, namespace, found.stray)
    keys.insert_keys(connection, [KeyRow(namespace.name, next_seq(), seq, field) for seq, field in found.missing])


def _expected(connection: Connection, namespace: Namespace) -> Iterator[tuple[int, KeyField]]:
    after = ""
    while page := entries.read_page(connection, namespace, after=after, limit=_PAGE):
        for seq, (_, content) in page.items():
            entry = entry_from_json(content)
            yield from ((seq, key.field) for key in entry_keys(entry)[1:])
        after = entry.id
