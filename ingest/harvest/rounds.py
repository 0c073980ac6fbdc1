"""What a round of a harvest begins with, kept so that a continued round puts the same hints, and what it gave."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from midthought.ingest.decomposition.model_calls import KeptAnswers, Spent
from midthought.ingest.harvest.attempts import Verdict
from midthought.memory.errors import StoreDamaged
from midthought.memory.records.entry import Entry
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Job
from midthought.memory.records.kept_completion import KeptCompletion

RECALL = "recall"
"""Stands for the model of what was recalled and not completed."""

FindHints = Callable[[str], Sequence[str]]
"""Returns the ids of the entries that are recalled for a question, the best first; none if recall abstains."""

ReadHint = Callable[[str], Entry | None]
"""Returns the entry of an id; None if it was forgotten."""


@dataclass(frozen=True, slots=True)
class HintSource:
    """Where hints come from: a memory, as a harvest needs it."""

    find: FindHints
    read: ReadHint


@dataclass(frozen=True, slots=True)
class RoundStart:
    """What a round begins with.

    Attributes:
        number: from 1.
        learnt_before: entries that the job had stored by then.
        hints: ids of entries, by the number of their task.
    """

    number: int
    learnt_before: int = 0
    hints: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def keep(self, job: Job, kept: KeptAnswers) -> None:
        """Keep it with the answers of the model. The texts of hints are not in it: they may be forgotten."""
        content = {"learnt": self.learnt_before, "hints": {str(one): list(ids) for one, ids in self.hints.items()}}
        digest = _digest(job, self.number)
        kept.keep(KeptCompletion(digest, job.id, RECALL, json.dumps(content), "stop", 0, 0, 0, 0.0))

    @staticmethod
    def find(job: Job, number: int, kept: KeptAnswers) -> "RoundStart | None":
        """Return what was kept of a round of a job; None if it did not begin yet."""
        digest = _digest(job, number)
        found = kept.find([digest]).get(digest)
        if found is None:
            return None
        content = json.loads(found.text)
        return RoundStart(number, content["learnt"], {int(one): tuple(ids) for one, ids in content["hints"].items()})


def _digest(job: Job, number: int) -> str:
    return content_id("h", job.id, number)


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What a round gave; ``attempts = right + wrong + unanswered + undecided + failed``.

    Attributes:
        number: from 1.
        tasks: that were attempted, and how many of them with at least one right attempt (`solved`).
        right, wrong: attempts, as the checker says.
        unanswered: attempts that ran out of tokens or gave no answer.
        undecided: attempts about which the checker cannot tell.
        failed: attempts to which the model gave nothing that can be stored; they are the job's rejections.
        hinted: tasks before which hints were put, and how many hints that were (`hints`).
        learnt: entries that the round stored.
        tokens_in, tokens_cached, tokens_out: of the attempts.
    """

    number: int
    tasks: int
    solved: int
    attempts: int
    right: int
    wrong: int
    unanswered: int
    undecided: int
    failed: int
    hinted: int
    hints: int
    learnt: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int

    def check(self) -> None:
        """Raise `StoreDamaged` unless the counts add up."""
        if self.attempts != self.right + self.wrong + self.unanswered + self.undecided + self.failed:
            raise StoreDamaged(f"attempts of a round do not add up: {self}")


@dataclass(frozen=True, slots=True)
class HarvestReport:
    """A harvest: its job, and its rounds as far as they are committed."""

    job: Job
    rounds: tuple[RoundReport, ...]


def report_round(start: RoundStart, done: Sequence[tuple[int, Verdict]], spent: Spent, *, learnt: int) -> RoundReport:
    """Return the report of a round.

    Args:
        start: what it began with.
        done: the number of the task and the verdict of each attempt.
        spent: on the attempts.
        learnt: entries that the job had stored at its end.
    """
    verdicts = Counter(verdict for _, verdict in done)
    tasks = {task for task, _ in done}
    hints = [ids for task, ids in start.hints.items() if task in tasks and ids]
    report = RoundReport(
        number=start.number,
        tasks=len(tasks),
        solved=len({task for task, verdict in done if verdict is Verdict.RIGHT}),
        attempts=len(done),
        right=verdicts[Verdict.RIGHT],
        wrong=verdicts[Verdict.WRONG],
        unanswered=verdicts[Verdict.UNANSWERED],
        undecided=verdicts[Verdict.UNDECIDED],
        failed=verdicts[Verdict.FAILED],
        hinted=len(hints),
        hints=sum(map(len, hints)),
        learnt=learnt - start.learnt_before,
        tokens_in=spent.tokens_in,
        tokens_cached=spent.tokens_cached,
        tokens_out=spent.tokens_out,
    )
    report.check()
    return report
