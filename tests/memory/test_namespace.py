"""A namespace is a safe directory name."""

import pytest

from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace


@pytest.mark.parametrize("name", ["a", "team-1", "x.y_z", "0", "a" * 63])
def test_good_names(name: str) -> None:
    """Lower-case words with dots, dashes and underscores are namespaces."""
    assert str(Namespace(name)) == name


@pytest.mark.parametrize("name", ["", "A", "../x", "a..b", ".hidden", "a/b", "a b", "a" * 64, "ä", "a\n", "@starter"])
def test_bad_names(name: str) -> None:
    """Anything that could leave its directory, or that is not plain, is refused and shown."""
    with pytest.raises(BadInput, match="a namespace is 1-63"):
        Namespace(name)
