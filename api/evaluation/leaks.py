"""What a memory may know already of the tasks of an evaluation: questions it has seen, and texts it shares with them.

Runs of 13 words, as in arXiv 2005.14165, appendix C. A run that stands in several of the tasks is the wording of the
task set (``Give the final answer ...``), no knowledge of one of them: it is counted, and is no leak.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from midthought.ingest.checks.check import joined_texts
from midthought.ingest.checks.held_out import MIN_WORDS, RUN, hash_runs, split_words
from midthought.ingest.harvest.tasks import Task
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.records.trajectory import Trajectory

_SHOWN = 100
"""Leaks that a report names; it counts all."""


class LeakKind(StrEnum):
    """How a stored text knows a task."""

    SAME_QUESTION = "same question"
    NEAR_COPY = "near copy of the question"
    """Nearly the same words; the numbers may differ."""
    RUN_OF_WORDS = "13 words in common"


@dataclass(frozen=True, slots=True)
class Leak:
    """One stored text that knows one task.

    Attributes:
        task: the number of the task.
        stored_id: of the entry or the trajectory.
        words: the shared run of words, or the stored question.
    """

    task: int
    stored_id: str
    kind: LeakKind
    words: str


@dataclass(frozen=True, slots=True)
class LeakReport:
    """All that was found.

    Attributes:
        tasks, entries, trajectories: how many were compared.
        tasks_by_kind: (kind, tasks that have such a leak), each kind once.
        shared_wording: runs of words that stand in several tasks, and are left out.
        leaks: the first hundred, for people.
        by_task: by the number of a task, the ids of what knows it.
        excluded: what knows a task was withheld from its runs.
    """

    tasks: int
    entries: int
    trajectories: int
    tasks_by_kind: tuple[tuple[LeakKind, int], ...]
    shared_wording: int
    leaks: tuple[Leak, ...]
    by_task: Mapping[int, frozenset[str]]
    excluded: bool = False


def find_leaks(
    tasks: Iterable[Task],
    entries: Iterable[StoredEntry],
    trajectories: Iterable[tuple[str, Trajectory]],
    *,
    excluded: bool = False,
) -> LeakReport:
    """Return what stored entries and trajectories know of tasks. All texts are read once; none is kept."""
    asked = tuple(tasks)
    finder = LeakFinder(asked)
    leaks: list[Leak] = []
    counts = [0, 0]
    for stored in entries:
        counts[0] += 1
        leaks += finder.find_runs(stored.id, joined_texts(stored.entry))
    for trajectory_id, trajectory in trajectories:
        counts[1] += 1
        leaks += finder.find_questions(trajectory_id, trajectory.question)
        text = "\n".join((trajectory.question, trajectory.thought, trajectory.answer))
        leaks += finder.find_runs(trajectory_id, text)
    return _report(leaks, finder, len(asked), counts, excluded)


class LeakFinder:
    """Compares texts with tasks."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._questions = [(one.number, one.question.strip(), NearCopyTest(one.question)) for one in tasks]
        self._runs: dict[int, dict[int, int]] = {}
        self._shared: dict[int, set[int]] = {}
        for number, question, _ in self._questions:
            self._learn(number, split_words(question))

    @property
    def shared_wording(self) -> int:
        """How many runs of words stand in several tasks."""
        return sum(map(len, self._shared.values()))

    def find_questions(self, stored_id: str, question: str) -> Iterator[Leak]:
        """Yield the tasks whose question a stored one is."""
        stored = question.strip()
        folded = stored.casefold().split()
        for number, asked, copy_test in self._questions:
            if folded == asked.casefold().split():
                yield Leak(number, stored_id, LeakKind.SAME_QUESTION, stored)
            elif copy_test.is_copy(stored):
                yield Leak(number, stored_id, LeakKind.NEAR_COPY, stored)

    def find_runs(self, stored_id: str, text: str) -> Iterator[Leak]:
        """Yield the tasks that share a run of words with a stored text, each once."""
        words = split_words(text)
        told: set[int] = set()
        for length, known in self._runs.items():
            for place, run in enumerate(hash_runs(words, length).tolist()):
                number = known.get(run)
                if number is not None and number not in told:
                    told.add(number)
                    yield Leak(number, stored_id, LeakKind.RUN_OF_WORDS, " ".join(words[place : place + length]))

    def _learn(self, number: int, words: list[str]) -> None:
        length = min(len(words), RUN)
        if length < MIN_WORDS:
            return
        known, shared = self._runs.setdefault(length, {}), self._shared.setdefault(length, set())
        for run in set(hash_runs(words, length).tolist()):
            if run in shared or known.get(run, number) != number:
                shared.add(run)
                known.pop(run, None)
            else:
                known[run] = number


def _report(leaks: list[Leak], finder: LeakFinder, tasks: int, counts: list[int], excluded: bool) -> LeakReport:
    by_task: dict[int, set[str]] = {}
    by_kind: dict[LeakKind, set[int]] = {kind: set() for kind in LeakKind}
    for leak in leaks:
        by_task.setdefault(leak.task, set()).add(leak.stored_id)
        by_kind[leak.kind].add(leak.task)
    return LeakReport(
        tasks=tasks,
        entries=counts[0],
        trajectories=counts[1],
        tasks_by_kind=tuple((kind, len(found)) for kind, found in by_kind.items()),
        shared_wording=finder.shared_wording,
        leaks=tuple(sorted(leaks, key=lambda one: (one.task, one.stored_id, one.kind))[:_SHOWN]),
        by_task={number: frozenset(ids) for number, ids in sorted(by_task.items())},
        excluded=excluded,
    )
