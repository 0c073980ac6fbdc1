"""Which items and namespaces a store's search and list keep, in LangGraph's terms."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from midthought.memory.errors import BadInput

Comparison = Callable[[Any, Any], bool]


def _as_numbers(compare: Comparison) -> Comparison:
    return lambda value, bound: value is not None and compare(float(value), float(bound))


_COMPARED: Mapping[str, Comparison] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": _as_numbers(operator.gt),
    "$gte": _as_numbers(operator.ge),
    "$lt": _as_numbers(operator.lt),
    "$lte": _as_numbers(operator.le),
}


def matches_all(value: Mapping[str, Any], conditions: Mapping[str, Any]) -> bool:
    """Whether each field of a value is as its condition says. Raises `BadInput` for an unknown operator.

    >>> matches_all({"a": 1, "b": {"c": 2}}, {"a": {"$gte": 1}, "b": {"c": 2}})
    True
    """
    return all(_matches(value.get(name), wanted) for name, wanted in conditions.items())


def matches_path(match_type: str, pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a namespace begins (``prefix``) or ends (``suffix``) as a pattern does, in which ``*`` is any label.

    >>> matches_path("suffix", ("*", "v1"), ("docs", "cache", "v1"))
    True
    """
    if match_type not in ("prefix", "suffix"):
        raise BadInput(f"match_type must be prefix or suffix, got {match_type!r}")
    if len(path) < len(pattern):
        return False
    part = path[: len(pattern)] if match_type == "prefix" else path[len(path) - len(pattern) :]
    return all(wanted in ("*", label) for wanted, label in zip(pattern, part, strict=True))


def _matches(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        if any(name.startswith("$") for name in wanted):
            return all(_compare(value, name, bound) for name, bound in wanted.items())
        return isinstance(value, Mapping) and matches_all(value, wanted)
    if isinstance(wanted, list | tuple):
        same = isinstance(value, list | tuple) and len(value) == len(wanted)
        return same and all(_matches(one, other) for one, other in zip(value, wanted, strict=True))
    return bool(value == wanted)


def _compare(value: Any, name: str, bound: Any) -> bool:
    if name not in _COMPARED:
        raise BadInput(f"a filter has {', '.join(_COMPARED)}, got {name!r}")
    return bool(_COMPARED[name](value, bound))
