"""chromadb, embedded: HNSW and SQLite."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chromadb
from adapters.base import Hit, OneSearch
from chromadb.config import Settings
from vectors import Row, Vectors


class Chroma(OneSearch):
    """A persistent client with one collection, at its default settings but for the cosine space."""

    modes = ("synced",)
    note = "HNSW at its defaults (M 16, ef_construction 100, ef_search 100)"

    def __init__(self, folder: Path, mode: str) -> None:
        self._client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        self._rows = self._client.get_or_create_collection(
            "memory", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )

    def add(self, rows: Sequence[Row]) -> None:
        most = self._client.get_max_batch_size()
        for start in range(0, len(rows), most):
            self._add(rows[start : start + most])

    def _add(self, rows: Sequence[Row]) -> None:
        self._rows.add(
            ids=[str(row.number) for row in rows],
            embeddings=[row.vector for row in rows],
            documents=[row.text for row in rows],
            metadatas=[
                {"kind": row.kind, "domain": row.domain, "outcome": row.outcome, "time": row.time} for row in rows
            ],
        )

    def finish(self) -> None:
        """Nothing to do: an add is durable when it returns."""

    def add_one(self, row: Row) -> None:
        self._add([row])

    def find(self, vector: Vectors, k: int, domain: str | None = None) -> list[Hit]:
        where: Any = {"domain": domain} if domain else None
        found = self._rows.query(
            query_embeddings=[vector], n_results=k, where=where, include=["documents", "metadatas"]
        )
        texts, fields = found["documents"], found["metadatas"]
        assert texts is not None
        assert fields is not None
        return [_hit(*each) for each in zip(found["ids"][0], texts[0], fields[0], strict=True)]

    def close(self) -> None:
        self._client.close()


def _hit(number: str, text: str, fields: Any) -> Hit:
    return Hit(int(number), text, fields["kind"], fields["domain"], fields["outcome"], fields["time"])


PEER = Chroma
