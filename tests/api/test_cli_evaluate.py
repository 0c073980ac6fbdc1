"""``midthought evaluate decomposition``, with the engine that recites: honestly nothing."""

from pathlib import Path

import pytest

from .conftest import Cli


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
