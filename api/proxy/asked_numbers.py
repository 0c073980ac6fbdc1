"""The numbers of a request that its run records: how the model was asked to write."""

from collections.abc import Mapping
from typing import Any

ASKED = ("temperature", "top_p", "max_tokens", "max_completion_tokens", "max_output_tokens", "n")
_LARGEST = 1e12
"""Larger ones, and what is no number, are not recorded: the upstream may have read them in any way."""


def list_asked(body: Mapping[str, Any]) -> dict[str, int | float]:
    """Return those that a body says, as it says them; no defaults."""
    return {name: body[name] for name in ASKED if _is_number(body.get(name))}


def keep_recorded(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the record of a run needs of a body: the model and the numbers, and none of the texts or images."""
    model = {"model": body["model"]} if isinstance(body.get("model"), str) else {}
    return model | list_asked(body)


def _is_number(value: object) -> bool:
    # A comparison with NaN is false.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
