"""What goes over the wire and out of the command line: domain values as plain JSON values, and back.

Times are left out wherever two stores of the same content must list the same, byte for byte.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from midthought.memory.records.entry import EntryVersion
from midthought.memory.records.entry_json import entry_from_dict, entry_to_dict
from midthought.memory.records.filter import Filter
from midthought.memory.records.generation import Generation
from midthought.memory.records.job import Counts, Job, JobState, Rejection
from midthought.memory.records.namespace import NamespaceRecord
from midthought.memory.records.store_stats import StoreStats
from midthought.memory.records.trajectory import Outcome, Trajectory

Record = dict[str, Any]
"""A JSON object."""


def namespace_to_dict(record: NamespaceRecord) -> Record:
    """Return a namespace with the time it was made, or null."""
    return {**asdict(record), "created_at": moment_to_text(record.created_at)}


def namespace_from_dict(record: Record) -> NamespaceRecord:
    """Return what `namespace_to_dict` wrote."""
    return NamespaceRecord(record["name"], moment_from_text(record["created_at"]), record["starter"])


def trajectory_to_dict(trajectory_id: str, trajectory: Trajectory) -> Record:
    """Return a trajectory with its id; metadata as the object it is."""
    return {"id": trajectory_id, **asdict(trajectory), "metadata": json.loads(trajectory.metadata)}


def trajectory_from_dict(record: Record) -> tuple[str, Trajectory]:
    """Return (id, trajectory) as `trajectory_to_dict` wrote it."""
    metadata = json.dumps(record["metadata"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    fields = {name: value for name, value in record.items() if name != "id"}
    return record["id"], Trajectory(**{**fields, "metadata": metadata, "outcome": Outcome(record["outcome"])})


def filter_to_dict(where: Filter) -> Record:
    """Return the conditions of a filter by their names; those that are empty are left out."""
    lists = {name: getattr(where, name) for name in ("kinds", "domains", "tags", "outcomes", "sources")}
    moments = {"since": where.since, "until": where.until}
    return {name: sorted(str(one) for one in wanted) for name, wanted in lists.items() if wanted} | {
        name: moment_to_text(moment) for name, moment in moments.items() if moment
    }


def moment_to_text(moment: datetime | None) -> str | None:
    """Return a time of the store, which is UTC, in ISO 8601 that says so."""
    return None if moment is None else f"{moment.isoformat()}Z"


def moment_from_text(text: str | None) -> datetime | None:
    """Return what `moment_to_text` wrote."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def history_to_list(versions: Sequence[EntryVersion]) -> list[Record]:
    """Return the wordings of an entry, each with its id and the times it held from and to."""
    return [
        {
            "version": one.version,
            "id": one.entry.id,
            "learnt_at": moment_to_text(one.created_at),
            "retired_at": moment_to_text(one.retired_at),
            "entry": entry_to_dict(one.entry),
        }
        for one in versions
    ]


def history_from_list(records: Sequence[Record]) -> list[EntryVersion]:
    """Return what `history_to_list` wrote."""
    return [
        EntryVersion(
            one["version"],
            entry_from_dict(one["entry"]),
            moment_from_text(one["learnt_at"]),
            moment_from_text(one["retired_at"]),
        )
        for one in records
    ]


def generation_to_dict(generation: Generation) -> Record:
    """Return one set of vectors with its encoder."""
    return {"number": generation.number, "state": generation.state.value, "encoder": asdict(generation.encoder)}


def counts_to_dict(counts: Counts) -> Record:
    """Return an operation's counts; those by reason as objects."""
    return {**asdict(counts), "reasons": dict(counts.reasons), "untaught": dict(counts.untaught)}


def job_to_dict(job: Job) -> Record:
    """Return an operation with its counts."""
    return {**asdict(job), "counts": counts_to_dict(job.counts)}


def job_from_dict(record: Record) -> Job:
    """Return what `job_to_dict` wrote."""
    counts = Counts.from_json(json.dumps(record["counts"]))
    return Job(**{**record, "counts": counts, "state": JobState(record["state"])})


def rejection_to_dict(rejection: Rejection) -> Record:
    """Return a rejected record's place and reason."""
    return asdict(rejection)


def stats_to_dict(stats: StoreStats) -> Record:
    """Return what a namespace holds, every group a small object."""
    return {
        **asdict(stats),
        "trajectories": [{"outcome": o, "finished": f, "count": n} for o, f, n in stats.trajectories],
        "entries": [{"kind": kind, "count": n} for kind, n in stats.entries],
        "domains": [{"domain": domain, "count": n} for domain, n in stats.domains],
    }


def stats_from_dict(record: Record) -> StoreStats:
    """Return what `stats_to_dict` wrote."""
    groups = {name: tuple(tuple(one.values()) for one in record[name]) for name in ("entries", "domains")}
    trajectories = tuple((one["outcome"], one["finished"], one["count"]) for one in record["trajectories"])
    return StoreStats(**{**record, **groups, "trajectories": trajectories})
