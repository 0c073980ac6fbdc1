"""The part of the reader that concerns runs: what they recalled, what came of them, and what they say of entries."""

from datetime import datetime

from midthought.memory.bootstrap import mean_bounds
from midthought.memory.database import retiring
from midthought.memory.database.tables import receipts, run_arms, runs
from midthought.memory.database.tables.page_start import start_after
from midthought.memory.database.tables.superseded import current_ids
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.records.run_comparison import RunComparison
from midthought.memory.records.utility import EntryUtility
from midthought.memory.store_job_reader import JobReader


class RunReader(JobReader):
    """Reads runs and receipts. It is a base of `StoreReader`."""

    def list_runs(
        self,
        namespace: Namespace,
        *,
        arm: str | None = None,
        outcome: str | None = None,
        entry_id: str | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[RunRow]:
        """Return the newest runs first, those of an arm, with an outcome or with an entry, if these are given."""
        with self._database.guarded() as connection:
            return runs.read_runs(
                connection, namespace, arm=arm, outcome=outcome, entry_id=entry_id, after=after, limit=limit
            )

    def get_run(self, namespace: Namespace, run_id: str) -> RunRow:
        """Return one run; raises `NotFound`."""
        with self._database.guarded() as connection:
            return runs.read_run(connection, namespace, run_id)

    def find_begun_runs(
        self, namespace: Namespace, question_mark: str, since: datetime, seconds: float
    ) -> list[tuple[str, str]]:
        """Return (id, question) of the first runs of a question that began in the seconds after a time."""
        with self._database.guarded() as connection:
            return runs.find_begun_runs(connection, namespace, question_mark, since, seconds)

    def compare_runs(self, namespace: Namespace, first_arm: str, second_arm: str) -> RunComparison:
        """Return what two arms made of their runs, and how they differ over the questions that both answered."""
        with self._database.guarded() as connection:
            one, other = run_arms.read_summaries(connection, namespace, (first_arm, second_arm))
            differences = run_arms.read_differences(connection, namespace, first_arm, second_arm)
        interval = mean_bounds(differences)
        mean = float(differences.mean()) if len(differences) else None
        return RunComparison(one, other, len(differences), mean, *(interval or (None, None)))

    def list_utilities(self, namespace: Namespace, *, after: str = "", limit: int = 100) -> list[EntryUtility]:
        """Return what runs say of the entries that the namespace has or sees, those that may harm most first."""
        with self._database.guarded() as connection:
            found = retiring.read_utilities(connection, namespace)
            current = current_ids(connection, namespace, [one.entry_id for one in found])
            seen = self._known.seen(connection, namespace)
        own = [one for one in found if current.get(one.entry_id) == one.entry_id or one.entry_id in seen]
        ordered = sorted(own, key=lambda one: (one.upper, one.entry_id))
        return ordered[start_after([one.entry_id for one in ordered], after) :][:limit]

    def list_receipts(self, namespace: Namespace, *, after: str = "", limit: int = 100) -> list[ReceiptRow]:
        """Return the newest receipts first."""
        with self._database.guarded() as connection:
            return receipts.read_receipts(connection, namespace, after=after, limit=limit)
