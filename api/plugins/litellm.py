"""LiteLLM: a callback that recalls before a chat model is called."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midthought.api.hint_text import hint_text
from midthought.api.operations.recall import MAX_QUESTION
from midthought.api.plugins.recalling import PluginRecall, failure_metadata, open_place, recall_metadata
from midthought.api.proxy.asked_texts import append_text, find_question
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.memory.errors import MidthoughtError, MissingExtra
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS

try:
    from litellm.integrations.custom_prompt_management import CustomPromptManagement
except ImportError:
    raise MissingExtra("litellm", extra="litellm", purpose="the callback for LiteLLM") from None

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_log = logging.getLogger(__name__)
PROMPT_ID = "midthought"
"""Given as `prompt_id` to the synchronous `completion`, which asks no callback otherwise."""
_CHATS = ("acompletion", "completion")
_KEY = "midthought"
_OFF = "off"


class LiteLlmRecall(CustomPromptManagement):
    """Adds what is recalled for the last message of the user to that message, before the model is called.

    In `acompletion` and in LiteLLM's proxy always, in `completion` with ``prompt_id="midthought"``. What was recalled,
    or why nothing was, is in ``metadata["midthought"]`` of the call. ``metadata={"midthought": "off"}`` switches one
    call off, `enabled` all. A failure of the memory is logged and told there, and the call goes on without a hint.
    """

    def __init__(
        self,
        memory: "str | Path | Memory | Client",
        *,
        namespace: str = "default",
        k: int = 3,
        max_tokens: int | None = 2000,
        api_key: str = "",
        enabled: bool = True,
    ) -> None:
        super().__init__()
        self.enabled = enabled
        self.memory = open_place(memory, api_key=api_key)
        self._recall = PluginRecall(self.memory, namespace, k, max_tokens=max_tokens)

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> dict[str, Any] | None:
        """Return the arguments of a call with the hint in its messages; None to leave them as they are."""
        metadata = kwargs.get("metadata") or {}
        question = find_question(ProxyKind.CHAT, kwargs)
        is_chat = getattr(call_type, "value", call_type) in _CHATS
        if not is_chat or metadata.get(_KEY) == _OFF or not self._asks(question):
            return None
        told, hint = await asyncio.to_thread(self._find, question)
        return {**_with_hint(kwargs, hint), "metadata": {**metadata, _KEY: told}}

    async def async_post_call_success_deployment_hook(self, request_data: Any, response: Any, call_type: Any) -> None:
        """Put what was recalled beside the answer: ``response._hidden_params["midthought"]``."""
        told = (request_data.get("metadata") or {}).get(_KEY)
        if isinstance(told, dict) and hasattr(response, "_hidden_params"):
            response._hidden_params[_KEY] = told

    def should_run_prompt_management(self, prompt_id: Any, prompt_spec: Any, dynamic_callback_params: Any) -> bool:
        """Whether a call names this callback."""
        return bool(prompt_id == PROMPT_ID)

    def get_chat_completion_prompt(
        self, model: str, messages: Any, non_default_params: dict[str, Any], prompt_id: Any = None, **_: Any
    ) -> tuple[str, Any, dict[str, Any]]:
        """Return the messages of a synchronous call with the hint in them."""
        question = find_question(ProxyKind.CHAT, {"messages": messages})
        if prompt_id == PROMPT_ID and self._asks(question):
            _, hint = self._find(question)
            messages = _with_hint({"messages": messages}, hint)["messages"]
        return model, messages, non_default_params

    def _asks(self, question: str) -> bool:
        """Whether to recall for a question; one with a hint in it was seen by a hook before."""
        return self.enabled and bool(question) and DEFAULT_HINT_MARKS.begin not in question

    def _find(self, question: str) -> tuple[dict[str, Any], str]:
        """Return what is told of a recall, and the hint, which may be empty."""
        try:
            result = self._recall.ask(question[:MAX_QUESTION])
        except MidthoughtError as error:
            _log.warning("no hint: %s", error)
            return failure_metadata(error), ""
        return recall_metadata(result), hint_text(result)


def _with_hint(body: Mapping[str, Any], hint: str) -> Mapping[str, Any]:
    return append_text(ProxyKind.CHAT, body, hint) if hint else body
