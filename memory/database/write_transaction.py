"""One transaction of several writers: what they add, revise and end, on rows that are collected."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import duckdb
import numpy as np

from midthought.memory.database.collected_rows import CollectedRows, EntryKey
from midthought.memory.database.forgetting import delete_extra_keys
from midthought.memory.database.key_rows import copy_keys
from midthought.memory.database.tables import (
    dead_letters,
    drafts,
    entries,
    job_exclusions,
    jobs,
    links,
    merges,
    namespaces,
    provenance,
    superseded,
    trajectories,
    trust_marks,
)
from midthought.memory.database.tables.entries import FreshEntry
from midthought.memory.errors import BadInput, NotFound, StoreError
from midthought.memory.records.batch import Batch, EntryRevision, EntryWrite, ForgottenTrajectory, MissingEntry, Written
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, STARTER_NAMESPACE, Namespace
from midthought.memory.records.retention import RetentionChange
from midthought.memory.records.trust import Trust
from midthought.memory.records.unit_vectors import check_vectors


class WriteTransaction(CollectedRows):
    """What writers do inside one transaction.

    The second writer of an entry that is new in this transaction adds provenance only, as it would one commit later.

    Args:
        connection: inside a transaction, which the caller commits.
        encoder: that of the store; None if it was opened without one.
        first: whether there is no generation of vectors yet.
        namespaces: those that exist.
        starter: the number of every starter entry by id; empty if the store was opened without them.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        encoder: EncoderIdentity | None,
        first: bool,
        namespaces: Collection[Namespace],
        starter: Mapping[str, int],
    ) -> None:
        super().__init__(connection, encoder=encoder, first=first)
        self._namespaces = namespaces
        self._moved: dict[Namespace, bool] = {}
        self._starter = starter
        self._adoptable: dict[EntryKey, int] = {}
        self._known: dict[EntryKey, EntryKey] = {}

    @property
    def moved_namespaces(self) -> bool:
        """Whether namespaces began, ended or were switched, even if the transaction fails."""
        return bool(self._moved)

    def exists(self, namespace: Namespace) -> bool:
        """Whether there is such a namespace in this transaction."""
        return self._moved.get(namespace, namespace in self._namespaces)

    def begin(self, namespace: Namespace) -> None:
        """Let a namespace exist from here on."""
        if not self.exists(namespace):
            self._moved[namespace] = True
            namespaces.begin_namespace(self._connection, namespace)

    def switch_starter(self, namespace: Namespace, starter: bool) -> None:
        """Let an existing namespace see the starter memory, or not."""
        self._moved[namespace] = self.exists(namespace)
        namespaces.switch_starter(self._connection, namespace, starter)

    def change_retention(self, namespace: Namespace, change: RetentionChange) -> None:
        """Change what an existing namespace keeps."""
        self._moved[namespace] = self.exists(namespace)
        stored = namespaces.read_records(self._connection).get(namespace)
        if stored is not None:
            namespaces.set_retention(self._connection, namespace, stored.retention.changed(change))

    def end(self, namespace: Namespace) -> None:
        """Remove a namespace; the default one exists again at once."""
        self._moved[namespace] = namespace == DEFAULT_NAMESPACE
        namespaces.end_namespace(self._connection, namespace)

    def look_up(self, batches: Sequence[tuple[Namespace, Batch]]) -> None:
        """Find which entries of all these batches are stored, in one query per namespace."""
        by_owner: dict[Namespace, set[str]] = {}
        for namespace, batch in batches:
            ids = by_owner.setdefault(namespace, set())
            ids.update(write.id for write in batch.entries)
            ids.update(link.entry_id for link in batch.links)
        for namespace, ids in by_owner.items():
            current = superseded.current_ids(self._connection, namespace, ids)
            self._known.update({(namespace.name, entry_id): (namespace.name, now) for entry_id, now in current.items()})
            seen = self.seen_starter(namespace, ids - current.keys())
            self._adoptable.update({(namespace.name, entry_id): seq for entry_id, seq in seen.items()})

    def seen_starter(self, namespace: Namespace, ids: Collection[str]) -> dict[str, int]:
        """Return the numbers of those starter entries among `ids` that a namespace sees, by id."""
        starter_ids = [entry_id for entry_id in ids if entry_id in self._starter]
        if not starter_ids or namespace == STARTER_NAMESPACE:
            return {}
        return namespaces.seen_starter_numbers(self._connection, namespace, starter_ids)

    def adopt(self, namespace: Namespace, seen: Mapping[str, int]) -> None:
        """Copy starter entries, by id, into a namespace that sees them; from then on they belong to it."""
        for entry_id, seq in seen.items():
            # The copy gets a number that was never used: the starter's row keeps its own, which other namespaces see.
            source, target = (STARTER_NAMESPACE, seq), (namespace, self.next_seq())
            entries.copy_entry(self._connection, source, target)
            copy_keys(self._connection, source, target, next_seq=self.next_seq)
            provenance.copy_provenance(self._connection, source, target)
            self._known[namespace.name, entry_id] = (namespace.name, entry_id)

    def add(self, namespace: Namespace, batch: Batch) -> Written:
        """Collect a batch that was looked up; on `MissingVector` and `EncoderMismatch` nothing of it is collected.

        Raises `MissingEntry` for a link of an entry that is neither stored nor in the batch.
        Starter entries that the namespace sees are adopted: copied first, so that the copies gain the provenance.
        """
        if (batch.rejections or batch.drafts or batch.dead_letters) and not batch.job:
            raise ValueError("rejections, drafts and dead letters need the job they belong to")
        name = namespace.name
        # The checks come first: a refused batch must leave nothing among the collected rows.
        keys = [(name, write.id) for write in batch.entries]
        fresh = self._fresh_entries(keys, batch)
        linked = [self._current_link(namespace, link, fresh) for link in batch.links]
        self._refuse_stray_links(namespace, batch)
        self._refuse_gone(namespace, batch)
        shared = [key for key in keys if key in self._adoptable and key not in self._known]
        self.adopt(namespace, {key[1]: self._adoptable[key] for key in shared})
        self._mark(namespace, batch, fresh)
        for read in batch.trajectories:
            self._collected.trajectories.setdefault((name, read.trajectory.id), (name, read))
        first = self._numbers.take(len(fresh)) if fresh else 0
        for number, (key, write) in enumerate(fresh.items(), start=first):
            assert write.vectors is not None
            rows = np.atleast_2d(write.vectors)
            self._collected.entries[key] = FreshEntry(number, namespace, key[1], write.entry, rows)
            # A later writer of the same transaction finds the entry as if it were stored.
            self._known[key] = key
        for key, write in zip(keys, batch.entries, strict=True):
            current = self._known[key]
            self._collected.provenance.update(dict.fromkeys((*current, place) for place in write.provenance))
        for link in linked:
            passage = (name, link.entry_id, link.trajectory_id, link.span)
            self._collected.links.setdefault(passage, (name, link))
        self._log(namespace, batch)
        for revision in batch.revisions:
            self._revise_inside(namespace, revision, batch.encoder)
        return Written(frozenset(entry_id for _, entry_id in fresh))

    def _mark(self, namespace: Namespace, batch: Batch, fresh: Collection[EntryKey]) -> None:
        """Mark the trust of a batch's entries as far as their sources will not tell it."""
        keys = [(namespace.name, write.id) for write in batch.entries]
        stored = [key[1] for key in keys if key not in fresh and self._known.get(key) == key]
        if batch.trust is Trust.IMPORTED:
            trust_marks.mark_entries(self._connection, namespace, [one for _, one in fresh], Trust.IMPORTED)
            trust_marks.mark_learnt(self.connection, namespace, stored)
        elif batch.trust is Trust.OWN:
            trust_marks.mark_entries(self._connection, namespace, stored, Trust.OWN)
        accepted = {write.id for write in batch.entries} & set(batch.accepted_drafts)
        trust_marks.mark_entries(self._connection, namespace, accepted, Trust.OWN)

    def refuse_forgotten(self, namespace: Namespace, batch: Batch) -> None:
        """Raise `ForgottenTrajectory` if something comes from what was forgotten since the batch's job was given."""
        if batch.job is None:
            return
        forgotten = job_exclusions.read_exclusions(self._connection, namespace, batch.job.id) & batch.trajectory_ids
        # Another ingestion, given after the forgetting, may have stored it again.
        if forgotten and (
            gone := forgotten - trajectories.known_trajectories(self.connection, namespace, list(forgotten))
        ):
            raise ForgottenTrajectory(f"trajectory {min(gone)} was forgotten while job {batch.job.id} ran")

    def _current_link(self, namespace: Namespace, link: RecognisedLink, fresh: Collection[EntryKey]) -> RecognisedLink:
        """Return a link with the id that its entry has now; raises `MissingEntry`."""
        key = (namespace.name, link.entry_id)
        if key in self._known:
            return replace(link, entry_id=self._known[key][1])
        if key not in fresh and key not in self._adoptable:
            raise MissingEntry(f"no entry {link.entry_id!r} in namespace {namespace}: it cannot be linked to")
        return link

    def _refuse_stray_links(self, namespace: Namespace, batch: Batch) -> None:
        """Raise `ValueError` for a link of a trajectory that is neither stored nor in the batch."""
        given = {write.trajectory.id for write in batch.trajectories} if batch.links else set()
        others = {link.trajectory_id for link in batch.links} - given
        if others:
            missing = others - trajectories.known_trajectories(self.connection, namespace, list(others))
            if missing:
                raise ValueError(f"no trajectory {min(missing)!r} in namespace {namespace}: it cannot be linked from")

    def _refuse_gone(self, namespace: Namespace, batch: Batch) -> None:
        """Raise `MissingEntry` if an entry that is revised is not there, or not any more."""
        ids = [revision.entry_id for revision in batch.revisions]
        if ids:
            found = superseded.current_ids(self.connection, namespace, ids).keys() | self.seen_starter(namespace, ids)
            if missing := set(ids) - found:
                raise MissingEntry(f"no entry {min(missing)!r} in namespace {namespace}: it cannot be revised")

    def _revise_inside(self, namespace: Namespace, revision: EntryRevision, encoder: EncoderIdentity | None) -> None:
        """Revise an entry as a part of a batch; later writers of the transaction find it under its new id."""
        self.revise(namespace, revision.entry_id, revision.write, encoder=encoder)
        before, now = (namespace.name, revision.entry_id), (namespace.name, revision.write.id)
        self._known = {key: now if found == before else found for key, found in self._known.items()}
        self._known[now] = now

    def _log(self, namespace: Namespace, batch: Batch) -> None:
        """Insert what belongs to the job of a batch, and merges; an error undoes the group, as some rows are in."""
        try:
            jobs.insert_rejections(self._connection, namespace, batch.job, batch.rejections)
            merges.insert_merges(self._connection, namespace, batch.merges)
            drafts.delete_drafts(self._connection, namespace, batch.accepted_drafts)
            dead_letters.delete_cured(self._connection, namespace, batch.cured)
            dead_letters.insert_letters(self._connection, namespace, batch.dead_letters)
            if batch.job:
                drafts.insert_drafts(self._connection, namespace, batch.drafts, job_id=batch.job.id)
                fresh = {write.trajectory.id for write in batch.trajectories}
                jobs.put_job(self._connection, namespace, batch.job, fresh=fresh)
        except ValueError as error:
            raise StoreError(f"cannot be written, and nothing was: {error}") from error

    def revise(self, namespace: Namespace, entry_id: str, write: EntryWrite, *, encoder: EncoderIdentity | None) -> int:
        """Let a new wording take an entry's place; see `Store.revise_entry`."""
        self._refuse_other(encoder)
        connection, new_id = self.connection, write.id
        current = self._own_id(namespace, entry_id)
        found = superseded.read_versions(connection, namespace, current)
        own = {one.entry.id for one in found}
        # Going back to an earlier wording of the same entry is allowed; taking the wording of another entry is not.
        if new_id not in own and self.is_taken(namespace, new_id):
            raise BadInput(f"that wording is another entry already, {new_id}: forget one of the two")
        places = dict.fromkeys((namespace.name, new_id, place) for place in write.provenance)
        if new_id == current and not _has_new_wordings(found[-1].entry, write.entry):
            provenance.insert_provenance(connection, list(places), fresh={}, next_seq=self.next_seq)
            return found[-1].version
        rows = check_vectors(write.entry, write.vectors, self._own_encoder())
        # The new wording gets a new number, also under the same id: a text never changes under its number, and the
        # indexes follow by their ordinary replay.
        seq, version, lineage = entries.read_position(connection, namespace, current)
        superseded.insert_superseded(connection, namespace, seq, log_seq=self.next_seq())
        entries.delete_entry(connection, namespace, current)
        delete_extra_keys(connection, namespace, [seq])
        fresh = FreshEntry(self.next_seq(), namespace, new_id, write.entry, rows)
        self._insert_entries([fresh])
        entries.put_in_lineage(connection, namespace, new_id, lineage=lineage, version=version + 1)
        provenance.move_provenance(connection, namespace, seq, to=(new_id, fresh.seq))
        links.move_links(connection, namespace, current, to=new_id)
        trust_marks.follow_revision(connection, namespace, current, new_id)
        provenance.insert_provenance(connection, list(places), fresh={}, next_seq=self.next_seq)
        return version + 1

    def _own_id(self, namespace: Namespace, entry_id: str) -> str:
        """Return an entry's current id; a starter entry is adopted. Raises `NotFound`."""
        current = superseded.current_ids(self.connection, namespace, [entry_id]).get(entry_id)
        if current is None:
            seen = self.seen_starter(namespace, [entry_id])
            if not seen:
                raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
            self.adopt(namespace, seen)
        return current or entry_id

    def is_taken(self, namespace: Namespace, entry_id: str) -> bool:
        """Return whether an entry that the namespace has or sees has, or had, this id."""
        ids = [entry_id]
        return bool(superseded.current_ids(self.connection, namespace, ids) or self.seen_starter(namespace, ids))

    def _fresh_entries(self, keys: Sequence[EntryKey], batch: Batch) -> dict[EntryKey, EntryWrite]:
        found: dict[EntryKey, EntryWrite] = {}
        for key, write in zip(keys, batch.entries, strict=True):
            # Two writers may bring the same new entry, one of them without a vector: the one that has it counts.
            known = key in self._known or key in self._adoptable
            if not known and (key not in found or found[key].vectors is None):
                found[key] = write
        if found:
            self._refuse_other(batch.encoder)
        for write in found.values():
            check_vectors(write.entry, write.vectors, self._own_encoder())
        return found


def _has_new_wordings(stored: Entry, wanted: Entry) -> bool:
    """Return whether two wordings with one id differ in `asked_as`; raise `BadInput` if they differ in other fields.

    Wordings are added to an entry as users ask for it, so a change of them alone is a new version, under the same id.
    """
    changed = [name for name in stored.__slots__ if getattr(stored, name) != getattr(wanted, name)]
    if changed and changed != ["asked_as"]:
        raise BadInput(
            f"only {', '.join(changed)} would change, on which no id depends, so there would be no new version: "
            f"forget the entry and add it again"
        )
    return bool(changed)
