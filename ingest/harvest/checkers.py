"""Checkers: the right answer of a task, the verifier of a generator of tasks, a function of the user's."""

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from midthought.ingest.harvest.tasks import Checker, Task, TaskSet, distinct_tasks, read_tasks
from midthought.ingest.verdicts.compare import same_answer
from midthought.ingest.verdicts.final_answer import last_line, marked_answer
from midthought.ingest.verdicts.judge import VerdictSource
from midthought.ingest.verdicts.mathematics import MathComparison
from midthought.memory.errors import BadInput, MissingExtra

GYM = "reasoning-gym:"
"""What the name of generated tasks begins with, and what their trajectories record as their source."""
_GYM_SIZE = 50
_GYM_SEED = 42

AnswerCheck = Callable[[str, str], bool | None]
"""Takes the question and the answer."""


@dataclass(frozen=True, slots=True)
class GoldChecker:
    """Compares the final answer with the right one: letters, numbers, literals, then as mathematics."""

    mathematics: MathComparison
    name: str = "gold"
    source: VerdictSource = VerdictSource.GOLD

    def check(self, task: Task, answer: str) -> bool | None:
        """Return whether both are the same; None if there is nothing to compare, or if that cannot be told."""
        said = marked_answer(answer) or last_line(answer)
        if task.gold is None or not said:
            return None
        same = same_answer(task.gold, said, question=task.question)
        return self.mathematics.same(task.gold, said) if same is None else same


@dataclass(frozen=True, slots=True)
class FunctionChecker:
    """Asks a function, with the question and the marked answer; with the whole answer if nothing in it is marked."""

    function: AnswerCheck
    name: str
    source: VerdictSource = VerdictSource.CHECKER

    def check(self, task: Task, answer: str) -> bool | None:
        """Return what the function returns as a truth value, None as it is."""
        result = self.function(task.question, marked_answer(answer) or answer)
        return None if result is None else bool(result)


@dataclass(frozen=True, slots=True)
class GymChecker:
    """Lets the generator of a task score its answer: right is what has the full score.

    Attributes:
        entries: by the number of the task, its generator and what that needs to score an answer.
    """

    entries: tuple[tuple[Any, Any], ...]
    name: str = GYM.rstrip(":")
    source: VerdictSource = VerdictSource.CHECKER

    def check(self, task: Task, answer: str) -> bool | None:
        """Return whether the answer has the full score."""
        said = marked_answer(answer) or last_line(answer)
        dataset, entry = self.entries[task.number]
        return bool(dataset.score_answer(said or None, entry) >= 1)


def open_tasks(source: str | Path, checker: "str | AnswerCheck", mathematics: MathComparison) -> TaskSet:
    """Return the tasks of a file, or generated ones, with their checker.

    Args:
        source: a file of JSON Lines, or ``reasoning-gym:NAME[+NAME...][:SIZE[:SEED]]``.
        checker: a function, or where it is (``module:function``); empty for the source's own.
        mathematics: compares answers with right ones.

    Raises:
        BadInput: the file, the name or the checker is not there, or a line is no task.
        MissingExtra: reasoning-gym is not installed.
    """
    judge = _load_checker(checker) if checker else None
    if str(source).startswith(GYM):
        return _open_gym(str(source), judge)
    path = Path(source)
    tasks = read_tasks(path, needs_gold=judge is None)
    return TaskSet(str(path), tasks, judge or GoldChecker(mathematics))


def _load_checker(told: "str | AnswerCheck") -> FunctionChecker:
    if callable(told):
        return FunctionChecker(told, f"{told.__module__}:{getattr(told, '__qualname__', type(told).__qualname__)}")
    module, _, name = told.partition(":")
    try:
        function = getattr(importlib.import_module(module), name) if module and name else None
    except (ImportError, AttributeError) as error:
        raise BadInput(f"{told!r} cannot be loaded: {error}", place="checker") from error
    if not callable(function):
        raise BadInput(f"expected module:function, got {told!r}", place="checker")
    return FunctionChecker(function, told)


def _open_gym(told: str, judge: Checker | None) -> TaskSet:
    names, size, seed = _read_gym(told)
    entries = tuple(entry for name in names for entry in _generate(name, size, seed))
    tasks = distinct_tasks(_make_task(number, entry) for number, (_, entry) in enumerate(entries))
    return TaskSet(told, tasks, judge or GymChecker(entries))


def _read_gym(told: str) -> tuple[list[str], int, int]:
    names, *numbers = told.removeprefix(GYM).split(":")
    if not names or len(numbers) > 2 or not all(one.isdecimal() for one in numbers) or numbers[:1] == ["0"]:
        raise BadInput(f"expected {GYM}NAME[+NAME...][:SIZE[:SEED]], got {told!r}", place="tasks")
    size, seed = (int(one) for one in (*numbers, *(str(_GYM_SIZE), str(_GYM_SEED))[len(numbers) :]))
    return names.split("+"), size, seed


def _generate(name: str, size: int, seed: int) -> list[tuple[Any, Any]]:
    """Return tasks of one generator, each with it. Raises `BadInput` if there is none of that name."""
    try:
        with warnings.catch_warnings():  # of its requirements, which are compiled at the first import
            warnings.simplefilter("ignore")
            import reasoning_gym
    except ImportError:
        command = "pip install reasoning-gym"
        raise MissingExtra("reasoning-gym", purpose=f"generating {name}", command=command) from None
    try:
        dataset = reasoning_gym.create_dataset(name, size=size, seed=seed)
    except ValueError as error:
        raise BadInput(f"{GYM}{name} cannot be generated: {error}", place="tasks") from error
    return [(dataset, dataset[number]) for number in range(size)]


def _make_task(number: int, entry: Any) -> Task:
    gold = None if entry["answer"] is None else str(entry["answer"])
    return Task(number, str(entry["question"]), gold, f"{GYM}{entry['metadata']['source_dataset']}")
