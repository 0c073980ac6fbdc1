"""The front door of a package: its names are imported at their first use, so that importing the package is quick."""

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import get_data
from typing import Any


def lazy_exports(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package (PEP 562) that export what it imports for type checkers.

    The imports under ``if TYPE_CHECKING:`` are read from the package's source at the first use of a name, as
    `attach_stub` of lazy_loader (Scientific Python) reads a stub: so a name is written once for both.
    """

    def load(name: str) -> Any:
        if name not in read_exports(package):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, original = read_exports(package)[name]
        value = getattr(import_module(module), original)
        setattr(sys.modules[package], name, value)  # the next use finds it there and does not come here
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *read_exports(package)})

    return load, names


@cache
def read_exports(package: str) -> dict[str, tuple[str, str]]:
    """Return (module, name there) of each name that a package imports for type checkers."""
    import ast  # not needed to import a package, only to use it

    source = get_data(package, "__init__.py")
    assert source is not None, f"{package} has no source"
    tree = ast.parse(source)
    guarded = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for block in guarded
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
