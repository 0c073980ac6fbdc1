"""txtai: faiss for vectors, its own BM25 for words, texts and fields in SQLite."""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from adapters.base import Hit
from txtai import Embeddings
from vectors import Row, Vectors

_COLUMNS = "id, text, kind, domain, outcome, time"


class TxtaiContent:
    """One index with content. Its vectors come from a table here, by text: no model runs."""

    modes: tuple[str, ...] = ()
    note = (
        "its defaults: faiss (IVF above 5,000 rows), BM25 (hybrid), content in SQLite; a filter is a WHERE clause over "
        "the default number of candidates; calls of several threads take turns, for without that the process crashes"
    )

    def __init__(self, folder: Path, mode: str) -> None:
        self._folder, self._lock = folder / "index", Lock()
        self._vectors: dict[str, Vectors] = {}
        self._rows: list[Row] = []
        own = {"method": "external", "transform": lambda texts: np.stack([self._vectors[text] for text in texts])}
        self._both = Embeddings({**own, "content": True, "hybrid": True})
        if self._folder.exists():
            self._both.load(str(self._folder), config=own)
            self._dense: Any = copy(self._both)
            self._dense.scoring = None  # by vectors alone, over the same index

    def add(self, rows: Sequence[Row]) -> None:
        self._rows += rows

    def finish(self) -> None:
        """Index all rows at once: what comes later is added to lists that were learnt from the first."""
        self._vectors = {row.text: row.vector for row in self._rows}
        self._both.index((str(row.number), _as_dict(row), None) for row in self._rows)
        del self._both.config["transform"]
        self._both.save(str(self._folder))

    def search(self, vector: Vectors, k: int) -> list[Hit]:
        return self._find(self._dense, vector, f"vector {hash(vector.tobytes())}", k)

    def search_domain(self, vector: Vectors, k: int, domain: str) -> list[Hit]:
        return self._find(self._dense, vector, f"vector {hash(vector.tobytes())}", k, domain)

    def search_hybrid(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        return self._find(self._both, vector, text, k)

    def _find(self, searched: Any, vector: Vectors, text: str, k: int, domain: str = "") -> list[Hit]:
        where = "AND domain = :domain" if domain else ""
        sql = f"SELECT {_COLUMNS} FROM txtai WHERE similar(:text) {where}"
        with self._lock:
            self._vectors[text] = vector
            found = searched.search(sql, limit=k, parameters={"text": text, "domain": domain})
        return [Hit(int(row["id"]), *(row[name] for name in _COLUMNS.split(", ")[1:])) for row in found]

    def close(self) -> None:
        self._both.close()


def _as_dict(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("text", "kind", "domain", "outcome", "time")}


PEER = TxtaiContent
