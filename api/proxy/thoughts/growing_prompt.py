"""A prompt outside of a chat, and what was written behind it: as text, or as token ids that are never made again."""

from dataclasses import dataclass, field
from typing import Protocol

from midthought.api.proxy.thoughts.server_tokenizer import ServerTokenizer
from midthought.reasoner.engines.known_ids import KnownIds, KnownText

_PROMPT = "\0"
"""Stands for the prompt, whose text need not be known."""


class GrowingPrompt(Protocol):
    """What a completion goes on behind."""

    async def behind(self, written: str) -> list[int] | str:
        """Return the prompt with what was written behind it. Raises `NotKnown`."""
        ...

    def push(self, text: str, ids: list[int]) -> None:
        """Add what the model writes."""
        ...


@dataclass(frozen=True, slots=True)
class TextPrompt:
    """A prompt as text."""

    text: str

    async def behind(self, written: str) -> str:
        """See `GrowingPrompt.behind`."""
        return self.text + written

    def push(self, text: str, ids: list[int]) -> None:
        """Nothing is kept: the text is sent again."""


@dataclass(slots=True)
class IdPrompt:
    """A prompt as ids. What the model wrote keeps its ids; those of a hint are made once.

    Args:
        ids: of the prompt.
        server: makes ids of texts.
    """

    ids: list[int]
    server: ServerTokenizer
    _known: KnownIds = field(default_factory=KnownIds)
    _growing: KnownText | None = None

    async def behind(self, written: str) -> list[int]:
        """See `GrowingPrompt.behind`."""
        if self._growing is None:
            self._growing = self._known.begin(_PROMPT, self.ids)
        length, ids = self._known.find(_PROMPT + written)
        ids += await self.server.encode_behind(ids, written[length - len(_PROMPT) :])
        self._growing = self._known.begin(_PROMPT + written, ids)
        return ids

    def push(self, text: str, ids: list[int]) -> None:
        """See `GrowingPrompt.push`."""
        if self._growing is not None:
            self._known.push(self._growing, text, ids)
