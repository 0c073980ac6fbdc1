"""The calls of the Python interface as docs/python.md writes them."""

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from midthought.memory.records.namespace import DEFAULT_NAMESPACE


def public_methods(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The methods of a class that a user calls, by name."""
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_"):
            yield name, method


def show_call(name: str, function: Callable[..., Any]) -> str:
    """A call with its arguments and their defaults; `namespace`, which nearly all take, is left out if it may be.

    >>> def find(text, *, k=5, format="auto", on_progress=print, namespace=DEFAULT_NAMESPACE): ...
    >>> show_call("find", find)
    "find(text, *, k=5, format='auto', on_progress=...)"
    """
    shown: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        default = parameter.default
        if parameter.name == "self" or (parameter.name == "namespace" and default == DEFAULT_NAMESPACE):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        shown.append(parameter.name if default is parameter.empty else f"{parameter.name}={_show_default(default)}")
    if shown[-1:] == ["*"]:
        shown.pop()
    return f"{name}({', '.join(shown)})"


def _show_default(default: object) -> str:
    plain = default.value if isinstance(default, Enum) else default
    return repr(plain) if plain is None or isinstance(plain, bool | int | float | str | tuple) else "..."
