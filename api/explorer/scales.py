"""Where the parts of a picture stand: numbers become places, and the templates draw them."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.memory.records.utility import EntryUtility
from midthought.retrieval.explanation import Decision, Measure

LEFT, RIGHT = 20.0, 620.0
"""The ends of the axis of a picture, which is 640 wide: there is room for the numbers below both."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A line of numbers from `low` to `high`."""

    low: float
    high: float
    left: float = LEFT
    right: float = RIGHT

    def place(self, value: float) -> float:
        """Return where a number stands; one beyond an end stands at that end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self, count: int = 5) -> list[tuple[float, float]]:
        """Return (number, place) of marks at equal distances, both ends included."""
        values = [self.low + number * (self.high - self.low) / (count - 1) for number in range(count)]
        return [(value, self.place(value)) for value in values]


@dataclass(frozen=True, slots=True)
class Bar:
    """A value beside the threshold that it was compared with.

    Attributes:
        measure: what the value is, in words.
        value_at, threshold_at: places on `axis`.
    """

    measure: str
    value: float
    threshold: float
    axis: Axis
    value_at: float
    threshold_at: float

    @property
    def answered(self) -> bool:
        """Whether the value reaches the threshold."""
        return self.value >= self.threshold


_MEASURES = {Measure.PROBABILITY: "probability of a useful hit", Measure.SIMILARITY: "best similarity"}


def decision_bar(decision: Decision) -> Bar:
    """Return the picture of what decided a recall."""
    axis = Axis(0.0 if decision.measure is Measure.PROBABILITY else -1.0, 1.0)
    places = axis.place(decision.value), axis.place(decision.threshold)
    return Bar(_MEASURES[decision.measure], decision.value, decision.threshold, axis, *places)


@dataclass(frozen=True, slots=True)
class UtilityRow:
    """The effect of one entry with its bounds: places on the axis, and the height of its line."""

    entry: EntryUtility
    top: float
    lower_at: float
    upper_at: float
    effect_at: float | None


ROW_HEIGHT = 18.0


def utility_rows(found: Sequence[EntryUtility], axis: Axis) -> list[UtilityRow]:
    """Return a line for each entry, from the top."""
    return [
        UtilityRow(
            entry=one,
            top=(number + 1) * ROW_HEIGHT,
            lower_at=axis.place(one.lower),
            upper_at=axis.place(one.upper),
            effect_at=None if one.shrunk is None else axis.place(one.shrunk),
        )
        for number, one in enumerate(found)
    ]


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """Recalls whose value lies in ``[low, high)``: how many were answered, and how many were not."""

    low: float
    high: float
    answered: int
    abstained: int


def bin_scores(answered: Sequence[float], abstained: Sequence[float], *, bins: int = 20) -> list[ScoreBin]:
    """Return counts by value, 0 to 1, in bins of equal width; the last one includes 1."""
    counts = [[0, 0] for _ in range(bins)]
    for kind, values in enumerate((answered, abstained)):
        for value in values:
            counts[min(bins - 1, max(0, int(value * bins)))][kind] += 1
    return [ScoreBin(place / bins, (place + 1) / bins, *pair) for place, pair in enumerate(counts)]
