"""The methods of `AsyncClient`, made from ``async_runs_interface.py`` by ``python tests/api/async_twin.py``."""

from midthought.api.argument_checks import check_arguments
from midthought.api.operations.feedback import FeedbackResult, GiveFeedback, read_judgement
from midthought.api.operations.recall import ListReceipts
from midthought.api.operations.retention import ApplyRetention, GetRetentionReport
from midthought.api.operations.runs import CompareRuns, ForgetRun, ForgottenRun, GetRun, ListRuns
from midthought.api.operations.traffic import ListTraffic, TrafficReport
from midthought.api.operations.utility import ListUtility, RestoredEntry, RestoreEntry
from midthought.api.python.async_learning_interface import AsyncLearningInterface
from midthought.api.recall_arguments import as_namespace, read_choice
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.retention import RetentionChange
from midthought.memory.records.retention_report import RetentionReport
from midthought.memory.records.run import OutcomeSource, ReceiptRow, RunRow
from midthought.memory.records.run_comparison import RunComparison
from midthought.memory.records.trajectory import Outcome
from midthought.memory.records.utility import EntryUtility


@check_arguments
class AsyncRunsInterface(AsyncLearningInterface):
    """The methods that read runs, and say whether they were right. They take the namespace by name."""

    async def runs(
        self,
        *,
        arm: str | None = None,
        outcome: Outcome | str | None = None,
        entry_id: str | None = None,
        after: str = "",
        limit: int = 100,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[RunRow]:
        """Return the newest solved problems, newest first; those of an arm, with an outcome or with an entry.

        The arm ``withheld`` stands for runs that by chance were not given what they recalled.
        For the next page give the last id as `after`.
        """
        wanted = None if outcome is None else read_choice("outcome", outcome, Outcome)
        request = ListRuns(arm=arm, outcome=wanted, entry_id=entry_id, after=after, limit=limit)
        return await self._transport.send(request, as_namespace(namespace))

    async def receipts(
        self, *, after: str = "", limit: int = 100, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[ReceiptRow]:
        """Return the newest receipts of recalls, injections and quotes, newest first; `after` as `runs` takes it."""
        return await self._transport.send(ListReceipts(after=after, limit=limit), as_namespace(namespace))

    async def get_run(self, run_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> str:
        """Return one run as `Run.to_json` wrote it; raises `NotFound`."""
        run = await self._transport.send(GetRun(run_id=run_id), as_namespace(namespace))
        return run.content

    async def compare_runs(
        self, first_arm: str, second_arm: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> RunComparison:
        """Return what two arms made of their runs, with the difference of accuracy over the questions of both.

        Raises `BadInput` for an arm that does not exist.
        """
        request = CompareRuns(first_arm=first_arm, second_arm=second_arm)
        return await self._transport.send(request, as_namespace(namespace))

    async def forget_run(self, run_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> ForgottenRun:
        """Forget a run with its receipts; what it decided on entries stays. Raises `NotFound`."""
        return await self._transport.send(ForgetRun(run_id=run_id), as_namespace(namespace))

    async def feedback(
        self,
        run_id: str,
        outcome: Outcome | str,
        *,
        source: OutcomeSource | str = OutcomeSource.CALLER,
        note: str = "",
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> FeedbackResult:
        """Say whether the answer of a run was right: ``correct`` or ``wrong``. Raises `NotFound`.

        Of several sources the strongest counts: ``caller``, ``gold``, ``checker``, ``agreement``; of one, the latest.
        An entry whose runs now show that it harms is retired in the same commit; see `utility`.
        """
        request = GiveFeedback(
            run_id=run_id,
            outcome=read_judgement(outcome),
            source=read_choice("source", source, OutcomeSource),
            note=note,
        )
        return await self._transport.send(request, as_namespace(namespace))

    async def apply_retention(
        self,
        *,
        dry_run: bool = False,
        retention: RetentionChange | None = None,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> Job:
        """Begin to remove what is beyond the limits of a namespace, see `set_namespace`; return the job.

        With `dry_run` nothing is removed, and `retention` may give limits to try, which are not set; raises `BadInput`
        for them without it. When the job has ended, see `wait_job`, `retention_report` tells what was removed.
        """
        return await self._transport.send(ApplyRetention(dry_run=dry_run, retention=retention), as_namespace(namespace))

    async def retention_report(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> RetentionReport:
        """Return what a job of `apply_retention` has removed so far, by kind; raises `NotFound`."""
        return await self._transport.send(GetRetentionReport(job_id=job_id), as_namespace(namespace))

    async def traffic(self, *, limit: int = 100, namespace: str | Namespace = DEFAULT_NAMESPACE) -> TrafficReport:
        """Return what passed through the proxy and waits to be learnt, the oldest first, and why other was not."""
        return await self._transport.send(ListTraffic(limit=limit), as_namespace(namespace))

    async def utility(
        self, *, after: str = "", limit: int = 100, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[EntryUtility]:
        """Return the effect of entries on the outcome of runs, with bounds: those that may harm most come first."""
        return await self._transport.send(ListUtility(after=after, limit=limit), as_namespace(namespace))

    async def restore_entry(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> RestoredEntry:
        """Let recall return a retired entry again; only runs from now on count. `BadInput` if it is not retired."""
        return await self._transport.send(RestoreEntry(entry_id=entry_id), as_namespace(namespace))
