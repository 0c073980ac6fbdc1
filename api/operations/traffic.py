"""The operation that shows what of the traffic of a namespace waits to be learnt, and what became of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from midthought.api.operations.request import Limit, MemoryCore, Request, Route
from midthought.api.operations.shapes import moment_to_text
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome
from midthought.memory.records.waiting_trace import Awaited, WaitingTrace


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """One trace that waits, without its thought and answer.

    Attributes:
        run_id: of the run that wrote it, for `feedback`; empty if it was not recorded.
        awaits: what it waits for: feedback, the agreement of other attempts, or nothing but the next batch.
        outcome: what its run was said to be.
        passed_at: when it passed, in ISO 8601.
    """

    run_id: str
    question: str
    awaits: Awaited
    outcome: Outcome
    passed_at: str


@dataclass(frozen=True, slots=True)
class TrafficReport:
    """What passed through the proxy and waits to be learnt.

    Attributes:
        waiting: traces that wait for a verdict or for agreement.
        ready: traces that are learnt with the next batch.
        oldest: when the one passed that waits for the longest time, in ISO 8601; None if none waits.
        left_out: answers and traces that were not learnt, by the reason.
        traces: those that wait or are ready, the oldest first.
    """

    waiting: int
    ready: int
    oldest: str | None
    left_out: Mapping[str, int]
    traces: tuple[WaitingItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTraffic(Request[TrafficReport]):
    """Return what passed through the proxy and waits to be learnt, and why other answers were not."""

    route: ClassVar = Route("GET", "/v1/namespaces/{namespace}/traffic")
    result: ClassVar = TrafficReport

    limit: Limit = 100
    """the largest number of traces in the answer"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> TrafficReport:
        """Read it from the store."""
        reader = memory.store.reader
        state = reader.traffic_state(namespace)
        found = reader.list_waiting_traces(namespace, limit=self.limit)
        oldest = moment_to_text(state.oldest)
        return TrafficReport(state.waiting, state.ready, oldest, state.left_out, tuple(map(_as_item, found)))


def _as_item(one: WaitingTrace) -> WaitingItem:
    passed_at = moment_to_text(one.taken_at) or ""
    return WaitingItem(one.run_id, one.question, one.awaits, Outcome(one.outcome), passed_at)
