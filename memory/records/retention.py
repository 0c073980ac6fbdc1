"""How long, and how much of, what a namespace records is kept."""

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from midthought.memory.errors import BadInput

MAX_DAYS = 36_500
MAX_NUMBER = 2**53
"""Rows or bytes: the largest whole number that every JSON reader keeps exactly."""


class RetainedKind(StrEnum):
    """What is kept within limits. Each is removed with all that belongs to it alone."""

    TRAJECTORIES = "trajectories"
    """With their steps."""
    RUNS = "runs"
    """With their receipts; what they say of entries is kept."""
    RECEIPTS = "receipts"
    """Those of recalls that belong to no run."""
    JOBS = "jobs"
    """Those that have ended, with their rejections and dead letters."""
    COMPLETIONS = "completions"
    """Answers of a language model that were kept so that a job need not ask again."""


class Protection(StrEnum):
    """Which trajectories are kept beyond every limit, because entries need them."""

    LINKED = "linked"
    """Those that an entry or a draft comes from, and those in which a known entry was recognised."""
    SOURCES = "sources"
    """Those that an entry or a draft comes from."""
    NOTHING = "nothing"
    """None: what comes from a removed trajectory alone goes with it, as when the trajectory is forgotten."""


@dataclass(frozen=True, slots=True)
class KeepLimit:
    """How much of one kind is kept: the newest; None for no limit. Raises `BadInput` for what can be no limit."""

    max_days: float | None = None
    """days since it was stored; of a job since it last changed"""
    max_count: int | None = None
    """how many"""
    max_bytes: int | None = None
    """bytes of their texts together"""

    def __post_init__(self) -> None:
        if self.max_days is not None and not (math.isfinite(self.max_days) and 0 <= self.max_days <= MAX_DAYS):
            raise BadInput(f"max_days must be from 0 to {MAX_DAYS}, got {self.max_days}")
        for name in ("max_count", "max_bytes"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= MAX_NUMBER:
                raise BadInput(f"{name} must be from 0 to {MAX_NUMBER}, got {value}")

    @property
    def is_limited(self) -> bool:
        """Whether anything can be beyond it."""
        return any(getattr(self, one.name) is not None for one in fields(self))


NO_LIMIT = KeepLimit()
KEPT_JOBS = 10_000
"""Ended jobs of a namespace, if nothing else is set: a service that learns from what passes makes up to 2,880 a day."""
KEPT_COMPLETION_DAYS = 90.0
"""If nothing else is set. They only save calls of a job that is run again."""


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """What a namespace keeps of each kind, and which trajectories it keeps beyond that."""

    trajectories: KeepLimit = NO_LIMIT
    runs: KeepLimit = NO_LIMIT
    receipts: KeepLimit = NO_LIMIT
    jobs: KeepLimit = KeepLimit(max_count=KEPT_JOBS)
    completions: KeepLimit = KeepLimit(max_days=KEPT_COMPLETION_DAYS)
    protect: Protection = Protection.LINKED

    def limit_of(self, kind: RetainedKind) -> KeepLimit:
        """Return the limit of a kind."""
        found: KeepLimit = getattr(self, kind.value)
        return found

    def changed(self, change: "RetentionChange") -> "RetentionRules":
        """Return the rules after a change."""
        given = {one.name: getattr(change, one.name) for one in fields(change)}
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    def to_json(self) -> str:
        """Return the rules as a JSON object."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "RetentionRules":
        """Return what `to_json` wrote. Raises `ValueError`, `KeyError`, `TypeError` or `BadInput` for anything else."""
        record: dict[str, Any] = json.loads(text)
        protect = Protection(record.pop("protect"))
        return cls(**{name: KeepLimit(**limit) for name, limit in record.items()}, protect=protect)


DEFAULT_RULES = RetentionRules()


@dataclass(frozen=True, slots=True)
class RetentionChange:
    """What is to change in the rules of a namespace: a kind that is given gets just that limit, others keep theirs."""

    trajectories: KeepLimit | None = None
    """with their steps"""
    runs: KeepLimit | None = None
    """with their receipts; what they say of entries is kept"""
    receipts: KeepLimit | None = None
    """those of recalls that belong to no run"""
    jobs: KeepLimit | None = None
    """those that have ended, with their rejections and dead letters"""
    completions: KeepLimit | None = None
    """answers of a language model that were kept so that a job need not ask again"""
    protect: Protection | None = None
    """which trajectories are kept beyond their limit, because entries need them"""
