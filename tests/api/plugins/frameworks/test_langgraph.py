"""LangGraph: the store beside `InMemoryStore`, operation by operation, and what only this one does."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import START, StateGraph
from langgraph.store.base import BaseStore, GetOp, Item, ListNamespacesOp, MatchCondition, PutOp, SearchItem, SearchOp
from langgraph.store.memory import InMemoryStore

import midthought
from midthought.api.plugins import langgraph
from midthought.api.plugins.langgraph import LangGraphStore
from midthought.memory.errors import BadInput
from midthought.retrieval import Encoder, MiniLMEncoder

_roots = (f"s{number}" for number in itertools.count())
ANN, BOB = ("users", "Ann_1"), ("users", "bob")
Script = Callable[[BaseStore], Any]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder of the memory."""
    return MiniLMEncoder()


@pytest.fixture
def store(place: Any) -> LangGraphStore:
    """A new store in the memory."""
    return LangGraphStore(place, root=next(_roots), fields=["text", "more[*]"])


@pytest.fixture
def reference(encoder: Encoder) -> InMemoryStore:
    """LangGraph's own, with the same encoder and paths."""

    def embed(texts: list[str]) -> list[list[float]]:
        return [one.tolist() for one in encoder.encode_documents(texts)]

    return InMemoryStore(index={"dims": 384, "embed": embed, "fields": ["text", "more[*]"]})


def fill(store: BaseStore) -> None:
    """Items of two users, and of a document."""
    store.put(ANN, "food", {"text": "She likes pizza with olives", "n": 1, "tags": ["a", "b"]})
    store.put(BOB, "food", {"text": "He never eats cheese", "n": 2, "deep": {"x": 1, "y": [1, 2]}})
    store.put(ANN, "work", {"text": "She repairs violins", "n": 3, "more": ["wood and glue", "strings"]})
    store.put(("docs", "v1"), "readme", {"text": "How to install the program", "n": 4.5})
    store.put(BOB, "secret", {"text": "He likes pizza with olives", "n": 5}, index=False)


def plain(found: Any) -> Any:
    """What a store answered, without times, and with scores as far as both arithmetics agree."""
    if isinstance(found, SearchItem):
        score = None if found.score is None else round(found.score, 4)
        return (found.namespace, found.key, found.value, score)
    if isinstance(found, Item):
        return (found.namespace, found.key, found.value)
    return [plain(one) for one in found] if isinstance(found, list) else found


def after_fill(ask: Script) -> Script:
    """A script on a filled store."""

    def run(store: BaseStore) -> Any:
        fill(store)
        return ask(store)

    return run


def changing(*steps: Script) -> Script:
    """The answers of steps on a filled store, one after the other."""
    return after_fill(lambda store: [plain(step(store)) for step in steps])


TABLE: dict[str, Script] = {
    "get": after_fill(lambda s: s.get(ANN, "food")),
    "get of a missing key": after_fill(lambda s: s.get(ANN, "none")),
    "get with a number as key": changing(lambda s: s.put(ANN, 7, {"a": 1}), lambda s: s.get(ANN, "7")),  # type: ignore[arg-type]
    "put replaces the whole value": changing(lambda s: s.put(ANN, "food", {"z": 1}), lambda s: s.get(ANN, "food")),
    "put the same again": changing(
        *[lambda s: s.put(ANN, "food", {"z": 1})] * 2, lambda s: s.get(ANN, "food")
    ),
    "put goes back to an earlier value": changing(
        *(lambda s, v=value: s.put(ANN, "k", {"v": v}) for value in (1, 2, 1)),  # type: ignore[misc]
        lambda s: s.get(ANN, "k"),
    ),
    "values of every kind": changing(
        lambda s: s.put(ANN, "k", {"s": "ü\n\"", "n": None, "b": True, "f": 0.1, "l": [1, {"x": []}], "": {}}),
        lambda s: s.get(ANN, "k"),
    ),
    "an empty value": changing(lambda s: s.put(ANN, "k", {}), lambda s: s.get(ANN, "k"), lambda s: s.search(ANN)),
    "two keys with one value": changing(
        lambda s: s.put(ANN, "k1", {"text": "same"}),
        lambda s: s.put(ANN, "k2", {"text": "same"}),
        lambda s: s.search(ANN, query="same", limit=2),
        lambda s: s.delete(ANN, "k1"),
        lambda s: s.get(ANN, "k2"),
    ),
    "odd keys": changing(
        *(lambda s, k=key: s.put(ANN, k, {"k": k}) for key in ("a/b", "..", "é", "", " ", "k" * 300)),  # type: ignore[misc]
        lambda s: [s.get(ANN, key) for key in ("a/b", "..", "é", "", " ", "k" * 300)],
    ),
    "delete": changing(lambda s: s.delete(ANN, "food"), lambda s: s.get(ANN, "food"), lambda s: s.search(ANN)),
    "delete of a missing key": changing(lambda s: s.delete(ANN, "none"), lambda s: s.search(ANN)),
    "put after delete": changing(
        lambda s: s.delete(ANN, "food"), lambda s: s.put(ANN, "food", {"z": 1}), lambda s: s.search(ANN)
    ),
    "search lists as things were put": after_fill(lambda s: s.search(())),
    "search under a prefix": after_fill(lambda s: s.search(("users",))),
    "search of one namespace": after_fill(lambda s: s.search(BOB)),
    "search where nothing is": after_fill(lambda s: s.search(("none",))),
    "search keeps the place of what is put again": changing(
        lambda s: s.put(ANN, "food", {"text": "new"}), lambda s: s.search(("users",))
    ),
    "search with limit": after_fill(lambda s: s.search((), limit=2)),
    "search with offset": after_fill(lambda s: s.search((), limit=2, offset=1)),
    "search beyond the end": after_fill(lambda s: s.search((), offset=9)),
    "filter by equality": after_fill(lambda s: s.search((), filter={"n": 2})),
    "filter by two fields": after_fill(lambda s: s.search((), filter={"n": 2, "text": "He never eats cheese"})),
    "filter by a missing field": after_fill(lambda s: s.search((), filter={"none": 1})),
    "filter by a field that is null": changing(
        lambda s: s.put(ANN, "k", {"x": None}), lambda s: s.search(ANN, filter={"x": None})
    ),
    "filter by a list": after_fill(lambda s: s.search((), filter={"tags": ["a", "b"]})),
    "filter by a shorter list": after_fill(lambda s: s.search((), filter={"tags": ["a"]})),
    "filter by a part": after_fill(lambda s: s.search((), filter={"deep": {"x": 1}})),
    "filter by a part with an operator": after_fill(lambda s: s.search((), filter={"deep": {"x": {"$gt": 0}}})),
    **{
        f"filter {name}": after_fill(lambda s, n=name: s.search((), filter={"n": {n: 3}}))  # type: ignore[misc]
        for name in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
    },
    "filter with two operators": after_fill(lambda s: s.search((), filter={"n": {"$gt": 1, "$lt": 4}})),
    "filter with limit and offset": after_fill(lambda s: s.search((), filter={"n": {"$gt": 1}}, limit=2, offset=1)),
    "query ranks, and what is not indexed comes last": after_fill(lambda s: s.search((), query="food with olives")),
    "query in one namespace": after_fill(lambda s: s.search(ANN, query="music")),
    "query finds a second path": after_fill(lambda s: s.search((), query="wood and glue", limit=1)),
    "query with limit": after_fill(lambda s: s.search((), query="food", limit=2)),
    "query with offset": after_fill(lambda s: s.search((), query="food", limit=2, offset=1)),
    "query with filter": after_fill(lambda s: s.search((), query="food", filter={"n": {"$lte": 3}})),
    "query of nothing": after_fill(lambda s: s.search((), query="")),
    "query where nothing is": after_fill(lambda s: s.search(("none",), query="food")),
    "index by other paths": changing(
        lambda s: s.put(ANN, "k", {"text": "about cars", "other": "about boats"}, index=["other"]),
        lambda s: s.search(ANN, query="about boats", limit=1),
    ),
    "index by a path that is not there": changing(
        lambda s: s.put(ANN, "k", {"text": "about cars"}, index=["none"]), lambda s: s.search(ANN, query="about cars")
    ),
    "list all": after_fill(lambda s: s.list_namespaces()),
    "list by prefix": after_fill(lambda s: s.list_namespaces(prefix=("users",))),
    "list by suffix": after_fill(lambda s: s.list_namespaces(suffix=("v1",))),
    "list by a wildcard": after_fill(lambda s: s.list_namespaces(prefix=("*", "bob"))),
    "list by a wildcard at the end": after_fill(lambda s: s.list_namespaces(suffix=("users", "*"))),
    "list by a longer pattern": after_fill(lambda s: s.list_namespaces(prefix=("users", "bob", "x"))),
    "list by both": after_fill(lambda s: s.list_namespaces(prefix=("users",), suffix=("bob",))),
    "list to a depth": after_fill(lambda s: s.list_namespaces(max_depth=1)),
    "list to a depth beyond all": after_fill(lambda s: s.list_namespaces(max_depth=9)),
    "list with limit and offset": after_fill(lambda s: s.list_namespaces(limit=1, offset=1)),
    "list of an empty store": lambda s: s.list_namespaces(),
    "list has what was emptied": changing(lambda s: s.delete(("docs", "v1"), "readme"), lambda s: s.list_namespaces()),
    "a batch reads before it writes": after_fill(
        lambda s: s.batch(
            [
                PutOp(ANN, "food", {"z": 1}),
                GetOp(ANN, "food"),
                SearchOp(ANN, limit=1),
                ListNamespacesOp(match_conditions=(MatchCondition("prefix", ("docs",)),)),
                PutOp(("new",), "k", {}),
            ]
        )
    ),
    "of two puts in a batch the last counts": changing(
        lambda s: s.batch([PutOp(ANN, "k", {"v": 1}), PutOp(ANN, "k", {"v": 2})]), lambda s: s.get(ANN, "k")
    ),
    "a put and a delete in a batch": changing(
        lambda s: s.batch([PutOp(ANN, "k", {"v": 1}), PutOp(ANN, "k", None)]), lambda s: s.get(ANN, "k")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_answers_are_those_of_the_reference(name: str, store: LangGraphStore, reference: InMemoryStore) -> None:
    """Each row: the same script on both stores."""
    assert plain(TABLE[name](store)) == plain(TABLE[name](reference))


async def test_async_is_the_same(store: LangGraphStore, reference: InMemoryStore) -> None:
    """Put, get, search, list and delete, awaited."""
    seen = []
    for one in (store, reference):
        await one.aput(ANN, "k", {"text": "about boats"})
        found = [await one.aget(ANN, "k"), await one.asearch((), query="boats"), await one.alist_namespaces()]
        await one.adelete(ANN, "k")
        seen.append([*map(plain, found), await one.aget(ANN, "k")])
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("value", "words"),
    [({"x": object()}, "is not JSON"), ({"x": {1, 2}}, "is not JSON")],
)
def test_what_is_no_json_is_refused(store: LangGraphStore, value: dict[str, Any], words: str) -> None:
    """Nothing is stored."""
    with pytest.raises(BadInput, match=words):
        store.put(ANN, "k", value)
    assert store.get(ANN, "k") is None


def test_a_namespace_that_has_no_name_is_refused(store: LangGraphStore) -> None:
    """Both lengths are told."""
    with pytest.raises(BadInput, match="at most 63 fit"):
        store.put(("x" * 70,), "k", {"a": 1})


def test_created_stays_and_updated_moves(store: LangGraphStore) -> None:
    """As in the stores that LangGraph keeps in databases: in memory, both move."""
    store.put(ANN, "k", {"v": 1})
    first = store.get(ANN, "k")
    store.put(ANN, "k", {"v": 2})
    second = store.get(ANN, "k")
    assert first
    assert second
    assert (second.created_at, second.updated_at > first.updated_at) == (first.created_at, True)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the store."""
    clock = Clock()
    monkeypatch.setattr(langgraph, "now_utc", lambda: clock.now)
    return clock


def test_an_item_expires(place: Any, clock: Clock) -> None:
    """It is neither returned nor found, and a sweep deletes it; one without a time to live stays."""
    store = LangGraphStore(place, root=next(_roots))
    store.put(ANN, "short", {"text": "gone soon"}, ttl=10)
    store.put(ANN, "long", {"text": "here for good"})
    clock.pass_minutes(11)
    assert store.get(ANN, "short") is None
    assert [one.key for one in store.search(ANN)] == ["long"]
    assert [one.key for one in store.search(ANN, query="gone soon")] == ["long"]
    assert (store.sweep_ttl(), store.sweep_ttl()) == (1, 0)


def test_reading_begins_the_time_anew_unless_told_not_to(place: Any, clock: Clock) -> None:
    """By get and by search; the settings give what a call does not."""
    store = LangGraphStore(place, root=next(_roots), ttl={"default_ttl": 10, "refresh_on_read": True})
    store.put(ANN, "k", {"text": "kept"})
    for read in (lambda: store.get(ANN, "k"), lambda: store.search(ANN), lambda: store.search(ANN, query="kept")):
        clock.pass_minutes(7)
        assert read()
    clock.pass_minutes(7)
    assert store.get(ANN, "k", refresh_ttl=False)
    clock.pass_minutes(7)
    assert store.get(ANN, "k") is None


def test_put_after_expiry_is_a_new_item(place: Any, clock: Clock) -> None:
    """With new times."""
    store = LangGraphStore(place, root=next(_roots))
    store.put(ANN, "k", {"v": 1}, ttl=1)
    clock.pass_minutes(2)
    store.put(ANN, "k", {"v": 2})
    found = store.get(ANN, "k")
    assert found
    assert (found.value, found.created_at) == ({"v": 2}, clock.now)


def test_items_are_entries_of_the_memory(tmp_path: Path) -> None:
    """They outlive the process, their namespaces are the memory's, and recall finds them; earlier values are kept."""
    with midthought.open(tmp_path / "memory", starter=False) as memory:
        store = LangGraphStore(memory, fields=["text"])
        store.put(ANN, "food", {"text": "She likes pizza"})
        store.put(ANN, "food", {"text": "She likes pasta with olives"})
    with midthought.open(tmp_path / "memory", starter=False) as memory:
        memory.check_integrity()
        assert [one.name for one in memory.namespaces()] == ["default", "lg.users._41nn_5f1"]
        (hit,) = memory.recall("pasta with olives", namespace="lg.users._41nn_5f1")
        assert hit.entry.body == '{"text": "She likes pasta with olives"}'
        wordings = [one.entry.body for one in memory.history(hit.id, namespace="lg.users._41nn_5f1")]
        assert wordings[1:] == ['{"text": "She likes pizza"}', hit.entry.body]
        found = LangGraphStore(memory, fields=["text"]).get(ANN, "food")
        assert found
        assert found.value == {"text": "She likes pasta with olives"}


def test_two_stores_in_one_memory_are_apart(place: Any) -> None:
    """By their roots; another's entries are no items."""
    first, second = (LangGraphStore(place, root=next(_roots)) for _ in range(2))
    first.put(ANN, "k", {"v": 1})
    assert (second.get(ANN, "k"), second.search(()), second.list_namespaces()) == (None, [], [])


def test_a_graph_uses_it(store: LangGraphStore) -> None:
    """A node puts and searches through the store that the graph was compiled with."""

    def node(state: dict[str, Any], *, store: BaseStore) -> dict[str, Any]:
        store.put(ANN, "said", {"text": state["said"]})
        return {"found": [one.value["text"] for one in store.search(("users",), query="boats")]}

    graph = StateGraph(dict)
    graph.add_node("node", node)  # type: ignore[arg-type]
    graph.add_edge(START, "node")
    told = graph.compile(store=store).invoke({"said": "She builds boats"})  # type: ignore[arg-type]
    assert told["found"] == ["She builds boats"]
