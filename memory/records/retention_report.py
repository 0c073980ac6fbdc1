"""What retention removed, or would remove."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

MAX_IDS = 100
"""Ids of each kind in a report: a job may remove millions."""


@dataclass(frozen=True, slots=True)
class RemovedRows:
    """What was removed of one kind.

    Attributes:
        kind: a `RetainedKind`, or ``entries``: those that were forgotten with the trajectories they came from.
        count: how many.
        bytes: of their texts; 0 for entries.
        oldest, newest: when they were stored (UTC); None for entries.
        ids: of the first that were removed, at most `MAX_IDS`.
        needed: how many are beyond the limit and kept, because something needs them.
    """

    kind: str
    count: int = 0
    bytes: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    ids: tuple[str, ...] = ()
    needed: int = 0

    def plus(self, other: "RemovedRows") -> "RemovedRows":
        """Return both together; what is needed was counted in this one."""
        moments = [one for one in (self.oldest, self.newest, other.oldest, other.newest) if one is not None]
        return RemovedRows(
            self.kind,
            self.count + other.count,
            self.bytes + other.bytes,
            min(moments, default=None),
            max(moments, default=None),
            (*self.ids, *other.ids)[:MAX_IDS],
            self.needed,
        )


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What one job of retention removed so far; with `dry_run` what it would remove."""

    dry_run: bool
    removed: tuple[RemovedRows, ...] = ()

    def of(self, kind: str) -> RemovedRows:
        """Return what was removed of a kind."""
        return next((one for one in self.removed if one.kind == kind), RemovedRows(kind))

    def plus(self, rows: RemovedRows) -> "RetentionReport":
        """Return the report after more rows of a kind were removed."""
        others = tuple(one for one in self.removed if one.kind != rows.kind)
        return replace(self, removed=(*others, self.of(rows.kind).plus(rows)))

    def with_needed(self, measured: Iterable[RemovedRows]) -> "RetentionReport":
        """Return the report with the number of rows that are needed now."""
        found = {one.kind: one.needed for one in measured}
        kinds = dict.fromkeys((*(one.kind for one in self.removed), *found))
        return replace(self, removed=tuple(replace(self.of(kind), needed=found.get(kind, 0)) for kind in kinds))

    def to_json(self) -> str:
        """Return the report as a JSON object."""
        return json.dumps(asdict(self), default=_moment_text, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "RetentionReport":
        """Return what `to_json` wrote."""
        record: dict[str, Any] = json.loads(text)
        return cls(record["dry_run"], tuple(_read_rows(one) for one in record["removed"]))


def _moment_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON value: {value!r}")


def _read_rows(record: dict[str, Any]) -> RemovedRows:
    moments = {name: record[name] and datetime.fromisoformat(record[name]) for name in ("oldest", "newest")}
    return RemovedRows(**{**record, **moments, "ids": tuple(record["ids"])})
