"""Request logs of OpenAI-compatible servers: what was asked and what was answered, one request a record.

Only what this request answered is a trajectory. The turns before it were answered by requests of their own, and stand
in the metadata.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from midthought.ingest.formats.assembly import assemble, assemble_solution
from midthought.ingest.formats.chat_messages import Message, read_choice, read_message
from midthought.ingest.formats.chat_turns import ThinkingTurn, find_turns
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import parse_object
from midthought.ingest.formats.labels import Labels, read_feedback, take_known_labels
from midthought.ingest.formats.markers import MarkedText
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

_REQUEST = ("request", "body", "request_body", "input")
_RESPONSE = ("response", "response_body", "output")
_FEEDBACK = ("feedback", "user_feedback", "thumbs", "rating")
_FEEDBACK_PARTS = ("score", "value", "thumbs", "verdict", "rating")
_STARS = "rating"
"""A number there may be of five stars, so that only words and truth values count."""
_UNSENT = ("headers", "api_key", "authorization")
"""Fields of a request that may hold the key of who asked: they are not kept."""
_FAILED_STATUS = 400
_CALLS = ("tool_calls", "function_call", "tool_use")


def parse_request_log(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return one trajectory for each answer of a request: with its thought, or as a written-out solution.

    Raises `BadInput` for a request that failed or got no answer.
    """
    fields = Fields({name: value for name, value in record.items() if name not in _UNSENT}, Format.REQUEST_LOG)
    try:
        request, response = _take_exchange(fields)
        messages = _read_messages(request)
        choices = _read_choices(response)
    except BadInput as error:
        raise fields.bad(error.reason) from None
    labels = _take_labels(fields, request, response)
    _keep(fields, {"request": request, "response": response})
    if len(choices) > 1 and labels.outcome is not Outcome.UNKNOWN:
        raise fields.bad(f"one verdict for {len(choices)} choices: expected a record for each")
    # A turn without a thought is written out: it is found as one whose thought is empty.
    shown = [one if one.marked else replace(one, marked=MarkedText("", one.text)) for one in choices]
    return tuple(_assemble(fields, turn, labels) for turn in find_turns(messages, shown))


def _take_exchange(fields: Fields) -> tuple[dict[str, object], dict[str, object]]:
    """Return what was asked and what was answered, without what a log wraps around them."""
    if error := fields.look("error"):
        raise BadInput(f"the request failed: {str(error)[:200]}")
    response = _unwrap(_take_object(fields, _RESPONSE, "response"))
    if fields.look("messages") is not None and not any(name in fields for name in _REQUEST):
        return {"messages": fields.take("messages", list)}, response
    return _unwrap(_take_object(fields, _REQUEST, "request")), response


def _take_object(fields: Fields, names: Sequence[str], what: str) -> dict[str, object]:
    name = fields.find(names)
    if name is None:
        raise BadInput(f"the {what} is missing: expected a field {' or '.join(names)}")
    return _read_object(fields.take_any(name), what)


def _read_object(value: object, what: str) -> dict[str, object]:
    """Return an object, which some logs write as a text."""
    found = parse_object(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise BadInput(f"the {what} is no object")
    return dict(found)


def _unwrap(exchange: dict[str, object]) -> dict[str, object]:
    """Return the body of a request or response; raises `BadInput` if a status says that it failed."""
    status = exchange.get("status_code", exchange.get("status"))
    if isinstance(status, int) and status >= _FAILED_STATUS:
        raise BadInput(f"the request failed with status {status}")
    body = exchange.get("body")
    found = _read_object(body, "body") if body is not None else exchange
    if error := found.get("error"):
        raise BadInput(f"the request failed: {str(error)[:200]}")
    return {name: value for name, value in found.items() if name.lower() not in _UNSENT}


def _read_messages(request: dict[str, object]) -> list[Message]:
    """Take the messages of a request, or its prompt; the thoughts of earlier turns are not looked for."""
    items = request.pop("messages", None)
    if items is None and isinstance(prompt := request.pop("prompt", None), str):
        items = [{"role": "user", "content": prompt}]
    if not isinstance(items, list) or not items:
        raise BadInput("the request has no messages")
    read = [read_message(item, number=number) for number, item in enumerate(items, start=1)]
    return [replace(one, marked=None) for one in read]


def _read_choices(response: dict[str, object]) -> list[Message]:
    items = response.pop("choices", None)
    if items is None and response.get("role") == "assistant":  # Anthropic's messages
        message = {"role": "assistant", "content": response.pop("content", None)}
        items = [{"message": message, "stop_reason": response.pop("stop_reason", None)}]
    if not isinstance(items, list) or not items:
        raise BadInput("the response has no choices")
    return [read_choice(_as_message(item), number=number) for number, item in enumerate(items, start=1)]


def _as_message(choice: object) -> object:
    """Return a choice of the completions API, which has a text, as one of the chat API."""
    if not isinstance(choice, dict) or "message" in choice or not isinstance(choice.get("text"), str):
        return choice
    left = {name: value for name, value in choice.items() if name != "text"}
    return {**left, "message": {"role": "assistant", "content": choice["text"]}}


def _take_labels(fields: Fields, request: Mapping[str, object], response: Mapping[str, object]) -> Labels:
    """Return the labels of the log; without a verdict, that of the feedback; and the model that answered."""
    name = fields.find(_FEEDBACK)
    feedback = fields.take_any(name) if name else None
    labels = take_known_labels(fields)
    if name is not None:
        fields.put_back(name, feedback)
    if labels.outcome is Outcome.UNKNOWN:
        labels = replace(labels, outcome=_judge_feedback(name or "", feedback))
    models = (labels.model, response.get("model"), request.get("model"))
    return replace(labels, model=next((one for one in models if isinstance(one, str) and one), ""))


def _judge_feedback(name: str, feedback: object) -> Outcome:
    if isinstance(feedback, dict):
        told = (_judge_feedback(part, feedback.get(part)) for part in _FEEDBACK_PARTS)
        return next((one for one in told if one is not Outcome.UNKNOWN), Outcome.UNKNOWN)
    is_number = isinstance(feedback, int | float) and not isinstance(feedback, bool)
    return Outcome.UNKNOWN if is_number and name == _STARS else read_feedback(feedback)


def _keep(fields: Fields, exchange: Mapping[str, dict[str, object]]) -> None:
    for name, left in exchange.items():
        if left:
            fields.put_back(name, left)


def _assemble(fields: Fields, turn: ThinkingTurn, labels: Labels) -> Trajectory:
    if turn.cut_off or _ends_in_call(turn):
        labels = replace(labels, finished=False)
    found = {"chat": turn.context} if turn.context else {}
    if turn.marked.thought:
        return assemble(fields, turn.question, marked=turn.marked, labels=labels, found=found)
    return assemble_solution(fields, turn.question, solution=turn.marked.answer, labels=labels, found=found)


def _ends_in_call(turn: ThinkingTurn) -> bool:
    """Return whether the model asked for a tool: the attempt goes on in the next request."""
    message = turn.context.get("message")
    choice = message.get("choice") if isinstance(message, dict) else None
    told = choice if isinstance(choice, dict) else {}
    return any(told.get(name) in _CALLS for name in ("finish_reason", "stop_reason"))
