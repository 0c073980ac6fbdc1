"""Plain faiss, HNSW: a graph in a file, with texts and fields in SQLite."""

from typing import Any

import faiss
from adapters.plain_faiss import PlainFaiss
from vectors import DIMENSION

_LINKS, _BUILD, _SEARCH = 32, 100, 100


class PlainFaissHnsw(PlainFaiss):
    """The graph over whole vectors."""

    note = f"IndexHNSWFlat (M {_LINKS}, efConstruction {_BUILD}, efSearch {_SEARCH}), one thread a search; as above"

    def _make_index(self) -> Any:
        index = faiss.IndexHNSWFlat(DIMENSION, _LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _BUILD
        return index

    def _parameters(self, selector: Any) -> Any:
        return faiss.SearchParametersHNSW(sel=selector, efSearch=_SEARCH)


PEER = PlainFaissHnsw
