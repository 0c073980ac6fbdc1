"""Errors that cross a process: every one can be copied and pickled."""

import copy
import pickle

import pytest

import midthought
from midthought.memory.errors import BadInput, MidthoughtError, MissingExtra, StoreInUse, WrongProcess

ERRORS = (
    BadInput("a blank query", place="query"),
    StoreInUse("m", pid=3),
    WrongProcess("m", opener=3),
    MissingExtra("torch", extra="st", purpose="the encoder"),
    midthought.NotFound("no entry"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_a_copy(error: MidthoughtError) -> None:
    """Class, text and attributes are kept."""
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301  # our own bytes
        assert (type(other), str(other), vars(other)) == (type(error), str(error), vars(error))
