"""Which of Milvus's types of vector index suits how many keys, and with which parameters."""

from typing import Any

from midthought.memory.errors import BadSettings
from midthought.memory.indexes.vectors.choose import EXACT_UP_TO
from midthought.memory.indexes.vectors.kinds import IndexKind

FLAT, LISTS, GRAPH = "FLAT", "IVF_FLAT", "HNSW"
_TYPES = {IndexKind.EXACT: FLAT, IndexKind.IVF_PQ: LISTS, IndexKind.HNSW: GRAPH}
_MIN_LISTS, _MAX_LISTS = 64, 4_096
_MIN_CANDIDATES = 256
_OUTGROWN = 4
_READ_SHARE = 8
"""A search reads one list in eight, as near-duplicates lie in few of them."""


def choose_type(keys: int, *, kind: IndexKind | None, current: str = "") -> str:
    """Return the type for a number of keys: of the kind that is set, else every key is compared up to the limit.

    The lists stay until half the limit, so that an index near it is not rebuilt again and again. Raises `BadSettings`
    for a kind that only the local home has.
    """
    if kind is not None:
        if kind not in _TYPES:
            kinds = ", ".join(_TYPES)
            raise BadSettings(f"setting 'index': the index home 'milvus' has {kinds} or auto, got {kind.value!r}")
        return _TYPES[kind]
    if current == LISTS and 2 * keys > EXACT_UP_TO:
        return LISTS
    return FLAT if keys <= EXACT_UP_TO else LISTS


def is_outgrown(kind: str, keys: int, *, built_for: int) -> bool:
    """Return whether lists that were made for a number of keys are four times too long."""
    return kind == LISTS and keys > _OUTGROWN * max(built_for, 1)


def build_params(kind: str, keys: int) -> dict[str, Any]:
    """Return what Milvus is told to build."""
    params = {LISTS: {"nlist": _lists(keys)}, GRAPH: {"M": 32, "efConstruction": 200}}.get(kind, {})
    return {"index_type": kind, "metric_type": "IP", "params": params}


def search_params(kind: str, keys: int, limit: int, *, every: bool) -> dict[str, Any]:
    """Return what one search for `limit` rows is told; with `every`, all rows that pass its filter are compared."""
    lists = _lists(keys)
    graph = {"ef": max(limit, _MIN_CANDIDATES)}
    return {LISTS: {"nprobe": lists if every else lists // _READ_SHARE}, GRAPH: graph}.get(kind, {})


def _lists(keys: int) -> int:
    return min(_MAX_LISTS, max(_MIN_LISTS, int(4 * keys**0.5)))
