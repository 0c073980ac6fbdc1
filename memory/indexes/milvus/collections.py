"""The two Milvus collections of one namespace and generation: its keys as dense vectors, its words as sparse ones.

Every namespace has collections of its own, so that no search can reach another one's rows, whatever its filter says,
and so that a namespace is deleted by dropping them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from midthought.memory.indexes.index_home import Vectors
from midthought.memory.indexes.milvus.connection import MilvusConnection
from midthought.memory.indexes.milvus.entry_tables import Dimensions, EntryTables, MilvusState
from midthought.memory.indexes.milvus.filtered_search import MAX_HITS, Hits
from midthought.memory.indexes.milvus.index_types import build_params, search_params
from midthought.memory.records.index_changes import Seqs
from midthought.memory.records.keys import KeyField

FIELDS = tuple(KeyField)
LAYOUT = "64 slots: " + ", ".join(FIELDS)
"""Recorded with the rows: if the fields change, so do the slots, and all rows are sent again."""
EVERY_SLOT = (1 << len(FIELDS)) - 1
"""The slots of all fields, as bits."""
_STRIDE = 64
_MARK = -1
"""The number of the row of the words that proves whose rows these are; no query has its only dimension."""
_EVERY = 0
"""The dimension that every row has: Milvus takes no empty vector, and an entry may have no word."""
_ROWS_AT_ONCE = 1_000
_READ_AT_ONCE = 4_000


def slot_of(field: KeyField) -> int:
    """Return the place of a field among the keys of an entry."""
    return _SLOTS[field]


_SLOTS = {field: slot for slot, field in enumerate(FIELDS)}


def all_slots(slots: Iterable[int]) -> int:
    """Return slots as bits of one number."""
    return sum(1 << slot for slot in slots)


class Collections:
    """Reads and writes the rows of one namespace. Every method raises `IndexUnavailable` if Milvus does not answer.

    Attributes:
        state: what is true of the rows that Milvus has acknowledged.
        tables: the statistics and keys of these rows.
    """

    def __init__(self, connection: MilvusConnection, prefix: str, tables: EntryTables, state: MilvusState) -> None:
        self._connection = connection
        self._prefix = prefix
        self.tables = tables
        self.state = state

    @property
    def names(self) -> tuple[str, str]:
        """The names of the collections of keys and of words."""
        return collection_names(self._prefix, self.state.name)

    def exist(self) -> bool:
        """Whether Milvus has both."""
        return all(self._connection.call("has_collection", name) for name in self.names)

    def create(self) -> None:
        """Create both, empty, and load them."""
        import pymilvus

        keys, words = self.names
        types = pymilvus.DataType
        schema = pymilvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", types.INT64, is_primary=True)
        schema.add_field("entry", types.INT64)
        schema.add_field("slot", types.INT8)
        schema.add_field("vector", types.FLOAT_VECTOR, dim=self.state.dimension)
        self._create(keys, schema, "vector", build_params(self.state.kind, self.state.built_for))
        schema = pymilvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", types.INT64, is_primary=True)
        schema.add_field("mark", types.INT64)
        schema.add_field("words", types.SPARSE_FLOAT_VECTOR)
        self._create(words, schema, "words", {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP"})

    def _create(self, name: str, schema: Any, field: str, index: Mapping[str, Any]) -> None:
        import pymilvus

        params = pymilvus.MilvusClient.prepare_index_params()
        params.add_index(field_name=field, **index)
        # Strong: a search sees every row that was acknowledged before it began.
        arguments = {"schema": schema, "index_params": params, "consistency_level": "Strong"}
        self._connection.call("create_collection", name, **arguments)
        self._connection.call("load_collection", name)

    def load(self) -> None:
        """Load both for searching, which does nothing if they are."""
        for name in self.names:
            self._connection.call("load_collection", name)

    def flush(self) -> None:
        """Have both written to disk."""
        for name in self.names:
            self._connection.call("flush", name)

    def rebuild(self, kind: str, keys: int) -> None:
        """Build the vector index as a type, for a number of keys; nothing is searched meanwhile."""
        import pymilvus

        name, params = self.names[0], pymilvus.MilvusClient.prepare_index_params()
        params.add_index(field_name="vector", **build_params(kind, keys))
        self._connection.call("release_collection", name)
        self._connection.call("drop_index", name, "vector")
        self._connection.call("create_index", name, params)
        self._connection.call("load_collection", name)

    def drop(self) -> None:
        """Drop both; nothing happens to one that does not exist."""
        for name in self.names:
            self._connection.call("drop_collection", name)

    def put_keys(self, slot: int, seqs: Sequence[int] | Seqs, vectors: Vectors) -> None:
        """Write the keys of one field, one per entry, replacing those they had."""
        rows = [
            {"id": int(seq) * _STRIDE + slot, "entry": int(seq), "slot": slot, "vector": vector}
            for seq, vector in zip(seqs, np.ascontiguousarray(vectors, dtype=np.float32), strict=True)
        ]
        self._put(self.names[0], rows)

    def put_words(self, dimensions: Mapping[int, Dimensions]) -> None:
        """Write the words of entries, as 1 in each of their dimensions."""
        rows = [
            {"id": seq, "mark": 0, "words": {_EVERY: 1.0, **dict.fromkeys(row.tolist(), 1.0)}}
            for seq, row in dimensions.items()
        ]
        self._put(self.names[1], rows)

    def _put(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            self._connection.call("upsert", name, rows[start : start + _ROWS_AT_ONCE])

    def remove(self, masks: Mapping[int, int]) -> None:
        """Delete the keys and the words of entries."""
        keys, words = self.names
        for name, numbers in ((keys, _key_numbers(masks)), (words, list(masks))):
            for start in range(0, len(numbers), _ROWS_AT_ONCE):
                self._connection.call("delete", name, ids=numbers[start : start + _ROWS_AT_ONCE])

    def put_mark(self, mark: int) -> None:
        """Write the proof of whose rows these are."""
        self._put(self.names[1], [{"id": _MARK, "mark": mark, "words": {_EVERY: 1.0}}])

    def read_mark(self) -> int | None:
        """Return the proof of whose rows these are."""
        found = self._connection.call("get", self.names[1], ids=[_MARK], output_fields=["mark"])
        return int(found[0]["mark"]) if found else None

    def count_rows(self) -> tuple[int, int]:
        """Return how many keys and how many entries Milvus has."""
        keys, words = (
            int(self._connection.call("query", name, filter="", output_fields=["count(*)"])[0]["count(*)"])
            for name in self.names
        )
        return keys, words - (self.read_mark() is not None)

    def nearest_keys(self, vector: Vectors, limit: int, where: str, *, every: bool) -> Hits:
        """Return the keys with the largest inner products, best first; with `every`, all that pass are compared."""
        state = self.state
        params = {"metric_type": "IP", "params": search_params(state.kind, state.built_for, limit, every=every)}
        numbers, scores = self._search(self.names[0], "vector", vector, limit, where, params)
        return Hits(numbers, numbers // _STRIDE, scores)

    def best_entries(self, query: Mapping[int, float], where: str, limit: int) -> Hits:
        """Return the entries with the largest sums of weights, best first."""
        numbers, scores = self._search(self.names[1], "words", dict(query), limit, where, {"metric_type": "IP"})
        return Hits(numbers, numbers, scores)

    def _search(
        self, name: str, field: str, query: Any, limit: int, where: str, params: Mapping[str, Any]
    ) -> tuple[Seqs, Vectors]:
        arguments = {"anns_field": field, "search_params": params, "output_fields": ["id"], "filter": where}
        found = self._connection.call("search", name, data=[query], limit=limit, **arguments)[0]
        numbers = np.array([one["id"] for one in found], dtype=np.int64)
        return numbers, np.array([one["distance"] for one in found], dtype=np.float32)

    def read_keys(self, masks: Mapping[int, int]) -> Iterator[tuple[Seqs, Seqs, Vectors]]:
        """Yield (numbers of entries, slots, vectors) of the keys of entries; those of one entry come together."""
        parts: list[int] = []
        for seq, mask in masks.items():
            if len(parts) >= _READ_AT_ONCE:
                yield self._read_keys(parts)
                parts = []
            parts += _key_numbers({seq: mask})
        if parts:
            yield self._read_keys(parts)

    def _read_keys(self, numbers: Sequence[int]) -> tuple[Seqs, Seqs, Vectors]:
        rows = self._connection.call("get", self.names[0], ids=list(numbers), output_fields=["vector"])
        found = np.array([row["id"] for row in rows], dtype=np.int64)
        vectors = np.array([row["vector"] for row in rows], dtype=np.float32).reshape(-1, self.state.dimension)
        return found // _STRIDE, found % _STRIDE, vectors

    def entries_with_key(self, slot: int) -> Seqs:
        """Return the entries of which Milvus has the key of a slot."""
        return self._numbers(self.names[0], f"slot == {slot} and ", _STRIDE) // _STRIDE

    def entries_with_words(self) -> Seqs:
        """Return the entries of which Milvus has the words."""
        return self._numbers(self.names[1], "", 1)

    def _numbers(self, name: str, where: str, stride: int) -> Seqs:
        # By ranges of entries, of which no answer is cut off: an iterator needs what milvus-lite does not have.
        found: list[int] = []
        for first in range(0, self.state.last_seq + 1, MAX_HITS):
            last = "" if first + MAX_HITS > self.state.last_seq else f" and id < {(first + MAX_HITS) * stride}"
            filtered = {"filter": f"{where}id >= {first * stride}{last}", "output_fields": ["id"]}
            found += [row["id"] for row in self._connection.call("query", name, limit=MAX_HITS, **filtered)]
        return np.array(found, dtype=np.int64)


def collection_names(prefix: str, name: str) -> tuple[str, str]:
    """Return the names of the collections of keys and of words of one filling."""
    return f"{prefix}_{name}_keys", f"{prefix}_{name}_words"


def _key_numbers(masks: Mapping[int, int]) -> list[int]:
    return [seq * _STRIDE + slot for seq, mask in masks.items() for slot in range(len(FIELDS)) if mask >> slot & 1]
