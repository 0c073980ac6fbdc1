"""LangChain agents with the middleware: what the model reads, and what the state says."""

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall

from midthought import Client
from midthought.api.plugins.langchain_agent import RecallMiddleware

from .conftest import OWN, QUESTION, UNRELATED


class NotingModel(GenericFakeChatModel):
    """Says what it is told to say, and keeps what it read."""

    read: list[list[BaseMessage]] = []  # noqa: RUF012  # pydantic copies it

    def _generate(self, messages: list[BaseMessage], *arguments: Any, **options: Any) -> Any:
        self.read.append(messages)
        return super()._generate(messages, *arguments, **options)

    def bind_tools(self, *_: Any, **__: Any) -> Any:
        """Take tools, as an agent gives them."""
        return self


def make_model(*said: AIMessage | str) -> NotingModel:
    """A model that says these, one after the other."""
    return NotingModel(messages=iter([AIMessage(one) if isinstance(one, str) else one for one in said]))


def user(text: str) -> dict[str, Any]:
    """What an agent is asked."""
    return {"messages": [{"role": "user", "content": text}]}


def test_the_model_reads_the_hint_and_the_conversation_stays_as_it_is(place: Any) -> None:
    """The hint stands behind the question, between its marks; the state names the entries."""
    model = make_model("So be it.")
    told = create_agent(model, middleware=[RecallMiddleware(place, k=1)]).invoke(user(OWN.key))
    ((asked,),) = model.read
    assert asked.text.startswith(f"{OWN.key}\n\n[recalled hint]\n")
    assert OWN.body in asked.text
    assert [one.text for one in told["messages"]] == [OWN.key, "So be it."]
    assert [one["id"] for one in told["midthought"]["entries"]] == [OWN.id]
    assert asked.text == f"{OWN.key}\n\n{told['midthought']['hint']}"


async def test_an_abstention_leaves_the_question_and_says_why(place: Any) -> None:
    """Sync and async."""
    model = make_model("One.", "Two.")
    agent = create_agent(model, middleware=[RecallMiddleware(place)])
    for told in (agent.invoke(user(UNRELATED)), await agent.ainvoke(user(UNRELATED))):
        assert told["midthought"]["abstention"].startswith("nothing in the memory is close enough")
        assert (told["midthought"]["entries"], told["midthought"]["hint"]) == ([], "")
    assert [[one.text for one in read] for read in model.read] == [[UNRELATED]] * 2


def test_a_run_recalls_once_and_each_call_of_its_model_has_the_hint(place: Any) -> None:
    """Before and after a tool: the same hint, behind the question of the user."""

    def look(where: str) -> str:
        """Look somewhere."""
        return f"nothing in {where}"

    call = AIMessage("", tool_calls=[ToolCall(name="look", args={"where": "the drawer"}, id="1")])
    model = make_model(call, "Done.")
    create_agent(model, tools=[look], middleware=[RecallMiddleware(place, k=1)]).invoke(user(OWN.key))
    first, second = model.read
    assert [type(one).__name__ for one in second] == ["HumanMessage", "AIMessage", "ToolMessage"]
    assert first[0].text == second[0].text
    assert first[0].text.count("[recalled hint]") == 1


def test_parts_of_a_message_are_kept(place: Any) -> None:
    """A question with a picture gets the hint as one more part."""
    model = make_model("A picture.")
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    asked = HumanMessage(content=[{"type": "text", "text": OWN.key}, picture])
    create_agent(model, middleware=[RecallMiddleware(place, k=1)]).invoke({"messages": [asked]})
    ((read,),) = model.read
    assert read.content[:2] == asked.content
    assert read.content[2]["text"].startswith("[recalled hint]")


def test_a_failure_of_the_memory_is_told_and_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A service that is not there: the agent answers without a hint."""
    model = make_model("Without.")
    gone = Client("http://127.0.0.1:9")
    told = create_agent(model, middleware=[RecallMiddleware(gone)]).invoke(user(QUESTION))
    assert told["messages"][-1].text == "Without."
    assert "does not answer" in told["midthought"]["degraded"][0]
    assert "no hint: http://127.0.0.1:9 does not answer" in caplog.text
