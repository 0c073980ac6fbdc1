"""How each domain value is written as JSON, if that is not field by field.

Times are left out where two stores of the same content must list the same, byte for byte.
"""

import json
from dataclasses import asdict, dataclass, make_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal

from midthought.api.operations.retention_shapes import RULES, RulesJson
from midthought.api.operations.shape import AddedField, FieldShape, Json, Shape, describe, shape_fields
from midthought.memory.records.api_key import KeyState, StoredKey
from midthought.memory.records.calibration_state import CalibrationState
from midthought.memory.records.draft import Draft
from midthought.memory.records.entry import (
    Concept,
    Entry,
    EntryKind,
    EntryVersion,
    Lesson,
    Origin,
    Procedure,
    StoredEntry,
    WorkedExample,
)
from midthought.memory.records.entry_json import (
    entry_from_dict,
    entry_to_dict,
    provenance_from_dict,
    provenance_to_dict,
    stored_from_dict,
    stored_to_dict,
)
from midthought.memory.records.job import Counts, Job, RefusedExample
from midthought.memory.records.job_progress import JobProgress
from midthought.memory.records.link import LinkCounts, RecognisedLink, Sightings
from midthought.memory.records.merge import Merge
from midthought.memory.records.namespace import NamespaceRecord
from midthought.memory.records.run import EntryRole, ReceiptRow, RunEntry, RunOutcome, RunRow
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.store_stats import IndexPosition, StoreStats
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.records.trust import Trust
from midthought.memory.records.utility import EntryUtility
from midthought.retrieval.explanation import HitExplanation
from midthought.retrieval.hits import Abstention, Hit, RecallResult


def moment_to_text(moment: datetime | None) -> str | None:
    """Return a time of the store, which is UTC, in ISO 8601 that says so."""
    return None if moment is None else f"{moment.isoformat()}Z"


def moment_from_text(text: str | None) -> datetime | None:
    """Return what `moment_to_text` wrote."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _moment(name: str = "") -> FieldShape:
    return FieldShape(moment_to_text, moment_from_text, str | None, name)


def _rows(name: str, **columns: type) -> FieldShape:
    """Tuples of a fixed length, each written as an object with these keys."""
    return FieldShape(
        lambda rows: [dict(zip(columns, row, strict=True)) for row in rows],
        lambda records: tuple(tuple(record[column] for column in columns) for record in records),
        list[make_dataclass(name, columns.items())],  # type: ignore[misc]  # a class that is made here
    )


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


_JSON_TEXT = FieldShape(json.loads, _canonical, dict[str, object])
"""The text of a JSON object, written as that object."""
_REASONS = FieldShape(dict, lambda record: tuple(sorted(record.items())), dict[str, int])

COUNTS = shape_fields(
    Counts,
    added={"refused_by_check": AddedField(dict[str, int], lambda counts: dict(counts.refused_by_check))},
    reasons=_REASONS,
    untaught=_REASONS,
    learnt=_REASONS,
    masked=_REASONS,
    examples=FieldShape(
        lambda examples: [asdict(one) for one in examples],
        lambda records: tuple(RefusedExample(**one) for one in records),
        list[RefusedExample],
    ),
)
JOB = shape_fields(
    Job,
    counts=FieldShape(COUNTS.write, COUNTS.read, COUNTS.described()),
    progress=FieldShape(
        lambda progress: progress and asdict(progress),
        lambda record: record and JobProgress(**record),
        JobProgress | None,
    ),
)
_OUTCOME = shape_fields(RunOutcome, given_at=_moment())
NAMESPACE = shape_fields(
    NamespaceRecord, created_at=_moment(), retention=FieldShape(RULES.write, RULES.read, RulesJson)
)
STORED_KEY = shape_fields(
    StoredKey,
    added={"state": AddedField(KeyState, lambda key: key.state_at(datetime.now(UTC).replace(tzinfo=None)))},
    created_at=_moment(),
    expires_at=_moment(),
    revoked_at=_moment(),
    last_used_at=_moment(),
    namespaces=FieldShape(list, tuple, list[str]),
)
RUN = shape_fields(
    RunRow,
    added={"question_hash": AddedField(str, lambda run: run.question_hash)},
    content=_JSON_TEXT,
    entries=FieldShape(
        lambda entries: [asdict(one) for one in entries],
        lambda records: tuple(RunEntry(**{**one, "role": EntryRole(one["role"])}) for one in records),
        list[RunEntry],
    ),
    outcomes=FieldShape(
        lambda outcomes: [_OUTCOME.write(one) for one in outcomes],
        lambda records: tuple(_OUTCOME.read(one) for one in records),
        list[_OUTCOME.described()],  # type: ignore[misc]  # a class that is made there
    ),
)
UTILITY = shape_fields(EntryUtility, decided_at=_moment())
RECEIPT = shape_fields(ReceiptRow, content=_JSON_TEXT)
CALIBRATION = shape_fields(
    CalibrationState,
    made_at=_moment(),
    outdated=FieldShape(list, tuple, list[str]),
)
STATS = shape_fields(
    StoreStats,
    calibration=FieldShape(
        lambda state: state and CALIBRATION.write(state),
        lambda record: record and CALIBRATION.read(record),
        CALIBRATION.described() | None,
    ),
    trajectories=_rows("OutcomeCount", outcome=str, finished=bool, count=int),
    entries=_rows("KindCount", kind=str, count=int),
    domains=_rows("DomainCount", domain=str, count=int),
    indexes=_rows("IndexNote", keys=str, kind=str, note=str),
    index=FieldShape(
        lambda position: position and asdict(position),
        lambda record: record and IndexPosition(**record),
        IndexPosition | None,
    ),
    links=FieldShape(asdict, lambda record: LinkCounts(**record), LinkCounts),
)
_TRAJECTORY = shape_fields(Trajectory, metadata=_JSON_TEXT)

IdentifiedTrajectory = tuple[str, Trajectory]
TRAJECTORY = Shape(
    lambda value: {"id": value[0], **_TRAJECTORY.write(value[1])},
    lambda record: (record["id"], _TRAJECTORY.read(record)),
    cache(lambda: describe(Trajectory, added={"id": str}, changed={"metadata": _JSON_TEXT})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of a trajectory: where it stands, what it does, what it is to reach, and how deep it is nested."""

    part: Part
    start: int
    end: int
    kind: StepKind
    goal: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRecord:
    """A passage of a trajectory in which a known entry was carried out."""

    entry_id: str
    trajectory_id: str
    part: Part
    start: int
    end: int
    similarity: float
    evidence: str
    extractor: str


def _span_to_dict(span: Span) -> Json:
    return {"part": span.part.value, "start": span.start, "end": span.end}


def _flat(value: Step | RecognisedLink) -> Json:
    """Return a dataclass with a span, the span's fields beside its own."""
    record = asdict(value)
    del record["span"]
    return {**_span_to_dict(value.span), **record}


def _span_of(record: Json) -> Span:
    return Span(Part(record["part"]), record["start"], record["end"])


STEP = Shape(
    _flat,
    lambda record: Step(_span_of(record), StepKind(record["kind"]), record["goal"], record["depth"]),
    lambda: StepRecord,
)
LINK = Shape(
    _flat,
    lambda record: RecognisedLink(
        record["entry_id"],
        record["trajectory_id"],
        _span_of(record),
        record["similarity"],
        record["evidence"],
        record["extractor"],
    ),
    lambda: LinkRecord,
)


@dataclass(frozen=True, slots=True)
class ProvenanceRecord:
    """Where an entry comes from: a span of a trajectory, or a named source."""

    source: str
    trajectory_id: str | None
    part: Part | None = None
    start: int | None = None
    end: int | None = None


_CLASSES = {
    EntryKind.PROCEDURE: Procedure,
    EntryKind.CONCEPT: Concept,
    EntryKind.LESSON: Lesson,
    EntryKind.EXAMPLE: WorkedExample,
}
_SERVED: Json = {"id": str, "version": int, "origin": Origin, "trust": Trust, "provenance": list[ProvenanceRecord]}
_STORED: Json = {**_SERVED, "seen": Sightings}
_DRAFTED: Json = {"id": str, "provenance": list[ProvenanceRecord], "job_id": str, "drafted_at": str}
_HIT: Json = {
    **_SERVED,
    "text": str,
    "score": float,
    "similarity": float | None,
    "bm25": float | None,
    "rerank_score": float | None,
    "expanded_from": str,
    "flags": list[str],
    "not_injected": str,
    "explanation": HitExplanation | None,
}


def _any_kind(prefix: str, added: Json) -> Any:
    """Return the type that describes an entry of any kind, with some fields in addition to those of its class."""
    from pydantic import Discriminator

    described = (
        describe(cls, name=prefix + cls.__name__, added={**added, "kind": Literal[kind.value]})
        for kind, cls in _CLASSES.items()
    )
    procedure, concept, lesson, example = described
    return Annotated[procedure | concept | lesson | example, Discriminator("kind")]


@cache
def _entry() -> Any:
    return _any_kind("", {})


@cache
def _stored() -> Any:
    return _any_kind("Stored", _STORED)


@cache
def _hit() -> Any:
    return _any_kind("Found", _HIT)


@cache
def _abstention() -> Any:
    return describe(Abstention, changed={"nearest": list[_hit()]})  # type: ignore[misc]  # a class that is made here


@cache
def _recall() -> Any:
    changed = {"hits": list[_hit()], "abstention": _abstention() | None}  # type: ignore[misc]  # as above
    return describe(RecallResult, changed=changed)


@cache
def _draft() -> Any:
    return _any_kind("Draft", _DRAFTED)


def _draft_to_dict(draft: Draft) -> Json:
    return {
        "id": draft.id,
        **entry_to_dict(draft.entry),
        "provenance": [provenance_to_dict(place) for place in draft.provenance],
        "job_id": draft.job_id,
        "drafted_at": moment_to_text(draft.drafted_at),
    }


def _draft_from_dict(record: Json) -> Draft:
    moment = moment_from_text(record["drafted_at"])
    assert moment is not None, "a draft has a time"
    entry = entry_from_dict({name: value for name, value in record.items() if name not in _DRAFTED})
    provenance = tuple(provenance_from_dict(place) for place in record["provenance"])
    return Draft(entry, provenance, record["job_id"], moment)


DRAFT = Shape(_draft_to_dict, _draft_from_dict, _draft)
ENTRY = Shape(entry_to_dict, entry_from_dict, _entry, validated=True)
STORED = Shape(stored_to_dict, stored_from_dict, _stored)
HIT = Shape(Hit.to_dict, Hit.from_dict, _hit)
ABSTENTION = Shape(Abstention.to_dict, Abstention.from_dict, _abstention)
RECALL = Shape(RecallResult.to_dict, RecallResult.from_dict, _recall)
VERSION = shape_fields(
    EntryVersion,
    added={"id": AddedField(str, lambda version: version.entry.id)},
    entry=FieldShape(ENTRY.write, ENTRY.read, Annotated[Entry, ENTRY]),
    created_at=_moment("learnt_at"),
    retired_at=_moment(),
)
MERGE = shape_fields(
    Merge,
    other=FieldShape(
        lambda entry: entry and entry_to_dict(entry),
        lambda record: record and entry_from_dict(record),
        Annotated[Entry, ENTRY] | None,
    ),
)

EntryJson = Annotated[Entry, ENTRY]
StoredJson = Annotated[StoredEntry, STORED]
VersionJson = Annotated[EntryVersion, VERSION]
HitJson = Annotated[Hit, HIT]
AbstentionJson = Annotated[Abstention, ABSTENTION]
RecallJson = Annotated[RecallResult, RECALL]
MergeJson = Annotated[Merge, MERGE]
JobJson = Annotated[Job, JOB]
StoredKeyJson = Annotated[StoredKey, STORED_KEY]
NamespaceJson = Annotated[NamespaceRecord, NAMESPACE]
RunJson = Annotated[RunRow, RUN]
UtilityJson = Annotated[EntryUtility, UTILITY]
ReceiptJson = Annotated[ReceiptRow, RECEIPT]
CalibrationJson = Annotated[CalibrationState, CALIBRATION]
StatsJson = Annotated[StoreStats, STATS]
DraftJson = Annotated[Draft, DRAFT]
StepJson = Annotated[Step, STEP]
LinkJson = Annotated[RecognisedLink, LINK]
TrajectoryJson = Annotated[IdentifiedTrajectory, TRAJECTORY]
