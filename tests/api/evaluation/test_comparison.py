"""The statistics of an evaluation, against values worked by hand."""

import itertools
import random
from statistics import fmean

import numpy as np
import pytest

from midthought.api.evaluation.comparison import accuracy_interval, compare, score_questions
from midthought.api.evaluation.summary import summarise_arms
from midthought.ingest.harvest.attempts import Verdict
from midthought.ingest.intervals import mean_interval

from .scenes import row


def test_the_wilson_interval_is_that_of_the_textbook() -> None:
    """8 of 10: (0.4902, 0.9433); 0 of 10: (0, 0.2775), which has a width although nothing varied."""
    eight = accuracy_interval({task: float(task < 8) for task in range(10)})
    assert eight is not None
    assert (eight.mean, eight.low, eight.high) == (
        0.8,
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    nothing = accuracy_interval(dict.fromkeys(range(10), 0.0))
    assert nothing is not None
    assert (nothing.mean, nothing.low, nothing.high) == (0.0, 0.0, pytest.approx(0.2775, abs=1e-4))
    assert accuracy_interval({}) is None


def test_a_gain_is_paired_by_question() -> None:
    """Gains 1, 0, -1, 1 of four shared questions: mean 1/4; the question that one arm lacks does not count."""
    gain = compare({0: 1.0, 1: 1.0, 2: 0.0, 3: 1.0, 9: 1.0}, {0: 0.0, 1: 1.0, 2: 1.0, 3: 0.0}, baseline="none")
    assert gain is not None
    assert (gain.difference.mean, gain.questions, gain.better, gain.worse) == (0.25, 4, 2, 1)
    assert compare({0: 1.0}, {1: 1.0}, baseline="none") is None


def test_the_bootstrap_is_the_exact_one_up_to_its_draws() -> None:
    """All 4^4 samples of four gains have known quantiles; the drawn interval has the same ends."""
    gains = [1.0, 0.0, -1.0, 1.0]
    exact = np.quantile([fmean(drawn) for drawn in itertools.product(gains, repeat=4)], [0.025, 0.975])
    found = mean_interval(gains)
    assert (found.low, found.high) == pytest.approx(tuple(exact), abs=1e-9)


def test_pairing_narrows_the_interval_of_arms_that_agree() -> None:
    """Two arms that differ on one of 40 questions: the interval of the gain is far narrower than that of either."""
    drawn = random.Random(1)
    one = {task: float(drawn.random() < 0.5) for task in range(40)}
    other = {**one, 0: 1.0 - one[0]}
    gain, alone = compare(one, other, baseline="none"), accuracy_interval(one)
    assert gain is not None
    assert alone is not None
    assert gain.difference.high - gain.difference.low < (alone.high - alone.low) / 3


def test_several_runs_of_a_question_are_one_question() -> None:
    """Shares of right runs are the scores; a failed run is in none of them."""
    rows = [
        row("none", 0, Verdict.RIGHT),
        row("none", 0, Verdict.WRONG, repeat=1),
        row("none", 1, Verdict.FAILED),
        row("none", 2, Verdict.UNANSWERED),
        row("none", 2, Verdict.FAILED, repeat=1),
        row("none", 3, Verdict.UNDECIDED),
    ]
    assert score_questions(rows) == {0: 0.5, 2: 0.0, 3: 0.0}


def test_the_table_counts_everything_once() -> None:
    """Verdicts add up to runs, failures are in no mean, and cost is 60 uncached + 15 x 10 written = 210."""
    rows = [
        row("none", 0, Verdict.RIGHT),
        row("none", 1, Verdict.WRONG),
        row("none", 2, Verdict.FAILED),
        row("length-scaling", 0, Verdict.RIGHT),
        row("length-scaling", 1, Verdict.RIGHT),
    ]
    none, scaling = summarise_arms(rows, ["none", "length-scaling", "hint-first"], decode_constant=15)
    assert (none.runs, none.right, none.wrong, none.unanswered, none.undecided, none.failed) == (3, 1, 1, 0, 0, 1)
    assert none.accuracy is not None
    assert (none.accuracy.mean, none.questions, none.pte, none.tokens) == (0.5, 2, 210, 10)
    assert [one.baseline for one in none.against] == ["length-scaling"]
    (gain,) = scaling.against
    assert (gain.baseline, gain.difference.mean, gain.questions) == ("none", 0.5, 2)


def test_what_the_engine_does_not_say_has_no_cost() -> None:
    """Without the tokens of prompts there is no figure, rather than a wrong one."""
    silent = row("none", 0, Verdict.RIGHT).to_dict() | {"prompt_tokens": 0, "cached_tokens": 0}
    (none,) = summarise_arms([type(row("x", 0, Verdict.RIGHT)).from_dict(silent)], ["none"], decode_constant=15)
    assert none.pte is None


def test_no_value_has_no_interval() -> None:
    """An interval of nothing is refused."""
    with pytest.raises(ValueError, match="at least one value"):
        mean_interval([])
