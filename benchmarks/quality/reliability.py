"""The reliability curve: how often hits are useful among queries that got a like probability, as a table and an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BINS = 10
_SIDE, _EDGE = 360, 50
_BAR = 60
"""Pixels of the tallest bar of counts."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Queries whose probability is in one tenth.

    Attributes:
        said: the mean probability that recall gave.
        seen: the share that was useful; useful and useless queries count alike as a whole, as in fitting.
        count: how many queries these are.
    """

    said: float
    seen: float
    count: int


def bin_probabilities(useful: Sequence[float], useless: Sequence[float]) -> list[Bin]:
    """Return the tenths that hold any query, lowest first."""
    said = np.array([*useful, *useless])
    truth = np.repeat([1.0, 0.0], [len(useful), len(useless)])
    weight = np.where(truth == 1, 0.5 / len(useful), 0.5 / len(useless))
    tenth = np.minimum((said * _BINS).astype(int), _BINS - 1)
    return [
        Bin(
            float(np.average(said[tenth == one], weights=weight[tenth == one])),
            float(np.average(truth[tenth == one], weights=weight[tenth == one])),
            int((tenth == one).sum()),
        )
        for one in sorted(set(tenth.tolist()))
    ]


def draw_curve(bins: Sequence[Bin], title: str) -> str:
    """Return an SVG: the shares over the probabilities, the diagonal, and the number of queries per tenth below."""

    def at(x: float, y: float) -> str:
        return f"{_EDGE + x * _SIDE:.1f},{_EDGE + (1 - y) * _SIDE:.1f}"

    foot = _EDGE + _SIDE + 40
    most = max(one.count for one in bins)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIDE + 2 * _EDGE}" height="{foot + _BAR + 40}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_EDGE}" y="25" font-size="14">{title}</text>',
        f'<rect x="{_EDGE}" y="{_EDGE}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>',
        f'<polyline points="{at(0, 0)} {at(1, 1)}" stroke="#999" stroke-dasharray="4" fill="none"/>',
        f'<polyline points="{" ".join(at(one.said, one.seen) for one in bins)}" stroke="#06c" fill="none"/>',
    ]
    for one in bins:
        x, y = at(one.said, one.seen).split(",")
        height = max(1.0, _BAR * one.count / most)
        top = foot + _BAR - height
        parts += [
            f'<circle cx="{x}" cy="{y}" r="4" fill="#06c"/>',
            f'<rect x="{float(x) - 8:.1f}" y="{top:.1f}" width="16" height="{height:.1f}" fill="#9bd"/>',
            f'<text x="{x}" y="{top - 3:.1f}" text-anchor="middle">{one.count}</text>',
        ]
    for tick in (0.0, 0.5, 1.0):
        x, y = at(tick, tick).split(",")
        parts += [
            f'<text x="{x}" y="{_EDGE + _SIDE + 14}" text-anchor="middle">{tick:.1f}</text>',
            f'<text x="{_EDGE - 6}" y="{y}" text-anchor="end">{tick:.1f}</text>',
        ]
    told = "across: probability given; up: share useful; bars: queries"
    parts.append(f'<text x="{_EDGE}" y="{foot + _BAR + 20}">{told}</text></svg>')
    return "\n".join(parts) + "\n"
