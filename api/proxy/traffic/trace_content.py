"""A trace that waits as text, and the record of an ingestion that is made of it with the verdict it has by then."""

from dataclasses import replace
from typing import Any

from midthought.ingest.formats.json_line import canonical_json, parse_object
from midthought.ingest.verdicts.judge import FIELD as JUDGED_BY
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.records.waiting_trace import WaitingTrace

_TEXTS = ("question", "thought", "answer", "source", "model")


def write_content(trajectory: Trajectory) -> str:
    """Return a finished trajectory without a verdict as text."""
    told: dict[str, object] = {name: getattr(trajectory, name) for name in _TEXTS}
    return canonical_json(told | {"gold": trajectory.gold, "metadata": parse_object(trajectory.metadata)})


def read_trace(waiting: WaitingTrace) -> Trajectory:
    """Return the trajectory of a trace, with the verdict that its run has by now, and who said it."""
    told: dict[str, Any] = parse_object(waiting.content)
    metadata, gold = told.pop("metadata"), told.pop("gold")
    if waiting.judged_by:
        metadata = metadata | {JUDGED_BY: waiting.judged_by}
    trajectory = Trajectory(**told, gold=gold, metadata=canonical_json(metadata))
    return replace(trajectory, outcome=Outcome(waiting.outcome))


def as_record(trajectory: Trajectory) -> dict[str, Any]:
    """Return a record that an ingestion reads as this trajectory: of our format, or a solution if it has no thought."""
    labels = {
        "gold": trajectory.gold,
        "outcome": None if trajectory.outcome is Outcome.UNKNOWN else trajectory.outcome.value,
        "source": trajectory.source,
        "model": trajectory.model or None,
    }
    record: dict[str, Any] = {name: value for name, value in labels.items() if value is not None}
    record["question"] = trajectory.question
    metadata = parse_object(trajectory.metadata)
    if not trajectory.thought:
        return record | {"solution": trajectory.answer} | metadata
    return record | {"thought": trajectory.thought, "answer": trajectory.answer, "metadata": metadata}
