"""What the Milvus home keeps in one SQLite file per namespace: its position, statistics of words, and which keys exist.

Milvus cannot say how many entries hold a word, and its position and its rows cannot be committed together. Here both
lie in one transaction, which is committed after Milvus has acknowledged the rows: a process that is killed between the
two sends the same rows again under the same numbers.
"""

import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from midthought.memory.indexes.edit_distance import nearest_words
from midthought.memory.indexes.milvus.bm25 import CountedText, length_code

Dimensions = NDArray[np.uint32]
_AT_ONCE = 500
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), record TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS indexed (
        seq INTEGER PRIMARY KEY, keys INTEGER NOT NULL, length INTEGER NOT NULL, words BLOB NOT NULL,
        spellings BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS dimensions (
        number INTEGER PRIMARY KEY, word TEXT NOT NULL, occurrences INTEGER NOT NULL, code INTEGER NOT NULL,
        entries INTEGER NOT NULL, UNIQUE (word, occurrences, code));
    CREATE TABLE IF NOT EXISTS spellings (
        number INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, entries INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class MilvusState:
    """Where the index of a namespace stands.

    Attributes:
        name: begins the names of its collections; another one for each time that it is filled from the start.
        layout: how rows are numbered; rows of another layout are not used.
        encoder: the digest of the encoder.
        dimension: columns of the vectors.
        kind: the type of Milvus's vector index.
        built_for: number of keys for which that index was built.
        last_seq: the last sequence number whose rows Milvus has acknowledged.
        entries, words: number of entries, and of their words.
        keys: number of vectors.
        slots: a bit for each field of which there has been a key.
        token, earlier_token: of the last two checkpoints; DuckDB knows one of them.
        mark: what Milvus keeps as a proof that its rows are those of this file, or the one that follows.
    """

    name: str
    layout: str
    encoder: str
    dimension: int
    kind: str
    built_for: int = 0
    last_seq: int = 0
    entries: int = 0
    words: int = 0
    keys: int = 0
    slots: int = 0
    token: str = ""
    earlier_token: str = ""
    mark: int = 0


@dataclass(frozen=True, slots=True)
class WordDimension:
    """A dimension of the sparse vectors: entries of one length code that hold a word that often."""

    number: int
    occurrences: int
    code: int
    entries: int


class EntryTables:
    """The tables of one namespace and generation. `begin` and `commit` enclose what belongs together."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The lock of the store guards it; its calls come from several threads.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self._connection.close()

    def begin(self) -> None:
        """Begin a transaction."""
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin` durable."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo everything since `begin`; nothing happens outside a transaction."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def read_state(self) -> MilvusState | None:
        """Return the state; None if there is none, or if another version of Midthought wrote it."""
        row = self._connection.execute("SELECT record FROM state").fetchone()
        record = json.loads(row[0]) if row else {}
        return MilvusState(**record) if set(record) == {one.name for one in fields(MilvusState)} else None

    def put_state(self, state: MilvusState) -> None:
        """Write the state."""
        record = json.dumps(asdict(state))
        self._connection.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", [record])

    def clear(self) -> None:
        """Remove all rows but the state."""
        for table in ("indexed", "dimensions", "spellings"):
            self._connection.execute(f"DELETE FROM {table}")

    def add(self, texts: Sequence[CountedText]) -> dict[int, Dimensions]:
        """Count new entries in; return the dimensions of each, by number. Entries that are there are left out."""
        known = self.key_masks([text.seq for text in texts])
        new = [text for text in texts if text.seq not in known]
        pages = {text.seq: _dimensions_of(text) for text in new}
        numbers = self._count_dimensions(Counter(one for page in pages.values() for one in page))
        spelt = self._count_spellings(Counter(word for text in new for word in text.spellings))
        found = {seq: np.array([numbers[one] for one in page], dtype=np.uint32) for seq, page in pages.items()}
        rows = (
            (text.seq, text.length, found[text.seq].tobytes(), _packed(spelt[word] for word in text.spellings))
            for text in new
        )
        self._connection.executemany("INSERT INTO indexed VALUES (?, 0, ?, ?, ?)", rows)
        return found

    def _count_dimensions(self, counts: Counter[tuple[str, int, int]]) -> dict[tuple[str, int, int], int]:
        statement = """INSERT INTO dimensions (word, occurrences, code, entries) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET entries = entries + excluded.entries RETURNING number"""
        return {one: self._connection.execute(statement, (*one, count)).fetchone()[0] for one, count in counts.items()}

    def _count_spellings(self, counts: Counter[str]) -> dict[str, int]:
        statement = """INSERT INTO spellings (word, entries) VALUES (?, ?)
            ON CONFLICT DO UPDATE SET entries = entries + excluded.entries RETURNING number"""
        return {one: self._connection.execute(statement, (one, count)).fetchone()[0] for one, count in counts.items()}

    def remove(self, seqs: Sequence[int]) -> tuple[dict[int, int], int]:
        """Count entries out; return the masks of the keys of those that were there, and their number of words."""
        masks, length = {}, 0
        dimensions, spelt = Counter[int](), Counter[int]()
        for seq, keys, words, row, spellings in self._rows("seq, keys, length, words, spellings", seqs):
            masks[seq], length = keys, length + words
            dimensions.update(_unpacked(row).tolist())
            spelt.update(_unpacked(spellings).tolist())
        for table, counts in (("dimensions", dimensions), ("spellings", spelt)):
            rows = [(count, number) for number, count in counts.items()]
            self._connection.executemany(f"UPDATE {table} SET entries = entries - ? WHERE number = ?", rows)
            unheld = f"DELETE FROM {table} WHERE number = ? AND entries = 0"
            self._connection.executemany(unheld, [(number,) for number in counts])
        self._connection.executemany("DELETE FROM indexed WHERE seq = ?", [(seq,) for seq in masks])
        return masks, length

    def add_keys(self, masks: dict[int, int]) -> None:
        """Note which keys entries have got, as bits of their slots."""
        rows = [(mask, seq) for seq, mask in masks.items()]
        self._connection.executemany("UPDATE indexed SET keys = keys | ? WHERE seq = ?", rows)

    def key_masks(self, seqs: Sequence[int]) -> dict[int, int]:
        """Return which keys entries have, by number; those that are not there are left out."""
        return dict(self._rows("seq, keys", seqs))

    def count_keys(self, seqs: Iterable[int]) -> int:
        """Return the number of keys of some entries."""
        return sum(mask.bit_count() for mask in self.key_masks(list(seqs)).values())

    def dimensions_of(self, seqs: Sequence[int]) -> dict[int, Dimensions]:
        """Return the dimensions of entries, by number."""
        return {seq: _unpacked(row) for seq, row in self._rows("seq, words", seqs)}

    def dimensions(self, word: str) -> list[WordDimension]:
        """Return the dimensions of a stem."""
        statement = "SELECT number, occurrences, code, entries FROM dimensions WHERE word = ?"
        return [WordDimension(*row) for row in self._connection.execute(statement, [word])]

    def spell(self, word: str, distance: int) -> str | None:
        """Return the spelling nearest to a word, the most frequent of several; None if none is near."""
        if self._connection.execute("SELECT 1 FROM spellings WHERE word = ?", [word]).fetchone():
            return word
        near = [len(word) - distance, len(word) + distance]
        rows = self._connection.execute("SELECT word, entries FROM spellings WHERE length(word) BETWEEN ? AND ?", near)
        held = {spelt: entries for spelt, entries in rows if spelt.isalpha()}
        nearest = nearest_words(word, held, max_edits=distance)
        return min(((edits, -held[one], one) for edits, one in nearest), default=(0, 0, None))[2]

    def _rows(self, columns: str, seqs: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(seqs), _AT_ONCE):
            some = [int(seq) for seq in seqs[start : start + _AT_ONCE]]
            places = ", ".join("?" * len(some))
            yield from self._connection.execute(f"SELECT {columns} FROM indexed WHERE seq IN ({places})", some)


def new_name() -> str:
    """Return what names the collections of one filling."""
    return secrets.token_hex(4)


def _dimensions_of(text: CountedText) -> list[tuple[str, int, int]]:
    code = length_code(text.length)
    return [(word, count, code) for word, count in text.occurrences.items()]


def _packed(numbers: Iterable[int]) -> bytes:
    return np.array(list(numbers), dtype=np.uint32).tobytes()


def _unpacked(row: bytes) -> Dimensions:
    return np.frombuffer(row, dtype=np.uint32)
