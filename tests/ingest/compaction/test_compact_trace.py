"""Compaction keeps what the answer rests on, within the budget and in order."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.compaction.compact_trace import (
    MAX_PIECES,
    MAX_READ_TOKENS,
    CompactedTrace,
    compact_trace,
    find_scored_answer,
)
from midthought.ingest.compaction.pieces import GAP
from midthought.memory.records.step import Step, StepKind, check_steps
from midthought.memory.records.trajectory import Part, Span, Trajectory


def count_words(text: str) -> int:
    """How many words a text has: the tokens of these tests."""
    return len(text.split())


class Facts:
    """An answer rests on facts: it is less probable by the weight of each fact that no step states.

    A fact is stated by any of its words, as ``twelve|12``.
    """

    name = "facts"

    def __init__(self, **weights: float) -> None:
        self._weights = {re.compile(rf"\b{name}"): weight for name, weight in weights.items()}
        self.read: list[tuple[str, str]] = []

    def nll(self, prefix: str, continuation: str) -> float:
        """The sum over what is missing, above the NLL of an answer for which nothing is."""
        self.read.append((prefix, continuation))
        return 1.0 + sum(weight for name, weight in self._weights.items() if not name.search(prefix))


def as_steps(texts: list[str]) -> tuple[Step, ...]:
    """Steps that lie end to end."""
    ends = [sum(map(len, texts[: number + 1])) for number in range(len(texts))]
    spans = zip([0, *ends], ends, strict=False)
    return tuple(Step(Span(Part.THOUGHT, start, end), StepKind.WORK) for start, end in spans)


def compact(texts: list[str], budget: int, scorer: Facts, answer: str = "42") -> CompactedTrace:
    """Compact a thought of these steps, counted in words."""
    trajectory = Trajectory("What is asked?", "".join(texts), answer)
    return compact_trace(trajectory, as_steps(texts), budget_tokens=budget, scorer=scorer, count=count_words)


def kept_texts(texts: list[str], found: CompactedTrace) -> list[str]:
    """The passages of the original thought that stay."""
    return ["".join(texts)[span.start : span.end] for span in found.kept]


STEPS = [
    "alpha is three words. ",
    "Hmm, wait a bit. ",
    "beta is used later. ",
    "So, nothing much here. ",
    "gamma ends it all. ",
]


def test_the_steps_that_the_answer_rests_on_stay() -> None:
    """Of five steps those three stay whose loss makes the answer less probable, each with its place in the thought."""
    found = compact(STEPS, 16, Facts(alpha=1, beta=2, gamma=3))
    assert kept_texts(STEPS, found) == [STEPS[0], STEPS[2], STEPS[4]]
    assert found.trajectory.thought == f"{STEPS[0]}{GAP}{STEPS[2]}{GAP}{STEPS[4]}"
    check_steps(found.trajectory, found.steps)


@pytest.mark.parametrize(("budget", "expected"), [(5, [4]), (11, [2, 4]), (16, [0, 2, 4])])
def test_a_smaller_budget_drops_what_adds_least_first(budget: int, expected: list[int]) -> None:
    """The weights decide which step goes next."""
    found = compact(STEPS, budget, Facts(alpha=1, beta=2, gamma=3))
    assert kept_texts(STEPS, found) == [STEPS[place] for place in expected]


def test_a_thought_within_the_budget_is_left_alone() -> None:
    """Nothing is lost, and the scorer is not asked."""
    scorer = Facts(alpha=1)
    found = compact(STEPS, count_words("".join(STEPS)), scorer)
    assert found.trajectory.thought == "".join(STEPS)
    assert found.steps == as_steps(STEPS)
    assert kept_texts(STEPS, found) == ["".join(STEPS)]
    assert scorer.read == []


def test_of_two_steps_that_say_the_same_one_stays() -> None:
    """Each alone adds nothing; without the one, the other adds all: scores are taken again after a step is dropped."""
    texts = ["alpha is said here. ", "beta is a thing. ", "Then alpha is repeated. ", "Nothing at all here. "]
    found = compact(texts, 8, Facts(alpha=5, beta=1))
    assert "alpha" in found.trajectory.thought


def test_a_long_step_must_earn_its_length() -> None:
    """A step that adds little more than another, at three times its length, goes first."""
    texts = [
        "Nothing else here. ",
        "alpha one two. ",
        "Something else here. ",
        "beta one two. ",
        "gamma " + "word " * 9,
    ]
    found = compact(texts, 13, Facts(alpha=1, beta=1, gamma=1.1))
    assert kept_texts(texts, found) == [texts[1], texts[3]]


def test_steps_by_position_are_kept_if_they_do_better() -> None:
    """Where scores of single steps mislead, the choice is no worse than the first steps that fit."""

    class Together(Facts):
        """The answer is likely after the first two steps together and nothing else, and equally unlikely else."""

        def nll(self, prefix: str, continuation: str) -> float:
            alone = "alpha" in prefix and "beta" in prefix and "gamma" not in prefix and "delta" not in prefix
            return 1.0 if alone else 2.0

    texts = ["alpha is here. ", "beta is here. ", "gamma is here. ", "delta is here. "]
    assert kept_texts(texts, compact(texts, 6, Together())) == texts[:2]


def test_a_step_beyond_half_of_the_budget_is_cut() -> None:
    """A thought of a single step is shortened to the lines that matter."""
    lines = [f"line {number} says little\n" for number in range(15)] + ["alpha is the point\n"]
    found = compact(["".join(lines)], 16, Facts(alpha=1))
    assert "alpha is the point" in found.trajectory.thought
    assert 0 < count_words(found.trajectory.thought) <= 16


def test_many_steps_take_a_bounded_number_of_passes() -> None:
    """Four hundred steps are judged as groups, each a few times at most; the one that matters stays."""
    texts = [f"step {number} is here. " for number in range(400)]
    scorer = Facts(**{"step 333": 1.0})
    found = compact(texts, 800, scorer)
    assert "step 333 is here" in found.trajectory.thought
    assert len(scorer.read) <= 4 * MAX_PIECES


def test_a_thought_beyond_the_window_is_read_in_blocks() -> None:
    """No text that the scorer reads is longer than a block with its question; what matters in either block stays."""
    texts = [f"step {number} " + "word " * 398 for number in range(20)]
    scorer = Facts(**{"step 3 ": 1.0, "step 17 ": 1.0})
    found = compact(texts, 4000, scorer)
    assert max(count_words(prefix) for prefix, _ in scorer.read) <= MAX_READ_TOKENS + 10
    assert {"step 3 ", "step 17 "} <= set(re.findall(r"step \d+ ", found.trajectory.thought))
    assert count_words(found.trajectory.thought) <= 4000


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 200), st.data())
def test_the_budget_holds_and_the_order_stays(sizes: list[int], budget: int, data: st.DataObject) -> None:
    """Whatever the scorer says: at most the budget, passages of the original in order, steps that cover the result."""
    texts = [f"s{number} " + "word " * (size - 1) for number, size in enumerate(sizes)]
    weights = data.draw(st.lists(st.floats(-2, 2), min_size=len(sizes), max_size=len(sizes)))
    found = compact(texts, budget, Facts(**{f"s{number} ": weight for number, weight in enumerate(weights)}))
    assert count_words(found.trajectory.thought) <= budget
    assert list(found.kept) == sorted(found.kept)
    assert found.trajectory.thought.replace(GAP, "") == "".join(kept_texts(texts, found))
    check_steps(found.trajectory, found.steps)


SCORED: list[tuple[Callable[[], Trajectory], str]] = [
    (lambda: Trajectory("q", "t", " written out \n", gold="7"), "written out"),
    (lambda: Trajectory("q", "t", gold="7"), "7"),
    (lambda: Trajectory("q", r"So \boxed{12}."), "12"),
    (lambda: Trajectory("q", "no result\n"), "no result"),
]


@pytest.mark.parametrize(("make", "expected"), SCORED)
def test_what_stands_for_the_answer(make: Callable[[], Trajectory], expected: str) -> None:
    """The answer; without one what is known of it, what the thought marks, or how it ends."""
    assert find_scored_answer(make()) == expected


def test_a_budget_of_nothing_is_refused() -> None:
    """There is no thought of no tokens."""
    with pytest.raises(ValueError, match="budget_tokens must be >= 1, got 0"):
        compact(STEPS, 0, Facts())
