"""The interface of every language model."""

from collections.abc import Callable, Container, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from midthought.reasoner.engines.capabilities import Capabilities
from midthought.reasoner.engines.thinking_formats import ThinkingFormat
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.zoom.zoom_step import ZoomStep


@dataclass(frozen=True, slots=True)
class PromptRead:
    """What reading a prompt cost: its tokens, and how many of them were in a cache."""

    tokens: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token.

    Attributes:
        text: the characters it adds (may be empty while a multi-byte character is incomplete).
        id: its number in the engine's vocabulary; None if the engine does not report it.
        zoom: what the step before it saw of the cache; None if that is not zoomed, or was not written down.
        log_prob: the natural logarithm of its probability, at temperature 1 and before any constraint; None if it was
            not asked for.
        entropy: of that distribution, in nats; a lower bound where a server shows only the likeliest tokens. None if
            it was not asked for.
        read: what reading the prompt cost, on one token of a continuation; None on the others. A server tells how much
            was in its cache only at the end: then it stands on the first token and on the last, which counts.
        is_cut: the text is cut behind it: `max_tokens`, the model's window or a limit of the server left no room. Only
            on the last token; False if the model ended by itself or at a stop string.
    """

    text: str
    id: int | None = None
    zoom: ZoomStep | None = None
    log_prob: float | None = None
    entropy: float | None = None
    read: PromptRead | None = None
    is_cut: bool = False


RecallCallback = Callable[[str], str]
"""Takes the query that a model asked; returns the hint, or a sentence that nothing was found."""

TokenStream = Generator[Token, None, None]
"""A continuation being written; closing it stops the model."""

BranchStream = Generator[tuple[int, Token], None, None]
"""Several continuations being written: the number of one, and its next token."""


class Engine(Protocol):
    """Continues a text. The prompt is the whole text so far, chat template and opened thinking channel included."""

    @property
    def name(self) -> str:
        """The model and engine, for receipts: ``transformers:SmolLM2-135M-Instruct``."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; a server is asked at the first use. Raises `Unreachable` and `BadSettings`."""
        ...

    @property
    def settings(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """What the text depends on, apart from the arguments of `generate`, by name, for the record of a run."""
        ...

    @property
    def thinking(self) -> ThinkingFormat:
        """How the model marks its thought: what opens and closes it, and what stands before the answer."""
        ...

    def open_thought(self, question: str) -> str:
        """Return the prompt that asks `question` and leaves the thinking channel open."""
        ...

    def generate(
        self,
        prompt: str,
        *,
        stop: Sequence[str] = (),
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        spans: SpanRequest | None = None,
        entries: RecalledEntries | None = None,
        log_probs: bool = False,
        on_recall: RecallCallback | None = None,
    ) -> TokenStream:
        """Yield the continuation token by token; ends at end-of-text, after `max_tokens`, or before a stop string.

        Nothing of the stop string is yielded. The same arguments give the same tokens; at temperature 0 the seed is
        without effect. With `spans`, what stands between its delimiters is copied from its segments. With `entries`,
        the model reads them at their place in the prompt. With `on_recall`, which only an engine whose continuation is
        `Continuation.RECALL_TOOL` takes, the model has a tool to ask for a recall: `on_recall` is called inside of the
        generator with each query, a bounded number of times, and the model reads what it returns. The texts of calls
        and hints are not yielded.

        Raises `EngineFailed`, with the cause chained, if the model cannot answer, and `ValueError` for arguments that
        cannot be meant (a segment that is not in the prompt, something that the engine does not take, or a prompt
        longer than `open_thought` returned it if the engine cannot continue); both at the call or at the first token.
        Also raises what `capabilities` and `on_recall` raise.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the engine's tokeniser makes of `text`."""
        ...


class ParallelEngine(Engine, Protocol):
    """An engine whose `capabilities.parallel` is above 1: it continues several texts at once."""

    def generate_many(
        self,
        prompts: Sequence[str],
        *,
        seeds: Sequence[int],
        stop: Sequence[str] = (),
        max_tokens: int = 512,
        temperature: float = 0.0,
        spans: Sequence[SpanRequest | None] = (),
        log_probs: bool = False,
        closed: Container[int] = (),
    ) -> BranchStream:
        """Yield the continuations of all prompts, each token with the place of its prompt.

        The tokens of one place are those that `generate` yields for its prompt and seed, up to rounding: they do not
        depend on the other prompts. How the places take turns is not promised. Any number of prompts may be given: at
        most `capabilities.parallel` run at once, in order.

        Args:
            prompts: the whole text so far of each; a beginning that they share is read once.
            seeds: one per prompt.
            stop: of each continuation, as all that follows; see `Engine.generate`.
            max_tokens: of each continuation.
            temperature: of each continuation.
            log_probs: of each continuation.
            spans: none, or one per prompt.
            closed: the places whose continuation shall end. The caller may add to it between two tokens.

        Raises:
            ValueError: there is not one seed per prompt, or see `Engine.generate`.
            EngineFailed: see `Engine.generate`; no continuation goes on then.
        """
        ...
