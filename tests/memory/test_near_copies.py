"""The near-copy test finds texts that agree nearly word by word."""

from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.memory.records.near_copies import NEAR_COPY, NearCopyTest, match_near_copy

PROBLEM = "A bag holds 3 red and 5 blue balls. Two are drawn. What is the probability that both are red?"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (PROBLEM.upper(), True),
        (PROBLEM.replace("3", "4").replace("5", "11"), True),
        (PROBLEM.replace("balls", "marbles"), True),
        ("Two balls are drawn from a bag. How likely is it that none of them is blue, if it holds 3 of each?", False),
        ("", False),
    ],
)
def test_near_copies(other: str, expected: bool) -> None:
    """Other numbers or one other word leave a near copy; the same problem in other words is none."""
    assert NearCopyTest(PROBLEM).is_copy(other) is expected


def test_the_ratio_decides() -> None:
    """Lists of words are near copies exactly if difflib's ratio reaches the bar."""
    words = PROBLEM.split()
    for dropped in range(len(words)):
        other = words[dropped:]
        ratio = SequenceMatcher(None, words, other, autojunk=False).ratio()
        assert (match_near_copy(words, other) is not None) == (ratio >= NEAR_COPY)


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_nothing_near_is_passed_over(one: list[str], other: list[str]) -> None:
    """Whatever the words are and in whatever order: what excludes pairs quickly excludes no near copy."""
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    assert (match_near_copy(one, other) is not None) == (ratio >= NEAR_COPY)
    assert NearCopyTest(" ".join(one)).is_copy(" ".join(other)) == (ratio >= NEAR_COPY)
