"""``midthought review``: drafts one by one, or by options."""

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest

from midthought.api.python.memory import open_memory
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.draft import DraftWrite
from midthought.memory.records.entry import Provenance
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, TRACE, Cli

TRAJECTORY = Trajectory("How sharp?", "I cut away from myself.")
PLACE = Provenance(TRAJECTORY.id, "tests", Span(Part.THOUGHT, 0, 5))
BETTER = replace(LESSON, suggestion="Switch the stove off first.")


@pytest.fixture
def drafted(home: Path) -> Path:
    """A memory with two drafts."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        drafts = tuple(DraftWrite(one, (PLACE,)) for one in (PROCEDURE, LESSON))
        job = Job("o-1", "ingest", "traces.jsonl", JobState.FINISHED)
        memory.store.writer.write(DEFAULT_NAMESPACE, Batch((TrajectoryWrite(TRAJECTORY),), job=job, drafts=drafts))
    return home


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person types, in order."""
    typed: list[str] = []

    def prompt(*_: object, **__: object) -> str:
        return typed.pop(0)

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    return typed


def test_drafts_are_listed_with_their_passages(drafted: Path, cli: Cli) -> None:
    """As text and as JSON; a draft is not recalled, and `stats` counts it."""
    out = cli("review").out
    assert PROCEDURE.subroutine in out
    assert f"from tests ({TRAJECTORY.id})\n  > I cut" in out
    lines = cli("review", "-o", "json").lines
    assert {one["id"] for one in lines} == {PROCEDURE.id, LESSON.id}
    assert lines[0]["provenance"][0]["trajectory_id"] == TRAJECTORY.id
    assert [one["id"] for one in cli("review", LESSON.id, "-o", "json").lines] == [LESSON.id]
    assert "2 drafts wait" in cli("stats").out
    assert cli("recall", PROCEDURE.key, "--min-similarity", "-1", "-o", "json").json["hits"] == []


def test_options_decide_without_asking(drafted: Path, cli: Cli) -> None:
    """Accepted is recalled, rejected is gone, and neither waits."""
    assert cli("review", "--accept", PROCEDURE.id).out == f"accepted {PROCEDURE.id}\n"
    assert cli("review", "--reject", LESSON.id, "-o", "json").json == {"rejected": LESSON.id}
    assert cli("review").err == "no draft waits in namespace default\n"
    assert cli("get", PROCEDURE.id, "-o", "json").json["provenance"][0]["trajectory_id"] == TRAJECTORY.id
    assert cli("get", LESSON.id).code == 1
    ran = cli("review", "--accept", LESSON.id)
    assert (ran.code, "nothing was accepted" in ran.err) == (1, True)


def test_all_are_accepted_at_once(drafted: Path, cli: Cli) -> None:
    """And a second time there is nothing left."""
    assert len(cli("review", "--accept-all", "-o", "json").lines) == 2
    assert len(cli("list", "-o", "json").lines) == 2
    assert "no draft waits" in cli("review", "--accept-all").err


def test_a_draft_is_edited_from_a_file(drafted: Path, cli: Cli, tmp_path: Path) -> None:
    """It waits on, under its new id."""
    record = next(one for one in cli("review", "-o", "json").lines if one["id"] == LESSON.id)
    wording = {name: record[name] for name in ("kind", "situation")} | {"suggestion": BETTER.suggestion}
    (tmp_path / "better.json").write_text(json.dumps(wording))
    ran = cli("review", LESSON.id, "--edit", str(tmp_path / "better.json"), "-o", "json")
    assert ran.json == {"edited": LESSON.id, "draft": BETTER.id}
    assert {one["id"] for one in cli("review", "-o", "json").lines} == {PROCEDURE.id, BETTER.id}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--accept"],
        ["--reject"],
        ["--accept", "--reject", "p-1"],
        ["--accept-all", "p-1"],
        ["--edit", "file.json"],
        ["--edit", "file.json", "p-1", "p-2"],
    ],
)
def test_options_that_do_not_go_together(drafted: Path, cli: Cli, arguments: list[str]) -> None:
    """Are refused before anything is done."""
    assert cli("review", *arguments).code == 2
    assert len(cli("review", "-o", "json").lines) == 2


def test_a_person_is_asked_for_each(
    drafted: Path, cli: Cli, answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is skipped waits; what is edited is asked for again; quitting ends it."""
    first, second = sorted((PROCEDURE.id, LESSON.id))
    answers += ["s", "q"]
    cli("review")
    assert len(cli("review", "-o", "json").lines) == 2
    texts = iter(["no JSON", json.dumps({"kind": "lesson", "situation": "It rains", "suggestion": "Stay in."})])
    monkeypatch.setattr(click, "edit", lambda *_, **__: next(texts))
    answers += ["e", "e", "a", "r"]
    ran = cli("review")
    assert "not changed" in ran.err
    assert f"rejected {second}" in ran.out
    assert answers == []
    assert [one["situation"] for one in cli("list", "-o", "json").lines] == ["It rains"]
    assert cli("get", first).code == 1


def test_drafts_are_ingested_by_an_option(cli: Cli, tmp_path: Path) -> None:
    """Whatever is learnt waits; the counts say so, and which command shows it."""
    (tmp_path / "traces.jsonl").write_text(json.dumps(TRACE) + "\n")
    counts = cli("ingest", "--draft", "traces.jsonl", "-o", "json").json
    assert counts["entries_stored"] == 0
    assert counts["entries_waiting"] == len(cli("review", "-o", "json").lines) > 0
    told = cli("--home", str(tmp_path / "other"), "ingest", "--draft", "traces.jsonl").out
    assert f"{counts['entries_waiting']} waiting for review (`midthought review` shows and accepts them)" in told
    assert cli("list", "-o", "json").lines == []
