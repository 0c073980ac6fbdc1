"""What goes over the wire and out of the command line: domain values as plain JSON values, and back.

Times are left out wherever two stores of the same content must list the same, byte for byte.
"""

import json
from dataclasses import asdict
from typing import Any

from midthought.memory.entry import Provenance, StoredEntry
from midthought.memory.entry_json import entry_from_dict, stored_to_dict
from midthought.memory.operation import Counts, Operation, OperationState, Rejection
from midthought.memory.stats import StoreStats
from midthought.memory.trajectory import Outcome, Part, Span, Trajectory
from midthought.retrieval.hits import Abstention, AbstentionReason, Hit, RecallResult

Record = dict[str, Any]
"""A JSON object."""

_NOT_ENTRY = {"id", "version", "provenance"}


def stored_from_dict(record: Record) -> StoredEntry:
    """Return the entry `stored_to_dict` wrote; its store's own number is not on the wire and is 0 here."""
    entry = entry_from_dict({name: value for name, value in record.items() if name not in _NOT_ENTRY})
    return StoredEntry(0, entry, record["version"], tuple(_provenance(one) for one in record["provenance"]))


def trajectory_to_dict(trajectory_id: str, trajectory: Trajectory) -> Record:
    """Return a trajectory with its id; metadata as the object it is."""
    return {"id": trajectory_id, **asdict(trajectory), "metadata": json.loads(trajectory.metadata)}


def trajectory_from_dict(record: Record) -> tuple[str, Trajectory]:
    """Return (id, trajectory) as `trajectory_to_dict` wrote it."""
    metadata = json.dumps(record["metadata"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    fields = {name: value for name, value in record.items() if name != "id"}
    return record["id"], Trajectory(**{**fields, "metadata": metadata, "outcome": Outcome(record["outcome"])})


def recall_to_dict(result: RecallResult) -> Record:
    """Return a recall: its hits best first, or the abstention."""
    abstention = result.abstention
    return {
        "query": result.query,
        "hits": [_hit_to_dict(hit) for hit in result.hits],
        "abstention": {"reason": abstention.reason.value, "detail": abstention.detail} if abstention else None,
        "encode_seconds": result.encode_seconds,
        "search_seconds": result.search_seconds,
    }


def recall_from_dict(record: Record) -> RecallResult:
    """Return what `recall_to_dict` wrote."""
    found = record["abstention"]
    abstention = Abstention(AbstentionReason(found["reason"]), found["detail"]) if found else None
    hits = tuple(_hit_from_dict(hit) for hit in record["hits"])
    return RecallResult(record["query"], hits, abstention, record["encode_seconds"], record["search_seconds"])


def counts_to_dict(counts: Counts) -> Record:
    """Return an operation's counts; the reasons of refused drafts as an object."""
    return {**asdict(counts), "reasons": dict(counts.reasons)}


def operation_to_dict(operation: Operation) -> Record:
    """Return an operation with its counts."""
    return {**asdict(operation), "counts": counts_to_dict(operation.counts)}


def operation_from_dict(record: Record) -> Operation:
    """Return what `operation_to_dict` wrote."""
    counts = Counts.from_json(json.dumps(record["counts"]))
    return Operation(**{**record, "counts": counts, "state": OperationState(record["state"])})


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


def _hit_to_dict(hit: Hit) -> Record:
    return {"score": hit.score, "similarity": hit.similarity, "bm25": hit.bm25, **stored_to_dict(hit.stored)}


def _hit_from_dict(record: Record) -> Hit:
    scores = {name: record[name] for name in ("score", "similarity", "bm25")}
    stored = {name: value for name, value in record.items() if name not in scores}
    return Hit(stored_from_dict(stored), **scores)


def _provenance(record: Record) -> Provenance:
    span = Span(Part(record["part"]), record["start"], record["end"]) if record.get("part") else None
    return Provenance(record["trajectory_id"], record["source"], span)
