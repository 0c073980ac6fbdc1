"""Answers with choices: what a stream of chat completions and of text completions share."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from midthought.api.proxy.folds.base import MAX_SIZE, AnswerFold
from midthought.api.proxy.folds.growing import MAX_PARTS, GrowingObject, Json

_FIRST = frozenset({"id", "object", "created", "model"})
_GROWING = frozenset({"logprobs", "token_ids"})
"""Fields of a choice of which each part has a piece; of the others each part has the value so far."""
_REASONS = ("finish_reason", "stop_reason")


class ChoicesFold(AnswerFold):
    """Folds ``choices`` by their index, and keeps the other fields: identity as first said, usage and the rest as last.

    An event that is a whole answer, from a server that does not stream, is folded as one part.
    """

    def __init__(self, *, max_size: int = MAX_SIZE) -> None:
        super().__init__(max_size=max_size)
        self._top = GrowingObject()
        self._choices: dict[int, GrowingObject] = {}

    def _grow(self, part: Json) -> bool:
        choices = part.get("choices")
        if choices is None and "usage" not in part:
            return "error" in part
        for name, value in part.items():
            if name in _FIRST:
                self._top.put_first(name, value)
            elif name not in ("choices", "error"):
                self._top.put(name, value)
        if not isinstance(choices, list):
            return choices is None
        fits = [self._grow_choice(choice) for choice in choices]
        return all(fits)

    def _grow_choice(self, choice: object) -> bool:
        index = choice.get("index", 0) if isinstance(choice, Mapping) else None
        if not isinstance(choice, Mapping) or not isinstance(index, int) or not 0 <= index < MAX_PARTS:
            return False
        kept = self._choices.setdefault(index, GrowingObject())
        kept.put("index", index)
        fits = True
        for name, value in choice.items():
            if name in _GROWING or name in self._texts:
                fits = kept.grow({self._texts.get(name, name): value}) and fits
            elif name != "index":
                kept.put(name, value)
        return fits

    def _visible(self, part: Json) -> Json | None:
        choices = part.get("choices")
        given = choices if isinstance(choices, list) else []
        seen = [self._visible_choice(one) for one in given if isinstance(one, Mapping)]
        return {name: value for name, value in part.items() if name in (*_FIRST, "usage")} | {"choices": seen}

    def _end(self, part: Json) -> Json | None:
        choices = part.get("choices")
        ends = [reasons_of(one) for one in choices] if isinstance(choices, list) else []
        return part | {"choices": ends}

    def _is_finished(self) -> bool:
        choices = [one.whole() for one in self._choices.values()]
        return bool(choices) and all(one.get("finish_reason") for one in choices)

    def _whole(self) -> Json:
        choices = [self._whole_choice(self._choices[index].whole()) for index in sorted(self._choices)]
        return {"object": self._object} | self._top.whole() | {"object": self._object, "choices": choices}

    _object: ClassVar[str]
    """The name of the whole."""
    _texts: ClassVar[Mapping[str, str]]
    """Fields of a choice that hold the text, and their name in the whole."""

    @abstractmethod
    def _visible_choice(self, choice: Mapping[str, object]) -> Json: ...

    @abstractmethod
    def _whole_choice(self, choice: Json) -> Json: ...


def reasons_of(choice: object) -> Json:
    """Return why a choice ended, and which one it is."""
    if not isinstance(choice, Mapping):
        return {}
    return {"index": choice.get("index", 0)} | {name: choice[name] for name in _REASONS if name in choice}
