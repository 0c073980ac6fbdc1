"""Haystack: the component in pipelines, sync and async, and as it is saved."""

from typing import Any

import pytest
from haystack import Pipeline
from haystack.components.builders import PromptBuilder

from midthought import Memory
from midthought.api.plugins.haystack import HaystackRetriever
from midthought.memory.errors import StoreInUse

from .conftest import OWN, QUESTION, UNRELATED

TEMPLATE = "{% for one in documents %}{{ one.content }}{% endfor %}"


def make_pipeline(place: Any) -> Pipeline:
    """Recall, and a prompt of what is recalled."""
    given = (str(place.store.path), place) if isinstance(place, Memory) else (place, None)
    pipeline = Pipeline()
    pipeline.add_component("recall", HaystackRetriever(given[0], top_k=1, memory=given[1]))
    pipeline.add_component("prompt", PromptBuilder(TEMPLATE, required_variables=["documents"]))
    pipeline.connect("recall.documents", "prompt.documents")
    return pipeline


async def test_it_runs_in_a_pipeline(place: Any) -> None:
    """Sync and async, the prompt holds the entry; `top_k` of the call counts."""
    pipeline = make_pipeline(place)
    asked = {"recall": {"query": OWN.key}}
    for told in (pipeline.run(asked), await pipeline.run_async(asked)):
        assert told["prompt"]["prompt"] == f"{OWN.key}\n{OWN.body}"
    more = pipeline.run({"recall": {"query": QUESTION, "top_k": 3}}, include_outputs_from={"recall"})
    assert len(more["recall"]["documents"]) == 3


def test_an_abstention_is_an_empty_list_with_its_reason(place: Any) -> None:
    """In the output `meta`."""
    told = make_pipeline(place).run({"recall": {"query": UNRELATED}}, include_outputs_from={"recall"})
    assert told["recall"]["documents"] == []
    assert told["recall"]["meta"]["abstention"].startswith("nothing in the memory is close enough")


def test_it_is_saved_and_read(service_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As YAML, with the name of the key's variable and not the key; what is read answers as before."""
    monkeypatch.setenv("MIDTHOUGHT_API_KEY", "a-key-that-is-secret")
    pipeline = make_pipeline(service_url)
    saved = pipeline.dumps()
    assert "a-key-that-is-secret" not in saved
    read = Pipeline.loads(saved, allowed_modules=["midthought.api.plugins.haystack"])
    assert read.dumps() == saved
    asked = {"recall": {"query": OWN.key}}
    assert read.run(asked)["prompt"] == pipeline.run(asked)["prompt"]


def test_each_argument_is_saved() -> None:
    """A round trip by a dictionary keeps all that is not the default."""
    given = {"namespace": "alice", "top_k": 2, "kinds": ["lesson"], "domains": ["d"], "tags": ["t"], "max_tokens": 9}
    made = HaystackRetriever("/some/where", **given)
    again = HaystackRetriever.from_dict(made.to_dict())
    assert again.to_dict() == made.to_dict()
    assert {name: again.to_dict()["init_parameters"][name] for name in given} == given


def test_a_directory_is_opened_and_closed(stocked: Any) -> None:
    """By `warm_up`, and by `close`: another can open it then."""
    first, second = (HaystackRetriever(str(stocked), top_k=1) for _ in range(2))
    first.warm_up()
    with pytest.raises(StoreInUse):
        second.warm_up()
    first.close()
    assert [one.id for one in second.run(OWN.key)["documents"]] == [OWN.id]
    second.close()
