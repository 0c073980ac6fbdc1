"""LangChain agents: a middleware that recalls when an agent is asked, and puts hints before its model."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired

from midthought.api.hint_text import hint_text
from midthought.api.operations.recall import MAX_QUESTION
from midthought.api.plugins.recalling import PluginRecall, failure_metadata, open_place, recall_metadata
from midthought.memory.errors import MidthoughtError, MissingExtra
from midthought.retrieval.hits import RecallResult

try:
    from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
    from langchain_core.messages import AnyMessage, HumanMessage
except ImportError:
    raise MissingExtra("langchain", extra="langchain-agent", purpose="the middleware for agents") from None

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_log = logging.getLogger(__name__)


class RecallState(AgentState):
    """The state of an agent with the middleware.

    Attributes:
        midthought: of the last question: `request_id`, `entries`, `abstention` (why there was no hint), `degraded`, and
            the `hint` itself.
    """

    midthought: NotRequired[dict[str, Any]]  # type: ignore[valid-type]  # it is a TypedDict


class RecallMiddleware(AgentMiddleware):
    """Recalls for the last message of the user, once per run, and adds the hint to it in each call of the model.

    The messages of the agent stay as they are: only what the model reads has the hint. A failure of the memory is
    logged and said in the state, and the agent goes on without a hint.
    """

    state_schema = RecallState

    def __init__(
        self,
        memory: "str | Path | Memory | Client",
        *,
        namespace: str = "default",
        k: int = 3,
        max_tokens: int | None = 2000,
        api_key: str = "",
    ) -> None:
        super().__init__()
        self.memory = open_place(memory, api_key=api_key)
        self._recall = PluginRecall(self.memory, namespace, k, max_tokens=max_tokens)

    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any]:
        """Recall for the question of this run."""
        try:
            return _update(self._recall.ask(_question(state["messages"])))
        except MidthoughtError as error:
            return _failed(error)

    async def abefore_agent(self, state: Any, runtime: Any) -> dict[str, Any]:
        """Recall for the question of this run."""
        try:
            return _update(await self._recall.ask_later(_question(state["messages"])))
        except MidthoughtError as error:
            return _failed(error)

    def wrap_model_call(
        self, request: "ModelRequest[Any]", handler: "Callable[[ModelRequest[Any]], ModelResponse[Any]]"
    ) -> "ModelResponse[Any]":
        """Let the model read the hint."""
        return handler(_with_hint(request))

    async def awrap_model_call(
        self, request: "ModelRequest[Any]", handler: "Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]"
    ) -> "ModelResponse[Any]":
        """Let the model read the hint."""
        return await handler(_with_hint(request))


def _update(result: RecallResult) -> dict[str, Any]:
    return {"midthought": {**recall_metadata(result), "hint": hint_text(result)}}


def _failed(error: MidthoughtError) -> dict[str, Any]:
    _log.warning("no hint: %s", error)
    return {"midthought": {**failure_metadata(error), "hint": ""}}


def _question(messages: "list[AnyMessage]") -> str:
    place = _place_of_question(messages)
    return "" if place is None else str(messages[place].text)[:MAX_QUESTION]


def _place_of_question(messages: "list[AnyMessage]") -> int | None:
    places = [place for place, one in enumerate(messages) if isinstance(one, HumanMessage)]
    return places[-1] if places else None


def _with_hint(request: "ModelRequest[Any]") -> "ModelRequest[Any]":
    hint = request.state.get("midthought", {}).get("hint", "")
    place = _place_of_question(request.messages)
    if not hint or place is None:
        return request
    asked = request.messages[place]
    content = asked.content
    new = f"{content}\n\n{hint}" if isinstance(content, str) else [*content, {"type": "text", "text": hint}]
    told = asked.model_copy(update={"content": new})
    return request.override(messages=[*request.messages[:place], told, *request.messages[place + 1 :]])
