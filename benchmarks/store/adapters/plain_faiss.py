"""Plain faiss, exact: a flat index in a file, with texts and fields in SQLite, as people put it together by hand."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from adapters.base import Hit, OneSearch
from vectors import DIMENSION, Row, Vectors

_COLUMNS = "number, text, kind, domain, outcome, time"


class PlainFaiss(OneSearch):
    """Rows are known by position. One thread a search: more are slower on a machine that does other things too."""

    modes: tuple[str, ...] = ()
    note = "IndexFlatIP, one thread a search; texts and fields in SQLite; an add lasts once the whole file is rewritten"

    def __init__(self, folder: Path, mode: str) -> None:
        self._file = folder / "vectors.faiss"
        self._rows = sqlite3.connect(folder / "rows.sqlite", check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, text, kind, domain, outcome, time)"
        )
        self._index: Any = faiss.read_index(str(self._file)) if self._file.exists() else self._make_index()
        self._domains: dict[str, Any] = {}
        if self._file.exists():
            faiss.omp_set_num_threads(1)

    def _make_index(self) -> Any:
        return faiss.IndexFlatIP(DIMENSION)

    def add(self, rows: Sequence[Row]) -> None:
        self._index.add(np.stack([row.vector for row in rows]))
        fields = [(r.number, r.text, r.kind, r.domain, r.outcome, r.time) for r in rows]
        with self._rows:
            self._rows.executemany("INSERT INTO rows VALUES (?,?,?,?,?,?)", fields)

    def finish(self) -> None:
        faiss.write_index(self._index, str(self._file))
        with self._file.open("rb") as stream:
            os.fsync(stream.fileno())

    def find(self, vector: Vectors, k: int, domain: str | None = None) -> list[Hit]:
        chosen = self._parameters(self._selector(domain) if domain else None)
        _, found = self._index.search(vector.reshape(1, -1), k, params=chosen)
        return [self._read(int(number)) for number in found[0] if number >= 0]

    def _parameters(self, selector: Any) -> Any:
        return faiss.SearchParameters(sel=selector)

    def _selector(self, domain: str) -> Any:
        """Return which positions have the domain, as a bitmap that is made once."""
        if domain not in self._domains:
            numbers = [row[0] for row in self._rows.execute("SELECT number FROM rows WHERE domain = ?", (domain,))]
            chosen = np.zeros(self._index.ntotal, dtype=bool)
            chosen[numbers] = True
            self._domains[domain] = faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
        return self._domains[domain]

    def _read(self, number: int) -> Hit:
        return Hit(*self._rows.execute(f"SELECT {_COLUMNS} FROM rows WHERE number = ?", (number,)).fetchone())

    def close(self) -> None:
        self._rows.close()


PEER = PlainFaiss
