"""Streams of ``/v1/chat/completions``."""

from collections.abc import Mapping
from typing import ClassVar

from midthought.api.proxy.folds.choices import ChoicesFold, reasons_of
from midthought.api.proxy.folds.growing import Json

_VISIBLE = ("content", "reasoning", "reasoning_content")
_NULL_IF_EMPTY = ("reasoning", "reasoning_content", "refusal")


class ChatFold(ChoicesFold):
    """Folds ``delta`` into ``message``: texts, calls by index with their arguments, log-probs, unknown fields."""

    _object: ClassVar[str] = "chat.completion"
    _texts: ClassVar[Mapping[str, str]] = {"delta": "message", "message": "message"}

    def _visible_choice(self, choice: Mapping[str, object]) -> Json:
        delta = choice.get("delta") or choice.get("message")
        texts = delta if isinstance(delta, Mapping) else {}
        seen = {name: texts[name] for name in _VISIBLE if isinstance(texts.get(name), str)}
        return reasons_of(choice) | {"delta": seen}

    def _whole_choice(self, choice: Json) -> Json:
        message = choice.get("message")
        whole = _whole_message(message if isinstance(message, dict) else {})
        return choice | {"message": whole, "finish_reason": choice.get("finish_reason")}


def _whole_message(message: Json) -> Json:
    """Return a message as a server writes it unstreamed: no text is null if there are calls or a thought."""
    whole: Json = {"role": "assistant", "content": None} | message
    whole |= {name: None for name in _NULL_IF_EMPTY if name in whole and not whole[name]}
    calls = whole.get("tool_calls")
    if isinstance(calls, list):
        whole["tool_calls"] = [_whole_call(call) for call in calls]
    if not calls:
        whole.pop("tool_calls", None)
    if whole["content"] == "" and (calls or whole.get("reasoning") or whole.get("reasoning_content")):
        whole["content"] = None
    return whole


def _whole_call(call: object) -> object:
    if not isinstance(call, dict):
        return call
    whole = {name: value for name, value in call.items() if name != "index"}
    function = whole.get("function")
    if isinstance(function, dict):
        whole = {"type": "function"} | whole | {"function": {"arguments": ""} | function}
    return whole
