"""How a thought with recall is run: when to recall, how many branches, how long."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace

from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.receipts import Value
from midthought.reasoner.thought.selection.length import THRESHOLD, samples_per_procedure
from midthought.reasoner.thought.selection.selector import SelectionRules, Selector
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.reasoner.thought.triggers.trigger import Trigger, read_triggers
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

LEAST_TEMPERATURE, LARGEST_TEMPERATURE = 0.001, 100.0
"""The range of temperatures above 0: outside of it, 32-bit numbers overflow when a token is drawn."""


@dataclass(frozen=True, slots=True)
class ThinkSettings:
    """The settings of in-thought recall; the defaults are for one person waiting, `PUBLISHED_8` for evaluation.

    Attributes:
        arm: how the memory is used: in the thought, before it, or not at all.
        triggers: when recall happens in the thought; names are read. `never` stands alone.
        triggering: the parameters of the triggers.
        recalls: the maximum number of recalls in the middle of each continuation, those that find nothing included.
        hint_tokens: the maximum number of tokens of all hints of one continuation. The hint at the start counts, and
            is never left out, but cut at `max_hint_tokens`.
        max_hint_tokens: of one hint, that at the start included: a longer entry is cut behind a sentence, and its hint
            says so. 99 % of the entries that were measured have fewer.
        later_margin: a recall in the middle of a thought abstains unless what recall decides by (a probability, or a
            similarity) is above its threshold by this.
        holdout: the share of runs, 0 to 1, in which by chance nothing that was recalled is put into the thought.
        samples: m, the total number of continuations; ``floor(samples / procedures)`` per procedure.
        procedures: k, entries recalled, one branch each; 0 for as many as samples.
        keep: n, continuations chosen in the end; the answer is the best one's.
        query_tokens: maximum number of tokens of the query; it is cut there.
        max_tokens: maximum number of tokens of each continuation.
        temperature: of the continuations: 0, or 0.001..100. At 0 those of one branch would be copies, so there is
            one per branch.
        query_temperature: of the query.
        threshold: entries whose samples have a mean relative length at or below this are dropped (selector `length`).
        selector: how the samples are compared.
        seed: the same seed, engine and memory give the same events.
        spans: whether and how the thought quotes.
        evidence: passages to copy before thinking, from the question's context and what was recalled; the thought then
            has the question and those passages before it, and nothing else. 0 leaves that stage out.
    """

    arm: Arm = Arm.IN_THOUGHT
    triggers: tuple[str, ...] = (Trigger.START,)
    triggering: TriggerSettings = field(default_factory=TriggerSettings)
    recalls: int = 2
    hint_tokens: int = 2000
    max_hint_tokens: int = 1500
    later_margin: float = 0.05
    holdout: float = 0.0
    samples: int = 3
    procedures: int = 0
    keep: int = 1
    query_tokens: int = 100
    max_tokens: int = 512
    temperature: float = 0.6
    query_temperature: float = 0.0
    threshold: float = THRESHOLD
    selector: Selector = Selector.LENGTH
    seed: int = 0
    prompts: ThoughtPrompts = field(default_factory=ThoughtPrompts)
    spans: SpanSettings = field(default_factory=SpanSettings)
    evidence: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "triggers", read_triggers(self.triggers))
        object.__setattr__(self, "arm", Arm(self.arm))
        object.__setattr__(self, "selector", Selector(self.selector))
        for name in ("samples", "keep", "query_tokens", "max_tokens", "max_hint_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        for name in ("procedures", "evidence", "recalls", "hint_tokens"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be >= 0, got {getattr(self, name)}")
        object.__setattr__(self, "prompts", replace(self.prompts, other_marks=self._other_marks()))
        samples_per_procedure(self.samples, self.max_branches)
        for name in ("later_margin", "holdout"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be 0..1, got {getattr(self, name)}")
        check_temperature("temperature", self.temperature)
        check_temperature("query_temperature", self.query_temperature)

    def _other_marks(self) -> tuple[str, ...]:
        asks, quotes = Trigger.TAG in self.triggers, self.spans.mode is not SpanMode.OFF
        delimiters, tags = self.spans.delimiters, self.triggering
        return (
            *((tags.tag_open, tags.tag_close) if asks else ()),
            *((delimiters.open, delimiters.close) if quotes else ()),
        )

    @property
    def max_branches(self) -> int:
        """How many entries are recalled at the start."""
        return self.procedures or self.samples

    def samples_a_branch(self, branches: int) -> int:
        """Return how many samples each of `branches` gets, so that the total does not depend on what was found."""
        if self.temperature == 0 or self.arm is Arm.NONE:
            return 1
        return samples_per_procedure(self.samples, branches)

    @property
    def later_triggers(self) -> tuple[Trigger, ...]:
        """The triggers that watch the thought; none if the arm has no recall in it."""
        if self.arm is not Arm.IN_THOUGHT or not self.recalls:
            return ()
        return tuple(one for one in map(Trigger, self.triggers) if one.watches)

    @property
    def needs_log_probs(self) -> bool:
        """Whether the engine must give log-probs."""
        watching = any(one.import_class().needs_log_probs for one in self.later_triggers)
        return watching or self.selector.needs_log_probs

    @property
    def selection_rules(self) -> SelectionRules:
        """How many samples are chosen, and from which entries."""
        return SelectionRules(self.keep, self.threshold)

    @property
    def needs_constraint(self) -> bool:
        """Whether the engine must be able to constrain its tokens."""
        return self.spans.mode is SpanMode.CONSTRAIN or self.evidence > 0

    def explain_tag(self) -> str:
        """Return what tells a model how to ask by marks; empty if it cannot."""
        if Trigger.TAG not in self.later_triggers:
            return ""
        marks = {"{open}": self.triggering.tag_open, "{close}": self.triggering.tag_close}
        text = self.prompts.recalls.tag
        for blank, written in (marks | {"{recalls}": str(self.recalls)}).items():
            text = text.replace(blank, written)
        return text

    def named_values(self) -> tuple[tuple[str, Value], ...]:
        """Return every plain setting by name, for the record of a run."""
        return tuple(_named_values(self))


def _named_values(settings: object, prefix: str = "") -> Iterator[tuple[str, Value]]:
    for one in fields(settings):  # type: ignore[arg-type]  # every caller hands in a dataclass
        value = getattr(settings, one.name)
        if is_dataclass(value):
            yield from _named_values(value, f"{prefix}{one.name}.")
        else:
            yield prefix + one.name, ",".join(value) if isinstance(value, tuple) else value


def derive_seed(seed: int, turn: str) -> int:
    """Return a separate seed for one turn, so that neighbouring seeds share no samples."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{turn}".encode()).digest()[:4])


def check_temperature(name: str, value: float) -> None:
    """Raise `ValueError` for a temperature that is neither 0 nor in the allowed range, such as NaN."""
    if value != 0 and not LEAST_TEMPERATURE <= value <= LARGEST_TEMPERATURE:
        raise ValueError(f"{name} must be 0 or {LEAST_TEMPERATURE}..{LARGEST_TEMPERATURE:.0f}, got {value}")


PUBLISHED_8 = ThinkSettings(samples=8, procedures=3, keep=4, max_tokens=16_384)
"""The paper's smaller setting: (m, n, k) = (8, 4, 3)."""

PUBLISHED_30 = ThinkSettings(samples=30, procedures=10, keep=8, max_tokens=16_384)
"""The paper's larger setting: (m, n, k) = (30, 8, 10)."""
