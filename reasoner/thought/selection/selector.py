"""The selectors by name: what the setting `selector` may say; and what each is given and returns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from midthought.memory.registry import Choice, ClassRow, Registry

Place = tuple[int, int]
"""Branch and sample, both counted from 0."""

_FOLDER = "midthought.reasoner.thought.selection"


class Selector(ClassRow):
    """How the samples of one question are compared. A new selector is one file, one row and one line of docs."""

    LENGTH = (
        "length",
        "the shortest samples of the entries that make thinking short, as published",
        f"{_FOLDER}.length",
        "select_by_length",
    )
    MAJORITY = (
        "majority",
        "the answer that most samples give; of equals, the one with the shortest sample",
        f"{_FOLDER}.majority",
        "select_by_majority",
    )
    BEST_BY_LENGTH = (
        "best-by-length",
        "the shortest samples, whatever their entry",
        f"{_FOLDER}.best_by_length",
        "select_shortest",
    )
    SELF_CERTAINTY = (
        "self-certainty",
        "the samples whose tokens have the lowest mean entropy",
        f"{_FOLDER}.self_certainty",
        "select_most_certain",
    )

    @property
    def needs_log_probs(self) -> bool:
        """Whether the engine must give log-probs."""
        return self is Selector.SELF_CERTAINTY


SELECTORS: "Registry[Selector]" = Registry(
    "selector", *(Choice(one.value, one.summary, partial(Selector, one.value)) for one in Selector)
)


@dataclass(frozen=True, slots=True)
class SampleCandidate:
    """One sample as a selector sees it.

    Attributes:
        branch, sample: its place.
        tokens: generated for it.
        answer: its final answer; empty if none is marked.
        entropy: the mean entropy of its tokens, in nats; None if no token has one.
        log_prob: the mean natural logarithm of the probability of its tokens; None if no token has one.
    """

    branch: int
    sample: int
    tokens: int
    answer: str = ""
    entropy: float | None = None
    log_prob: float | None = None

    @property
    def place(self) -> Place:
        """Branch and sample."""
        return self.branch, self.sample


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """How many samples are chosen (n), and the mean relative length that the entry of a sample must have."""

    keep: int
    threshold: float


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen and why.

    Attributes:
        sample_scores: of every sample, by its place; larger is better, and the scale is the selector's.
        scores: of every branch: the mean of its samples.
        kept: the branches whose samples could be chosen, ascending.
        chosen: places, best first.
    """

    sample_scores: Mapping[Place, float]
    scores: tuple[float, ...]
    kept: tuple[int, ...]
    chosen: tuple[Place, ...]


Select = Callable[[Sequence[SampleCandidate], SelectionRules], Selection]
"""A selector: candidates in the order of their places, at least one, every branch with one or more."""


def select(selector: Selector, candidates: Sequence[SampleCandidate], rules: SelectionRules) -> Selection:
    """Return what a selector chooses. Raises `ValueError` for no candidates, and for ``keep < 1``."""
    if rules.keep < 1:
        raise ValueError(f"keep must be >= 1, got {rules.keep}")
    if not candidates:
        raise ValueError("there must be at least one sample to choose from")
    formula: Select = selector.import_class()
    return formula(sorted(candidates, key=lambda one: one.place), rules)


def rank_all(
    candidates: Sequence[SampleCandidate], scores: Mapping[Place, float], order: Iterable[SampleCandidate], keep: int
) -> Selection:
    """Return the selection that keeps every branch and takes the first of an order."""
    branches = sorted({one.branch for one in candidates})
    means = []
    for branch in branches:
        found = [scores[one.place] for one in candidates if one.branch == branch]
        means.append(sum(found) / len(found))
    return Selection(scores, tuple(means), tuple(branches), tuple(one.place for one in order)[:keep])
