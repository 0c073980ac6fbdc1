"""qdrant-client's local mode: points pickled into SQLite, vectors compared by NumPy."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from adapters.base import Hit, OneSearch
from qdrant_client import QdrantClient, models
from vectors import DIMENSION, Row, Vectors


class Qdrant(OneSearch):
    """One collection; calls take turns, for the local mode is not made for threads."""

    modes = ("synced", "unsynced")
    note = "every vector is compared; calls of several threads take turns; unsynced is PRAGMA synchronous=OFF"

    def __init__(self, folder: Path, mode: str) -> None:
        self._lock = Lock()
        self._client = QdrantClient(path=str(folder))
        if not self._client.collection_exists("memory"):
            size = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
            self._client.create_collection("memory", vectors_config=size)
        if mode == "unsynced":
            local: Any = self._client._client
            local.collections["memory"].storage.storage.execute("PRAGMA synchronous=OFF")

    def add(self, rows: Sequence[Row]) -> None:
        points = [
            models.PointStruct(
                id=row.number,
                vector=row.vector.tolist(),
                payload={
                    "text": row.text,
                    "kind": row.kind,
                    "domain": row.domain,
                    "outcome": row.outcome,
                    "time": row.time,
                },
            )
            for row in rows
        ]
        with self._lock:
            self._client.upsert("memory", points)

    def finish(self) -> None:
        """Nothing to do: a point is durable when its upsert returns."""

    def find(self, vector: Vectors, k: int, domain: str | None = None) -> list[Hit]:
        chosen = None
        if domain:
            match = models.FieldCondition(key="domain", match=models.MatchValue(value=domain))
            chosen = models.Filter(must=[match])
        found = self._client.query_points("memory", query=vector, limit=k, query_filter=chosen)
        return [_hit(int(point.id), point.payload) for point in found.points]

    def close(self) -> None:
        self._client.close()


def _hit(number: int, fields: Any) -> Hit:
    return Hit(number, fields["text"], fields["kind"], fields["domain"], fields["outcome"], fields["time"])


PEER = Qdrant
