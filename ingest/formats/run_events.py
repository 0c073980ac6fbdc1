"""A run with tools as a list of events: what was said, called, returned and asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from midthought.ingest.formats.chat_messages import Message, is_tool_result, read_message
from midthought.ingest.formats.json_line import canonical_json
from midthought.ingest.formats.notation import write_asked, write_call, write_returned
from midthought.memory.errors import BadInput


class EventKind(StrEnum):
    """What happened."""

    SAID = "said"
    CALLED = "called"
    RETURNED = "returned"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event of a run.

    Attributes:
        kind: what happened.
        text: its paragraph, in the notation of `notation`.
        call: the id of the call that was made or answered, if the record says.
    """

    kind: EventKind
    text: str
    call: str = ""


@dataclass(frozen=True, slots=True)
class AgentRun:
    """A run in three parts: the question, everything up to the answer, and the answer, which may be empty."""

    question: str
    thought: str
    answer: str
    has_calls: bool


def read_events(items: Sequence[object]) -> list[RunEvent]:
    """Return the events of chat messages in order; system messages are none. Raises `BadInput`."""
    events: list[RunEvent] = []
    for number, item in enumerate(items, start=1):
        message = read_message(item, number=number)
        assert isinstance(item, dict)  # read_message refuses anything else
        if message.role == "user":
            events.append(RunEvent(EventKind.ASKED, message.text.strip()))
        elif message.role == "assistant":
            events += _read_assistant(message, item, number=number)
        elif message.role not in ("system", "developer"):
            events += _read_returned(item)
    return _put_results_behind_calls([event for event in events if event.text.strip()])


def write_run(events: Sequence[RunEvent], *, question: str = "") -> AgentRun:
    """Return the run of its events. Without a `question`, it is what the user said first.

    The answer is what was said last, unless a call follows; what the user says after it is left out.
    """
    first = next((place for place, event in enumerate(events) if event.kind is EventKind.ASKED), None)
    rest = list(events)
    if not question and first is not None:
        question = rest.pop(first).text
    while rest and rest[-1].kind is EventKind.ASKED:
        rest.pop()
    answer = rest.pop().text if rest and rest[-1].kind is EventKind.SAID else ""
    paragraphs = [write_asked(event.text) if event.kind is EventKind.ASKED else event.text for event in rest]
    return AgentRun(question, "\n\n".join(paragraphs), answer, any(event.kind is EventKind.CALLED for event in events))


def text_of_content(content: object) -> str:
    """Return the text of what a tool returned: of its parts if it has some, and JSON as JSON."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(filter(None, (_text_of_part(part) for part in content)))
    if isinstance(content, dict):
        return canonical_json(content)
    return "" if content is None else str(content)


def _text_of_part(part: object) -> str:
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return str(part["text"])
        kind = part.get("type")
        # A picture has no text; where it stood is worth telling.
        return f"({kind})" if isinstance(kind, str) and "text" not in kind else canonical_json(part)
    return text_of_content(part)


def _read_assistant(message: Message, item: Mapping[str, object], *, number: int) -> list[RunEvent]:
    said = [message.marked.thought, message.marked.answer] if message.marked else [message.text]
    events = [RunEvent(EventKind.SAID, "\n\n".join(text.strip() for text in said if text.strip()))]
    for name in ("tool_calls", "tool_use"):
        calls = message.others.get(name) or []
        if not isinstance(calls, list):
            raise BadInput(f"message {number} has {name!r} that is no list")
        events += [_read_call(call, number=number) for call in calls]
    if message.others.get("function_call"):
        events.append(_read_call(item["function_call"], number=number))
    return events


def _read_call(call: object, *, number: int) -> RunEvent:
    """Read a call as OpenAI, Anthropic and Inspect write it."""
    if not isinstance(call, dict):
        raise BadInput(f"message {number} has a call of a tool that is no object")
    function = call.get("function")
    told = function if isinstance(function, dict) else call
    name = function if isinstance(function, str) else told.get("name")
    if not isinstance(name, str):
        raise BadInput(f"message {number} has a call of a tool without a name")
    arguments = told.get("arguments", told.get("input", told.get("args")))
    return RunEvent(EventKind.CALLED, write_call(name, arguments), str(call.get("id") or call.get("call_id") or ""))


def _read_returned(item: Mapping[str, object]) -> list[RunEvent]:
    """Read what tools returned; one message of Anthropic's has the results of several calls."""
    if is_tool_result(item):
        parts = item["content"]
        assert isinstance(parts, list)
        return [_returned(part.get("content"), part.get("tool_use_id")) for part in parts]
    return [_returned(item.get("content"), item.get("tool_call_id") or item.get("call_id") or item.get("id"))]


def _returned(content: object, call: object) -> RunEvent:
    return RunEvent(EventKind.RETURNED, write_returned(text_of_content(content)), str(call or ""))


def _put_results_behind_calls(events: Sequence[RunEvent]) -> list[RunEvent]:
    """Move each result directly behind its call: several calls of one message are answered later, one by one."""
    calls = {event.call for event in events if event.kind is EventKind.CALLED and event.call}
    results: dict[str, list[RunEvent]] = {}
    for event in events:
        if event.kind is EventKind.RETURNED and event.call in calls:
            results.setdefault(event.call, []).append(event)
    ordered: list[RunEvent] = []
    for event in events:
        if event.kind is EventKind.RETURNED and event.call in calls:
            continue
        ordered.append(event)
        if event.kind is EventKind.CALLED:
            ordered += results.pop(event.call, [])
    return ordered
