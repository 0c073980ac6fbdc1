"""The part of the reader that concerns what passes through the proxy and is to be learnt."""

from collections.abc import Iterable

from midthought.memory.database.tables import kept_answers, traffic_counts, waiting_traces
from midthought.memory.database.tables.trajectories import find_attempts
from midthought.memory.records.kept_answer import KeptAnswer
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.records.waiting_trace import Awaited, TrafficState, WaitingTrace
from midthought.memory.store_state import StorePart


class TrafficReader(StorePart):
    """Reads what waits, and what was answered. It is a base of `StoreReader`."""

    def find_answer(self, namespace: Namespace, key: str) -> KeptAnswer | None:
        """Return what a service answered to an idempotency key within a day, or None."""
        with self._database.guarded() as connection:
            return kept_answers.read_answer(connection, namespace, key)

    def list_waiting_traces(
        self, namespace: Namespace, *, ready: bool | None = None, awaits: Awaited | None = None, limit: int = 100
    ) -> list[WaitingTrace]:
        """Return traces that wait, the oldest first; with `ready` only those that may be ingested, or that may not."""
        with self._database.guarded() as connection:
            return waiting_traces.read_traces(connection, namespace, ready=ready, awaits=awaits, limit=limit)

    def traffic_state(self, namespace: Namespace) -> TrafficState:
        """Return how many traces wait, and what became of the other answers."""
        with self._database.guarded() as connection:
            counted = waiting_traces.count_traces(connection, namespace)
            return TrafficState(*counted, traffic_counts.read_counts(connection, namespace))

    def known_attempts(
        self, namespace: Namespace, attempts: Iterable[Trajectory]
    ) -> dict[tuple[str, str, str, str], str]:
        """Return those attempts, as (question, thought, answer, model), that are stored, with the id of one such."""
        with self._database.guarded() as connection:
            return find_attempts(connection, namespace, list(attempts))

    def namespaces_with_traces(self) -> list[Namespace]:
        """Return the namespaces in which a trace waits."""
        with self._database.guarded() as connection:
            return waiting_traces.namespaces_with_traces(connection)
