"""A harvest killed at any call goes on as if nothing had been: no call twice, the same counts, the same memory."""

import json
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from .attempting import thinks

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
TASKS = {
    "How many legs do 3 dogs and 2 ants have?": "24",
    "How many wheels do 5 cars and 4 bikes have?": "28",
    "How many corners do 2 cubes and 3 squares have?": "28",
}
GYM = "reasoning-gym:leg_counting+coin_flip+basic_arithmetic:2:7"


def run(folder: Path, tasks: str, answers: dict[str, tuple[str, ...]], *, kill_at: int = 0) -> dict[str, Any] | None:
    """Harvest in a process; None if it was killed."""
    plan = folder / "plan.json"
    told = {"home": str(folder / "memory"), "log": str(folder / "asked.jsonl"), "tasks": tasks, "samples": 2}
    plan.write_text(json.dumps({**told, "answers": answers, "kill_at": kill_at}))
    command = [sys.executable, "-m", "tests.ingest.harvest.worker", str(plan)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if kill_at and done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[0]))


def asked(folder: Path) -> list[str]:
    """What the model was asked, in order."""
    return (folder / "asked.jsonl").read_text().splitlines()


def test_killed_at_any_call_it_goes_on_without_repeating_one(tmp_path: Path) -> None:
    """One memory is killed again and again, after one more call each time, in the first round and in the second."""
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in TASKS.items()))
    answers = {question: (thinks(answer), thinks("7")) for question, answer in TASKS.items()}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    expected = run(whole, str(path), answers)
    kills = 0
    while (found := run(killed, str(path), answers, kill_at=3)) is None:
        kills += 1
    assert kills == (len(asked(whole)) - 1) // 3
    assert len(set(asked(killed))) == len(asked(killed)) == len(asked(whole))
    assert found == expected


def test_two_rounds_on_three_generated_tasks(tmp_path: Path) -> None:
    """Killed in the second round and resumed: counts add up, and what the first taught is recalled in the second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import reasoning_gym

    names = GYM.split(":")[1].split("+")
    entries = [one for name in names for one in reasoning_gym.create_dataset(name, size=2, seed=7)]
    answers = {one["question"].strip(): (thinks(one["answer"]), thinks("no idea")) for one in entries}
    assert run(tmp_path, GYM, answers, kill_at=20) is None
    found = run(tmp_path, GYM, answers)
    assert found is not None
    first, second = found["rounds"]
    assert [first["tasks"], first["attempts"], first["right"], first["wrong"]] == [6, 12, 6, 6]
    assert [second["tasks"], second["attempts"], second["right"], second["wrong"]] == [6, 12, 6, 6]
    assert first["learnt"] > 0
    assert second["hinted"] > 0
    counts = json.loads(found["job"])
    assert (counts["read"], counts["stored"] + counts["merged"] + counts["rejected"]) == (24, 24)
    assert counts["entries_stored"] == first["learnt"] + second["learnt"] == len(found["keys"])
    assert len(set(asked(tmp_path))) == len(asked(tmp_path)) == counts["calls"]
