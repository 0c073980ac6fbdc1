"""The writing part of a store: entries, jobs, runs and namespaces, each call durable when it returns."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from midthought.memory.database import forgetting
from midthought.memory.database.group_commit import Change
from midthought.memory.database.tables import (
    api_keys,
    completions,
    drafts,
    entries,
    links,
    tombstones,
    trajectories,
    trust_marks,
)
from midthought.memory.database.tables.calibrations import delete_calibrations, put_calibration
from midthought.memory.database.tables.superseded import current_ids
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.interrupts import run_methods_apart, stop_if_left
from midthought.memory.records.batch import Batch, EntryWrite, Written
from midthought.memory.records.draft import UNDECIDED, Draft, DraftState
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Origin
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, STARTER_NAMESPACE, Namespace
from midthought.memory.records.trust import Trust
from midthought.memory.store_job_writer import refuse_starter
from midthought.memory.store_retention_writer import RetentionWriter
from midthought.memory.transfer import import_rows
from midthought.memory.transfer.export_tables import WITH_WORDINGS
from midthought.memory.transfer.import_rows import ImportPage

Result = TypeVar("Result")


@run_methods_apart
class StoreWriter(RetentionWriter):
    """Writes, revises and forgets. Every call takes the namespace first, and none writes to two namespaces.

    Writers that come at the same time share one commit. Every call raises `StoreFull` if the disk refuses; then
    nothing of it is written.
    """

    def write(self, namespace: Namespace, batch: Batch) -> Written:
        """Make a batch durable; the next search finds it. Return what was not stored before.

        Entries that are already stored stay unchanged and gain provenance. Raises `MissingVector` for an entry that is
        neither stored nor has a vector, `ForgottenTrajectory` for what was forgotten since the batch's job was given,
        `NotFound` if the namespace was forgotten while the job ran, and `EncoderMismatch` for vectors of another
        encoder.
        """
        refuse_starter(namespace)
        stop_if_left()  # what was prepared for a caller that was interrupted meanwhile has no effect
        change = Change(
            namespace,
            lambda writing: self._add(writing, namespace, batch),
            batch,
            of_entries=bool(batch.entries or batch.revisions),
            begins=True,
        )
        return self._commits.run(change)

    def put_calibration(self, namespace: Namespace, content: str) -> None:
        """Store the calibration of a namespace, as JSON, for the current vectors; raises `NotFound`."""
        self._refuse_unknown(namespace)
        digest = self._state.needed_encoder().digest
        refuse_starter(namespace)

        def put(writing: WriteTransaction) -> None:
            put_calibration(writing.connection, namespace, digest, content)

        self._commits.run(Change(namespace, put, of_entries=False, of_calibration=True))

    def clear_calibrations(self, namespace: Namespace) -> None:
        """Remove what was fitted to a namespace's own queries, for the vectors of every encoder; raises `NotFound`."""
        self._refuse_unknown(namespace)
        refuse_starter(namespace)

        def clear(writing: WriteTransaction) -> None:
            delete_calibrations(writing.connection, namespace)

        self._commits.run(Change(namespace, clear, of_entries=False, of_calibration=True))

    def forget_entry(self, namespace: Namespace, entry_id: str) -> Origin:
        """Remove the entry that has, or had, this id, with all wordings; tombstones keep the ids. Raises `NotFound`.

        A starter entry is shared by all namespaces: it is only hidden from this one. Returns which of the two it was.
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
            forgetting.hide_entry(connection, namespace, entry_id)
            return Origin.STARTER

        return self._change(namespace, forget)

    def replace_by_links(self, namespace: Namespace, entry_id: str, links: Sequence[RecognisedLink]) -> None:
        """Forget an entry of the namespace, and store links to other entries, in one commit. Raises `NotFound`."""
        batch = Batch(links=tuple(links))

        def replace(writing: WriteTransaction) -> None:
            if current_ids(writing.connection, namespace, [entry_id]).get(entry_id) != entry_id:
                raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
            writing.look_up([(namespace, batch)])
            writing.add(namespace, batch)
            forgetting.delete_entry(writing.connection, namespace, entry_id, writing.next_seq())

        self._change(namespace, replace)

    def forget_trajectory(self, namespace: Namespace, trajectory_id: str) -> int:
        """Remove a trajectory and the entries learnt only from it; return how many entries. Raises `NotFound`.

        Of one that a stopped job asked a model about, but did not store, the answers are removed.
        """

        def forget(writing: WriteTransaction) -> int:
            connection = writing.connection
            known = trajectories.known_trajectories(connection, namespace, [trajectory_id])
            if not known and not completions.has_completions(connection, namespace, trajectory_id):
                raise NotFound(f"no trajectory {trajectory_id!r} in namespace {namespace}")
            orphans = forgetting.delete_trajectories(connection, namespace, [trajectory_id], writing.next_seq())
            for entry_id in orphans:
                forgetting.delete_entry(connection, namespace, entry_id, writing.next_seq())
            return len(orphans)

        return self._change(namespace, forget)

    def reject_drafts(self, namespace: Namespace, ids: Sequence[str]) -> None:
        """Delete drafts, all or none, and remember their ids. Raises `NotFound` if one is none."""

        def reject(writing: WriteTransaction) -> None:
            _refuse_decided(writing, namespace, ids)
            drafts.reject_drafts(writing.connection, namespace, ids)

        self._record(namespace, reject)

    def edit_draft(self, namespace: Namespace, draft_id: str, entry: Entry) -> Draft:
        """Give a draft another wording, and return it; it keeps its state, and the id of the old one is remembered as
        rejected.

        The wording it has changes nothing. Raises `NotFound`, and `BadInput` for a wording that another draft has, or
        that was rejected.
        """

        def edit(writing: WriteTransaction) -> None:
            _refuse_decided(writing, namespace, [draft_id])
            if entry.id == draft_id:
                return
            if other := drafts.read_states(writing.connection, namespace, [entry.id]):
                raise BadInput(f"that wording is another draft already, {entry.id}, which {_STATES[other[entry.id]]}")
            drafts.replace_draft(writing.connection, namespace, draft_id, entry)

        self._record(namespace, edit)
        with self._database.guarded() as connection:
            found = drafts.read_drafts(connection, namespace, states=UNDECIDED, ids=[entry.id], after="", limit=1)
        if not found:
            raise NotFound(f"draft {entry.id!r} in namespace {namespace} was decided on meanwhile")
        return found[0]

    def import_rows(self, namespace: Namespace, page: ImportPage) -> int:
        """Insert rows of an export in one transaction; return how many were new. Existing rows stay unchanged."""

        def put(writing: WriteTransaction) -> int:
            return import_rows.import_rows(writing, namespace, page)

        refuse_starter(namespace)
        is_searched = page.table in WITH_WORDINGS
        return self._commits.run(Change(namespace, put, of_entries=is_searched, begins=True, of_utility=True))

    def revise_entry(
        self, namespace: Namespace, entry_id: str, write: EntryWrite, *, encoder: EncoderIdentity | None = None
    ) -> int:
        """Replace the wording of an entry; return its version. The old wording stays in the history of the entry.

        `write.provenance` is added to the provenance of the entry. The current wording given again adds no version.
        A person gives the wording: its trust is `Trust.OWN`.
        Raises `NotFound`, `MissingVector`, `EncoderMismatch` if the vector was made by another `encoder` than the
        store's (None: it was made by that), and `BadInput` if the wording is that of another entry.
        """

        def revise(writing: WriteTransaction) -> int:
            version = writing.revise(namespace, entry_id, write, encoder=encoder)
            trust_marks.mark_entries(writing.connection, namespace, [write.id], Trust.OWN)
            return version

        return self._change(namespace, revise)

    def verify_entry(self, namespace: Namespace, entry_id: str) -> None:
        """Let the entry that has, or had, this id be trusted as its owner's. Raises `NotFound`."""

        def verify(writing: WriteTransaction) -> None:
            current = current_ids(writing.connection, namespace, [entry_id]).get(entry_id)
            if current is not None:
                trust_marks.mark_entries(writing.connection, namespace, [current], Trust.OWN)
            elif not writing.is_taken(namespace, entry_id):
                raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")

        refuse_starter(namespace)
        self._commits.run(Change(namespace, verify, of_entries=False, of_trust=True))

    # Namespaces begin with their first write or with `put_namespace`, and exist until they are forgotten.

    def put_namespace(self, namespace: Namespace, *, starter: bool = True) -> None:
        """Make a namespace, if it does not exist, and switch the starter memory on or off for it."""

        def put(writing: WriteTransaction) -> None:
            writing.begin(namespace)
            writing.switch_starter(namespace, starter)

        self._record(namespace, put, begins=True)

    def switch_starter(self, namespace: Namespace, *, starter: bool) -> None:
        """Switch the starter memory on or off for a namespace; raises `NotFound`."""
        self._refuse_unknown(namespace)
        self._record(namespace, lambda writing: writing.switch_starter(namespace, starter))

    def forget_namespace(self, namespace: Namespace) -> int:
        """Remove a namespace with everything in it; return how many entries it had. Raises `NotFound`.

        Their ids stay as tombstones, and no key opens it by its name any more. The default namespace exists again at
        once, empty. Its jobs end: those that wait are not run, one that runs can write nothing more. What was sent for
        them is deleted.
        """
        self._refuse_unknown(namespace)

        def forget(writing: WriteTransaction) -> tuple[int, set[str]]:
            uploads = self._end_jobs(writing.connection, namespace)
            count = forgetting.delete_namespace(writing.connection, namespace, writing.next_seq())
            writing.end(namespace)
            if namespace != DEFAULT_NAMESPACE:
                api_keys.close_namespace(writing.connection, namespace)
            return count, uploads

        try:
            count, uploads = self._change(namespace, forget)
        finally:
            with self._database.guarded() as connection:
                self._state.api_keys.load(connection)
        for name in uploads:
            self._state.uploads.remove(name)
        # After the commit: indexes dropped earlier would be built again from rows that still exist.
        with self._database.guarded():
            if self._state.indexes is not None:
                self._state.indexes.drop(namespace)
        return count

    def plant(self, batch: Batch) -> Written:
        """Replace the starter memory by the entries of a batch, in one commit; other starter entries are deleted.

        An entry that is stored stays as it is if its write has no vectors, else it is stored again under its id.
        """
        kept = {write.id for write in batch.entries if write.vectors is None}

        def replace(writing: WriteTransaction) -> Written:
            # A newer version of Midthought may have removed or reworded starter entries.
            removed = entries.read_numbers(writing.connection, STARTER_NAMESPACE).keys() - kept
            for entry_id in removed:
                forgetting.delete_entry(writing.connection, STARTER_NAMESPACE, entry_id, writing.next_seq())
            gone = removed - {write.id for write in batch.entries}
            links.delete_of_removed_starter(writing.connection, list(gone))
            writing.look_up([(STARTER_NAMESPACE, batch)])
            return writing.add(STARTER_NAMESPACE, batch)

        return self._commits.run(Change(STARTER_NAMESPACE, replace, begins=True))

    def _change(
        self, namespace: Namespace, apply: Callable[[WriteTransaction], Result], *, begins: bool = False
    ) -> Result:
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, begins=begins))

    def _refuse_unknown(self, namespace: Namespace) -> None:
        with self._database.guarded() as connection:
            self._state.known.get(connection, namespace)


_STATES = {
    DraftState.WAITING: "waits",
    DraftState.QUARANTINED: "is quarantined",
    DraftState.REJECTED: "was rejected",
}


def _refuse_decided(writing: WriteTransaction, namespace: Namespace, ids: Sequence[str]) -> None:
    """Raise `NotFound` if one of these is no draft, or was rejected."""
    states = drafts.read_states(writing.connection, namespace, ids)
    for one in ids:
        if states.get(one) not in UNDECIDED:
            raise NotFound(f"no draft {one!r} in namespace {namespace}, or it was decided on: nothing was changed")
