"""Approximate search by a graph (HNSW), chosen by name.

If many rows are more like each other than a row has candidates for its links, the graph falls into islands: of 1,000
near-duplicates per mould it finds .69 of the nearest ten. The check before the switch finds that out.

Its vectors are kept in half precision: half the memory, a tenth less time, and the same answers within the error of the
graph. Measured on 100,000 vectors of 384 dimensions and 2 cores: `benchmarks/store/kinds.md`.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from midthought.memory.indexes.vectors.base import RowScores, VectorIndex, Vectors
from midthought.memory.indexes.vectors.flat import (
    check_index,
    flat_rows,
    kept_rows,
    nearest_flat,
    owned,
    read_faiss,
    read_flat,
    rows_at,
    write_flat,
)
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.parameters import through_graph
from midthought.memory.indexes.vectors.row_numbers import Mask, RowArray

_GRAPH = "graph.faiss"
_LINKS, _EF_CONSTRUCTION, _EF_SEARCH = 16, 40, 200
_MAX_EF_SEARCH = 8 * _EF_SEARCH
_TAIL = 256
"""Rows that wait outside the graph: each addition prepares one lock per row held, for one new row as for hundreds."""
_COMPARED = 4_400
"""Number of rows that are compared in the time of one search through the graph. If only a share of the rows is allowed,
that search takes longer by the inverse of the share: at 100,000 rows both ways take 3.7 ms if 20 % are allowed."""


class HnswIndex(VectorIndex):
    """FAISS HNSW by inner product on unit vectors. New rows wait in a short exact tail; dead ones are skipped."""

    kind = IndexKind.HNSW
    approximate = True

    @property
    def row_bytes(self) -> int:
        """Bytes per row: half precision, and the links of the lowest layer."""
        return 2 * self.dimension + 4 * 2 * _LINKS

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch)
        self._tail = faiss.IndexFlatIP(dimension)
        self._mapped = False
        self._use(_empty_graph(dimension))

    def widen(self) -> bool:
        """Follow twice as many candidates through the graph, up to eight times; kept with the index."""
        if self._graph.hnsw.efSearch >= _MAX_EF_SEARCH:
            return False
        self._graph.hnsw.efSearch *= 2
        return True

    def _use(self, graph: Any) -> None:
        self._graph = graph
        graph.hnsw.efSearch = max(graph.hnsw.efSearch, _EF_SEARCH)  # graphs of earlier versions have FAISS's 16
        self._flat = faiss.downcast_index(graph.storage)

    def _append(self, vectors: Vectors) -> None:
        self._tail.add(vectors)
        if self._tail.ntotal >= _TAIL:
            if self._mapped:
                self._use(owned(self._graph))
                self._mapped = False
            self._graph.add(flat_rows(self._tail))
            self._tail.reset()

    def _nearest(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        linked = int(self._graph.ntotal)
        rows, scores = self._nearest_linked(query, k, None if mask is None else mask[:linked])
        more, other = nearest_flat(self._tail, query, k, None if mask is None else mask[linked:])
        return np.concatenate([rows, more + linked]), np.concatenate([scores, other])

    def _nearest_linked(self, query: Vectors, k: int, mask: Mask | None) -> RowScores:
        linked = int(self._graph.ntotal)
        allowed = linked if mask is None else int(np.count_nonzero(mask))
        if allowed == 0 or (mask is not None and allowed <= _COMPARED * linked / allowed):
            return nearest_flat(self._flat, query, k, mask)
        wanted = min(k, allowed)
        breadth = int(max(self._graph.hnsw.efSearch, 2 * k) * linked / allowed)
        scores, rows = self._graph.search(query, wanted, params=through_graph(mask, breadth=breadth))
        if rows.min() < 0:
            return nearest_flat(self._flat, query, k, mask)
        return rows[0], scores[0]

    def _take(self, rows: RowArray) -> Vectors:
        taken = np.empty((len(rows), self.dimension), dtype=np.float32)
        linked = rows < int(self._graph.ntotal)
        taken[linked] = rows_at(self._flat, rows[linked])
        taken[~linked] = flat_rows(self._tail)[rows[~linked] - int(self._graph.ntotal)]
        return taken

    def _keep(self, rows: RowArray) -> None:
        linked = int(self._graph.ntotal)
        graph = _empty_graph(self.dimension)
        graph.hnsw.efSearch = self._graph.hnsw.efSearch
        graph.add(rows_at(self._flat, rows[rows < linked]))
        self._tail = kept_rows(self._tail, rows[rows >= linked] - linked)
        self._use(graph)
        self._mapped = False

    def _write(self, folder: Path) -> None:
        faiss.write_index(self._graph, str(folder / _GRAPH))
        write_flat(self._tail, folder)

    def _read(self, folder: Path, *, mapped: bool) -> None:
        graph = read_faiss(folder / _GRAPH, mapped=mapped)
        check_index(folder, graph, faiss.IndexHNSWSQ, self.dimension)
        self._use(graph)
        self._mapped = mapped
        self._tail = read_flat(folder, dimension=self.dimension, mapped=False)
        held = int(graph.ntotal + self._tail.ntotal)
        if held != self._rows.count:
            raise ValueError(f"{folder} holds {held} vectors for {self._rows.count} rows")


def _empty_graph(dimension: int) -> Any:
    half: Any = faiss.ScalarQuantizer.QT_fp16  # an int, although FAISS's types say otherwise
    graph = faiss.IndexHNSWSQ(dimension, half, _LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.is_trained = True  # half precision has nothing to learn
    graph.hnsw.efConstruction = _EF_CONSTRUCTION
    return graph
