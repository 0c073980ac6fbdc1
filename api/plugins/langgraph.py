"""LangGraph: a store of items, each of which is an entry of the memory."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from midthought.api.plugins.item_filter import matches_all, matches_path
from midthought.api.plugins.langgraph_items import (
    SEARCHED,
    NamespacePath,
    StoredItem,
    anchor,
    now_utc,
    read_item,
    read_name,
    searched_texts,
    write_name,
)
from midthought.api.plugins.recalling import open_place
from midthought.memory.errors import MissingExtra, NotFound
from midthought.memory.records.entry import EntryKind
from midthought.retrieval.hits import Hit

try:
    from langgraph.store.base import (
        BaseStore,
        GetOp,
        Item,
        ListNamespacesOp,
        Op,
        PutOp,
        Result,
        SearchItem,
        SearchOp,
        TTLConfig,
    )
except ImportError:
    raise MissingExtra("langgraph", extra="langgraph", purpose="the store for LangGraph") from None

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_PAGE = 1000
_SOURCE = "langgraph"
Found = tuple[NamespacePath, StoredItem, float | None]
"""An item, where it lies, and its score."""


class LangGraphStore(BaseStore):
    """A store whose items are entries of a memory; see `langgraph_items` for how they lie there.

    Args:
        memory: an open memory, the directory of one, or the URL of a service.
        root: the first label of the names of the namespaces in the memory, which separates stores.
        fields: paths into values, as in LangGraph's ``IndexConfig``: the texts there are searched. ``$`` is the whole.
        ttl: LangGraph's settings of expiry. Items that have expired are neither returned nor listed; `sweep_ttl`
            deletes them.
    """

    supports_ttl = True
    __slots__ = ("_fields", "_root", "memory", "ttl_config")

    def __init__(
        self,
        memory: "str | Path | Memory | Client",
        *,
        root: str = "lg",
        fields: Sequence[str] = ("$",),
        ttl: TTLConfig | None = None,
        api_key: str = "",
    ) -> None:
        self.memory = open_place(memory, api_key=api_key)
        self._root, self._fields, self.ttl_config = root, tuple(fields), ttl

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations: those that read see the store before those that write, of which the last one counts."""
        asked = list(ops)
        results = [self._read(op) for op in asked]
        for op in {(op.namespace, op.key): op for op in asked if isinstance(op, PutOp)}.values():
            self._put(op)
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations without holding up the event loop."""
        return await asyncio.to_thread(self.batch, list(ops))

    def sweep_ttl(self) -> int:
        """Delete the items that have expired, and return how many."""
        now = now_utc()
        gone = [(path, one) for path in self._paths() for one in self._items(path) if one.is_expired(now)]
        for path, one in gone:
            self._delete(path, one.key)
        return len(gone)

    def _read(self, op: Op) -> Result:
        if isinstance(op, GetOp):
            return self._get(op)
        if isinstance(op, SearchOp):
            return self._search(op)
        if isinstance(op, ListNamespacesOp):
            return self._list(op)
        if isinstance(op, PutOp):
            return None
        raise ValueError(f"unknown operation {type(op).__name__}")

    def _get(self, op: GetOp) -> Item | None:
        found = self._find(op.namespace, op.key)
        if found is None:
            return None
        if op.refresh_ttl:
            self._touch(op.namespace, found)
        return Item(
            value=found.value,
            key=found.key,
            namespace=op.namespace,
            created_at=found.created,
            updated_at=found.updated,
        )

    def _find(self, path: NamespacePath, key: str) -> StoredItem | None:
        try:
            entry = self.memory.get(anchor(key).id, namespace=self._name(path)).entry
        except NotFound:
            return None
        found = read_item(entry)
        return None if found is None or found.is_expired(now_utc()) else found

    def _search(self, op: SearchOp) -> list[SearchItem]:
        depth = len(op.namespace_prefix)
        paths = [path for path in self._paths() if path[:depth] == op.namespace_prefix]
        found = self._scored(op, paths) if op.query else self._listed(op, paths)
        if op.refresh_ttl:
            for path, one, _ in found:
                self._touch(path, one)
        return [
            SearchItem(path, one.key, one.value, one.created, one.updated, score=score) for path, one, score in found
        ]

    def _listed(self, op: SearchOp, paths: list[NamespacePath]) -> list[Found]:
        return list(self._all(op, paths))[op.offset : op.offset + op.limit]

    def _scored(self, op: SearchOp, paths: list[NamespacePath]) -> list[Found]:
        """Return the items nearest to the query, and behind them those that no query finds."""
        ranked = sorted(self._recalled(op, paths), key=lambda found: (-(found[2] or 0.0), found[1].created))
        kept = ranked[op.offset : op.offset + op.limit]
        if len(kept) < op.limit:
            unsearched = [found for found in self._all(op, paths) if not found[1].texts]
            kept += unsearched[: op.limit - len(kept)]
        return kept

    def _recalled(self, op: SearchOp, paths: list[NamespacePath]) -> Iterator[Found]:
        for path in paths:
            for hit in self._hits(op, self._name(path)):
                found = read_item(hit.entry)
                if found is not None and self._is_wanted(op, found):
                    yield path, found, hit.similarity

    def _hits(self, op: SearchOp, namespace: str) -> list[Hit]:
        """Return the hits in a namespace. Of entries with one text recall returns one: the others are asked for too."""
        # More than are wanted: recall ranks by words as well, and items are ranked by meaning alone.
        k = _PAGE if op.filter else min(_PAGE, 4 * max(1, op.offset + op.limit))
        found: list[Hit] = []
        while len(found) <= _PAGE:
            result = self.memory.recall(
                op.query or "",
                k=k,
                kinds=[EntryKind.LESSON],
                tags=[SEARCHED],
                min_similarity=-1.0,  # a store does not abstain
                exclude=[hit.id for hit in found],
                namespace=namespace,
            )
            known = {hit.entry.key for hit in found}
            more = [hit for hit in result.hits if not found or hit.entry.key in known]
            if not more:
                break
            found += more
        return found

    def _all(self, op: SearchOp, paths: list[NamespacePath]) -> Iterator[Found]:
        """Yield the items of namespaces as they were put, the first ones first."""
        for path in paths:
            items = sorted(self._items(path), key=lambda one: one.created)
            yield from ((path, one, None) for one in items if self._is_wanted(op, one))

    def _is_wanted(self, op: SearchOp, item: StoredItem) -> bool:
        return not item.is_expired(now_utc()) and matches_all(item.value, op.filter or {})

    def _items(self, path: NamespacePath) -> Iterator[StoredItem]:
        after = ""
        while True:
            page = self.memory.list_entries(kind="lesson", after=after, limit=_PAGE, namespace=self._name(path))
            yield from filter(None, (read_item(one.entry) for one in page))
            if len(page) < _PAGE:
                return
            after = page[-1].id

    def _list(self, op: ListNamespacesOp) -> list[NamespacePath]:
        kept = [
            path
            for path in self._paths()
            if all(matches_path(one.match_type, one.path, path) for one in op.match_conditions or ())
        ]
        cut = {path[: op.max_depth] for path in kept} if op.max_depth is not None else kept
        return sorted(cut)[op.offset : op.offset + op.limit]

    def _paths(self) -> list[NamespacePath]:
        """Return the store's namespaces, the oldest first."""
        known = sorted(self.memory.namespaces(), key=lambda one: (one.created_at is not None, one.created_at))
        return list(filter(None, (read_name(one.name, root=self._root) for one in known)))

    def _name(self, path: NamespacePath) -> str:
        return write_name(path, root=self._root)

    def _put(self, op: PutOp) -> None:
        if op.value is None:
            self._delete(op.namespace, op.key)
            return
        before, now = self._find(op.namespace, op.key), now_utc()
        paths = self._fields if op.index is None else op.index or ()
        created = before.created if before else now
        item = StoredItem(op.key, op.value, searched_texts(op.value, paths), created, now, op.ttl)
        self._write(op.namespace, item.touched(now))

    def _write(self, path: NamespacePath, item: StoredItem) -> None:
        name, first = self._name(path), anchor(item.key)
        entry = item.entry()
        try:
            self.memory.revise(first.id, entry, source=_SOURCE, namespace=name)
        except NotFound:
            self.memory.add_entries([first], source=_SOURCE, namespace=name)
            self.memory.revise(first.id, entry, source=_SOURCE, namespace=name)

    def _touch(self, path: NamespacePath, item: StoredItem) -> None:
        if item.ttl is not None:
            self._write(path, item.touched(now_utc()))

    def _delete(self, path: NamespacePath, key: str) -> None:
        try:
            self.memory.forget(anchor(key).id, namespace=self._name(path))
        except NotFound:
            return
