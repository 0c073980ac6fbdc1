"""docs/python.md names every method of the Python interface with its arguments, and every error."""

import doctest
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import midthought
from midthought import AsyncClient, Client, Memory, MidthoughtError, open_memory

OF_CLIENTS = {"health"}
"""Methods that a memory in the own process has not; the page names them in a sentence."""


@pytest.fixture
def page(root: Path) -> str:
    """The text of the page."""
    return (root / "docs" / "python.md").read_text()


@pytest.fixture(scope="module")
def signatures(load_script: Callable[[str], ModuleType]) -> ModuleType:
    """What the tables of the page are made with."""
    return load_script("docs/site/signatures.py")


def test_the_page_shows_how_a_memory_is_opened(page: str, signatures: ModuleType) -> None:
    """With all arguments and their defaults; the tables of methods are compared by `test_site.py`."""
    assert f"`{signatures.show_call('open_memory', open_memory)}`" in page


@pytest.mark.parametrize("cls", [Client, AsyncClient])
def test_the_clients_have_the_same_methods(cls: type, page: str, signatures: ModuleType) -> None:
    """What a client has beside them, or has not, is said on the page."""
    ours, theirs = ({name for name, _ in signatures.public_methods(one)} for one in (Memory, cls))
    assert (theirs - ours, ours - theirs) == (OF_CLIENTS, set())
    assert "`health()`" in page
    assert "Its `reason` takes no engine" in page


def test_every_error_has_its_row(page: str) -> None:
    """Each class of the tree, apart from the two that are only bases."""
    rows = set(re.findall(r"^\| `([A-Za-z]+)` \|", page.partition("## Errors")[2], re.MULTILINE))
    classes = {
        name for name in midthought.__all__ if isinstance(found := getattr(midthought, name), type)
        and issubclass(found, MidthoughtError)
    }  # fmt: skip
    assert rows == classes - {"MidthoughtError", "StoreError"}


def test_calls_are_written_with_their_defaults(signatures: ModuleType) -> None:
    """The example in the docstring holds."""
    done = doctest.testmod(signatures)
    assert done.attempted > 0
    assert done.failed == 0
