"""The reference decompositions: by hand, in words of their own, each resting on passages of its trace."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.memory.records.entry import Entry, Procedure
from midthought.memory.records.entry_json import entry_from_dict
from midthought.memory.records.trajectory import Part, Span, Trajectory

ROOT = Path(__file__).parents[2] / "data"
KINDS = {"procedures": "procedure", "concepts": "concept", "lessons": "lesson"}
GATE = CheckContext()


def rows(name: str) -> list[dict[str, Any]]:
    """The decompositions of one file."""
    lines = (ROOT / "decompositions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def drafts(row: dict[str, Any]) -> Iterator[ExtractedEntry[Entry]]:
    """Its entries with their spans."""
    for name, kind in KINDS.items():
        for fields in row[name]:
            spans = tuple(Span(Part(one["part"]), one["start"], one["end"]) for one in fields["spans"])
            entry = {key: value for key, value in fields.items() if key != "spans"}
            yield ExtractedEntry(entry_from_dict({"kind": kind, **entry}), spans)


def trajectories(paths: list[Path]) -> dict[str, Trajectory]:
    """Trajectories of files, by id."""
    records = (record for path in paths for record in read_trajectories(path))
    return {one.trajectory.id: one.trajectory for one in records if isinstance(one, ReadRecord)}


def digest(trajectory: Trajectory) -> str:
    """What names the text of a trace beside its id."""
    texts = (trajectory.question, trajectory.thought, trajectory.answer)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def check(row: dict[str, Any], trajectory: Trajectory) -> None:
    """Its text is the one meant, and every entry passes the checks that drafts pass."""
    assert digest(trajectory) == row["sha256"]
    found = list(drafts(row))
    kept, refused = check_drafts(found, trajectory, GATE)
    assert refused == ()
    assert len(kept) == len(found)
    assert all(trajectory.text(span).strip() for one in found for span in one.spans)


def test_there_are_48_with_procedures() -> None:
    """24 of our own traces and 24 public ones, each with four procedures or more, of about 200 words."""
    assert [len(rows(name)) for name in ("own", "public")] == [24, 24]
    for row in [*rows("own"), *rows("public")]:
        procedures = [one.entry for one in drafts(row) if isinstance(one.entry, Procedure)]
        assert len(procedures) >= 4
        assert all(80 <= len(one.subroutine.split()) <= 260 and one.applicability for one in procedures)


def test_nothing_is_said_twice() -> None:
    """All entries of all decompositions differ."""
    ids = [one.entry.id for row in [*rows("own"), *rows("public")] for one in drafts(row)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("row", rows("own"), ids=lambda row: row["trajectory_id"])
def test_own_decompositions_rest_on_their_traces(row: dict[str, Any]) -> None:
    """The traces are committed whole."""
    check(row, trajectories(sorted((ROOT / "trajectories").glob("*.jsonl")))[row["trajectory_id"]])


@pytest.mark.slow
@pytest.mark.skipif(
    "MIDTHOUGHT_DATA" not in os.environ, reason="MIDTHOUGHT_DATA is unset: the public traces are not there"
)
def test_public_decompositions_rest_on_their_traces() -> None:
    """The traces are not committed, but named by id and digest."""
    root = Path(os.environ["MIDTHOUGHT_DATA"]) / "traces"
    known = trajectories([root / f"{name}.jsonl.gz" for name in sorted({row["file"] for row in rows("public")})])
    for row in rows("public"):
        check(row, known[row["trajectory_id"]])
