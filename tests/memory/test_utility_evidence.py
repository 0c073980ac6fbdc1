"""Bounds of effects hold however often one looks, are those of the bets by hand, and find what is there."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from midthought.memory.utility.evidence import ALPHA, RunTable, effect_bounds, log_capital
from midthought.memory.utility.shrinkage import raw_effects, shrunk_effects

SHARE = 0.75


def table(*rows: tuple[float, ...], share: float = SHARE) -> list[RunTable]:
    """Counts of entries with one probability of injecting."""
    return [RunTable(share, np.array(rows, dtype=np.float64))]


def watched(right_with: float, right_without: float, *, effect: float, entries: int, runs: int) -> float:
    """The share of simulated entries of which one bound ever misses `effect`, looking after each run."""
    drawing = np.random.default_rng(17)
    injected = drawing.random((entries, runs)) < SHARE
    right = drawing.random((entries, runs)) < np.where(injected, right_with, right_without)
    cells = np.stack([injected & right, injected & ~right, ~injected & right, ~injected & ~right], axis=-1)
    counts = np.cumsum(cells, axis=1, dtype=np.float64)
    capital = log_capital([RunTable(SHARE, counts)], np.full((entries, runs), effect))
    return float((capital.max(axis=1) >= -math.log(ALPHA)).mean())


@pytest.mark.slow
@pytest.mark.parametrize(("right_with", "right_without"), [(0.5, 0.5), (0.1, 0.1), (0.9, 0.9), (0.6, 0.3), (0.2, 0.6)])
def test_a_bound_ever_misses_the_effect_as_rarely_as_promised(right_with: float, right_without: float) -> None:
    """Of 2,000 entries, each looked at 1,000 times, fewer than 7 % are missed: 5 % and four standard errors."""
    missed = watched(right_with, right_without, effect=right_with - right_without, entries=2000, runs=1000)
    assert missed <= ALPHA + 4 * math.sqrt(ALPHA * (1 - ALPHA) / 2000)


@pytest.mark.slow
def test_a_looser_test_fails_the_same_measurement() -> None:
    """An entry that does harm is found, so the measurement above can fail."""
    assert watched(0.2, 0.6, effect=0.0, entries=2000, runs=1000) > 0.9


def test_no_bet_gains_on_average_if_the_entry_does_no_harm() -> None:
    """The mean of what one run makes of 1 is at most 1, whatever the probabilities, and 1 without an effect.

    With other shares than three of four, bets that could lose everything are left out, and it is less.
    """
    cells = np.eye(4)
    for share in (0.5, 0.75, 0.9):
        gains = np.exp(log_capital([RunTable(share, cells)]))
        for without in np.linspace(0, 1, 11):
            for with_it in np.linspace(without, 1, 5):
                chances = [share * with_it, share * (1 - with_it)]
                chances += [(1 - share) * without, (1 - share) * (1 - without)]
                mean = float(np.dot(chances, gains))
                assert mean <= 1 + 1e-9
                if with_it == without and share == SHARE:
                    assert mean == pytest.approx(1.0)


def test_the_capital_is_that_of_bets_by_hand() -> None:
    """Each of the nine bets multiplies one factor per run; the capital is their weighted sum."""
    counts = (12, 30, 11, 7)
    total = 0.0
    for m, part in ((0.15, 0.10), (0.40, 0.75), (0.70, 0.15)):
        for guess, other in ((0.10, 0.08), (0.20, 0.87), (0.35, 0.05)):
            stake = SHARE * (1 - SHARE) * guess / (m * (1 - m))
            won = part * other
            for count, injected, right in zip(counts, (1, 1, 0, 0), (1, 0, 1, 0), strict=True):
                score = (right - m) / SHARE if injected else -(right - m) / (1 - SHARE)
                won *= (1 - stake * score) ** count
            total += won
    assert float(log_capital(table(counts))[0]) == pytest.approx(math.log(total))


@given(st.tuples(*[st.integers(0, 400)] * 4))
@example((0, 0, 10, 0))  # by chance every run was withheld: no effect of the range is left
def test_bounds_are_where_the_capital_is_twenty(counts: tuple[int, ...]) -> None:
    """An entry is refuted to do no harm exactly if its upper bound is not above zero."""
    (lower,), (upper,) = effect_bounds(table(counts))
    assert -1 <= min(lower, upper) <= max(lower, upper) <= 1
    harms = float(log_capital(table(counts))[0]) >= -math.log(ALPHA)
    assert harms == (upper <= 0)
    below, above = log_capital(table(counts, counts), np.array([upper - 1e-8, upper + 1e-8])) + math.log(ALPHA)
    assert upper == 1 or above >= 0
    assert below < 0 or upper < -1 + 1e-8


def test_nothing_is_known_without_runs() -> None:
    """And one run moves no bound across zero."""
    lower, upper = effect_bounds(table((0, 0, 0, 0), (0, 1, 0, 0)))
    assert (lower[0], upper[0]) == (-1.0, 1.0)
    assert lower[1] < 0 < upper[1]


def test_helping_and_harming_are_mirrors() -> None:
    """Right answers counted as wrong ones give the opposite bounds."""
    lower, upper = effect_bounds(table((70, 30, 12, 20)))
    turned_lower, turned_upper = effect_bounds(table((30, 70, 20, 12)))
    assert (turned_lower[0], turned_upper[0]) == pytest.approx((-upper[0], -lower[0]))


def test_runs_with_different_shares_add_up() -> None:
    """An entry whose share was changed on the way is judged by all of its runs."""
    counts = (20.0, 60.0, 30.0, 20.0)
    halves = [RunTable(SHARE, np.array([counts]) / 2), RunTable(SHARE, np.array([counts]) / 2)]
    assert log_capital(halves) == pytest.approx(log_capital(table(counts)))
    two = [RunTable(SHARE, np.array([counts])), RunTable(0.5, np.array([[20.0, 40.0, 40.0, 20.0]]))]
    assert log_capital(two)[0] > log_capital(two[:1])[0]


def test_shrunk_effects_lie_between_their_own_and_the_mean() -> None:
    """With few runs nearer to the mean; without any it is not known; without differences all are the mean."""
    few, many = (1, 9, 4, 1), (100, 900, 400, 100)
    counts = np.array([few, many, (50, 50, 20, 20), (60, 40, 24, 16), (0, 0, 0, 0)], dtype=np.float64)
    raw, shrunk = raw_effects(counts), shrunk_effects(counts)
    assert raw[:2] == pytest.approx([-0.7, -0.7])
    assert raw[1] < shrunk[1] < shrunk[0] < 0
    assert np.isnan([raw[4], shrunk[4]]).all()
    alike = shrunk_effects(np.array([(50, 50, 20, 20), (51, 49, 20, 20)], dtype=np.float64))
    assert alike[0] == pytest.approx(alike[1])
