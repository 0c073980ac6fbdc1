"""Midthought's own format: the fields of a `Trajectory`, one JSON object per line."""

import json

from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import canonical_json, check_strings, parse_object
from midthought.ingest.formats.labels import take_labels
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

_KNOWN = ("question", "thought", "answer", "gold", "outcome", "finished", "source", "model", "metadata")


def parse_own(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory; every text as it stands. Raises `BadInput` for fields it does not know."""
    fields = Fields(record, Format.OWN)
    fields.refuse_others(_KNOWN)
    labels = take_labels(fields)
    trajectory = Trajectory(
        question=fields.take_text("question"),
        thought=fields.take_text("thought"),
        answer=fields.take("answer", str) or "",
        gold=labels.gold,
        outcome=labels.outcome,
        finished=labels.finished is not False,
        source=labels.source,
        model=labels.model,
        metadata=canonical_json(fields.take("metadata", dict) or {}),
    )
    return (trajectory,)


def write_trajectory(trajectory: Trajectory) -> str:
    """Return the line, newline included, that reads back as exactly this trajectory.

    Raises `BadInput` if no line could: blank question or thought, metadata that is not a canonical JSON object,
    NUL characters or lone surrogates.
    """
    try:
        record = _as_record(trajectory)
        check_strings(record)
        (read,) = parse_own(record)
    except BadInput as error:
        raise BadInput(f"this trajectory cannot be written: {error.reason}") from None
    if read.metadata != trajectory.metadata:
        raise BadInput(f"metadata must be canonical JSON: {read.metadata[:200]}, got {trajectory.metadata[:200]}")
    return json.dumps(record, ensure_ascii=False) + "\n"


def _as_record(trajectory: Trajectory) -> dict[str, object]:
    """Return the fields whose absence would mean something else."""
    optional = {
        "answer": trajectory.answer or None,
        "gold": trajectory.gold,
        "outcome": None if trajectory.outcome is Outcome.UNKNOWN else trajectory.outcome.value,
        "finished": None if trajectory.finished else False,
        "source": trajectory.source or None,
        "model": trajectory.model or None,
        "metadata": parse_object(trajectory.metadata) or None,
    }
    written = {name: value for name, value in optional.items() if value is not None}
    return {"question": trajectory.question, "thought": trajectory.thought, **written}
