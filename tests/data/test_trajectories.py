"""Our own traces: every question regenerates, every right answer is right, every wrong one is wrong."""

import importlib.metadata
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord

FOLDER = Path(__file__).parents[2] / "data" / "trajectories"


def rows(name: str) -> list[Any]:
    """One parameter a line of a file."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(json.loads(line), id=f"{name}:{number}") for number, line in enumerate(lines, start=1)]


def reasoning_gym_score(row: dict[str, Any]) -> float:
    """The score of a row's answer on the problem its metadata regenerates; 1.0 is right."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the generators' own dependencies warn while they are compiled
        import reasoning_gym  # here: two seconds, which no other test needs
    meta = row["metadata"]
    dataset = reasoning_gym.create_dataset(meta["generator"], seed=meta["seed"], size=meta["size"], **meta["config"])
    entry = dataset[meta["index"]]
    assert entry["question"] == row["question"]
    assert str(entry["answer"]) == row["gold"]
    return float(dataset.score_answer(row["answer"], entry))


@pytest.mark.slow
@pytest.mark.parametrize("row", rows("reasoning_gym"))
def test_generated_problem(row: dict[str, Any]) -> None:
    """The recorded seed gives the same question and gold answer, and the scorer agrees with the outcome."""
    if importlib.metadata.version("reasoning-gym") != row["metadata"]["version"]:
        pytest.skip(f"made with reasoning-gym {row['metadata']['version']}")
    assert (reasoning_gym_score(row) == 1.0) == (row["outcome"] == "correct")


@pytest.mark.parametrize("row", rows("own"))
def test_own_problem(row: dict[str, Any]) -> None:
    """The gold answer is computed, and the outcome follows from it."""
    scope: dict[str, object] = {}
    exec(row["metadata"]["verify"], scope)
    assert str(scope["result"]) == row["gold"]
    assert (row["answer"] == row["gold"]) == (row["outcome"] == "correct")


def test_there_are_enough_of_each_kind() -> None:
    """At least 40 traces, right ones, wrong ones and unfinished ones, all readable."""
    records = [record for file in sorted(FOLDER.glob("*.jsonl")) for record in read_trajectories(file)]
    trajectories = [record.trajectory for record in records if isinstance(record, ReadRecord)]
    assert len(trajectories) == len(records) >= 40
    assert {t.outcome.value for t in trajectories} == {"correct", "wrong"}
    assert any(not t.finished for t in trajectories)
