"""Tasks that a language model attempts, and who says whether an answer is right."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from midthought.ingest.formats.json_line import check_strings, decode_text, parse_object
from midthought.ingest.formats.labels import TRUTH_FIELDS, read_gold
from midthought.ingest.formats.marked import QUESTION_FIELDS
from midthought.ingest.verdicts.judge import VerdictSource
from midthought.memory.errors import BadInput
from midthought.memory.records.ids import content_id

GOLD_FIELDS = ("gold", *TRUTH_FIELDS, "answer", "final_answer", "solution")


@dataclass(frozen=True, slots=True)
class Task:
    """One task.

    Attributes:
        number: its place among the tasks of its source, from 0.
        question: the problem.
        gold: the known right answer, or None.
        source: where it comes from, as its trajectories record it.
    """

    number: int
    question: str
    gold: str | None = None
    source: str = ""


class Checker(Protocol):
    """Says whether an answer to a task is right."""

    @property
    def name(self) -> str:
        """What tells it from others: part of a job's id, and of what is stored with an attempt."""
        ...

    @property
    def source(self) -> VerdictSource:
        """Who judges, as trajectories record it."""
        ...

    def check(self, task: Task, answer: str) -> bool | None:
        """Return whether the answer, all that was written after the thought, is right; None if that is undecided."""
        ...


@dataclass(frozen=True, slots=True)
class TaskSet:
    """The tasks of one source, each question once, with their checker.

    Attributes:
        name: of the source, for people.
    """

    name: str
    tasks: tuple[Task, ...]
    checker: Checker

    def __post_init__(self) -> None:
        if not self.tasks:
            raise BadInput("holds no task", place=self.name)

    @property
    def digest(self) -> str:
        """A content hash of the tasks and the checker."""
        return content_id("k", self.checker.name, [[one.question, one.gold, one.source] for one in self.tasks])


def distinct_tasks(tasks: Iterator[Task]) -> tuple[Task, ...]:
    """Return the tasks without those whose question has come before: their attempts would be the same requests."""
    return tuple({one.question.strip(): one for one in reversed(list(tasks))}.values())[::-1]


def read_tasks(path: Path, *, needs_gold: bool) -> tuple[Task, ...]:
    """Return the tasks of a file of JSON Lines: a question, and the right answer if it is needed.

    Raises `BadInput` that names the first line that is no task: nothing was asked yet.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(path)) from error
    lines = decode_text(data, first_line=1).split("\n")
    found = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    return distinct_tasks(_read_task(path, number, line, needs_gold=needs_gold) for number, line in found)


def _read_task(path: Path, number: int, line: str, *, needs_gold: bool) -> Task:
    place = f"{path}:{number}"
    try:
        record = parse_object(line)
        check_strings(record)
    except BadInput as error:
        raise BadInput(error.reason, place=place) from None
    question = next((text for name in QUESTION_FIELDS if isinstance(text := record.get(name), str)), "")
    if not question.strip():
        raise BadInput(f"has no question: expected a field {' or '.join(QUESTION_FIELDS)}", place=place)
    gold = next((text for name in GOLD_FIELDS if (text := read_gold(record.get(name)))), None)
    if gold is None and needs_gold:
        expected = " or ".join(GOLD_FIELDS)
        raise BadInput(f"has no right answer: expected a field {expected}, or a checker for all tasks", place=place)
    return Task(number - 1, question, gold, path.name)
