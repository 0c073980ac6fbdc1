"""The writing part of a store: entries, jobs, runs and namespaces, each call durable when it returns."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import get_ident
from typing import TypeVar

from midthought.memory.database import forgetting
from midthought.memory.database.group_commit import Change, GroupCommit
from midthought.memory.database.tables import entries, jobs, runs, tombstones, trajectories
from midthought.memory.database.tables.receipts import insert_receipts
from midthought.memory.database.tables.superseded import current_ids
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.interrupts import run_methods_apart
from midthought.memory.records.batch import Batch, EntryWrite, Written
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Origin
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.store_commits import commit_group
from midthought.memory.store_state import StoreState
from midthought.memory.transfer import import_rows
from midthought.memory.transfer.export_tables import WITH_WORDINGS
from midthought.memory.transfer.import_rows import ImportPage

Result = TypeVar("Result")


@run_methods_apart
class StoreWriter:
    """Writes, revises and forgets. Every call takes the namespace first, and none writes to two namespaces.

    Writers that come at the same time share one commit. Every call raises `StoreFull` if the disk refuses; then
    nothing of it is written.
    """

    def __init__(self, state: StoreState) -> None:
        self._state = state
        self._database = state.database
        self._commits = GroupCommit(partial(commit_group, state))
        self.apart = state.apart

    def write(self, namespace: Namespace, batch: Batch) -> Written:
        """Make a batch durable, and so found by the next search; return what was not stored before.

        Rows already stored are left as they are and gain provenance. Writers that come at the same time share one
        commit. Raises `StoreFull` where the disk refuses (nothing is written), `MissingVector` for an entry that is
        neither stored nor has a vector, and `EncoderMismatch` for vectors of another encoder.
        """
        refuse_starter(namespace)

        def add(writing: WriteTransaction) -> Written:
            return writing.add(namespace, batch)

        return self._commits.run(Change(namespace, add, batch, of_entries=bool(batch.entries), begins=True))

    def put_job(self, namespace: Namespace, job: Job) -> None:
        """Record an operation's state."""

        def put(writing: WriteTransaction) -> None:
            jobs.put_job(writing.connection, namespace, job)

        self._record(namespace, put, begins=True)

    @contextmanager
    def claim_job(self, job_id: str) -> Iterator[None]:
        """Run an operation as its only runner; raises `BadInput` where another thread is running it.

        A thread that claims it again was interrupted before it let go.
        """
        if self._state.claimed_jobs.setdefault(job_id, get_ident()) != get_ident():
            raise BadInput(f"this content is being ingested already, as operation {job_id}: wait for it")
        try:
            yield
        finally:
            self._state.claimed_jobs.pop(job_id, None)

    def record_run(self, namespace: Namespace, run: RunRow, receipts: Sequence[ReceiptRow] = ()) -> None:
        """Record one solved problem with its receipts, together; of a namespace forgotten meanwhile nothing is kept."""

        def record(writing: WriteTransaction) -> None:
            if not writing.exists(namespace):
                return
            runs.insert_run(writing.connection, namespace, run)
            insert_receipts(writing.connection, namespace, receipts)

        self._record(namespace, record)

    def record_receipt(self, namespace: Namespace, receipt: ReceiptRow) -> None:
        """Record one recall that belongs to no run, unless its namespace is forgotten."""

        def record(writing: WriteTransaction) -> None:
            if writing.exists(namespace):
                insert_receipts(writing.connection, namespace, [receipt])

        self._record(namespace, record)

    def forget_entry(self, namespace: Namespace, entry_id: str) -> Origin:
        """Remove the entry that has, or had, this id, with all wordings; tombstones keep the ids. Raises `NotFound`.

        A starter entry, which others share, is hidden from the namespace instead. Returns which of the two it was.
        """

        def forget(writing: WriteTransaction) -> Origin:
            connection = writing.connection
            current = current_ids(connection, namespace, [entry_id]).get(entry_id)
            if current is not None:
                forgetting.delete_entry(connection, namespace, current, writing.next_seq())
                return Origin.OWN
            if not writing.seen_starter(namespace, [entry_id]):
                raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
            # It has two numbers: the tombstone's, and one for the row of the namespace that never existed.
            tombstone, row = writing.next_seq(), (writing.next_seq(), entry_id, entry_id)
            tombstones.insert_tombstones(connection, namespace, tombstone, [row])
            return Origin.STARTER

        return self._change(namespace, forget)

    def forget_trajectory(self, namespace: Namespace, trajectory_id: str) -> int:
        """Remove a trajectory and every entry learnt from it alone; return how many entries went. Raises `NotFound`."""

        def forget(writing: WriteTransaction) -> int:
            connection = writing.connection
            if not trajectories.known_trajectories(connection, namespace, [trajectory_id]):
                raise NotFound(f"no trajectory {trajectory_id!r} in namespace {namespace}")
            orphans = forgetting.delete_trajectory(connection, namespace, trajectory_id, writing.next_seq())
            for entry_id in orphans:
                forgetting.delete_entry(connection, namespace, entry_id, writing.next_seq())
            return len(orphans)

        return self._change(namespace, forget)

    def import_rows(self, namespace: Namespace, page: ImportPage) -> int:
        """Take rows of an export in, together; return how many were not there. What is there already stays."""
        put = self._change if page.table in WITH_WORDINGS else self._record
        return put(namespace, lambda writing: import_rows.import_rows(writing, namespace, page), begins=True)

    def revise_entry(
        self, namespace: Namespace, entry_id: str, write: EntryWrite, *, encoder: EncoderIdentity | None = None
    ) -> int:
        """Let a new wording take an entry's place; return its version. The old one stays in the entry's history.

        `write.provenance` is added to where the entry comes from. A wording that is the one now changes nothing.
        Raises `NotFound`, `MissingVector`, `EncoderMismatch` where the vector was made by another `encoder` than the
        store's (None says its own), and `BadInput` where the wording is that of another entry.
        """
        return self._change(namespace, lambda writing: writing.revise(namespace, entry_id, write, encoder=encoder))

    # Namespaces begin with their first write or with `put_namespace`, and exist until they are forgotten.

    def put_namespace(self, namespace: Namespace, *, starter: bool = True) -> None:
        """Let a namespace exist, and see the starter memory or not."""

        def put(writing: WriteTransaction) -> None:
            writing.begin(namespace)
            writing.switch_starter(namespace, starter)

        self._record(namespace, put, begins=True)

    def switch_starter(self, namespace: Namespace, *, starter: bool) -> None:
        """Let a namespace see the starter memory, or not; raises `NotFound`."""
        self._refuse_unknown(namespace)
        self._record(namespace, lambda writing: writing.switch_starter(namespace, starter))

    def forget_namespace(self, namespace: Namespace) -> int:
        """Remove everything of a namespace, which then exists no more; return how many entries went.

        Their ids stay as tombstones. The default namespace begins anew at once. Raises `NotFound`.
        """
        self._refuse_unknown(namespace)

        def forget(writing: WriteTransaction) -> int:
            count = forgetting.delete_namespace(writing.connection, namespace, writing.next_seq())
            writing.end(namespace)
            return count

        count = self._change(namespace, forget)
        with self._database.guarded():
            if self._state.indexes is not None:
                self._state.indexes.drop(namespace)
        return count

    def plant(self, batch: Batch) -> Written:
        """Make the starter memory what a batch holds, in one commit: what it had beside that goes."""
        wanted = {write.id for write in batch.entries}

        def replace(writing: WriteTransaction) -> Written:
            for entry_id in entries.read_numbers(writing.connection, STARTER_NAMESPACE).keys() - wanted:
                forgetting.delete_entry(writing.connection, STARTER_NAMESPACE, entry_id, writing.next_seq())
            writing.look_up([(STARTER_NAMESPACE, batch)])
            return writing.add(STARTER_NAMESPACE, batch)

        return self._commits.run(Change(STARTER_NAMESPACE, replace, begins=True))

    def _change(
        self, namespace: Namespace, apply: Callable[[WriteTransaction], Result], *, begins: bool = False
    ) -> Result:
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, begins=begins))

    def _record(
        self, namespace: Namespace, apply: Callable[[WriteTransaction], Result], *, begins: bool = False
    ) -> Result:
        """Change rows that no index holds, so that the next search replays nothing."""
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, of_entries=False, begins=begins))

    def _refuse_unknown(self, namespace: Namespace) -> None:
        with self._database.guarded() as connection:
            self._state.known.get(connection, namespace)


def refuse_starter(namespace: Namespace) -> None:
    """Raise `BadInput` for the reserved namespace, which `StoreWriter.plant` alone writes to."""
    if namespace == STARTER_NAMESPACE:
        raise BadInput("the starter memory is shared by all namespaces: nothing can be written to it or forgotten")
