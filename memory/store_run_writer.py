"""The part of the writer that concerns runs: what they recalled, whether they were right, what that retires."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from midthought.memory.database import forgetting
from midthought.memory.database.group_commit import Change
from midthought.memory.database.retiring import retire_harmful
from midthought.memory.database.tables import outcomes, retirements, run_entries, runs, waiting_traces
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import EntryRole, OutcomeSource, ReceiptRow, RunOutcome, RunRow
from midthought.memory.records.trajectory import Outcome
from midthought.memory.records.utility import UtilityState
from midthought.memory.store_job_writer import JobWriter, refuse_starter

Result = TypeVar("Result")
_RANDOMISED = (EntryRole.INJECTED, EntryRole.WITHHELD)


class RunWriter(JobWriter):
    """Records runs. It is the base of `TrafficWriter`, whose commits it shares."""

    def record_run(self, namespace: Namespace, run: RunRow, receipts: Sequence[ReceiptRow] = ()) -> list[str]:
        """Record one solved problem and its receipts together, unless the namespace was forgotten meanwhile.

        An outcome that it has already is its caller's, unless `outcomes` says who gave it. Return the ids of the
        entries that it retires, in the same commit.
        """

        def record(writing: WriteTransaction) -> list[str]:
            if not writing.exists(namespace):
                return []
            runs.insert_run(writing.connection, namespace, run)
            writing.add_receipts(namespace, receipts)
            for said in _said(run):
                outcomes.add_outcome(writing.connection, namespace, run.id, said)
                waiting_traces.settle(writing.connection, namespace, [run.id])
            return _retire(writing, namespace, run.id) if _said(run) else []

        return self._record_use(namespace, record)

    def record_receipt(self, namespace: Namespace, receipt: ReceiptRow) -> None:
        """Record one recall that belongs to no run, unless the namespace was forgotten meanwhile."""
        refuse_starter(namespace)
        self._commits.run(_add_receipt(namespace, receipt))

    def record_receipts(self, receipts: Sequence[tuple[Namespace, ReceiptRow]]) -> list[BaseException | None]:
        """Record several such recalls in one commit; return the error of each that could not be written, or None."""
        changes = [_add_receipt(namespace, receipt) for namespace, receipt in receipts]
        self._commits.run_all(changes)
        return [change.error for change in changes]

    def add_outcome(self, namespace: Namespace, run_id: str, said: RunOutcome) -> tuple[bool, list[str]]:
        """Add what is said of a run, unless its source said just that last; raises `NotFound`.

        Return whether it was added, and the ids of the entries that it retires, in the same commit.
        """

        def add(writing: WriteTransaction) -> tuple[bool, list[str]]:
            _refuse_unknown_run(writing, namespace, run_id)
            added = outcomes.add_outcome(writing.connection, namespace, run_id, said)
            waiting_traces.settle(writing.connection, namespace, [run_id])
            return added, _retire(writing, namespace, run_id) if added else []

        return self._record_use(namespace, add)

    def forget_run(self, namespace: Namespace, run_id: str) -> None:
        """Remove a run with its receipts, and what it recalled and was judged; raises `NotFound`.

        What it decided on entries stays, until they are restored.
        """

        def forget(writing: WriteTransaction) -> None:
            _refuse_unknown_run(writing, namespace, run_id)
            forgetting.delete_runs(writing.connection, namespace, [run_id])

        self._record_use(namespace, forget)

    def restore_entry(self, namespace: Namespace, entry_id: str) -> None:
        """Let recall return a retired entry again; only runs from now on count. Raises `NotFound`, `BadInput`."""

        def restore(writing: WriteTransaction) -> None:
            connection = writing.connection
            last = retirements.read_last(connection, namespace).get(entry_id)
            if last is None and not writing.is_taken(namespace, entry_id):
                raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
            if last is None or last.state is not UtilityState.RETIRED:
                raise BadInput(f"entry {entry_id!r} is not retired in namespace {namespace}: there is nothing to undo")
            retirements.add_retirement(connection, namespace, entry_id, UtilityState.RESTORED, reason="", run_id="")

        self._record_use(namespace, restore)

    def _record_use(self, namespace: Namespace, apply: Callable[[WriteTransaction], Result]) -> Result:
        """Change rows that are in no index, but may decide which entries are retired."""
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, of_entries=False, of_utility=True))


def _add_receipt(namespace: Namespace, receipt: ReceiptRow) -> Change[None]:
    def add(writing: WriteTransaction) -> None:
        if writing.exists(namespace):
            writing.add_receipts(namespace, [receipt])

    return Change(namespace, add, of_entries=False)


def _said(run: RunRow) -> tuple[RunOutcome, ...]:
    if run.outcomes or run.outcome == Outcome.UNKNOWN:
        return run.outcomes
    return (RunOutcome(run.outcome, OutcomeSource.CALLER),)


def _retire(writing: WriteTransaction, namespace: Namespace, run_id: str) -> list[str]:
    """Retire the entries of a run whose runs now show that they harm."""
    used = run_entries.read_entries(writing.connection, namespace, [run_id]).get(run_id, ())
    ids = list(dict.fromkeys(one.entry_id for one in used if one.role in _RANDOMISED))
    return retire_harmful(writing.connection, namespace, ids, run_id=run_id) if ids else []


def _refuse_unknown_run(writing: WriteTransaction, namespace: Namespace, run_id: str) -> None:
    if not runs.known_runs(writing.connection, namespace, [run_id]):
        raise NotFound(f"no run {run_id!r} in namespace {namespace}")
