"""milvus-lite through pymilvus: HNSW, and BM25 by a function of the server's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.base import POOL, Hit, OneSearch
from pymilvus import AnnSearchRequest, DataType, Function, FunctionType, MilvusClient, RRFRanker
from vectors import DIMENSION, Row, Vectors

_COLUMNS = ["text", "kind", "domain", "outcome", "time"]
_BATCH = 1000
_SEARCH = {"metric_type": "COSINE", "params": {"ef": 100}}


class Milvus(OneSearch):
    """One collection in a ``.db`` directory, its server in threads of this process."""

    modes = ("unsynced",)
    note = "HNSW (M 16, efConstruction 200, ef 100), BM25 function with an inverted sparse index"

    def __init__(self, folder: Path, mode: str) -> None:
        self._client = MilvusClient(str(folder / "memory.db"))
        if not self._client.has_collection("memory"):
            self._create()
        self._client.load_collection("memory")

    def _create(self) -> None:
        schema = self._client.create_schema(auto_id=False)
        schema.add_field("number", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIMENSION)
        schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_field("text", DataType.VARCHAR, max_length=8192, enable_analyzer=True)
        for name in ("kind", "domain", "outcome"):
            schema.add_field(name, DataType.VARCHAR, max_length=64)
        schema.add_field("time", DataType.INT64)
        schema.add_function(Function("bm25", FunctionType.BM25, ["text"], ["words"]))
        indexes = self._client.prepare_index_params()
        indexes.add_index("vector", "HNSW", metric_type="COSINE", params={"M": 16, "efConstruction": 200})
        indexes.add_index("words", "SPARSE_INVERTED_INDEX", metric_type="BM25")
        self._client.create_collection("memory", schema=schema, index_params=indexes)

    def add(self, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), _BATCH):
            self._client.insert("memory", [_as_dict(row) for row in rows[start : start + _BATCH]])

    def finish(self) -> None:
        self._client.flush("memory")
        self._client.load_collection("memory")

    def add_one(self, row: Row) -> None:
        self._client.insert("memory", [_as_dict(row)])

    def find(self, vector: Vectors, k: int, domain: str | None = None) -> list[Hit]:
        chosen = f'domain == "{domain}"' if domain else ""
        found = self._client.search(
            "memory",
            [vector],
            filter=chosen,
            limit=k,
            anns_field="vector",
            search_params=_SEARCH,
            output_fields=_COLUMNS,
        )
        return _hits(found[0])

    def search_hybrid(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        near = AnnSearchRequest([vector], "vector", _SEARCH, limit=POOL)
        worded = AnnSearchRequest([text], "words", {"metric_type": "BM25"}, limit=POOL)
        found = self._client.hybrid_search("memory", [near, worded], RRFRanker(60), limit=k, output_fields=_COLUMNS)
        return _hits(found[0])

    def close(self) -> None:
        self._client.close()


def _as_dict(row: Row) -> dict[str, Any]:
    return {"number": row.number, "vector": row.vector, **{name: getattr(row, name) for name in _COLUMNS}}


def _hits(found: Any) -> list[Hit]:
    return [Hit(hit["number"], *(hit["entity"][name] for name in _COLUMNS)) for hit in found]


PEER = Milvus
