"""Limits of retention as the command line writes them: ``runs=30d,10000,2GB``."""

import re
from typing import Annotated

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.parameters import Option
from midthought.memory.records.retention import (
    DEFAULT_RULES,
    NO_LIMIT,
    KeepLimit,
    Protection,
    RetainedKind,
    RetentionChange,
    RetentionRules,
)

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_DAYS = re.compile(r"(\d+(?:\.\d+)?)d")
_COUNT = re.compile(r"\d+")
_BYTES = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?B)", re.IGNORECASE)
ALL = "all"
"""Stands for no limit."""
KeepOption = Annotated[
    list[str],
    Option(
        help="How much of a kind is kept: trajectories, runs, receipts, jobs or completions; LIMITS is all, or "
        "days, a number and bytes, as 30d,5000,2GB; 0 keeps none. Repeatable.",
        metavar="KIND=LIMITS",
    ),
]
ProtectOption = Annotated[
    Protection | None, Option(help="Which trajectories are kept beyond their limit, because entries need them.")
]


def read_change(kept: tuple[str, ...], protect: Protection | None) -> RetentionChange | None:
    """Return the change that options ask for, each ``KIND=LIMITS``; None for none. Raises `BadParameter`."""
    if not kept and protect is None:
        return None
    limits: dict[RetainedKind, KeepLimit] = {}
    with reading_options():
        for one in kept:
            kind, limit = _read_one(one)
            limits[kind] = limit
    return RetentionChange(protect=protect, **{kind.value: limit for kind, limit in limits.items()})


def _read_one(text: str) -> tuple[RetainedKind, KeepLimit]:
    name, equals, written = text.partition("=")
    if name not in set(RetainedKind) or not equals:
        raise click.BadParameter(f"--keep is KIND=LIMITS with a kind of {', '.join(RetainedKind)}, got {text!r}")
    if written == ALL:
        return RetainedKind(name), NO_LIMIT
    given: dict[str, float] = {}
    for part in written.split(","):
        field, value = _read_part(part, text)
        if field in given:
            raise click.BadParameter(f"--keep has two limits of one sort, in {text!r}")
        given[field] = value
    days = given.get("max_days")
    count, size = (None if name not in given else int(given[name]) for name in ("max_count", "max_bytes"))
    return RetainedKind(name), KeepLimit(days, count, size)


def _read_part(part: str, text: str) -> tuple[str, float]:
    if found := _DAYS.fullmatch(part):
        return "max_days", float(found[1])
    if _COUNT.fullmatch(part):
        return "max_count", int(part)
    if found := _BYTES.fullmatch(part):
        return "max_bytes", float(found[1]) * _UNITS[found[2].upper()]
    raise click.BadParameter(f"--keep takes {ALL}, or limits such as 30d, 5000 and 2GB with commas, got {text!r}")


def describe_rules(rules: RetentionRules) -> str:
    """Return rules in words."""
    kept = ", ".join(f"{kind.value} {describe_limit(rules.limit_of(kind))}" for kind in RetainedKind)
    return f"keeps {kept}; protects {rules.protect.value}"


def describe_changed(rules: RetentionRules) -> str:
    """Return in words what is not as by default; empty if all is."""
    changed = [one for one in RetainedKind if rules.limit_of(one) != DEFAULT_RULES.limit_of(one)]
    kept = ", ".join(f"{one.value} {describe_limit(rules.limit_of(one))}" for one in changed)
    protected = "" if rules.protect is DEFAULT_RULES.protect else f"protects {rules.protect.value}"
    return "; ".join(part for part in (kept and f"keeps {kept}", protected) if part)


def describe_limit(limit: KeepLimit) -> str:
    """Return a limit as `read_change` reads it."""
    parts = (
        None if limit.max_days is None else f"{limit.max_days:g}d",
        None if limit.max_count is None else str(limit.max_count),
        None if limit.max_bytes is None else f"{limit.max_bytes}B",
    )
    return ",".join(part for part in parts if part is not None) or ALL
