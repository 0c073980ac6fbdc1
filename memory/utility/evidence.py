"""Evidence on the effect of an entry from randomised runs, valid however often it is looked at.

A run that recalled an entry injects it with the known probability `share`, or withholds it. The effect is the
probability of a right answer with the entry minus that without it. A bettor starts with 1 and bets after each run on
the score

    x = (right - m) / share          if the entry was injected
    x = -(right - m) / (1 - share)   if it was withheld

whose mean is the effect, whatever the constant m: the inverse-propensity score. If the effect is at least d, then
each factor ``1 - stake * (x - d)`` has a mean of at most 1, and so has the capital at any time. By Ville's inequality
it ever reaches 1 / alpha with probability at most alpha (Waudby-Smith and Ramdas 2023, Estimating means of bounded
random variables by betting; for d = 0 the factors are the e-values of Turner, Ly and Gruenwald 2024, Generic
e-variables for exact sequential k-sample tests). Nothing is assumed of the probabilities of right answers, which may
change from run to run: the only chance that counts is that of withholding.

The bettor divides the capital over several pairs of m and stake, so that the sum depends on the four counts of runs
alone: not on their order, nor on how outcomes that were corrected later came about. Numbers: `benchmarks/reason/`.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
"""The probability that one bound of an interval ever misses the effect."""
_MEANS = ((0.15, 0.10), (0.40, 0.75), (0.70, 0.15))
"""Guesses of the share of right answers, each with its part of the capital. A wrong guess costs power alone: with the
truth .15 away the score has a tenth more variance. Harmful entries lower the share, so most lies below one half."""
_EFFECTS = ((0.10, 0.08), (0.20, 0.87), (0.35, 0.05))
"""Guesses of the effect. Smaller ones need thousands of runs to be seen, larger ones are seen with any of these."""
_STEPS = 30
"""Halvings of the range of effects: bounds to nine digits."""

Counts = NDArray[np.float64]
"""Runs of entries, shape ``(..., 4)``: injected right, injected wrong, withheld right, withheld wrong."""


@dataclass(frozen=True, slots=True)
class RunTable:
    """Runs with one probability of injecting, between 0 and 1; `counts` has a row for each entry."""

    share: float
    counts: Counts


def log_capital(tables: Sequence[RunTable], effect: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
    """Return the logarithm of the capital won against "the effect is at least `effect`", for each row of the counts.

    Reaching ``-log(ALPHA)`` refutes that. With `effect` for each row the shape is that of the rows.
    """
    logs = sum(_log_won(table, effect) for table in tables)
    weights = np.array([a * b for (_, a), (_, b) in itertools.product(_MEANS, _EFFECTS)])
    return np.asarray(np.logaddexp.reduce(np.asarray(logs) + np.log(weights), axis=-1))


def shows_harm(tables: Sequence[RunTable]) -> NDArray[np.bool_]:
    """Return for each row whether its runs show that the effect is below zero: then the entry is retired."""
    return log_capital(tables) >= -math.log(ALPHA)


def effect_bounds(tables: Sequence[RunTable]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and the upper bound of the effect for each row; each ever misses it with probability `ALPHA`.

    The upper bound is not above zero exactly when `log_capital` refutes that the effect is at least zero.
    """
    # Counting wrong answers as right ones turns the effect round.
    turned = [RunTable(table.share, table.counts[..., [1, 0, 3, 2]]) for table in tables]
    return -_upper_bound(turned), _upper_bound(tables)


def _upper_bound(tables: Sequence[RunTable]) -> NDArray[np.float64]:
    rows = tables[0].counts.shape[:-1]
    low, high = np.full(rows, -1.0), np.full(rows, 1.0)
    for _ in range(_STEPS):  # the capital grows with `effect`
        middle = (low + high) / 2
        refuted = log_capital(tables, middle) >= -math.log(ALPHA)
        low, high = np.where(refuted, low, middle), np.where(refuted, middle, high)
    return np.where(high < 1, high, 1.0)


def _log_won(table: RunTable, effect: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of what each bet has won, shape ``(..., bets)``.

    A bet that could lose everything against this effect is not made: it counts as lost.
    """
    share = table.share
    pairs = np.array([(m, guess) for (m, _), (guess, _) in itertools.product(_MEANS, _EFFECTS)])
    m, guess = pairs[:, :1], pairs[:, 1:]
    scores = np.hstack([(1 - m) / share, -m / share, -(1 - m) / (1 - share), m / (1 - share)])
    stakes = share * (1 - share) * guess / (m * (1 - m))  # the best for this share of right answers and this effect
    factors = 1 - stakes * (scores - np.asarray(effect)[..., None, None])
    sound = (factors > 0).all(axis=-1)
    won = (table.counts[..., None, :] * np.log(np.where(sound[..., None], factors, 1.0))).sum(axis=-1)
    return np.where(sound, won, -np.inf)
