"""Reciprocal rank fusion against its formula."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.retrieval.fusion.reciprocal_rank import fuse_ranks

rankings = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=10), max_size=4)


@given(rankings, st.integers(0, 100))
def test_scores_are_the_formula(lists: list[list[int]], constant: int) -> None:
    """Every score is the exact sum of reciprocals, and the order is by score, then item."""
    exact: dict[int, Fraction] = {}
    for ranking in lists:
        for rank, item in enumerate(ranking, start=1):
            exact[item] = exact.get(item, Fraction(0)) + Fraction(1, constant + rank)
    fused = fuse_ranks(lists, constant=constant)
    assert {item: pytest.approx(float(score)) for item, score in exact.items()} == dict(fused)
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


def test_worked_example() -> None:
    """Second in both lists beats first in one."""
    assert fuse_ranks([[1, 2], [3, 2]]) == [(2, 2 / 62), (1, 1 / 61), (3, 1 / 61)]


def test_negative_constant_is_refused() -> None:
    """A constant below zero could divide by zero."""
    with pytest.raises(ValueError, match="constant must be >= 0, got -1"):
        fuse_ranks([], constant=-1)
