"""The spans of a job's batches, made from what the job tells of its progress."""

import time

from midthought.api.watch import memory_words as words
from midthought.ingest.progress import Progress
from midthought.memory.errors import MissingExtra
from midthought.memory.records.job import Job

try:
    from opentelemetry.trace import Span, Tracer, set_span_in_context
except ImportError:
    raise MissingExtra("opentelemetry-sdk", extra="otel", purpose="traces of OpenTelemetry") from None

_ID, _DONE = "midthought.job.id", "midthought.job.done"


class JobBatches:
    """Makes a span for each batch that is committed: from the commit before it, or the begin of the job.

    Args:
        tracer: makes the spans.
        kind: of the job, the stage in which its batches are committed. What it tells of other stages is no commit.
        span: of the job.
    """

    def __init__(self, tracer: Tracer, kind: str, span: Span) -> None:
        self._tracer, self._kind, self._span = tracer, kind, span
        self._begun = time.time_ns()
        self._before: Progress | None = None

    def tell(self, told: Job | Progress) -> None:
        """Take note of which job it is, or of a commit."""
        if isinstance(told, Job):
            self._span.set_attribute(_ID, told.id)
        elif told.stage == self._kind:
            self._note(told)

    def _note(self, progress: Progress) -> None:
        before, self._before = self._before, progress
        begun, self._begun = self._begun, time.time_ns()
        self._span.set_attribute(_DONE, progress.done)
        if before is not None and progress.done > before.done:  # the first tells where the job begins
            learnt = progress.counts.entries_stored - before.counts.entries_stored
            told = {_DONE: progress.done - before.done, words.RECORD_COUNT: learnt}
            parent = set_span_in_context(self._span)
            span = self._tracer.start_span(f"{self._kind} batch", parent, attributes=told, start_time=begun)
            span.end(self._begun)
