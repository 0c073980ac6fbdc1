"""Harvest as one job: rounds of attempts, each learnt from before the next begins."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from midthought.ingest.decomposition.batch import StoredAnswers, spent_by
from midthought.ingest.harvest.asking import AttemptRecords, HarvestOptions
from midthought.ingest.harvest.attempts import Attempt
from midthought.ingest.harvest.rounds import HarvestReport, HintSource, RoundReport, RoundStart, report_round
from midthought.ingest.harvest.tasks import TaskSet
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IngestStopped, IsStopped, OnProgress, Progress, ignore_progress, never
from midthought.ingest.record_loop import RecordLoop, is_cancelled
from midthought.ingest.secrets import mask_text
from midthought.memory.errors import NotFound
from midthought.memory.records.entry import Entry
from midthought.memory.records.ids import Canonical
from midthought.memory.records.job import Job
from midthought.memory.store_job_writer import forgotten_with

KIND = "harvest"
"""The kind of these jobs."""


def harvest(
    ingestion: Ingestion,
    tasks: TaskSet,
    *,
    options: HarvestOptions,
    learning: IngestOptions,
    hints: HintSource | None = None,
    on_progress: OnProgress = ignore_progress,
    is_stopped: IsStopped = never,
) -> HarvestReport:
    """Let a model attempt tasks, learn from its attempts, and return what each round gave.

    All rounds are one job. Its records are the attempts; its counts are those of any ingestion, and what it spent is
    that of attempts and decomposition. A harvest that was killed or stopped continues when it is asked for again: no
    finished call of the model is repeated. With `hints`, what they find for a question is put before it from the second
    round on; nothing is learnt from a passage that says what its hint says.

    Raises:
        IngestStopped: `is_stopped` said so, or the budget is spent (`BudgetSpent`); the job is marked interrupted.
        Unreachable: several requests in a row reached no server; the job is marked failed.
        BadSettings: no request can succeed.
    """
    choices: list[Canonical] = [
        options.samples,
        options.rounds,
        hints is not None,
        options.model.name,
        options.prompts.digest,
    ]
    drawn: list[Canonical] = [options.sampling.temperature, options.sampling.top_p, options.sampling.max_tokens]
    job = ingestion.next_job(KIND, tasks.name, tasks.digest, choices, drawn, learning.digest)
    run = _Run(ingestion, tasks, options, learning, hints, on_progress, is_stopped, job.id)
    return run.run(job)


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of `harvest`: what it is to do, and whom it tells."""

    ingestion: Ingestion
    tasks: TaskSet
    options: HarvestOptions
    learning: IngestOptions
    hints: HintSource | None
    on_progress: OnProgress
    is_stopped: IsStopped
    job_id: str

    def run(self, job: Job) -> HarvestReport:
        """Do all rounds; those that are committed are only counted."""
        attempts = AttemptRecords(
            self.tasks, self._paid_answers, options=self.options, learning=self.learning, is_stopped=self._is_ended
        )
        starts: list[RoundStart] = []
        with self.ingestion.running(job):
            self.ingestion.store.writer.begin_run(self.ingestion.namespace, job, stage=KIND, total=self._total)
            self.on_progress(Progress(KIND, job.position, self._total, job.counts))
            for number in range(1, self.options.rounds + 1):
                starts.append(self._begin(number, job))
                job = self._do_round(starts[-1], job, attempts)
                if is_cancelled(job):
                    break
            else:
                job = self.ingestion.finish(job)
        return HarvestReport(job, tuple(self._report(starts, job, attempts)))

    def _begin(self, number: int, job: Job) -> RoundStart:
        """Return what a round begins with: as it was kept if it has begun before, for the memory is another since."""
        if found := RoundStart.find(job, number, self._answers):
            return found
        recalled = {}
        if self.hints is not None and number > 1:
            recalled = {one.number: tuple(self.hints.find(one.question)) for one in self.tasks.tasks}
        start = RoundStart(number, job.counts.entries_stored, recalled)
        start.keep(job, self._answers)
        return start

    def _do_round(self, start: RoundStart, job: Job, attempts: AttemptRecords) -> Job:
        hints = {task: self._read_hints(ids) for task, ids in start.hints.items()}
        planned = self._plan(start, hints)
        begin = (start.number - 1) * len(planned)
        records = attempts.read(planned, lambda: spent_by(self._stored().counts))
        loop = RecordLoop(
            self.ingestion,
            self._learning_beside(hints),
            KIND,
            self._total,
            self.on_progress,
            is_stopped=self.is_stopped,
        )
        try:
            # Attempts before the position are read from kept answers: they are counted, and not learnt from again.
            return loop.run(job, islice(records, max(0, job.position - begin), None))
        except IngestStopped:
            if not self.ingestion.is_cancelled(job):
                raise
            return self.ingestion.cancel(job)

    def _plan(self, start: RoundStart, hints: dict[int, tuple[Entry, ...]]) -> list[Attempt]:
        samples = range(1, self.options.samples + 1)
        tasks = self.tasks.tasks
        return [Attempt(one, start.number, sample, hints.get(one.number, ())) for one in tasks for sample in samples]

    def _read_hints(self, ids: tuple[str, ...]) -> tuple[Entry, ...]:
        assert self.hints is not None  # else none were recalled
        found = (self.hints.read(one) for one in ids)
        return tuple(one for one in found if one is not None)

    def _learning_beside(self, hints: dict[int, tuple[Entry, ...]]) -> IngestOptions:
        """Return the options with what was put before each question, as it is stored: it is not taught back."""
        words = self.options.prompts.word_hint
        recalled = {
            self._stored_question(one.question): tuple(map(words, found))
            for one in self.tasks.tasks
            if (found := hints.get(one.number))
        }
        return replace(self.learning, context=replace(self.learning.context, recalled=recalled))

    def _stored_question(self, question: str) -> str:
        return mask_text(question, Counter()) if self.learning.mask_secrets else question

    def _report(self, starts: list[RoundStart], job: Job, attempts: AttemptRecords) -> Iterator[RoundReport]:
        """Yield the report of each round, as far as it is committed."""
        each = len(self.tasks.tasks) * self.options.samples
        ends = [one.learnt_before for one in starts[1:]] + [job.counts.entries_stored]
        for start, learnt in zip(starts, ends, strict=True):
            begin = (start.number - 1) * each
            end = min(start.number * each, job.position)
            yield report_round(start, attempts.done[begin:end], attempts.sum_costs(begin, end), learnt=learnt)

    def _is_ended(self) -> bool:
        return self.is_stopped() or self.ingestion.store.reader.is_cancelling(self.job_id)

    def _stored(self) -> Job:
        job = self.ingestion.store.reader.get_job(self.ingestion.namespace, self.job_id)
        if job is None:
            raise NotFound(forgotten_with(self.job_id))
        return job

    @property
    def _answers(self) -> StoredAnswers:
        return StoredAnswers(self.ingestion.store, self.ingestion.namespace)

    @property
    def _paid_answers(self) -> StoredAnswers:
        return replace(self._answers, payer=self.job_id)

    @property
    def _total(self) -> int:
        return len(self.tasks.tasks) * self.options.samples * self.options.rounds
