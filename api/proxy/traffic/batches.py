"""Batches of traces that may be learnt, each ingested as one durable job; one batch is repeated until it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from midthought.api.operations.request import MemoryCore
from midthought.api.proxy.traffic.policies import TrafficPolicy
from midthought.api.proxy.traffic.trace_content import as_record, read_trace
from midthought.api.sources import Learning, Traces
from midthought.ingest.formats.format import Format
from midthought.ingest.normal_form import normalise
from midthought.ingest.progress import IsStopped, ignore_progress, never
from midthought.ingest.verdicts.agreement import Votes
from midthought.memory.records.ids import content_id
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import OutcomeSource
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.records.waiting_trace import Awaited, WaitingBounds, WaitingTrace

BATCH = 256
"""Traces of one job: one commit holds so many at once."""
KNOWN = "the same question, thought and answer as before"
"""The reason for which a trace is left out that is stored already."""
_ALL = 1 << 30


@dataclass(frozen=True, slots=True)
class TraceBatches:
    """Learns from the traces of one namespace.

    Attributes:
        core: where they wait, and are learnt.
        namespace: whose they are.
        bounds: of what waits.
        is_stopped: a batch ends before its next record, and is repeated later.
    """

    core: MemoryCore
    namespace: Namespace
    bounds: WaitingBounds
    is_stopped: IsStopped = never

    def learn(self, policy: TrafficPolicy) -> int:
        """Ingest all traces that may be; return how many batches that were.

        Raises what an ingestion raises: `IngestStopped` if it was stopped.
        """
        if policy is TrafficPolicy.CHECKER:
            self._release_agreed()
        self.core.store.writer.trim_traces(self.namespace, self.bounds)
        done = 0
        while batch := self._next_batch():
            self._ingest(batch)
            done += 1
        return done

    def _next_batch(self) -> list[WaitingTrace]:
        """Return a batch that was begun and not ended, as it was then; else a new one; empty if nothing is ready."""
        reader, writer = self.core.store.reader, self.core.store.writer
        ready = reader.list_waiting_traces(self.namespace, ready=True, limit=4 * BATCH)
        begun = next((one.batch for one in ready if one.batch), "")
        if begun:
            return [one for one in ready if one.batch == begun]
        fresh = ready[:BATCH]
        if fresh:
            writer.begin_batch(self.namespace, [one.id for one in fresh], content_id("b", *(one.id for one in fresh)))
        return fresh

    def _ingest(self, batch: Sequence[WaitingTrace]) -> None:
        store, namespace = self.core.store, self.namespace
        read = {one.id: read_trace(one) for one in batch}
        known = store.reader.known_attempts(namespace, read.values())
        fresh = {_attempt(one): one for one in read.values() if _attempt(one) not in known}
        if fresh:
            records = [as_record(one) for one in fresh.values()]
            key = f"traffic {content_id('b', *(str(record) for record in records))}"
            self.core.jobs.ingest(self._as_traces(records, key), namespace)
        forgotten = store.writer.end_batch(namespace, [one.id for one in batch])
        self._forget([read[one] for one in forgotten])
        if again := len(batch) - len(fresh):
            store.writer.add_traces(namespace, [], left_out={KNOWN: again}, bounds=self.bounds)

    def _as_traces(self, records: list[dict[str, Any]], key: str) -> Traces:
        given = (records, Format.AUTO, False, ignore_progress, None, Learning())
        return Traces(*given, is_stopped=self.is_stopped, key=key)

    def _forget(self, trajectories: Sequence[Trajectory]) -> None:
        """Forget what was learnt from traces that were forgotten while their batch was ingested."""
        store = self.core.store
        for trajectory_id in store.reader.known_attempts(self.namespace, trajectories).values():
            store.writer.forget_trajectory(self.namespace, trajectory_id)

    def _release_agreed(self) -> None:
        """Let traces be learnt as right that say what most of at least three attempts at their question say.

        The other attempts at that question are taken without a verdict.
        """
        store = self.core.store
        waiting = store.reader.list_waiting_traces(self.namespace, awaits=Awaited.AGREEMENT, limit=_ALL)
        groups: dict[str, list[WaitingTrace]] = {}
        for one in waiting:
            groups.setdefault(normalise(one.question), []).append(one)
        for group in groups.values():
            read = {one.id: read_trace(one) for one in group}
            votes = Votes()
            for trajectory in read.values():
                votes.add(trajectory)
            agreed = [one for one, trajectory in read.items() if votes.agree(trajectory)]
            if agreed:
                store.writer.judge_traces(self.namespace, agreed, Outcome.CORRECT, OutcomeSource.AGREEMENT)
                store.writer.release_traces(self.namespace, list(read))


def _attempt(one: Trajectory) -> tuple[str, ...]:
    return one.question, one.thought, one.answer, one.model
