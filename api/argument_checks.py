"""Checks of the arguments of public methods against their annotations, before the method runs.

A type checker reports such mistakes; a person at a Python prompt has none.
"""

import inspect
import operator
from collections.abc import Callable, Collection, Mapping
from collections.abc import Callable as AnyCallable
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from dataclasses import is_dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import Enum
from functools import cache, wraps
from io import TextIOBase
from pathlib import Path
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, BinaryIO, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace

P = ParamSpec("P")
R = TypeVar("R")
Class = TypeVar("Class", bound=type)

_SHOWN = 60
_NAMES = {
    str: "a text",
    bytes: "bytes",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    NoneType: "None",
    Path: "a path",
    datetime: "a datetime",
    BinaryIO: "an open binary stream",
    Namespace: "a namespace",
}
_LIST_LIKE = (AnySequence, list, tuple)


def check_arguments(cls: Class) -> Class:
    """Decorate every public method of a class, and its ``__init__``, with `checked`."""
    for name, member in list(vars(cls).items()):
        if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_")):
            setattr(cls, name, checked(member))
    return cls


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function: it raises `BadInput`, before it runs, if an argument does not have its annotated type.

    The error names the argument, the given and the expected type; inside lists and dataclasses also the place.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            _refuse_unknown(function, signature, kwargs)
            return function(*args, **kwargs)  # Python says which argument is missing or unknown
        hints = _hints(function)
        for name, value in bound.arguments.items():
            if name in hints:
                bound.arguments[name] = check_value(value, hints[name], place=name)
        return function(*bound.args, **bound.kwargs)

    return call


def _refuse_unknown(function: Callable[..., Any], signature: inspect.Signature, given: Mapping[str, object]) -> None:
    """Raise `TypeError` for an argument that is nearly the name of one: Python would not say of which."""
    taken = [name for name, one in signature.parameters.items() if one.kind is not one.VAR_KEYWORD]
    for name in given if len(taken) == len(signature.parameters) else ():
        near = [] if name in taken else get_close_matches(name, taken, n=1)
        if near:
            said = f"{function.__qualname__}() got an unexpected keyword argument {name!r}"
            raise TypeError(f"{said}; did you mean {near[0]!r}?") from None


def check_value(value: Any, hint: Any, *, place: str) -> Any:
    """Return a value that has the type `hint`, whole numbers as `int`; else raise `BadInput` with its place."""
    fitting = next((one for one in _options(hint) if _fits(value, one)), None)
    if fitting is None:
        raise BadInput(f"{place} must be {describe(hint)}, got {show(value)}")
    # Whatever has `__index__` passes, such as NumPy's integers; the rest of the code gets an `int`.
    if fitting is int:
        return operator.index(value)
    if get_origin(fitting) in _LIST_LIKE:
        item = get_args(fitting)[0]
        for number, one in enumerate(value, start=1):
            check_value(one, item, place=f"item {number} of {place}")
    elif isinstance(fitting, type) and is_dataclass(fitting):
        _check_fields(value, fitting, place)
    return value


def _check_fields(value: Any, cls: Any, place: str) -> None:
    for name, hint in _hints(cls).items():
        check_value(getattr(value, name), hint, place=f"{name} of {place}")


def describe(hint: Any) -> str:
    """Return a type in words.

    >>> describe(str | None)
    'a text or None'
    """
    options = _options(hint)
    named = [one for one in options if isinstance(one, type) and issubclass(one, Enum)]
    if named and str in options:  # a member or its name: either is a text
        options = tuple(one for one in options if one not in named)
    choices = ", ".join(str(one.value) for enum in named for one in enum)
    told = dict.fromkeys(_describe(one) for one in options)
    return " or ".join(f"{one} ({choices})" if one == _NAMES[str] and named else one for one in told)


def show(value: object) -> str:
    """Return a value with its type, shortened; an object without a useful `repr` by its type alone.

    >>> show(3), show(None), show(object())
    ('3 (int)', 'None', 'an object of the type object')
    """
    if value is None:
        return "None"
    kind = type(value)
    if kind.__repr__ is object.__repr__ or kind.__module__ != "builtins":
        return f"an object of the type {kind.__qualname__}"
    text = repr(value)
    return f"{text if len(text) <= _SHOWN else text[: _SHOWN - 3] + '...'} ({kind.__name__})"


@cache
def _hints(annotated: Any) -> dict[str, Any]:
    """Return the types of a dataclass's fields or a function's arguments, without the type of its result."""
    if isinstance(annotated, type):
        return get_type_hints(annotated)
    arguments = {name: hint for name, hint in annotated.__annotations__.items() if name != "return"}
    return get_type_hints(SimpleNamespace(__annotations__=arguments), annotated.__globals__)


def _options(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the one type."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _fits(value: object, hint: Any) -> bool:
    """Whether a value has a type; its items and fields are not checked."""
    origin = get_origin(hint)
    if origin in _LIST_LIKE:
        wanted = Collection if origin is AnySequence else origin
        return isinstance(value, wanted) and not isinstance(value, str | bytes | bytearray | Mapping)
    if origin is AnyCallable:
        return callable(value)
    if isinstance(origin, type):
        return isinstance(value, origin)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is BinaryIO:
        return callable(getattr(value, "read", None)) and not isinstance(value, TextIOBase)
    if hint is int:
        return hasattr(value, "__index__") and not isinstance(value, bool)
    if getattr(hint, "_is_protocol", False):
        # A class has the methods of its objects, and is none of them.
        own = {} if isinstance(value, type) else getattr(value, "__dict__", {})
        fits = callable(value) if "__call__" in vars(hint) else True
        return fits and all(hasattr(type(value), name) or name in own for name in _members(hint))
    return not isinstance(hint, type) or isinstance(value, hint)


def _members(protocol: type) -> list[str]:
    return [name for name in vars(protocol) if not name.startswith("_")]


def _describe(hint: Any) -> str:
    origin = get_origin(hint)
    if origin in _LIST_LIKE:
        many = describe(get_args(hint)[0]).replace("a text", "texts").replace("a dict", "dicts")
        return f"a {'tuple' if origin is tuple else 'list'} of {many}"
    if origin is AnyCallable:
        return "a function"
    if origin is AnyMapping:
        return "a dict"
    if hint in _NAMES:
        return _NAMES[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"a member of {hint.__name__} ({', '.join(str(one.value) for one in hint)})"
    name = getattr(hint, "__name__", str(hint))
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"
