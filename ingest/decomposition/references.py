"""Reading reference decompositions: JSON Lines, each naming its trajectory by id and SHA-256."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from midthought.ingest.decomposition.yardstick import Reference
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Procedure
from midthought.memory.records.entry_json import entry_from_dict
from midthought.memory.records.trajectory import Part, Span, Trajectory


def read_references(file: Path, traces: Iterable[Path]) -> list[Reference]:
    """Return the references of a file whose trajectories are among the traces, in the order of the file.

    Raises `BadInput` for a row that cannot be read, a trajectory whose text is another, and if no trajectory is found.
    """
    found = {
        record.trajectory.id: record.trajectory
        for path in traces
        for record in read_trajectories(path)
        if isinstance(record, ReadRecord)
    }
    rows = [(number, _read_row(line, f"{file}:{number}")) for number, line in _lines(file)]
    references = [
        _make_reference(row, found[row["trajectory_id"]], f"{file}:{number}")
        for number, row in rows
        if row["trajectory_id"] in found
    ]
    if not references:
        raise BadInput(f"none of its {len(rows)} trajectories is among the {len(found)} traces", place=str(file))
    return references


def trajectory_digest(trajectory: Trajectory) -> str:
    """Return the SHA-256 that names the text of a trajectory beside its id."""
    texts = (trajectory.question, trajectory.thought, trajectory.answer)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _lines(file: Path) -> list[tuple[int, str]]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {getattr(error, 'strerror', None) or error}", place=str(file)) from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _read_row(line: str, place: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
        if isinstance(row["trajectory_id"], str) and isinstance(row["procedures"], list):
            return dict(row)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    raise BadInput('expected an object with "trajectory_id", "sha256" and a list "procedures"', place=place)


def _make_reference(row: Mapping[str, Any], trajectory: Trajectory, place: str) -> Reference:
    if row.get("sha256") != trajectory_digest(trajectory):
        raise BadInput(f"the text of trajectory {trajectory.id} is not the one that was decomposed", place=place)
    try:
        return Reference(trajectory, tuple(_read_procedure(fields) for fields in row["procedures"]))
    except (BadInput, ValueError, LookupError, TypeError) as error:
        raise BadInput(f"a procedure cannot be read: {error}", place=place) from error


def _read_procedure(fields: Mapping[str, Any]) -> tuple[Procedure, tuple[Span, ...]]:
    entry = entry_from_dict({"kind": "procedure"} | {name: value for name, value in fields.items() if name != "spans"})
    if not isinstance(entry, Procedure):
        raise TypeError(f"a {entry.kind} stands among the procedures")
    return entry, tuple(Span(Part(one["part"]), one["start"], one["end"]) for one in fields["spans"])
