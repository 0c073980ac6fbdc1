"""One pattern for every kind of choice."""

import pytest

from midthought.memory.errors import BadSettings
from midthought.memory.registry import Choice, Registry

COLOURS = Registry("colour", Choice("red", "like a rose", lambda: 1), Choice("blue", "like the sea", lambda: 2))


def test_choices_are_listed_in_order_and_loaded_by_name() -> None:
    """Names come in the order of the rows; a name gives what its row loads."""
    assert (list(COLOURS), COLOURS.load("blue"), COLOURS["red"].summary) == (["red", "blue"], 2, "like a rose")


def test_an_unknown_name_is_told_with_those_that_exist() -> None:
    """The message has the kind, the name and the choices."""
    with pytest.raises(BadSettings, match=r"unknown colour 'green': choose one of red, blue"):
        COLOURS.load("green")


def test_a_name_is_given_once() -> None:
    """Two rows of one name are refused."""
    with pytest.raises(ValueError, match="same name"):
        Registry("colour", Choice("red", "", lambda: 1), Choice("red", "", lambda: 2))
