"""Attempts as records: the model is asked for many at once, and what it answered before is not asked again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.decomposition.model_calls import (
    NOTHING_SPENT,
    Budget,
    KeptAnswers,
    ModelCall,
    ModelCalls,
    Spent,
)
from midthought.ingest.harvest.attempts import Attempt, Verdict
from midthought.ingest.harvest.prompts import HarvestPrompts
from midthought.ingest.harvest.tasks import TaskSet
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.language_model import Answer, Completion, Finish, LanguageModel, Sampling
from midthought.ingest.preparation import mask_record
from midthought.ingest.progress import IsStopped
from midthought.ingest.stream.records import BATCH, BadRecord, ReadRecord
from midthought.memory.errors import BadInput
from midthought.memory.records.kept_completion import KeptCompletion

Judged = tuple[ReadRecord | BadRecord, Verdict]


@dataclass(frozen=True, slots=True)
class HarvestOptions:
    """How tasks are attempted.

    Attributes:
        model: attempts them.
        prompts: what it is asked.
        samples: attempts at each task in each round.
        rounds: how often all tasks are attempted.
        sampling: how attempts are drawn; their seeds are counted.
        budget: what the whole harvest may spend, decomposition included.
    """

    model: LanguageModel
    prompts: HarvestPrompts
    samples: int
    rounds: int
    sampling: Sampling
    budget: Budget


class AttemptRecords:
    """Asks for attempts, and yields each as a record with its secrets masked and its verdict.

    Attributes:
        costs: what each attempt cost, in the order in which they were yielded.
        done: the number of the task and the verdict of each.
    """

    def __init__(
        self,
        tasks: TaskSet,
        kept: KeptAnswers,
        *,
        options: HarvestOptions,
        learning: IngestOptions,
        is_stopped: IsStopped,
    ) -> None:
        self._tasks = tasks
        self._kept = kept
        self._options = options
        self._learning = learning
        self._is_stopped = is_stopped
        self.costs: list[Spent] = []
        self.done: list[tuple[int, Verdict]] = []

    def read(self, attempts: Sequence[Attempt], spent: Callable[[], Spent]) -> Iterator[ReadRecord | BadRecord]:
        """Yield the records of attempts, in their order; `ModelCalls.ask` says what it raises.

        `spent` returns what the job has spent by now.
        """
        for begin in range(0, len(attempts), BATCH):
            chunk = attempts[begin : begin + BATCH]
            for attempt, (answer, judged) in zip(chunk, self._ask(chunk, spent()), strict=True):
                self.costs.append(_cost_of(answer))
                self.done.append((attempt.task.number, judged[1]))
                yield replace(judged[0], line=len(self.done), place=f"{self._tasks.name}: {attempt.place}")

    def sum_costs(self, begin: int, end: int) -> Spent:
        """Return what the attempts from one position to another cost."""
        return sum(self.costs[begin:end], NOTHING_SPENT)

    def _ask(self, attempts: Sequence[Attempt], spent: Spent) -> list[tuple[Answer, Judged]]:
        model, options = self._options.model, self._options
        requests = [one.request(model, options.prompts, options.sampling) for one in attempts]
        digests = [request.digest(model.name) for request in requests]
        waiting = dict(zip(digests, attempts, strict=True))
        kept = _JudgedAnswers(self._kept, lambda answer: self._judge(waiting[answer.digest], _completion(answer)))
        calls = ModelCalls(model, kept, budget=options.budget, spent=spent, is_stopped=self._is_stopped)
        answers = calls.ask([ModelCall("", request) for request in requests])
        found = zip(digests, attempts, answers, strict=True)
        return [(answer, kept.judged.get(digest) or self._judge(one, answer)) for digest, one, answer in found]

    def _judge(self, attempt: Attempt, answer: Answer) -> Judged:
        if not isinstance(answer, Completion):
            return BadRecord(0, "", str(answer)), Verdict.FAILED
        try:
            trajectory, verdict = attempt.read(answer, self._tasks, model=self._options.model.name)
        except BadInput as error:
            return BadRecord(0, "", error.reason), Verdict.FAILED
        return mask_record(ReadRecord(0, trajectory), self._learning), verdict


class _JudgedAnswers:
    """Keeps answers under the ids of the trajectories that they become: forgetting one forgets its answer."""

    def __init__(self, kept: KeptAnswers, judge: Callable[[KeptCompletion], Judged]) -> None:
        self._kept = kept
        self._judge = judge
        self.judged: dict[str, Judged] = {}

    def find(self, digests: Sequence[str]) -> Mapping[str, KeptCompletion]:
        """Return those that are kept."""
        return self._kept.find(digests)

    def drop(self, digests: Sequence[str]) -> None:
        """Delete those that are kept."""
        self._kept.drop(digests)

    def keep(self, answer: KeptCompletion) -> None:
        """Keep one, also if its checker fails: the checker can be mended, and the call was paid."""
        trajectory_id = ""
        try:
            record, _ = self.judged[answer.digest] = self._judge(answer)
            trajectory_id = record.trajectory.id if isinstance(record, ReadRecord) else ""
        finally:
            self._kept.keep(replace(answer, trajectory_id=trajectory_id))


def _completion(kept: KeptCompletion) -> Completion:
    return Completion(kept.text, Finish(kept.finish), kept.tokens_in, kept.tokens_out, kept.tokens_cached, kept.seconds)


def _cost_of(answer: Answer) -> Spent:
    if not isinstance(answer, Completion):
        return NOTHING_SPENT
    return Spent(1, answer.tokens_in, answer.tokens_cached, answer.tokens_out)
