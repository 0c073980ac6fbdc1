"""LangChain: its own suite for retrievers, and what callbacks are told."""

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda
from langchain_tests.integration_tests import RetrieversIntegrationTests

from midthought.api.plugins.langchain import RECALL_EVENT, LangChainRetriever

from .conftest import OWN, QUESTION, UNRELATED


class TestStandardSuite(RetrieversIntegrationTests):
    """What LangChain asks of every retriever, over both ways to a memory."""

    @pytest.fixture(autouse=True)
    def take_place(self, place: Any) -> None:
        """Keep the memory for the properties."""
        self.place = place

    @property
    def retriever_constructor(self) -> type[LangChainRetriever]:
        """The class."""
        return LangChainRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        """Its arguments."""
        return {"memory": self.place}

    @property
    def retriever_query_example(self) -> str:
        """A query with many hits."""
        return QUESTION


class Noted(BaseCallbackHandler):
    """Keeps the custom events."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        """Keep one."""
        self.events.append((name, data))


def test_documents_are_the_hits(place: Any) -> None:
    """With the id, the text, the score, the sources and the trust of each entry."""
    (found,) = LangChainRetriever(memory=place, k=1, entry_tags=("tools",)).invoke(OWN.key)
    assert (found.id, found.page_content) == (OWN.id, f"{OWN.key}\n{OWN.body}")
    assert found.metadata["sources"] == ["own"]
    assert {name: found.metadata[name] for name in ("kind", "domain", "trust")} == {
        "kind": "procedure",
        "domain": "craft",
        "trust": "own",
    }


async def test_an_abstention_is_an_empty_list_and_an_event(place: Any) -> None:
    """Sync and async, the callback gets the reason, and of other recalls the entries."""
    retriever, noted = LangChainRetriever(memory=place), Noted()
    assert retriever.invoke(UNRELATED, {"callbacks": [noted]}) == []
    assert await retriever.ainvoke(UNRELATED, {"callbacks": [noted]}) == []
    found = await retriever.ainvoke(QUESTION, {"callbacks": [noted]})
    (first, told), (_, again), (_, last) = noted.events
    assert first == RECALL_EVENT
    assert told["abstention"].startswith("nothing in the memory is close enough to the query")
    assert again["abstention"] == told["abstention"]
    assert [one["id"] for one in last["entries"]] == [one.id for one in found]


def test_it_stands_in_a_chain(place: Any) -> None:
    """As any runnable does."""

    def join(found: list[Document]) -> str:
        return "\n\n".join(one.page_content for one in found)

    chain = LangChainRetriever(memory=place, k=1) | RunnableLambda(join)
    assert chain.invoke(OWN.key) == f"{OWN.key}\n{OWN.body}"


def test_a_key_is_not_shown() -> None:
    """Neither as text nor in what is dumped."""
    made = LangChainRetriever(memory="http://127.0.0.1:9", api_key="a-key-that-is-secret")  # type: ignore[arg-type]
    assert "a-key-that-is-secret" not in f"{made!r} {made} {made.model_dump()}"
