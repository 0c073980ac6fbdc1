"""``midthought evaluate decomposition``, with the engine that recites: honestly nothing."""

import json
from pathlib import Path

import pytest

from .conftest import TRACE, Cli


def test_an_engine_that_recites_gets_no_marks(
    cli: Cli, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One trace, three attempts, nothing usable: every mark is 0, the calls are counted, and nothing is stored."""
    monkeypatch.setenv("MIDTHOUGHT_ENGINE", "scripted")
    monkeypatch.setenv("MIDTHOUGHT_MODEL", "recites")
    lines = (root / "data" / "decompositions" / "own.jsonl").read_text(encoding="utf-8").splitlines()
    references = tmp_path / "references.jsonl"
    references.write_text(lines[0] + "\n", encoding="utf-8")
    traces = [str(path) for path in sorted((root / "data" / "trajectories").glob("*.jsonl"))]
    done = cli("evaluate", "decomposition", str(references), *traces, "-o", "json")
    assert done.code == 0
    assert {name: one["mean"] for name, one in done.json["marks"].items()} == dict.fromkeys(
        ["agreement", "grounded", "placed", "clean", "sized", "usable"], 0.0
    )
    assert (done.json["trajectories"], done.json["spent"]["calls"]) == (1, 3)
    told = cli("evaluate", "decomposition", str(references), *traces)
    assert "usable     0.00  [0.00, 0.00]  answers in a usable form" in told.out
    assert cli("list", "--kind", "trajectories").out == ""


def test_it_needs_a_model_and_the_traces(cli: Cli, root: Path) -> None:
    """Without a model the settings are named; without the traces the file of references is."""
    references = str(root / "data" / "decompositions" / "own.jsonl")
    refused = cli("evaluate", "decomposition", references, references)
    assert refused.code != 0
    assert "no language model is configured" in refused.err


def test_reason_prints_a_table_and_the_same_as_json(cli: Cli, planted_home: Path, tmp_path: Path) -> None:
    """The engine that recites always says 42: it is right on one of two tasks, in every arm, and nothing is stored."""
    tasks, rows = tmp_path / "tasks.jsonl", tmp_path / "rows.jsonl"
    tasks.write_text('{"question": "What is six times seven?", "gold": "42"}\n{"question": "Two?", "gold": "2"}\n')
    given = ("evaluate", "reason", str(tasks), "--arm", "none", "--arm", "length-scaling", "--engine", "scripted")
    told = cli(*given, "--rows", str(rows))
    assert told.code == 0, told.err
    assert "0.500 [" in told.out
    found = cli(*given, "--rows", str(rows), "-o", "json").json
    assert [(one["arm"], one["right"], one["wrong"]) for one in found["arms"]] == [
        ("none", 1, 1),
        ("length-scaling", 1, 1),
    ]
    assert found["leaks"]["tasks"] == 2
    assert len(rows.read_text().splitlines()) == 5
    assert cli("stats", "-o", "json").json["runs"] == 0


def test_reason_refuses_other_settings_for_the_same_rows(cli: Cli, planted_home: Path, tmp_path: Path) -> None:
    """One line says which setting differs."""
    tasks, rows = tmp_path / "tasks.jsonl", tmp_path / "rows.jsonl"
    tasks.write_text('{"question": "What is six times seven?", "gold": "42"}\n')
    given = ("evaluate", "reason", str(tasks), "--arm", "none", "--engine", "scripted", "--rows", str(rows))
    assert cli(*given).code == 0
    refused = cli(*given, "--seed", "1")
    assert (refused.code, refused.out) == (1, "")
    assert "seed was 0 and is 1; give another file to begin anew" in refused.err


def test_reason_is_wrong_usage_without_tasks_or_with_unknown_arms(cli: Cli, home: Path) -> None:
    """Nothing is made for it."""
    assert "Missing argument 'TASKS'" in cli("evaluate", "reason").err
    refused = cli("evaluate", "reason", "tasks.jsonl", "--arm", "guessing")
    assert refused.code == 2
    assert "there is no arm 'guessing': known are none, length-scaling" in refused.err
    assert not home.exists()


def test_reason_lets_the_model_rewrite_traces(
    cli: Cli, planted_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three forms of the one right trace are written, and the arm runs; without a model nothing is asked."""
    monkeypatch.setenv("MIDTHOUGHT_ENGINE", "scripted")
    traces, tasks, rewrites = (tmp_path / name for name in ("traces.jsonl", "tasks.jsonl", "rewrites.jsonl"))
    traces.write_text(json.dumps(TRACE) + "\n")
    assert cli("ingest", str(traces)).code == 0
    tasks.write_text('{"question": "What is six times seven?", "gold": "42"}\n')
    given = ("evaluate", "reason", str(tasks), "--arm", "rewritten-trace", "--rewrites", str(rewrites))
    assert "no language model is configured" in cli(*given, "--make-rewrites").err
    monkeypatch.setenv("MIDTHOUGHT_MODEL", "recites")
    told = cli(*given, "--make-rewrites")
    assert (told.code, len(rewrites.read_text().splitlines())) == (0, 3)
    assert "rewritten-trace" in told.out
    assert "give that, too" in cli("evaluate", "reason", str(tasks), "--make-rewrites").err
