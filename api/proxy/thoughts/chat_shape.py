"""The events of a completion made into those of a chat: the thought stands where the upstream would have put it."""

from collections.abc import Iterator, Mapping
from typing import Any

from midthought.api.proxy.thoughts.choice_shapes import ChatChoices, Json, choices_in
from midthought.api.proxy.thoughts.thought_splitter import SplitText, ThoughtSplitter
from midthought.reasoner.engines.thinking_formats import ThinkingFormat

_SHAPE = ChatChoices()
_CHAT_ID = "chatcmpl-"
_TOP = ("created", "model", "system_fingerprint", "service_tier")


class ChatFromCompletion:
    """Makes chat events of one thought, over all of its requests.

    Args:
        field: where the thought is put; ``content`` for a server that leaves it in the answer, with its marks.
        thinking: the marks.
        opened: the prompt of the chat opens the thought.
    """

    def __init__(self, field: str, thinking: ThinkingFormat, *, opened: bool) -> None:
        self._field = field
        self._thinking = thinking
        self._splitter = ThoughtSplitter(thinking, opened=opened, is_thought=True)
        self._has_role = False

    def reopen(self) -> None:
        """Go on in the middle of the thought."""
        self._splitter = ThoughtSplitter(self._thinking, opened=True)

    def make(self, content: Mapping[str, Any]) -> Iterator[Json]:
        """Yield the events of a chat for one of a completion; an error and usage as they are."""
        top = {name: content[name] for name in _TOP if name in content}
        top |= {"id": chat_id(content.get("id")), "object": "chat.completion.chunk"}
        usage = {"usage": content["usage"]} if content.get("usage") else {}
        choices = choices_in(content)
        if content.get("error") or not choices:
            yield dict(content) if content.get("error") else top | {"choices": []} | usage
            return
        made = list(self._of_choice(choices[0]))
        for choice in made[:-1]:
            yield top | {"choices": [choice]}
        if made or usage:
            yield top | {"choices": made[-1:]} | usage

    def _of_choice(self, choice: Mapping[str, Any]) -> Iterator[Json]:
        if not self._has_role:
            self._has_role = True
            yield _SHAPE.make(0, "content", "", role="assistant")
        text, finish = choice.get("text") or "", choice.get("finish_reason")
        for field, piece in self._pieces(text, is_last=bool(finish)):
            yield _SHAPE.make(0, field, piece)
        if finish:
            yield _SHAPE.make(0, "", "", finish=finish) | {"stop_reason": choice.get("stop_reason")}

    def _pieces(self, text: str, *, is_last: bool) -> list[tuple[str, str]]:
        if self._field == "content":
            return [("content", text)] if text else []
        split = self._splitter.push(text)
        parts = [split, self._splitter.flush()] if is_last else [split]
        return [piece for part in parts for piece in self._fields_of(part)]

    def _fields_of(self, split: SplitText) -> Iterator[tuple[str, str]]:
        if split.thought:
            yield self._field, split.thought
        if split.rest:
            yield "content", split.rest


def chat_id(given: object) -> str:
    """Return the id of a completion as that of a chat."""
    return _CHAT_ID + str(given or "").removeprefix(_CHAT_ID).removeprefix("cmpl-")
