"""sqlite-vec: a virtual table of vectors in SQLite, with FTS5 beside it for words."""

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock, local
from typing import Any

import apsw
import sqlite_vec
from adapters.base import POOL, Hit, OneSearch, fuse_ranks
from vectors import DIMENSION, Row, Vectors

_WORD = re.compile(r"\w+")
_SCHEMA = f"""
    CREATE VIRTUAL TABLE IF NOT EXISTS memory USING vec0(
        number INTEGER PRIMARY KEY, vector FLOAT[{DIMENSION}] distance_metric=cosine,
        kind TEXT, domain TEXT, outcome TEXT, time INTEGER, +text TEXT);
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='', tokenize='porter');
"""
_COLUMNS = "number, text, kind, domain, outcome, time"


class SqliteVectors(OneSearch):
    """One file in WAL mode; a connection a thread, writers one at a time."""

    modes = ("synced", "unsynced")
    note = (
        "every vector is compared; WAL, synchronous FULL (synced) or NORMAL (unsynced); FTS5, fused by rank in Python"
    )

    def __init__(self, folder: Path, mode: str) -> None:
        self._file, self._level = str(folder / "memory.sqlite"), "FULL" if mode == "synced" else "NORMAL"
        self._threads, self._writing, self._opened = local(), Lock(), []
        self._connection.execute(_SCHEMA)

    @property
    def _connection(self) -> Any:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = self._connect()
        return self._threads.connection

    def _connect(self) -> Any:
        connection = apsw.Connection(self._file)
        connection.set_busy_timeout(60_000)
        connection.enable_load_extension(True)
        connection.load_extension(sqlite_vec.loadable_path())
        for pragma in ("journal_mode=WAL", f"synchronous={self._level}"):
            list(connection.execute(f"PRAGMA {pragma}"))  # a statement runs as far as its rows are read
        self._opened.append(connection)
        return connection

    def add(self, rows: Sequence[Row]) -> None:
        fields = [(r.number, r.vector.tobytes(), r.kind, r.domain, r.outcome, r.time, r.text) for r in rows]
        with self._writing, self._connection as connection:
            connection.executemany("INSERT INTO memory VALUES (?,?,?,?,?,?,?)", fields)
            connection.executemany("INSERT INTO words(rowid, text) VALUES (?,?)", [(r.number, r.text) for r in rows])

    def finish(self) -> None:
        list(self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))

    def find(self, vector: Vectors, k: int, domain: str | None = None) -> list[Hit]:
        chosen = " AND domain = ?" if domain else ""
        sql = f"SELECT {_COLUMNS} FROM memory WHERE vector MATCH ? AND k = ?{chosen} ORDER BY distance"
        values = (vector.tobytes(), k, *([domain] if domain else []))
        return [Hit(*row) for row in self._connection.execute(sql, values)]

    def search_hybrid(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        near = "SELECT number FROM memory WHERE vector MATCH ? AND k = ? ORDER BY distance"
        worded = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
        any_word = " OR ".join(f'"{word}"' for word in _WORD.findall(text))
        rankings = [self._numbers(near, vector.tobytes(), POOL), self._numbers(worded, any_word, POOL)]
        return [self._read(number) for number in fuse_ranks(rankings, k)]

    def _numbers(self, sql: str, *values: Any) -> list[int]:
        return [row[0] for row in self._connection.execute(sql, values)]

    def _read(self, number: int) -> Hit:
        return Hit(*next(iter(self._connection.execute(f"SELECT {_COLUMNS} FROM memory WHERE number = ?", (number,)))))

    def close(self) -> None:
        for connection in self._opened:
            connection.close()


PEER = SqliteVectors
