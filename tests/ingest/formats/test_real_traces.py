"""The real traces and our own: the counts that are known."""

from pathlib import Path

import pytest

from midthought.ingest.stream.reader import BadRecord, ReadRecord, read_trajectories
from midthought.memory.records.trajectory import Outcome


def read_all(file: Path) -> tuple[list[ReadRecord], list[BadRecord]]:
    """Good and bad records of a file."""
    records = list(read_trajectories(file))
    return [r for r in records if isinstance(r, ReadRecord)], [r for r in records if isinstance(r, BadRecord)]


@pytest.mark.slow
def test_sky_t1(data_folder: Path) -> None:
    """All 2,044 traces are read, 764 of them right and finished."""
    good, bad = read_all(data_folder / "traces" / "sky_t1.jsonl.gz")
    right = [r for r in good if r.trajectory.outcome is Outcome.CORRECT and r.trajectory.finished]
    assert (len(good), len(bad), len(right)) == (2044, 0, 764)


@pytest.mark.slow
def test_misguided(data_folder: Path) -> None:
    """All 1,290 traces are read, each with an answer or a thought that never ends, none with a verdict."""
    good, bad = read_all(data_folder / "traces" / "misguided.jsonl.gz")
    assert (len(good), len(bad)) == (1290, 0)
    assert {r.trajectory.outcome for r in good} == {Outcome.UNKNOWN}
    assert not any("<think>" in r.trajectory.thought for r in good)


def test_gsm8k(data_folder: Path) -> None:
    """Problems with a worked solution have no thought; the solution is the answer, its result the known one."""
    good, bad = read_all(data_folder / "gsm8k" / "test.jsonl.gz")
    assert (len(good), len(bad)) == (1319, 0)
    assert not any(r.trajectory.thought for r in good)
    assert all(r.trajectory.gold and r.trajectory.answer.endswith(r.trajectory.gold) for r in good)


@pytest.mark.parametrize("name", ["own", "reasoning_gym"])
def test_our_own(root: Path, name: str) -> None:
    """The traces in the repository are all good."""
    good, bad = read_all(root / "data" / "trajectories" / f"{name}.jsonl")
    assert good
    assert not bad
