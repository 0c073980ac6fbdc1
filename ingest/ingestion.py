"""Writing into one namespace: look up what is known, encode the rest and write it, as one step that may be repeated."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from midthought.ingest.progress import IngestStopped, IsStopped, never
from midthought.ingest.stream.reader import storable_name
from midthought.memory.errors import BadInput, NotFound, StoreError
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.batch import Batch, EntryWrite, MissingVector
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.ids import Canonical, content_id
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.keys import entry_keys
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trust import Trust
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.current import use_encoder
from midthought.retrieval.encoders.encoded_texts import NOTHING_ENCODED, EncodedTexts, encode_distinct

Result = TypeVar("Result")
Vector = NDArray[np.float32]
Vectors = NDArray[np.float32]
SourcedEntries = Mapping[str, tuple[Entry, tuple[Provenance, ...]]]
"""Entries by id, each with the places it was found at."""

_MAX_ATTEMPTS = 100
_POLL = 0.05
"""Seconds between two looks at a job that another thread runs."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What every way of ingesting shares: where it writes, and what makes the vectors of the entries' keys.

    Attributes:
        store: opened with `encoder`.
        encoder: may be replaced by a reindex while the ingestion runs; `write` holds it fixed for one attempt.
        namespace: everything is written here.
        encoded: texts that were encoded before.
    """

    store: Store
    encoder: Encoder
    namespace: Namespace
    encoded: EncodedTexts = NOTHING_ENCODED

    def write(self, attempt: Callable[["Ingestion"], Result]) -> Result:
        """Return `attempt(self)`, with the encoder fixed, while no other ingestion runs; see `retry`.

        `attempt` looks up what is known, encodes the rest and writes it. The lock keeps its counts true.
        """
        return self.store.apart(self._write_locked, attempt)

    def retry(self, attempt: Callable[["Ingestion"], Result]) -> Result:
        """Run `attempt` until no entry that it found stored was forgotten meanwhile; no lock is held.

        Raises `StoreError` if one is missing `_MAX_ATTEMPTS` times: no race is lost that often, so the fault is ours.
        """
        for _ in range(_MAX_ATTEMPTS):
            try:
                return use_encoder(self.encoder, lambda fixed: attempt(replace(self, encoder=fixed)))
            except MissingVector:
                stop_if_left()
        raise StoreError(
            f"entries that were known lacked a vector {_MAX_ATTEMPTS} times in a row, and nothing was written"
        )

    def encode(self, texts: Sequence[str]) -> list[Vector]:
        """Return one unit row per text; see `encode_distinct`.

        A text that comes several times, as the question of the steps of one trace does, is encoded once; one of
        `encoded` is not encoded again.
        """
        given = self.encoded.of(self.encoder)
        rows = {**given, **encode_distinct(self.encoder, (text for text in texts if text not in given)).rows}
        return [rows[text] for text in texts]

    def encode_keys(self, entries: Sequence[Entry]) -> list[Vectors]:
        """Return the vectors of the keys of each entry, shape ``(keys, dimension)``, in the order of `entry_keys`."""
        texts = [[key.text for key in entry_keys(entry)] for entry in entries]
        rows = iter(self.encode([text for some in texts for text in some]))
        return [np.stack(list(islice(rows, len(some)))) for some in texts]

    def encode_new(self, entries: SourcedEntries) -> tuple[tuple[EntryWrite, ...], int]:
        """Return one write per entry, with vectors if it is not stored yet, and the number of those."""
        known = self.store.reader.known_entries(self.namespace, entries)
        fresh = [entry_id for entry_id in entries if entry_id not in known]
        vectors = self.encode_keys([entries[entry_id][0] for entry_id in fresh])
        rows = dict(zip(fresh, vectors, strict=True))
        writes = [EntryWrite(entry, places, rows.get(entry_id)) for entry_id, (entry, places) in entries.items()]
        return tuple(writes), len(fresh)

    def write_entries(self, entries: SourcedEntries) -> int:
        """Store entries that a person gives in one commit; return how many are new. An attempt of `retry`."""
        writes, _ = self.encode_new(entries)
        batch = Batch(entries=writes, encoder=self.encoder.identity, trust=Trust.OWN)
        return len(self.store.writer.write(self.namespace, batch).entries)

    def next_job(self, kind: str, source: str, *content: Canonical) -> Job:
        """Return the unfinished job on this content, or record a new one: finished ones are counted past."""
        job_id, earlier = self.find_job(kind, *content)
        if earlier is None:
            return self.record_job(job_id, kind, source)
        self.store.writer.give_again(self.namespace, job_id)
        return replace(earlier, state=JobState.RUNNING, error=None)

    @contextmanager
    def claim_next_job(
        self, kind: str, source: str, *content: Canonical, is_stopped: IsStopped = never
    ) -> Iterator[Job]:
        """Yield what `next_job` returns, claimed; if another thread runs it, wait for that first.

        Content that is given twice at once is thus learnt from once, and found known the second time. Raises
        `IngestStopped` if `is_stopped` says so meanwhile.
        """
        while True:
            job_id, _ = self.find_job(kind, *content)
            with self.claim_when_free(job_id, is_stopped):
                if self.find_job(kind, *content)[0] == job_id:  # else it has finished meanwhile
                    yield self.next_job(kind, source, *content)
                    return

    @contextmanager
    def claim_when_free(self, job_id: str, is_stopped: IsStopped = never) -> Iterator[None]:
        """Claim a job, once no other thread runs it; see `claim_next_job`."""
        with ExitStack() as claim:
            while True:
                try:
                    claim.enter_context(self.store.writer.claim_job(job_id))
                    break
                except BadInput:
                    if is_stopped():
                        raise IngestStopped(f"stopped while job {job_id} was run on the same content") from None
                    time.sleep(_POLL)
            yield

    def find_job(self, kind: str, *content: Canonical) -> tuple[str, Job | None]:
        """Return the unfinished job on this content, or the id that a new one is to have, and None."""
        # Giving finished content again is a new job, which finds everything known.
        for number in count(1):
            job_id = content_id("o", self.namespace.name, kind, *content, number)
            earlier = self.store.reader.get_job(self.namespace, job_id)
            if earlier is None or earlier.state is not JobState.FINISHED:
                return job_id, earlier
        raise AssertionError("count() does not end")

    def record_job(self, job_id: str, kind: str, source: str) -> Job:
        """Record a new job, and return it."""
        job = Job(job_id, kind, storable_name(source))
        self.store.writer.put_job(self.namespace, job)
        return job

    @contextmanager
    def running(self, job: Job) -> Iterator[None]:
        """Let no other thread run a job meanwhile; if the block raises, the job records the error first."""
        with self.store.writer.claim_job(job.id):
            try:
                yield
            except Exception as error:  # recorded and raised again: a job never fails silently
                with suppress(StoreError, NotFound):  # the cause may be the store itself, or its namespace is forgotten
                    self._record_end(job.id, error)
                raise

    def is_cancelled(self, job: Job) -> bool:
        """Whether a job is to stop after its present batch. Raises `NotFound` if its namespace was forgotten."""
        return self.store.reader.is_cancelling(job.id)

    def cancel(self, job: Job) -> Job:
        """Record and return a job as cancelled, as of its last commit: that stays, and it can be run again."""
        job = replace(self.store.reader.get_job(self.namespace, job.id) or job, state=JobState.CANCELLED)
        self.store.writer.update_job(self.namespace, job)
        self.store.writer.allow_job(job.id)
        return job

    def finish(self, job: Job) -> Job:
        """Record and return a job as finished; raises `StoreDamaged` if its counts do not add up."""
        job.counts.check()
        job = replace(job, state=JobState.FINISHED)
        self.store.writer.update_job(self.namespace, job)
        return job

    def _write_locked(self, attempt: Callable[["Ingestion"], Result]) -> Result:
        with self.store.ingest_lock:
            return self.retry(attempt)

    def _record_end(self, job_id: str, error: Exception) -> None:
        """Say why a job ended before its source did; its counts are those of its last commit."""
        job = self.store.reader.get_job(self.namespace, job_id)
        if job is None:  # its namespace was forgotten
            return
        if isinstance(error, IngestStopped):
            ended = replace(job, state=JobState.INTERRUPTED, error=str(error))
        else:
            ended = replace(job, state=JobState.FAILED, error=f"{type(error).__name__}: {error}")
        self.store.writer.update_job(self.namespace, ended)
