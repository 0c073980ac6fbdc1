"""docs/python.md names every method of the Python interface with its arguments, and every error."""

import doctest
import re
from pathlib import Path

import pytest

import midthought
from midthought import AsyncClient, Client, Memory, MidthoughtError, open_memory

from . import signatures
from .signatures import public_methods, show_call

OF_CLIENTS = {"health"}
"""Methods that a memory in the own process has not; the page names them in a sentence."""


@pytest.fixture
def page(root: Path) -> str:
    """The text of the page."""
    return (root / "docs" / "python.md").read_text()


def test_the_tables_are_the_methods_of_a_memory(page: str) -> None:
    """One row per method, which begins with the call: its arguments and their defaults."""
    rows = re.findall(r"^\| `([a-z_]+\([^`]*\))` \|", page.partition("## All methods")[2], re.MULTILINE)
    assert sorted(rows) == sorted(show_call(*method) for method in public_methods(Memory))
    assert f"`{show_call('open_memory', open_memory)}`" in page


@pytest.mark.parametrize("cls", [Client, AsyncClient])
def test_the_clients_have_the_same_methods(cls: type, page: str) -> None:
    """What a client has beside them, or has not, is said on the page."""
    ours, theirs = ({name for name, _ in public_methods(one)} for one in (Memory, cls))
    assert theirs - ours == OF_CLIENTS
    assert ours - theirs == {"harvest"}
    assert "`health()`" in page
    assert "It has no `harvest`; its `reason` takes no engine" in page
    assert "A `Client` has no such method: harvest where the memory is" in page


def test_every_error_has_its_row(page: str) -> None:
    """Each class of the tree, apart from the two that are only bases."""
    rows = set(re.findall(r"^\| `([A-Za-z]+)` \|", page.partition("## Errors")[2], re.MULTILINE))
    classes = {
        name for name in midthought.__all__ if isinstance(found := getattr(midthought, name), type)
        and issubclass(found, MidthoughtError)
    }  # fmt: skip
    assert rows == classes - {"MidthoughtError", "StoreError"}


def test_calls_are_written_with_their_defaults() -> None:
    """The example in the docstring holds."""
    done = doctest.testmod(signatures)
    assert done.attempted > 0
    assert done.failed == 0
