"""The numbers of a request: how the model was asked to write. A run records them; legs of a thought share a limit."""

from collections.abc import Mapping
from typing import Any

ASKED = ("temperature", "top_p", "max_tokens", "max_completion_tokens", "max_output_tokens", "n")
LIMITS = ("max_tokens", "max_completion_tokens")
"""How many tokens a chat or a completion may write."""
_LARGEST = 1e12
"""Larger ones, and what is no number, are not recorded: the upstream may have read them in any way."""


def list_asked(body: Mapping[str, Any]) -> dict[str, int | float]:
    """Return those that a body says, as it says them; no defaults."""
    return {name: body[name] for name in ASKED if _is_number(body.get(name))}


def read_whole(value: object) -> int | None:
    """Return a whole number as a model server reads it: 9, 9.0, "9", true; None for what it would refuse, or nothing.

    >>> [read_whole(one) for one in (9, 9.0, " 9 ", True, 9.5, "many", None)]
    [9, 9, 9, 1, None, None, None]
    """
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return int(number) if number is not None and number.is_integer() else None


def unreadable_limit(body: Mapping[str, Any]) -> str:
    """Return the name of a limit of tokens that is no whole number; empty if there is none."""
    return next((one for one in LIMITS if body.get(one) is not None and read_whole(body[one]) is None), "")


def keep_recorded(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the record of a run needs of a body: the model and the numbers, and none of the texts or images."""
    model = {"model": body["model"]} if isinstance(body.get("model"), str) else {}
    return model | list_asked(body)


def _is_number(value: object) -> bool:
    # A comparison with NaN is false.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
