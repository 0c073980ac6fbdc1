"""lancedb, embedded, with an index on the vectors, on the words and on the domain."""

from typing import Any

from adapters.base import Hit
from adapters.lance import COLUMNS, Lance, read_hits
from lancedb.index import FTS, Bitmap, HnswSq
from vectors import Vectors

_LINKS, _BUILD, _REFINE = 16, 150, 5


class LanceIndexed(Lance):
    """One table with one HNSW graph over scalar codes; the best are compared anew by their whole vectors."""

    note = f"IVF_HNSW_SQ (one partition, m {_LINKS}, ef_construction {_BUILD}), refine {_REFINE}, FTS, bitmap on domain"

    def finish(self) -> None:
        graph = HnswSq(distance_type="cosine", num_partitions=1, m=_LINKS, ef_construction=_BUILD)
        self._table.create_index("vector", config=graph)
        self._table.create_index("text", config=FTS())
        self._table.create_index("domain", config=Bitmap())
        self._table.optimize()

    def _query(self, query: Any) -> Any:
        return query.refine_factor(_REFINE)

    def search_hybrid(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        query = self._table.search(query_type="hybrid", vector_column_name="vector", fts_columns="text")
        return read_hits(query.vector(vector).text(text).distance_type("cosine").select(COLUMNS).limit(k))


PEER = LanceIndexed
