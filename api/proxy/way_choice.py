"""Whether and where a request has hints, as far as the request itself decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from midthought.api.proxy.asked_numbers import unreadable_limit
from midthought.api.proxy.asked_texts import last_role
from midthought.api.proxy.proxy_answer import ProxyWay
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_kind import ProxyKind

_CONSTRAINED = (
    "structured_outputs",
    "guided_json",
    "guided_regex",
    "guided_choice",
    "guided_grammar",
    "json_schema",
    "grammar",
)
_NO_NUMBER = "is no whole number"
_FREE_TOOLS = (None, "auto", "none")
_THINKING_SWITCHES = ("enable_thinking", "thinking")


@dataclass(frozen=True, slots=True)
class WayChoice:
    """Where hints may stand, and why there; `IN_THOUGHT` is what is tried first."""

    way: ProxyWay
    why: str = ""


def choose_way(call: ProxyCall) -> WayChoice:
    """Return the best way that a request allows."""
    if why := _why_none(call):
        return WayChoice(ProxyWay.NONE, why)
    if call.kind is ProxyKind.COMPLETIONS:
        limit = unreadable_limit(call.body)
        return WayChoice(ProxyWay.NONE, f"{limit} {_NO_NUMBER}") if limit else WayChoice(ProxyWay.IN_THOUGHT)
    if call.kind is not ProxyKind.CHAT:
        return WayChoice(ProxyWay.HINT_FIRST, f"a thought of {call.kind.value} cannot be continued")
    why = _why_first(call.body)
    return WayChoice(ProxyWay.HINT_FIRST, why) if why else WayChoice(ProxyWay.IN_THOUGHT)


def _why_none(call: ProxyCall) -> str:
    body = call.body
    if call.unread:
        return call.unread
    if call.kind is not ProxyKind.RESPONSES and last_role(call.kind, body) == "assistant":
        return "the request continues a message itself"
    if body.get("continue_final_message") is True:
        return "the request continues a message itself"
    if body.get("echo") is True:
        return "the request asks for its prompt (echo)"
    if call.kind is not ProxyKind.COMPLETIONS and not call.question.strip():
        return "the request has no text of a user"
    return ""


def _why_first(body: Mapping[str, Any]) -> str:
    """Return why hints must stand before the thought of a chat; empty if they need not."""
    kind = body.get("response_format")
    named = kind.get("type") if isinstance(kind, dict) else kind
    if named not in (None, "text"):
        return "the answer has a prescribed form (response_format)"
    if constrained := next((name for name in _CONSTRAINED if body.get(name) is not None), ""):
        return f"the answer has a prescribed form ({constrained})"
    if body.get("tool_choice") not in _FREE_TOOLS:
        return "a tool must be called (tool_choice)"
    if body.get("include_reasoning") is False:
        return "the thought is not wanted in the answer (include_reasoning)"
    if limit := unreadable_limit(body):  # it cannot be counted over several requests
        return f"{limit} {_NO_NUMBER}"
    return "thinking is off" if _thinking_is_off(body) else ""


def _thinking_is_off(body: Mapping[str, Any]) -> bool:
    given = body.get("chat_template_kwargs")
    switches = given if isinstance(given, dict) else {}
    is_off = any(switches.get(name) is False for name in _THINKING_SWITCHES)
    return is_off or body.get("reasoning_effort") == "none"
