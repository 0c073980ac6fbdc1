"""What users may import: the names in `__all__` of the package and of its five folders."""

import importlib
import inspect
import subprocess
import sys

import pytest

from midthought.memory.lazy_exports import read_exports

PACKAGES = ("midthought", *(f"midthought.{folder}" for folder in ("memory", "ingest", "retrieval", "reasoner", "api")))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_there_and_explained(package: str) -> None:
    """Each name in `__all__` can be imported; classes and functions have a docstring of their own."""
    module = importlib.import_module(package)
    values = {name: getattr(module, name) for name in module.__all__}
    described = {name: value for name, value in values.items() if inspect.isclass(value) or inspect.isfunction(value)}
    assert len(described) > 6
    assert [name for name, value in described.items() if not value.__doc__] == []
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", PACKAGES)
def test_all_lists_what_type_checkers_see(package: str) -> None:
    """`__all__` and the imports for type checkers hold the same names, each once."""
    names = [name for name in importlib.import_module(package).__all__ if name != "__version__"]
    assert sorted(names) == sorted(read_exports(package))


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_error(package: str) -> None:
    """As in any module."""
    module = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Memmory'"):
        _ = module.Memmory


def test_the_package_is_a_command() -> None:
    """`python -m midthought` is the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "midthought", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[-1]) == (0, importlib.import_module("midthought").__version__)
