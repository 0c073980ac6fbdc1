"""What the plug-ins share, which needs no framework: a memory by its place, the plain function, items as entries."""

import importlib
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought import Client, Memory
from midthought.api.plugins.item_filter import matches_all, matches_path
from midthought.api.plugins.langgraph_items import StoredItem, anchor, read_item, read_name, write_name
from midthought.api.plugins.plain import make_recall_text
from midthought.api.plugins.recalling import PluginRecall, hit_metadata, open_place, recall_metadata
from midthought.memory.errors import BadInput, MissingExtra, StoreInUse
from midthought.memory.records.namespace import Namespace
from midthought.retrieval import MiniLMEncoder

from ..conftest import LESSON, PROCEDURE

UNRELATED = "Volcanoes under glaciers, please"
FRAMEWORKS = {
    "dspy": ("dspy", "dspy"),
    "haystack": ("haystack", "haystack"),
    "langchain": ("langchain_core", "langchain"),
    "langchain_agent": ("langchain", "langchain-agent"),
    "langgraph": ("langgraph", "langgraph"),
    "litellm": ("litellm", "litellm"),
    "llama_index": ("llama_index", "llama-index"),
}
"""The modules of plug-ins: what each imports, and its extra."""


@pytest.fixture
def stocked(memory: Memory) -> Memory:
    """A memory that holds a procedure and a lesson."""
    memory.add_entries([PROCEDURE, LESSON])
    return memory


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_without_the_framework_its_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the import of the module."""
    package, extra = FRAMEWORKS[name]
    for one in [one for one in sys.modules if one == package or one.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, one)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"midthought.api.plugins.{name}", raising=False)
    with pytest.raises(MissingExtra, match=rf"pip install 'midthought\[{extra}\]'"):
        importlib.import_module(f"midthought.api.plugins.{name}")


def test_each_module_of_a_framework_is_in_the_table(root: Path) -> None:
    """So that none is left out above."""
    texts = {file.stem: file.read_text() for file in (root / "api/plugins").glob("*.py")}
    assert {name for name, text in texts.items() if "MissingExtra(" in text} == set(FRAMEWORKS)


def test_a_place_is_a_memory_a_url_or_a_directory(stocked: Memory, tmp_path: Path) -> None:
    """What is open stays as it is; a directory is opened with the encoder that ships, once."""
    assert open_place(stocked) is stocked
    assert isinstance(open_place("http://127.0.0.1:8377", api_key="secret"), Client)
    with open_place(tmp_path / "new") as opened:
        assert isinstance(opened, Memory)
        assert opened.encoder.identity == MiniLMEncoder().identity
        with pytest.raises(StoreInUse):
            open_place(str(tmp_path / "new"))


def test_recall_text_returns_what_is_found(stocked: Memory) -> None:
    """Each entry between its marks; an empty text if the memory abstains. A tool is made of its name and docstring."""
    recall_text = make_recall_text(stocked, k=1)
    found = recall_text(PROCEDURE.key)
    assert found.startswith("[recalled hint]\n")
    assert found.endswith("\n[end of hint]")
    assert PROCEDURE.body in found
    assert recall_text(UNRELATED) == ""
    assert recall_text.__name__ == "recall_text"
    assert "question" in (recall_text.__doc__ or "")


def test_the_conditions_of_a_plugin_narrow_its_recalls(stocked: Memory) -> None:
    """Kinds, and a `k` of the call before that of the plug-in."""
    result = PluginRecall(stocked, k=1, kinds=["lesson"]).ask(LESSON.key, k=2)
    assert [hit.id for hit in result.hits] == [LESSON.id]


def test_metadata_is_plain(stocked: Memory) -> None:
    """Ids, scores, sources and trust of a hit; of a recall what was found, or why nothing was."""
    result = stocked.recall(PROCEDURE.key, k=1)
    told = hit_metadata(result[0], result)
    assert (told["id"], told["trust"], told["sources"]) == (PROCEDURE.id, "own", ["own"])
    assert told["request_id"] == result.request_id
    (entry,) = recall_metadata(result)["entries"]
    assert entry == {"id": PROCEDURE.id, "version": 1, "score": result[0].score, "not_injected": ""}
    nothing = stocked.recall(UNRELATED)
    assert recall_metadata(nothing)["abstention"] == str(nothing.abstention)
    assert recall_metadata(replace(result, examples_left_out=3))["examples_left_out"] == 3


LABELS = st.text(min_size=1, max_size=4).filter(lambda label: "." not in label and len(label.encode()) <= 5)


@given(st.lists(LABELS, min_size=1, max_size=3).map(tuple))
def test_a_name_is_read_back(path: tuple[str, ...]) -> None:
    """Every namespace of a store has a name of its own, which is one that the memory takes."""
    name = write_name(path, root="lg")
    assert Namespace(name).name == name
    assert read_name(name, root="lg") == path


def test_a_name_that_is_too_long_is_refused() -> None:
    """Its length is told."""
    with pytest.raises(BadInput, match="64 characters: at most 63 fit"):
        write_name(("a" * 61,), root="lg")


@pytest.mark.parametrize("name", ["default", "lg", "lgx.users", "other.lg.users"])
def test_other_namespaces_are_none_of_the_store(name: str) -> None:
    """Only those that begin with its root and a period."""
    assert read_name(name, root="lg") is None


def test_an_item_is_read_back_from_its_entry() -> None:
    """With its texts and times; the anchor of its key and other lessons are no items."""
    now = datetime.now(UTC)
    item = StoredItem('a "key"', {"x": [1, None, "ü"]}, ("one", "two"), now, now, 1.5).touched(now)
    assert read_item(item.entry()) == item
    assert item.expires is not None
    assert (item.is_expired(now), item.is_expired(item.expires)) == (False, True)
    plain = StoredItem("k", {}, (), now, now)
    assert read_item(plain.entry()) == plain
    assert plain.touched(now) is plain
    assert (read_item(anchor("k")), read_item(LESSON), read_item(PROCEDURE)) == (None, None, None)


def test_the_anchor_depends_on_the_key_alone() -> None:
    """By its id an item is found."""
    assert anchor("k").id == anchor("k").id
    assert anchor("k").id != anchor("l").id


def test_what_a_filter_cannot_say_is_refused() -> None:
    """Unknown operators and ways to match; a field that is missing is not greater than anything."""
    with pytest.raises(BadInput, match=r"a filter has \$eq, \$ne, .*, got '\$near'"):
        matches_all({"a": 1}, {"a": {"$near": 1}})
    with pytest.raises(BadInput, match="prefix or suffix, got 'middle'"):
        matches_path("middle", ("a",), ("a",))
    assert not matches_all({}, {"a": {"$gt": 0}})
