"""The part of the writer that concerns what passes through the proxy and is to be learnt."""

from collections import Counter
from collections.abc import Mapping, Sequence

from midthought.memory.database.tables import traffic_counts, waiting_traces
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import OutcomeSource
from midthought.memory.records.trajectory import Outcome
from midthought.memory.records.waiting_trace import CROWDED_OUT, EXPIRED, Awaited, WaitingBounds, WaitingTrace
from midthought.memory.store_run_writer import RunWriter


class TrafficWriter(RunWriter):
    """Keeps traces until they are ingested. It is a base of `StoreWriter`, whose commits it shares."""

    def add_traces(
        self,
        namespace: Namespace,
        traces: Sequence[WaitingTrace],
        *,
        left_out: Mapping[str, int],
        bounds: WaitingBounds,
        begins: bool = False,
    ) -> None:
        """Keep traces, count what was left out, and drop what waits beyond the bounds, in one commit.

        A namespace that does not exist begins with `begins`, else nothing is written: it was forgotten meanwhile.
        """

        def add(writing: WriteTransaction) -> None:
            if not begins and not writing.exists(namespace):
                return
            waiting_traces.insert_traces(writing.connection, namespace, traces)
            traffic_counts.add_counts(writing.connection, namespace, left_out)
            _trim(writing, namespace, bounds)

        self._record(namespace, add, begins=begins)

    def trim_traces(self, namespace: Namespace, bounds: WaitingBounds) -> None:
        """Drop what waits beyond the bounds, and count it; what waits for agreement is taken without."""
        self._record(namespace, lambda writing: _trim(writing, namespace, bounds))

    def release_traces(self, namespace: Namespace, ids: Sequence[str]) -> None:
        """Let traces wait for nothing any more."""
        self._record(namespace, lambda writing: waiting_traces.release(writing.connection, namespace, ids))

    def judge_traces(self, namespace: Namespace, ids: Sequence[str], outcome: Outcome, source: OutcomeSource) -> None:
        """Give traces a verdict, and say whose it is."""
        self._record(
            namespace,
            lambda writing: waiting_traces.judge(writing.connection, namespace, ids, outcome.value, source.value),
        )

    def begin_batch(self, namespace: Namespace, ids: Sequence[str], batch: str) -> None:
        """Note the batch in which traces are ingested, so that a killed one is repeated as it was."""
        self._record(namespace, lambda writing: waiting_traces.set_batch(writing.connection, namespace, ids, batch))

    def end_batch(self, namespace: Namespace, ids: Sequence[str]) -> set[str]:
        """Delete traces that were ingested; return the ids of those that were forgotten meanwhile."""

        def end(writing: WriteTransaction) -> set[str]:
            known = waiting_traces.known_traces(writing.connection, namespace, ids)
            waiting_traces.delete_traces(writing.connection, namespace, ids)
            return set(ids) - known

        return self._record(namespace, end)


def _trim(writing: WriteTransaction, namespace: Namespace, bounds: WaitingBounds) -> None:
    connection = writing.connection
    overdue = waiting_traces.find_overdue(connection, namespace, bounds)
    if not overdue:
        return
    released = [one for one, awaits, _ in overdue if awaits is Awaited.AGREEMENT]
    dropped = {
        one: EXPIRED if is_old else CROWDED_OUT for one, awaits, is_old in overdue if awaits is not Awaited.AGREEMENT
    }
    waiting_traces.release(connection, namespace, released)
    waiting_traces.delete_traces(connection, namespace, list(dropped))
    traffic_counts.add_counts(connection, namespace, Counter(dropped.values()))
