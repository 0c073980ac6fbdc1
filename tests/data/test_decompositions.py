"""The reference decompositions: by hand, in words of their own, each resting on passages of its trace."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.memory.indexes.word_analysis import function_words
from midthought.memory.records.entry import Entry, Procedure
from midthought.memory.records.entry_json import entry_from_dict
from midthought.memory.records.trajectory import Part, Span, Trajectory

ROOT = Path(__file__).parents[2] / "data"
KINDS = {"procedures": "procedure", "concepts": "concept", "lessons": "lesson"}
GATE = CheckContext()
OPENING = "For problems like this I should "


def rows(name: str) -> list[dict[str, Any]]:
    """The decompositions of one file."""
    lines = (ROOT / "decompositions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def drafts(row: dict[str, Any]) -> Iterator[ExtractedEntry[Entry]]:
    """Its entries with their spans."""
    for name, kind in KINDS.items():
        for fields in row.get(name, ()):
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


def parts(row: dict[str, Any]) -> Iterator[str]:
    """The texts of its procedures."""
    for fields in row["procedures"]:
        yield from (fields["subquestion"], fields["subroutine"].removeprefix(OPENING), fields["applicability"])


def sentences(row: dict[str, Any]) -> set[str]:
    """The clauses of its procedures, between stops, colons and semicolons, as bare small letters and digits."""
    clauses = (clause for text in parts(row) for clause in re.split(r"[.?!;:](?:\s|$)", text.lower()))
    return {" ".join(re.findall(r"\w+", clause)) for clause in clauses} - {""}


def word_triples(text: str) -> set[tuple[str, ...]]:
    """Every three neighbours among the words that are not function words."""
    words = [word for word in re.findall(r"\w+", text.lower()) if word not in function_words()]
    return set(zip(words, words[1:], words[2:], strict=False))


def test_there_are_48_with_procedures() -> None:
    """24 of our own traces and 24 public ones, each with four procedures or more, of about 200 words."""
    assert [len(rows(name)) for name in ("own", "public")] == [24, 24]
    for row in [*rows("own"), *rows("public")]:
        procedures = [one.entry for one in drafts(row) if isinstance(one.entry, Procedure)]
        assert len(procedures) >= 4
        assert all(80 <= len(one.subroutine.split()) <= 260 and one.applicability for one in procedures)


def test_nothing_is_said_twice() -> None:
    """All entries of all decompositions differ."""
    ids = [one.entry.id for name in ("own", "public", "reworded") for row in rows(name) for one in drafts(row)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("row", rows("own"), ids=lambda row: row["trajectory_id"])
def test_own_decompositions_rest_on_their_traces(row: dict[str, Any]) -> None:
    """The traces are committed whole."""
    check(row, trajectories(sorted((ROOT / "trajectories").glob("*.jsonl")))[row["trajectory_id"]])


def test_every_second_own_decomposition_is_reworded() -> None:
    """A rewording names its trace, the text of the trace and the passages as the original does."""
    originals = rows("own")[1::2]
    for row, original in zip(rows("reworded"), originals, strict=True):
        assert (row["trajectory_id"], row["sha256"]) == (original["trajectory_id"], original["sha256"])
        spans, original_spans = ([fields["spans"] for fields in one["procedures"]] for one in (row, original))
        assert spans == original_spans


@pytest.mark.parametrize("row", rows("reworded"), ids=lambda row: row["trajectory_id"])
def test_rewordings_have_words_of_their_own(row: dict[str, Any]) -> None:
    """No clause is taken over, and of a subquestion no three neighbouring content words."""
    original = next(one for one in rows("own") if one["trajectory_id"] == row["trajectory_id"])
    assert sentences(row) & sentences(original) == set()
    for fields, source in zip(row["procedures"], original["procedures"], strict=True):
        assert word_triples(fields["subquestion"]) & word_triples(source["subquestion"]) == set()


@pytest.mark.parametrize("row", rows("reworded"), ids=lambda row: row["trajectory_id"])
def test_rewordings_rest_on_their_traces(row: dict[str, Any]) -> None:
    """They pass the checks, and each subroutine is a method in the first person, of 80 to 220 words."""
    check(row, trajectories(sorted((ROOT / "trajectories").glob("*.jsonl")))[row["trajectory_id"]])
    assert all(fields["subroutine"].startswith(OPENING) for fields in row["procedures"])
    assert all(80 <= len(fields["subroutine"].split()) <= 220 for fields in row["procedures"])


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
