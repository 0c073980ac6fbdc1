"""What every way to think on a server offers: whether it works there, and the thought itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from midthought.reasoner.engines.base import RecallCallback, TokenStream
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.thinking_formats import ThinkingFormat

TOP_P = 0.95
"""As published (arXiv 2604.01348): the smallest set of best tokens with this probability is drawn from."""


class Proof(StrEnum):
    """What a trial of a way showed: its effect, no sign of it, or a refusal."""

    SHOWN = "shown"
    UNSHOWN = "not shown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of a trial, and why."""

    proof: Proof
    reason: str


@dataclass(frozen=True, slots=True)
class ThoughtRequest:
    """The arguments of `Engine.generate` that concern a server. A seed is None unless it is to be sent."""

    prompt: str
    max_tokens: int
    temperature: float
    seed: int | None = None
    log_probs: bool = False
    on_recall: RecallCallback | None = None

    def sampling(self) -> dict[str, Any]:
        """Return how tokens are drawn, as the fields of a request."""
        drawn: dict[str, Any] = {"temperature": self.temperature}
        if self.temperature > 0:
            drawn["top_p"] = TOP_P
        if self.seed is not None:
            drawn["seed"] = self.seed
        return drawn


class ThoughtWay(Protocol):
    """One way to think on a server. Threads may share it."""

    @property
    def continuation(self) -> Continuation:
        """Which it is."""
        ...

    @property
    def token_ids(self) -> bool:
        """Whether tokens have ids; known after `try_out`."""
        ...

    @property
    def log_probs(self) -> bool:
        """Whether log-probs come if they are asked for; known after `try_out`."""
        ...

    @property
    def takes_sampling(self) -> bool:
        """Whether the server takes a temperature; known after `try_out`."""
        ...

    @property
    def thinking(self) -> ThinkingFormat:
        """How the model marks its thought; known after `try_out`."""
        ...

    def try_out(self) -> Trial:
        """Ask the server a few times for one token. Raises `Unreachable` and `BadSettings`."""
        ...

    def open_thought(self, question: str) -> str:
        """Return the prompt that asks `question`. Raises `EngineFailed`, `Unreachable` and `BadSettings`."""
        ...

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """Yield the tokens. Raises what `Engine.generate` does."""
        ...

    def count_tokens(self, text: str) -> int | None:
        """Return how many tokens a text is; None if that cannot be known."""
        ...
