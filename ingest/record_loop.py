"""Ingesting the records of one job, batch by batch: what is read, asked of a model, written, and told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from midthought.ingest.ask_model import WordedBatch, ask_model
from midthought.ingest.concepts.later_pass import ingest_again
from midthought.ingest.ingest_batch import fresh_trajectories, ingest_batch, leave_out_forgotten
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import (
    IngestStopped,
    IsStopped,
    OnExplained,
    OnProgress,
    Progress,
    ignore_explained,
    ignore_progress,
    never,
)
from midthought.ingest.record_work import NOTHING_WORKED, Records, RecordWork, RecordWorkers, WorkedRecords
from midthought.ingest.stream.records import BATCH, BadRecord, ReadRecord, take_batch
from midthought.memory.free_memory import return_free_memory
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.no_yield import Explanation
from midthought.retrieval.encoders.current import current_encoder

DECOMPOSE = "decompose"
"""The stage in which a language model is asked; the records that are done stand still meanwhile."""


@dataclass(frozen=True, slots=True)
class RecordLoop:
    """How the records of a job are ingested.

    Attributes:
        stage: what the job does, as its progress tells it.
        total: its records; None if their number is not known.
        number: of the pass over the records, from 0: a later one stores concepts alone, see `ingest_again`.
        workers: do the work of single records in the first pass; None: it is done here.
    """

    ingestion: Ingestion
    options: IngestOptions
    stage: str
    total: int | None
    on_progress: OnProgress = ignore_progress
    on_explained: OnExplained = ignore_explained
    is_stopped: IsStopped = never
    number: int = 0
    workers: RecordWorkers | None = None

    def run(self, job: Job, records: Iterator[ReadRecord | BadRecord]) -> Job:
        """Ingest prepared records, the first of which is that at the job's position.

        Return the job as of its last commit; its state is `CANCELLED` if it was cancelled meanwhile.
        """
        for batch, worked in self._work_ahead(records):
            job, batch = self._with_cost(job), leave_out_forgotten(self.ingestion, job, batch)
            worded = self._ask_model(job, batch)
            if worded is None or self.ingestion.is_cancelled(job):
                return self.ingestion.cancel(job)
            job, explained = self._write(job, batch, worded, worked)
            # After the commit: what is reported of a record must be true even if the process is killed now.
            for explanation in explained:
                self.on_explained(explanation)
            return_free_memory()
            self.on_progress(Progress(self.stage, job.position, self.total, job.counts))
        return job

    def _work_ahead(self, records: Iterator[ReadRecord | BadRecord]) -> Iterator[tuple[Records, WorkedRecords]]:
        """Yield the records that share a commit, with what other processes did to them; nothing if there are none."""
        size = self.options.concepts.batch if self.options.concepts else BATCH
        batches = iter(lambda: take_batch(records, size), [])
        if self.workers is None or self.number:
            return ((batch, NOTHING_WORKED) for batch in batches)
        # A model is asked by this process alone, and may not be picklable.
        alone = replace(self.options, decomposition=None, concepts=None)
        work = RecordWork(alone, current_encoder(self.ingestion.encoder))
        return self.workers.work(work, batches, partial(fresh_trajectories, self.ingestion))

    def _write(
        self, job: Job, batch: Records, worded: WordedBatch, worked: WorkedRecords
    ) -> tuple[Job, list[Explanation]]:
        if self.number:
            again = partial(ingest_again, job=job, records=batch, options=self.options, worded=worded)
            return self.ingestion.write(again), []
        first = partial(ingest_batch, job=job, records=batch, options=self.options, worded=worded, worked=worked)
        return self.ingestion.write(first)

    def _with_cost(self, job: Job) -> Job:
        """Return a job with all that it has paid by now: records may have been paid for before they could be read."""
        stored = self.ingestion.store.reader.get_job(self.ingestion.namespace, job.id)
        return replace(job, counts=job.counts.with_cost_of(stored.counts)) if stored else job

    def _ask_model(self, job: Job, batch: Records) -> WordedBatch | None:
        """Return what the model makes of a batch, None if the job is cancelled meanwhile."""
        try:
            return ask_model(
                self.ingestion,
                job,
                batch,
                options=self.options,
                number=self.number,
                on_spent=lambda counts: self.on_progress(Progress(DECOMPOSE, job.position, self.total, counts)),
                is_stopped=lambda: self.is_stopped() or self.ingestion.is_cancelled(job),
            )
        except IngestStopped:
            if not self.ingestion.is_cancelled(job):
                raise
            return None


def is_cancelled(job: Job) -> bool:
    """Whether a loop ended because its job was cancelled."""
    return job.state is JobState.CANCELLED
