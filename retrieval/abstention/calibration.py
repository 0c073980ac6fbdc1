"""The calibrated probability that the best hit is useful, and how it is fitted to judged queries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from midthought.memory.errors import BadInput
from midthought.retrieval.abstention.signals import Signals

_Row = Sequence[float] | NDArray[np.float64]
_RIDGE = 1.0
"""L2 penalty on the weights of standardised signals: a few dozen queries of a user must not give extreme weights."""
_RIDGE_OF_PRODUCTS = 30.0
"""The same where products have weights. With 10 or less the probability of queries for which every signal is high falls
again: there are few such queries to learn from."""
_MIN_FOR_PRODUCTS = 100
"""Fewest queries of each sort to fit products: sixteen signals and their products have 152 weights."""
_MAX_STEPS = 50
_FOLDS = 5
MIN_QUERIES = 20
"""Fewest queries of each sort to fit: below, the stated error rate would rest on a handful of cases."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over `Signals`, and the probability below which recall abstains.

    Attributes:
        signals: the names of the signals, in the order of the weights.
        means, scales: standardise each signal: ``(value - mean) / scale``.
        weights, intercept: of the logistic model.
        threshold: recall abstains below this probability.
        error_rate: of queries without a useful entry, about this share is answered (cross-conformal, of queries like
            those it was fitted to).
        fitted_on: how many queries with and without a useful entry it was fitted to.
        products: whether the products of every two standardised signals, and their squares, have weights as well, after
            those of the signals: that a query's words are known means little, that they are known and that no single
            entry holds them means that it is no question.
    """

    signals: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    threshold: float
    error_rate: float
    fitted_on: tuple[int, int]
    products: bool = False

    def probability(self, signals: Signals) -> float:
        """Return the probability that the best hit is useful, from 0 to 1."""
        named = dict(zip(Signals.names(), signals.to_list(), strict=True))
        values = np.array([named[name] for name in self.signals])
        row = _design(_standardise(values, self.means, self.scales)[None], products=self.products)
        return float(_sigmoid(row @ np.array(self.weights) + self.intercept)[0])

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    def to_json(self) -> str:
        """Return one JSON object."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> "Calibration":
        """Return the calibration that `to_json` wrote; raises `BadInput` if it is none."""
        return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Calibration":
        """Return the calibration that `to_dict` wrote; raises `BadInput` if a field is missing or of another length."""
        try:
            made = cls(
                signals=tuple(map(str, record["signals"])),
                means=tuple(map(float, record["means"])),
                scales=tuple(map(float, record["scales"])),
                weights=tuple(map(float, record["weights"])),
                intercept=float(record["intercept"]),
                threshold=float(record["threshold"]),
                error_rate=float(record["error_rate"]),
                fitted_on=(int(record["fitted_on"][0]), int(record["fitted_on"][1])),
                products=bool(record.get("products", False)),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise BadInput(f"this is no calibration: {error!r}") from error
        columns = _design(np.zeros((1, len(made.signals))), products=made.products).shape[1]
        if not (len(made.signals) == len(made.means) == len(made.scales) and columns == len(made.weights)):
            raise BadInput("this is no calibration: its signals, means, scales and weights differ in number")
        if not (0 <= made.threshold <= 1 and 0 < made.error_rate < 1 and min(made.scales, default=1.0) > 0):
            raise BadInput(
                "this is no calibration: it needs a threshold of 0 to 1, an error rate between 0 and 1 and positive "
                f"scales, got {made.threshold}, {made.error_rate} and {min(made.scales, default=1.0)}"
            )
        unknown = set(made.signals) - set(Signals.names())
        if unknown:
            raise BadInput(f"the calibration needs signals that this version does not have: {sorted(unknown)}")
        return made


def fit_calibration(useful: Sequence[Signals], useless: Sequence[Signals], *, error_rate: float = 0.05) -> Calibration:
    """Fit the probability to judged queries, and choose the threshold so that the error rate is kept.

    Args:
        useful: of queries whose best hits hold a useful entry.
        useless: of queries for which the memory has none.
        error_rate: the share of such queries that may still be answered.

    The threshold is cross-conformal (Vovk 2015): each useless query is given the probability by a model that was
    fitted without its fold, and the ``ceil((n + 1)(1 - error_rate))``-th smallest of these n probabilities is the
    threshold. Of later queries like them, about `error_rate` are answered. Holding half of them back instead, as
    split-conformal does, left 140 of our own to decide by, and the threshold moved by .3 from one half to the other.
    Below an error rate of `min_error_rate` no probability is high enough, and the threshold is 1.
    Raises `BadInput` for an error rate outside 0..1, and for fewer than `MIN_QUERIES` of either sort.
    """
    if not 0 < error_rate < 1:
        raise BadInput(f"error_rate must be between 0 and 1, got {error_rate}")
    if min(len(useful), len(useless)) < MIN_QUERIES:
        raise BadInput(
            f"calibration needs at least {MIN_QUERIES} queries with a useful entry and {MIN_QUERIES} without, "
            f"got {len(useful)} and {len(useless)}"
        )
    held: list[float] = []
    for fold in range(_FOLDS):
        model = _fit_model(_without(useful, fold), _without(useless, fold), error_rate=error_rate)
        held += [model.probability(one) for one in useless[fold::_FOLDS]]
    model = _fit_model(useful, useless, error_rate=error_rate)
    return replace(model, threshold=_conformal_bar(held, error_rate))


def min_error_rate(useless: int) -> float:
    """Return the smallest error rate that a number of queries without a useful entry can show to be kept."""
    return 1 / (useless + 1)


def _without(cases: Sequence[Signals], fold: int) -> list[Signals]:
    return [case for place, case in enumerate(cases) if place % _FOLDS != fold]


def _conformal_bar(held: Sequence[float], error_rate: float) -> float:
    """Return the smallest probability that is answered."""
    rank = int(np.ceil((len(held) + 1) * (1 - error_rate)))
    if rank > len(held):
        return 1.0
    return min(float(np.nextafter(sorted(held)[rank - 1], 2.0)), 1.0)  # the held one itself is not answered


def _fit_model(useful: Sequence[Signals], useless: Sequence[Signals], *, error_rate: float) -> Calibration:
    """Return the logistic model, without a threshold."""
    rows = np.array([one.to_list() for one in [*useful, *useless]])
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    scales[scales == 0] = 1.0
    truth = np.repeat([1.0, 0.0], [len(useful), len(useless)])
    products = min(len(useful), len(useless)) >= _MIN_FOR_PRODUCTS
    design = _design(_standardise(rows, means, scales), products=products)
    weights, intercept = _fit_logistic(design, truth, ridge=_RIDGE_OF_PRODUCTS if products else _RIDGE)
    return Calibration(
        Signals.names(),
        tuple(means.tolist()),
        tuple(scales.tolist()),
        tuple(weights.tolist()),
        intercept,
        0.0,
        error_rate,
        (len(useful), len(useless)),
        products,
    )


def _fit_logistic(
    rows: NDArray[np.float64], truth: NDArray[np.float64], *, ridge: float
) -> tuple[NDArray[np.float64], float]:
    """Return weights and intercept by Newton's method; both classes count alike, whatever their numbers."""
    design = np.hstack([rows, np.ones((len(rows), 1))])
    importance = np.where(truth == 1, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    penalty = np.diag([ridge] * rows.shape[1] + [0.0])
    solution = np.zeros(design.shape[1])
    for _ in range(_MAX_STEPS):
        shares = _sigmoid(design @ solution)
        gradient = design.T @ (importance * (shares - truth)) + penalty @ solution
        curvature = design.T @ (design * (importance * shares * (1 - shares))[:, None]) + penalty
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(curvature)), gradient)
        solution = solution - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return solution[:-1], float(solution[-1])


def _design(rows: NDArray[np.float64], *, products: bool) -> NDArray[np.float64]:
    """Return the columns that have weights: the signals, then each one times itself and those after it."""
    if not products:
        return rows
    return np.hstack([rows, *(rows[:, [column]] * rows[:, column:] for column in range(rows.shape[1]))])


def _standardise(values: NDArray[np.float64], means: _Row, scales: _Row) -> NDArray[np.float64]:
    return np.asarray((values - np.asarray(means)) / np.asarray(scales))


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -50, 50))))
