"""LlamaIndex: nodes, scores, and what the instrumentation is told."""

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import Settings
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import QueryBundle

from midthought.api.plugins.llama_index import LlamaIndexRetriever, MidthoughtRecallEvent

from .conftest import OWN, QUESTION, UNRELATED


class Noted(BaseEventHandler):
    """Keeps the events of recalls."""

    told: list[dict[str, Any]] = []  # noqa: RUF012  # pydantic copies it

    @classmethod
    def class_name(cls) -> str:
        """Name the handler."""
        return "Noted"

    def handle(self, event: Any, **_: Any) -> None:
        """Keep one."""
        if isinstance(event, MidthoughtRecallEvent):
            self.told.append(event.recall)


@pytest.fixture
def noted() -> Iterator[Noted]:
    """A handler of all events meanwhile."""
    handler, root = Noted(), get_dispatcher()
    root.add_event_handler(handler)
    yield handler
    root.event_handlers.remove(handler)


def test_nodes_are_the_hits(place: Any) -> None:
    """With the id, the text and the score of each entry."""
    retriever = LlamaIndexRetriever(place, similarity_top_k=1, tags=["tools"])
    (found,) = retriever.retrieve(OWN.key)
    assert (found.node_id, found.text) == (OWN.id, f"{OWN.key}\n{OWN.body}")
    assert found.score == found.metadata["score"]


async def test_sync_and_async_are_the_same(place: Any) -> None:
    """For a text, and for a bundle."""
    retriever = LlamaIndexRetriever(place)
    first = retriever.retrieve(QUESTION)
    second = await retriever.aretrieve(QueryBundle(QUESTION))
    assert [(one.node_id, one.score) for one in first] == [(one.node_id, one.score) for one in second]
    assert len(first) == 5


async def test_an_abstention_is_an_empty_list_and_an_event(place: Any, noted: Noted) -> None:
    """Sync and async, the event has the reason."""
    retriever = LlamaIndexRetriever(place)
    assert retriever.retrieve(UNRELATED) == []
    assert await retriever.aretrieve(UNRELATED) == []
    first, second = (one["abstention"] for one in noted.told)
    assert first == second
    assert first.startswith("nothing in the memory is close enough")


def test_a_query_engine_takes_it(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes come out of an engine that calls no model."""
    monkeypatch.setattr(Settings, "_llm", MockLLM())
    synthesizer = get_response_synthesizer(response_mode="no_text")
    engine = RetrieverQueryEngine(LlamaIndexRetriever(place, similarity_top_k=1), response_synthesizer=synthesizer)
    assert [one.node_id for one in engine.query(OWN.key).source_nodes] == [OWN.id]
