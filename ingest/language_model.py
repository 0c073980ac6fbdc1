"""The language model that ingestion may use, as ingestion needs it: a protocol that the engines implement."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal, Protocol

from midthought.memory.errors import EngineFailed, Unreachable
from midthought.memory.records.ids import Canonical, content_id

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One turn of what a model is asked."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the tokens of a completion are drawn. The defaults are those of the published decomposition.

    Attributes:
        temperature: 0 takes the best token.
        top_p: the smallest set of best tokens with at least this probability is drawn from.
        max_tokens: the completion ends after so many, with `Finish.LENGTH`.
        seed: None for none. It is not sent to a server that a seed can stop.
    """

    temperature: float = 0.6
    top_p: float = 0.95
    max_tokens: int = 10_000
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What a model is asked.

    Attributes:
        messages: at least one, the last of the user.
        schema: a JSON schema as text, which the answer has to match; empty for free text. A model that cannot be
            constrained is not given it: see `LanguageModel.can_constrain`.
        sampling: how the answer is drawn.
        shows_thought: the answer begins with what the model thought, between ``<think>`` and ``</think>``, if it shows
            that; a thought that ran out of tokens is not closed. Without effect beside a schema.
    """

    messages: tuple[PromptMessage, ...]
    schema: str = ""
    sampling: Sampling = Sampling()
    shows_thought: bool = False

    def __post_init__(self) -> None:
        if not self.messages or self.messages[-1].role != "user":
            raise ValueError("the last message must be one of the user")

    def digest(self, model: str) -> str:
        """Return the id under which the answer of `model` is kept: a content hash of everything it depends on."""
        turns: list[Canonical] = [[message.role, message.text] for message in self.messages]
        drawn = self.sampling
        values: list[Canonical] = [drawn.temperature, drawn.top_p, drawn.max_tokens, drawn.seed]
        return content_id("m", model, turns, self.schema, values, *(["thought"] if self.shows_thought else []))


class Finish(StrEnum):
    """Why a completion ended."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered, and at what cost.

    Attributes:
        text: the answer, without what the model thought before it unless that was asked for.
        tokens_in: of the prompt, as the model counts; `tokens_cached` of them came from its prefix cache.
        tokens_out: of the answer, its thought included.
        seconds: from the request to the answer; of a batch, its mean per request.
    """

    text: str
    finish: Finish
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0
    seconds: float = 0.0


Answer = Completion | EngineFailed | Unreachable
"""`EngineFailed`: this request cannot succeed. `Unreachable`: it was repeated as often as the settings say."""


class LanguageModel(Protocol):
    """Completes prompts, many at a time. Threads may share it."""

    @property
    def name(self) -> str:
        """The engine and the model, as ``openai:qwen3-8b``: part of what identifies an answer."""
        ...

    @property
    def context_tokens(self) -> int | None:
        """How many tokens a prompt and its answer may have together; None if that is not known."""
        ...

    @property
    def can_constrain(self) -> bool:
        """Whether a JSON schema binds the answer, as tried, not as claimed."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` has, or a careful estimate."""
        ...

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield the place and the answer of each request, in the order they are ready; closing it gives up the rest.

        A request that fails yields its error, and does not stop the others. Raises `BadSettings` and `MissingExtra` if
        no request can succeed: there is no such model, or the key is refused.
        """
        ...


class LazyLanguageModel:
    """A model that is made when it is first used: a memory is opened far more often than it learns."""

    def __init__(self, make: Callable[[], LanguageModel]) -> None:
        self._make = make

    @cached_property
    def _model(self) -> LanguageModel:
        return self._make()

    @property
    def name(self) -> str:
        """Of the model."""
        return self._model.name

    @property
    def context_tokens(self) -> int | None:
        """Of the model."""
        return self._model.context_tokens

    @property
    def can_constrain(self) -> bool:
        """Of the model."""
        return self._model.can_constrain

    def count_tokens(self, text: str) -> int:
        """Return what the model returns."""
        return self._model.count_tokens(text)

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield what the model yields."""
        return self._model.complete(requests)
