"""Streams of ``/v1/responses``."""

from collections.abc import Mapping
from dataclasses import dataclass

from midthought.api.proxy.folds.base import MAX_SIZE, AnswerFold
from midthought.api.proxy.folds.growing import MAX_PARTS, GrowingList, GrowingObject, Json

_STATES = ("response.created", "response.queued", "response.in_progress")
_ENDS = ("response.completed", "response.incomplete", "response.failed")
_ITEM_STATES = ("response.output_item.added", "response.output_item.done")
_PART = ".part."


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the text of a kind of event stands.

    Attributes:
        field: of the item, or of the part.
        list_name: the list of parts in the item; empty if the text stands in the item.
        kind: what the part is, if no event announced it.
        index: the field of the event with the number of the part.
    """

    field: str
    list_name: str = ""
    kind: str = ""
    index: str = "content_index"


_PLACES = {
    "response.output_text.delta": _Place("text", "content", "output_text"),
    "response.refusal.delta": _Place("refusal", "content", "refusal"),
    "response.reasoning_text.delta": _Place("text", "content", "reasoning_text"),
    "response.reasoning_summary_text.delta": _Place("text", "summary", "summary_text", "summary_index"),
    "response.function_call_arguments.delta": _Place("arguments"),
    "response.mcp_call_arguments.delta": _Place("arguments"),
    "response.custom_tool_call_input.delta": _Place("input"),
    "response.code_interpreter_call_code.delta": _Place("code"),
}
_ANNOTATION = "response.output_text.annotation.added"
_VISIBLE = tuple(name for name, place in _PLACES.items() if place.list_name)


class _Item:
    """An item of the output while it grows."""

    def __init__(self, item: Mapping[str, object]) -> None:
        self.fields = GrowingObject()
        self.fields.grow({name: value for name, value in item.items() if name not in ("content", "summary")})
        self.parts: dict[str, GrowingList] = {}
        for name in ("content", "summary"):
            if isinstance(parts := item.get(name), list):
                self.parts[name] = GrowingList()
                for at, part in enumerate(parts):
                    self.parts[name].replace(at, part if isinstance(part, Mapping) else {})

    def part(self, place: _Place, index: object) -> GrowingObject | None:
        part = self.parts.setdefault(place.list_name, GrowingList()).part(index)
        if part is not None and "type" not in part:
            part.grow({"type": place.kind} | ({"annotations": []} if place.kind == "output_text" else {}))
        return part

    def whole(self) -> Json:
        return self.fields.whole() | {name: parts.whole() for name, parts in self.parts.items()}


class ResponseFold(AnswerFold):
    """Folds items of the output by their index; the response that the last event holds counts, if it has an output."""

    def __init__(self, *, max_size: int = MAX_SIZE) -> None:
        super().__init__(max_size=max_size)
        self._response: Json = {}
        self._items: dict[int, _Item] = {}
        self._is_ended = False

    def _replaces(self, part: Json) -> bool:
        return part.get("type") in (*_STATES, *_ENDS, _ITEM_STATES[1]) or "output" in part

    def _grow(self, part: Json) -> bool:
        match part:
            case {"type": str(kind), "response": dict(response)} if kind in (*_STATES, *_ENDS):
                self._is_ended = kind in _ENDS
                self._response |= response
                self._error = response.get("error") or self._error
                return True
            case {"type": str(kind), "output_index": int(index), "item": dict(item)} if kind in _ITEM_STATES:
                return self._put_item(index, item)
            case {"type": str(kind), "output_index": int(index)} if kind in _PLACES and index in self._items:
                return self._grow_text(self._items[index], _PLACES[kind], part)
            case {"type": str(kind), "output_index": int(index), "part": dict(new)} if index in self._items:
                return self._announce(self._items[index], part, new) if kind.endswith(".added") else True
            case {"type": "response.output_text.annotation.added", "output_index": int(index)} if index in self._items:
                return self._annotate(self._items[index], part)
            case {"output": list(_)}:
                self._response, self._is_ended = part, True
                return True
            case {"type": str(kind)}:
                return kind not in (*_PLACES, *_STATES, *_ENDS, *_ITEM_STATES, _ANNOTATION)
        return "error" in part

    def _put_item(self, index: int, item: Json) -> bool:
        if not 0 <= index < MAX_PARTS:
            return False
        self._items[index] = _Item(item)
        return True

    def _grow_text(self, item: _Item, place: _Place, event: Json) -> bool:
        grown = item.part(place, event.get(place.index, 0)) if place.list_name else item.fields
        delta, chances = event.get("delta"), event.get("logprobs")
        if grown is None or not isinstance(delta, str):
            return False
        return grown.grow({place.field: delta} | ({"logprobs": chances} if isinstance(chances, list) else {}))

    def _announce(self, item: _Item, event: Json, new: Json) -> bool:
        name = "summary" if "summary_index" in event else "content"
        part = item.parts.setdefault(name, GrowingList()).part(event.get(f"{name}_index", 0))
        return part is not None and part.grow(new)

    def _annotate(self, item: _Item, event: Json) -> bool:
        part = item.part(_PLACES["response.output_text.delta"], event.get("content_index", 0))
        return part is not None and part.grow({"annotations": [event.get("annotation")]})

    def _visible(self, part: Json) -> Json | None:
        match part:
            case {"type": str(kind)} if kind in _VISIBLE:
                return {name: value for name, value in part.items() if name != "logprobs"}
            case {"type": str(kind), "response": dict(response)} if kind in _ENDS:
                short = {name: response.get(name) for name in ("status", "incomplete_details", "usage")}
                return {"type": kind, "response": short}
            case {"type": "response.output_item.added", "item": {"type": "message" | "reasoning"}}:
                return part
        return None

    def _end(self, part: Json) -> Json | None:
        return part if part.get("type") in _ENDS else None

    def _is_finished(self) -> bool:
        return self._is_ended

    def _whole(self) -> Json:
        items = [self._items[index].whole() for index in sorted(self._items)]
        output = self._response.get("output")
        return {"object": "response"} | self._response | {"output": output if self._is_ended and output else items}
