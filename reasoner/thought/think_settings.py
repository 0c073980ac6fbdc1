"""How a thought with recall is run: when to recall, how many branches, how long."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum

from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.length_choice import THRESHOLD, samples_per_procedure
from midthought.reasoner.thought.receipts import Value
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

LEAST_TEMPERATURE, LARGEST_TEMPERATURE = 0.001, 100.0
"""The range of temperatures above 0: outside of it, 32-bit numbers overflow when a token is drawn."""


class Trigger(StrEnum):
    """When recall happens."""

    START = "start"
    """Once, at the very start of thinking, as published."""
    NEVER = "never"
    """Not at all: the same samples without a memory, to compare with."""


@dataclass(frozen=True, slots=True)
class ThinkSettings:
    """The settings of in-thought recall; the defaults are for one person waiting, `PUBLISHED_8` for evaluation.

    Attributes:
        samples: m, the total number of continuations; ``floor(samples / procedures)`` per procedure.
        procedures: k, entries recalled, one branch each.
        keep: n, continuations chosen in the end; the answer is the best one's.
        query_tokens: maximum number of tokens of the query; it is cut there.
        max_tokens: maximum number of tokens of each continuation.
        temperature: of the continuations: 0, or 0.001..100. At 0 those of one branch would be copies, so there is
            one per branch.
        query_temperature: of the query.
        seed: the same seed, engine and memory give the same events.
        spans: whether and how the thought quotes.
        evidence: passages to copy before thinking, from the question's context and what was recalled; the thought then
            has the question and those passages before it, and nothing else. 0 leaves that stage out.
    """

    trigger: Trigger = Trigger.START
    samples: int = 3
    procedures: int = 3
    keep: int = 1
    query_tokens: int = 100
    max_tokens: int = 512
    temperature: float = 0.6
    query_temperature: float = 0.0
    threshold: float = THRESHOLD
    seed: int = 0
    prompts: ThoughtPrompts = field(default_factory=ThoughtPrompts)
    spans: SpanSettings = field(default_factory=SpanSettings)
    evidence: int = 0

    def __post_init__(self) -> None:
        samples_per_procedure(self.samples, self.procedures)
        for name in ("keep", "query_tokens", "max_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if self.evidence < 0:
            raise ValueError(f"evidence must be >= 0, got {self.evidence}")
        check_temperature("temperature", self.temperature)
        check_temperature("query_temperature", self.query_temperature)

    def samples_a_branch(self, branches: int) -> int:
        """Return how many samples each of `branches` gets, so that the total does not depend on what was found."""
        return 1 if self.temperature == 0 else samples_per_procedure(self.samples, branches)

    @property
    def needs_constraint(self) -> bool:
        """Whether the engine must be able to constrain its tokens."""
        return self.spans.mode is SpanMode.CONSTRAIN or self.evidence > 0

    def named_values(self) -> tuple[tuple[str, Value], ...]:
        """Return every plain setting by name, for the record of a run."""
        return tuple(_named_values(self))


def _named_values(settings: object, prefix: str = "") -> Iterator[tuple[str, Value]]:
    for one in fields(settings):  # type: ignore[arg-type]  # every caller hands in a dataclass
        value = getattr(settings, one.name)
        if is_dataclass(value):
            yield from _named_values(value, f"{prefix}{one.name}.")
        else:
            yield prefix + one.name, value


def check_temperature(name: str, value: float) -> None:
    """Raise `ValueError` for a temperature that is neither 0 nor in the allowed range, such as NaN."""
    if value != 0 and not LEAST_TEMPERATURE <= value <= LARGEST_TEMPERATURE:
        raise ValueError(f"{name} must be 0 or {LEAST_TEMPERATURE}..{LARGEST_TEMPERATURE:.0f}, got {value}")


PUBLISHED_8 = ThinkSettings(samples=8, procedures=3, keep=4, max_tokens=16_384)
"""The paper's smaller setting: (m, n, k) = (8, 4, 3)."""

PUBLISHED_30 = ThinkSettings(samples=30, procedures=10, keep=8, max_tokens=16_384)
"""The paper's larger setting: (m, n, k) = (30, 8, 10)."""
