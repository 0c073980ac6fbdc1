"""The parts of the comparison alone, each at its bounds: numbers, units, added words, and words that change places."""

import pytest

from midthought.ingest.dedup.differing_words import MAX_ADDED, find_difference, find_unmatched, is_reordered
from midthought.ingest.dedup.quantities import read_numbers, read_units
from midthought.ingest.dedup.swapped_arguments import find_swap
from midthought.ingest.dedup.words import split_sentences


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("one hundred apples", ["100"]),
        ("one apple", []),
        ("twenty-one apples", ["21"]),
        ("twenty apples", ["20"]),
        ("ninety-nine apples", ["99"]),
        ("half of them", ["1/2"]),
        ("a third of them", ["1/3"]),
        ("the third of them", ["ordinal 3"]),
        ("the second of them", ["ordinal 2"]),
        ("the 3rd of 4", ["ordinal 3", "4"]),
        ("1/2 of them", ["1/2"]),
        ("11/12 of them", ["11/12"]),
        ("12/13 of them", ["12", "13"]),
        ("10/2 of them", ["10", "2"]),
        ("2/4 of them", ["2", "4"]),
        ("3/3 of them", ["3", "3"]),
        ("50% of 7", ["50%", "7"]),
        ("fifty percent of 7", ["50%", "7"]),
        ("1,000 and 0.5", ["1000", "1/2"]),
    ],
)
def test_numbers_are_read_by_value(text: str, values: list[str]) -> None:
    """Shares in lowest terms up to twelfths are one number, other quotients two."""
    assert [value for sentence in split_sentences(text) for _, value in read_numbers(sentence)] == values


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("5 m of rope", ["m"]),
        ("a m of rope", []),
        ("5 m/s", ["m", "per s"]),
        ("in m/s", ["m", "per s"]),
        ("a meter of rope", ["m"]),
        ("a meter per kilogram", ["m", "per kg"]),
    ],
)
def test_units_are_read_by_name(text: str, units: list[str]) -> None:
    """A unit of one or two letters counts only after a digit or next to a slash."""
    assert [unit for sentence in split_sentences(text) for _, unit in read_units(sentence)] == units


WORDS = ["apples", "baskets", "cherries", "dates", "elders", "figs", "grapes"]


def test_a_rewording_may_add_so_many_words() -> None:
    """Six are let through on either side, seven are not; one on each side never are."""
    base = "Peel oranges"
    few, many = (f"{base} {' '.join(WORDS[:count])}." for count in (MAX_ADDED, MAX_ADDED + 1))
    assert find_unmatched(base, few) == find_unmatched(few, base) == ""
    assert find_unmatched(base, many).startswith("- against appl, ")
    assert find_unmatched(many, base).endswith(" against -")
    assert find_unmatched("Peel apples.", "Peel dates.") == "appl against dat"


def test_near_copies_differ_by_what_matters() -> None:
    """An exchanged word is told; an exchanged article is nothing; the same words in another order are told apart."""
    text = "How do I find the longest side of the triangle in the plane?"
    assert find_difference(text, text.replace("triangle", "square")) == "'triangle' against 'square'"
    assert find_difference(text, text.replace("the triangle", "a triangle")) == ""
    assert is_reordered("Wash before you peel apples.", "Peel apples before you wash.")
    assert not is_reordered("Wash apples.", "Wash apples.")
    assert not is_reordered("Wash apples.", "Wash apples, peel apples.")


@pytest.mark.parametrize(
    ("one", "other", "swap"),
    [
        ("Foxes eat rabbits.", "Rabbits eat foxes.", ("fox", "rabbit")),
        ("Foxes eat rabbits.", "Foxes eat rabbits.", None),
        ("Foxes eat rabbits.", "Rabbits are eaten by foxes.", None),
        ("Foxes can do eat rabbits.", "Rabbits can do eat foxes.", ("fox", "rabbit")),
        ("Foxes eat it all rabbits.", "Rabbits eat it all foxes.", ("fox", "rabbit")),
        ("The tree's height is given.", "The height of the tree is given.", None),
        ("The tree's height and the house.", "The house's height and the tree.", ("tre", "hous")),
    ],
)
def test_words_that_change_places(one: str, other: str, swap: tuple[str, str] | None) -> None:
    """A verb, a passive and an owner each say which side is which."""
    assert find_swap(one, other) == swap
