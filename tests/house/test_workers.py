"""The order in which the workers of a parallel run begin the files of tests."""

from pathlib import Path

import pytest

pytest.importorskip("xdist", reason="a plain run has no workers")

from ..workers import LONG, FileScheduling

MANY = [f"tests/memory/test_many.py::test_{number}" for number in range(9)]
MODEL = ["tests/reasoner/test_a.py::test_a", "tests/retrieval/test_b.py::test_b"]


class Worker:
    """Takes tests by their numbers, as a worker of pytest-xdist does."""

    shutting_down = False

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, numbers: list[int]) -> None:
        """Remember them."""
        self.given += numbers

    def shutdown(self) -> None:
        """Nothing is left."""
        self.shutting_down = True


def test_the_files_that_take_long_are_there(root: Path) -> None:
    """A file that was renamed would be begun last again."""
    assert [file for file in LONG if not (root / file).is_file()] == []


def test_models_and_long_files_come_before_files_of_many_tests(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one worker that is the order of all."""
    monkeypatch.setattr(pytestconfig.option, "tx", ["popen"])
    long = [f"{LONG[1]}::test_last", f"{LONG[0]}::test_first"]
    tests = [*MANY, *long, *MODEL]
    worker, scheduler = Worker(), FileScheduling(pytestconfig)
    scheduler.add_node(worker)  # type: ignore[arg-type]
    scheduler.add_node_collection(worker, tests)  # type: ignore[arg-type]
    scheduler.schedule()
    for number in worker.given:  # the list grows meanwhile
        scheduler.mark_test_complete(worker, number)  # type: ignore[arg-type]
    assert [tests[number] for number in worker.given] == [*MODEL, *reversed(long), *MANY]
