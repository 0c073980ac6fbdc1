"""The choices of an answer that streams: what one adds to a text, and choices that are made here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from midthought.reasoner.engines.served.chat_stream import THOUGHT_FIELDS

Json = dict[str, Any]
_TEXTS = ("content", *THOUGHT_FIELDS)


@dataclass(frozen=True, slots=True)
class ReadChoice:
    """What one choice of one event adds.

    Attributes:
        index: which of the answers to the request it belongs to.
        thought: of the thought, if the server sets it apart.
        thought_field: where that stands; empty if it is not there.
        text: of the answer, or of thought and answer if the server does not set them apart.
        has_other: it holds a call of a tool, or anything else that is no text.
        role: names who speaks.
        finish: why the answer ends; empty while it does not.
    """

    index: int
    thought: str = ""
    thought_field: str = ""
    text: str = ""
    has_other: bool = False
    role: str = ""
    finish: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing but who speaks."""
        return not (self.thought or self.text or self.has_other or self.finish)


class ChoiceShape(Protocol):
    """Choices of one kind of answer."""

    @property
    def text_field(self) -> str:
        """Where a text stands that is not set apart."""
        ...

    def read(self, choice: Mapping[str, Any]) -> ReadChoice:
        """Return what a choice adds."""
        ...

    def with_text(self, choice: Mapping[str, Any], field: str, text: str) -> Json:
        """Return a choice whose only text is this one."""
        ...

    def without_role(self, choice: Mapping[str, Any]) -> Json:
        """Return a choice that does not say who speaks."""
        ...

    def make(self, index: int, field: str, text: str, *, role: str = "", finish: str | None = None) -> Json:
        """Return a new choice; without a text if `field` is empty."""
        ...


class ChatChoices:
    """Choices of ``/v1/chat/completions``, with a ``delta``."""

    text_field = "content"

    def read(self, choice: Mapping[str, Any]) -> ReadChoice:
        """See `ChoiceShape.read`."""
        delta = _delta(choice)
        field = next((name for name in THOUGHT_FIELDS if _text(delta, name)), "")
        known = {"role", *_TEXTS}
        return ReadChoice(
            _index(choice),
            thought=_text(delta, field),
            thought_field=field,
            text=_text(delta, "content"),
            has_other=any(value for name, value in delta.items() if name not in known),
            role=_text(delta, "role"),
            finish=_text(choice, "finish_reason"),
        )

    def with_text(self, choice: Mapping[str, Any], field: str, text: str) -> Json:
        """See `ChoiceShape.with_text`."""
        others = {name: value for name, value in _delta(choice).items() if name not in _TEXTS}
        return _bare(choice) | {"delta": others | {field: text}}

    def without_role(self, choice: Mapping[str, Any]) -> Json:
        """See `ChoiceShape.without_role`."""
        return {**choice, "delta": {name: value for name, value in _delta(choice).items() if name != "role"}}

    def make(self, index: int, field: str, text: str, *, role: str = "", finish: str | None = None) -> Json:
        """See `ChoiceShape.make`."""
        delta: Json = {"role": role} if role else {}
        if field:
            delta[field] = text
        return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


class CompletionChoices:
    """Choices of ``/v1/completions``, with a ``text``."""

    text_field = "text"

    def read(self, choice: Mapping[str, Any]) -> ReadChoice:
        """See `ChoiceShape.read`."""
        return ReadChoice(_index(choice), text=_text(choice, "text"), finish=_text(choice, "finish_reason"))

    def with_text(self, choice: Mapping[str, Any], field: str, text: str) -> Json:
        """See `ChoiceShape.with_text`."""
        return _bare(choice) | {field: text}

    def without_role(self, choice: Mapping[str, Any]) -> Json:
        """See `ChoiceShape.without_role`."""
        return dict(choice)

    def make(self, index: int, field: str, text: str, *, role: str = "", finish: str | None = None) -> Json:
        """See `ChoiceShape.make`."""
        return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}


def choices_in(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the choices of an event or an answer; none of what is no object."""
    choices = content.get("choices")
    return [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []


def _bare(choice: Mapping[str, Any]) -> Json:
    """Return a choice without what belongs to the whole of its text."""
    return {**choice, "logprobs": None} if choice.get("logprobs") else dict(choice)


def _delta(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else {}


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name) if name else ""
    return value if isinstance(value, str) else ""


def _index(choice: Mapping[str, Any]) -> int:
    index = choice.get("index")
    return index if type(index) is int else 0
