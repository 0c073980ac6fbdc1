"""``midthought harvest``, with the engine that recites: every attempt answers 42."""

import sys
from pathlib import Path

import pytest

from .conftest import Cli

TASKS = '{"question": "What is 6 * 7?", "answer": "42"}\n{"question": "What is 6 * 8?", "answer": "48"}\n'


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tasks, and a model."""
    monkeypatch.setenv("MIDTHOUGHT_ENGINE", "scripted")
    monkeypatch.setenv("MIDTHOUGHT_MODEL", "recites")
    path = tmp_path / "tasks.jsonl"
    path.write_text(TASKS)
    return path


def test_a_harvest_reports_its_rounds(cli: Cli, tasks: Path) -> None:
    """As text and as JSON; the attempts are stored, and the same harvest again asks nothing new."""
    told = cli("harvest", str(tasks), "--samples", "2", "--rounds", "2", "--no-recall", "--no-decompose")
    assert told.code == 0
    assert "round 1: 1 of 2 tasks solved; 4 attempts = 2 right + 2 wrong; " in told.out
    assert "8 attempts read = 2 stored + 6 merged (known already) + 0 rejected" in told.out
    done = cli("harvest", str(tasks), "--samples", "2", "--no-recall", "--no-decompose", "-o", "json")
    assert [done.json["state"], done.json["read"], done.json["merged"]] == ["finished", 4, 4]
    assert [one["right"] for one in done.json["rounds"]] == [2]
    assert (done.json["calls"], done.json["tokens_in"]) == (0, 0)


def test_a_checker_of_the_folder_is_found(cli: Cli, tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an installed package: the current folder is searched."""
    (tasks.parent / "judging_here.py").write_text("def is_even(question, answer):\n    return int(answer) % 2 == 0\n")
    monkeypatch.chdir(tasks.parent)
    monkeypatch.setattr(sys, "path", [*sys.path])
    chosen = ("--samples", "1", "--no-decompose", "--checker", "judging_here:is_even", "-o", "json")
    done = cli("harvest", str(tasks), *chosen)
    assert done.json["rounds"][0]["right"] == 2


def test_a_spent_budget_is_told_in_a_line(cli: Cli, tasks: Path) -> None:
    """Exit code 1, and the harvest goes on with more."""
    stopped = cli("harvest", str(tasks), "--samples", "2", "--no-decompose", "--budget-tokens", "60")
    assert stopped.code == 1
    assert "the budget of 60 tokens is spent" in stopped.err
    assert cli("harvest", str(tasks), "--samples", "2", "--no-decompose").code == 0


def test_what_cannot_be_harvested_is_refused(cli: Cli, tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, wrong numbers, a service, no model."""
    assert "cannot be read" in cli("harvest", str(tasks.parent / "nothing.jsonl")).err
    assert cli("harvest", str(tasks), "--temperature", "9").code == 2
    assert "leave out --budget" in cli("harvest", str(tasks), "--url", "http://x", "--budget-tokens", "1").err
    monkeypatch.delenv("MIDTHOUGHT_MODEL")
    assert "no language model is configured" in cli("harvest", str(tasks)).err
