"""The evaluation of recall in a thought: every arm on every task, row by row, and the report of the rows."""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from typing import Any

from midthought.api.evaluation.arms import EvaluationArm
from midthought.api.evaluation.attempt_row import AttemptRow
from midthought.api.evaluation.attempts import AttemptMaker
from midthought.api.evaluation.leaks import LeakReport
from midthought.api.evaluation.rows_file import RowsFile
from midthought.api.evaluation.summary import ArmSummary, summarise_arms
from midthought.ingest.harvest.tasks import Task, TaskSet

OnRun = Callable[[int, int], None]
"""Called when a run has ended: how many have, of how many."""


PlannedRun = tuple[EvaluationArm, Task, int]
"""An arm, a task and the number of the repeat."""


@dataclass(frozen=True, slots=True)
class ReasonReport:
    """What an evaluation found.

    Attributes:
        tasks: the source of the tasks, and `questions` how many there are.
        arms: in the order of `ARM_NAMES`.
        skipped: (arm, why it was not run).
        leaks: what the memory may know of the tasks already.
        decode_constant: that the prefill token equivalents were counted with.
    """

    tasks: str
    questions: int
    engine: str
    repeats: int
    arms: tuple[ArmSummary, ...]
    skipped: tuple[tuple[str, str], ...]
    leaks: LeakReport
    decode_constant: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        known = {str(number): sorted(ids) for number, ids in self.leaks.by_task.items()}
        # `asdict` copies every mapping, and cannot copy sets into JSON.
        return asdict(replace(self, leaks=replace(self.leaks, by_task={}))) | {"known_tasks": known}


def run_arms(
    maker: AttemptMaker,
    tasks: TaskSet,
    arms: Sequence[EvaluationArm],
    rows: RowsFile,
    *,
    repeats: int,
    at_once: int = 1,
    on_run: OnRun = lambda _done, _total: None,
) -> None:
    """Run every arm on every task that `rows` does not have yet; each row is kept when its run ends.

    All arms of a question run before the next question, and questions in a drawn order, so that an evaluation that is
    stopped can be compared. A run that failed before is tried again. With `at_once` runs at a time an interrupt lets
    those that run end, and keeps their rows. Raises what the engine and the memory raise, but for `EngineFailed`.
    """
    planned = list(_plan(tasks, arms, repeats))
    waiting = [
        (arm, task, repeat)
        for arm, task, repeat in planned
        if not rows.has(arm.name, arm.id, task=task.number, repeat=repeat)
    ]
    done = len(planned) - len(waiting)
    for number, row in enumerate(_attempt_all(maker, waiting, at_once), start=done + 1):
        rows.add(row)
        on_run(number, len(planned))


def _attempt_all(maker: AttemptMaker, waiting: Sequence[PlannedRun], at_once: int) -> Iterator[AttemptRow]:
    """Yield rows as runs end: in their order one by one, or as many at a time as threads."""
    if at_once == 1:  # without a thread an interrupt stops the model at once
        yield from (maker.attempt(arm, task, repeat=repeat) for arm, task, repeat in waiting)
        return
    left = iter(waiting)
    with ThreadPoolExecutor(at_once, thread_name_prefix="evaluation") as pool:

        def start(number: int) -> set[Future[AttemptRow]]:
            begun = itertools.islice(left, number)
            return {pool.submit(maker.attempt, arm, task, repeat=repeat) for arm, task, repeat in begun}

        running = start(at_once)
        while running:
            ended, running = _wait_for_any(running)
            running |= start(len(ended))
            yield from (one.result() for one in ended)


def _wait_for_any(running: set[Future[AttemptRow]]) -> tuple[set[Future[AttemptRow]], set[Future[AttemptRow]]]:
    done = wait(running, return_when=FIRST_COMPLETED)
    return done.done, done.not_done


def report_rows(
    rows: RowsFile,
    tasks: TaskSet,
    arms: Sequence[EvaluationArm],
    *,
    engine: str,
    repeats: int,
    skipped: Sequence[tuple[str, str]],
    leaks: LeakReport,
    decode_constant: float,
) -> ReasonReport:
    """Return the report of the rows of these arms that there are."""
    summaries = summarise_arms(rows.rows, [one.name for one in arms], decode_constant=decode_constant)
    return ReasonReport(
        tasks.name, len(tasks.tasks), engine, repeats, summaries, tuple(skipped), leaks, decode_constant
    )


def _plan(tasks: TaskSet, arms: Sequence[EvaluationArm], repeats: int) -> Iterator[PlannedRun]:
    # By a hash of their questions: what an evaluation that was stopped has done is a sample of all tasks.
    for task in sorted(tasks.tasks, key=lambda one: hashlib.sha256(one.question.encode()).digest()):
        for repeat in range(repeats):
            for arm in arms:
                yield arm, task, repeat
