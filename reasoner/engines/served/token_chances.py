"""How probable a token was and how undecided the model, from the log-probs that a server sends."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TOP = 5
"""Tokens to ask for beside each: what every API with log-probs allows. More make the bound of the entropy closer."""


@dataclass(frozen=True, slots=True)
class ServedChance:
    """The natural logarithm of a token's probability, and a lower bound of the entropy it was drawn from, in nats."""

    log_prob: float | None
    entropy: float | None


def completion_chances(log_probs: Any) -> list[ServedChance]:
    """Return one per token of ``choices[0].logprobs`` of a completion; empty without."""
    given = log_probs if isinstance(log_probs, dict) else {}
    chosen, tops = (_list(given.get(name)) for name in ("token_logprobs", "top_logprobs"))
    tops = [*tops, *[None] * (len(chosen) - len(tops))]
    return [
        ServedChance(_number(one), entropy_bound(list(top.values())) if isinstance(top, dict) else None)
        for one, top in zip(chosen, tops, strict=False)
    ]


def chat_chances(log_probs: Any) -> list[ServedChance]:
    """Return one per token of ``choices[0].logprobs`` of a chat; empty without."""
    given = log_probs if isinstance(log_probs, dict) else {}
    tokens = [one for one in _list(given.get("content")) if isinstance(one, dict)]
    return [ServedChance(_number(one.get("logprob")), _chat_entropy(one)) for one in tokens]


def entropy_bound(log_probs: Sequence[Any]) -> float | None:
    """Return the entropy of the likeliest tokens, with all others as if they were one: never more than the true one.

    >>> round(entropy_bound([math.log(0.5), math.log(0.25)]), 4)
    1.0397

    None if there is no number among them.
    """
    chances = [min(1.0, math.exp(one)) for one in map(_number, log_probs) if one is not None]
    if not chances:
        return None
    rest = max(0.0, 1.0 - sum(chances))
    return -sum(chance * math.log(chance) for chance in (*chances, rest) if chance > 0.0)


def _chat_entropy(token: dict[str, Any]) -> float | None:
    tops = [one.get("logprob") for one in _list(token.get("top_logprobs")) if isinstance(one, dict)]
    return entropy_bound(tops)


def _list(given: object) -> list[Any]:
    return given if isinstance(given, list) else []


def _number(given: object) -> float | None:
    if isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given):
        return min(0.0, float(given))
    return None
