"""The reading part of a store: by id, by page and by count."""

from collections.abc import Collection, Iterable, Sequence

import duckdb

from midthought.memory.database import stored_entries
from midthought.memory.database.forgetting import read_stats
from midthought.memory.database.tables import (
    completions,
    drafts,
    entries,
    links,
    merges,
    steps,
    trajectories,
    trust_marks,
)
from midthought.memory.database.tables.calibrations import list_calibrations
from midthought.memory.database.tables.entries import count_by
from midthought.memory.database.tables.export_table import ExportTable
from midthought.memory.database.tables.generations import read_generations
from midthought.memory.database.tables.superseded import current_ids, read_versions
from midthought.memory.errors import NotFound
from midthought.memory.interrupts import run_methods_apart
from midthought.memory.records.calibration_state import StoredCalibration
from midthought.memory.records.draft import Draft, DraftState
from midthought.memory.records.entry import EntryKind, EntryVersion, StoredEntry
from midthought.memory.records.generation import Generation
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace, NamespaceRecord
from midthought.memory.records.step import Step
from midthought.memory.records.store_stats import StoreStats
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.store_run_reader import RunReader
from midthought.memory.transfer import import_rows


@run_methods_apart
class StoreReader(RunReader):
    """Reads what a store holds. Every call takes the namespace first, and none reads across two namespaces."""

    def new_wordings(self, namespace: Namespace, table: ExportTable, wordings: Sequence[tuple[str, int]]) -> set[str]:
        """Return the ids of the (id, version) pairs that an import of `table` would insert; they need a vector."""
        with self._database.guarded() as connection:
            return import_rows.new_wordings(connection, namespace, table, wordings)

    def known_entries(self, namespace: Namespace, ids: Iterable[str]) -> set[str]:
        """Return those of `ids` that are stored, or that the namespace sees in the starter memory."""
        wanted = list(ids)
        with self._database.guarded() as connection:
            known = set(current_ids(connection, namespace, wanted))
            starter = self._known.entries(connection)
            return known | {one for one in wanted if one in starter and self._sees(connection, namespace, one)}

    def known_trajectories(self, namespace: Namespace, ids: Iterable[str]) -> set[str]:
        """Return those of `ids` that are stored."""
        with self._database.guarded() as connection:
            return trajectories.known_trajectories(connection, namespace, list(ids))

    def solved_questions(self, namespace: Namespace, questions: Iterable[str]) -> set[str]:
        """Return those of `questions` at which a right and finished attempt is stored."""
        with self._database.guarded() as connection:
            return trajectories.solved_questions(connection, namespace, list(questions))

    def get_entry(self, namespace: Namespace, entry_id: str) -> StoredEntry:
        """Return the entry that has, or had, this id, in its current wording; raises `NotFound`.

        Starter entries that the namespace sees are found as well.
        """
        with self._database.guarded() as connection:
            owner = self._owner_of(connection, namespace, entry_id)
            ids = current_ids(connection, owner, [entry_id])
            contents = entries.read_page(connection, owner, ids=list(ids.values()))
            found = stored_entries.complete_entries(connection, owner, contents, seen_in=namespace)
        if not found:
            raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
        return found[0]

    def get_trajectory(self, namespace: Namespace, trajectory_id: str) -> Trajectory:
        """Return one trajectory; raises `NotFound`."""
        with self._database.guarded() as connection:
            found = trajectories.read_trajectories(connection, namespace, ids=[trajectory_id])
        if not found:
            raise NotFound(f"no trajectory {trajectory_id!r} in namespace {namespace}")
        return found[0][1]

    def get_steps(self, namespace: Namespace, trajectory_id: str) -> list[Step]:
        """Return what a trajectory was split into, in order; empty if it was not. Raises `NotFound`."""
        with self._database.guarded() as connection:
            if not trajectories.known_trajectories(connection, namespace, [trajectory_id]):
                raise NotFound(f"no trajectory {trajectory_id!r} in namespace {namespace}")
            return steps.read_steps(connection, namespace, trajectory_id)

    def list_links(
        self,
        namespace: Namespace,
        *,
        entry_id: str | None = None,
        trajectory_id: str | None = None,
        limit: int = 1000,
    ) -> list[RecognisedLink]:
        """Return passages in which known entries were recognised, the most similar first, narrowed by what is given."""
        with self._database.guarded() as connection:
            ids = current_ids(connection, namespace, [entry_id]) if entry_id else {}
            wanted = ids.get(entry_id, entry_id) if entry_id else None
            return links.read_links(connection, namespace, entry_id=wanted, trajectory_id=trajectory_id, limit=limit)

    def list_entries(
        self,
        namespace: Namespace,
        *,
        ids: Sequence[str] | None = None,
        kind: EntryKind | None = None,
        after: str = "",
        limit: int = 1000,
        unverified: bool = False,
    ) -> list[StoredEntry]:
        """Return entries ordered by id, those after the id `after` (for paging), at most `limit`; of `ids` if given.

        Those that are `unverified` came by an import, and nobody has verified them.
        """
        with self._database.guarded() as connection:
            if unverified:
                marked = trust_marks.imported_ids(connection, namespace)
                ids = sorted(marked if ids is None else marked & set(ids))
            contents = entries.read_page(connection, namespace, ids=ids, kind=kind, after=after, limit=limit)
            return stored_entries.complete_entries(connection, namespace, contents, seen_in=namespace)

    def list_concepts_named(self, namespace: Namespace, names: Sequence[str]) -> list[StoredEntry]:
        """Return the concepts with these names, in any case and with any blanks: its own, then those of the starter.

        All concepts are read for it.
        """
        with self._database.guarded() as connection:
            own = entries.read_named(connection, namespace, names)
            seen = self._known.seen(connection, namespace)
            starter = entries.read_named(connection, STARTER_NAMESPACE, names) if seen else {}
            found = stored_entries.complete_entries(connection, namespace, own, seen_in=namespace)
            others = stored_entries.complete_entries(connection, STARTER_NAMESPACE, starter, seen_in=namespace)
            return [*found, *(one for one in others if one.id in seen)]

    def list_worded_by(self, namespace: Namespace, extractor: str) -> list[StoredEntry]:
        """Return the entries that an extractor worded, ordered by id. All entries are read for it."""
        with self._database.guarded() as connection:
            ids = entries.ids_worded_by(connection, namespace, extractor)
            contents = entries.read_page(connection, namespace, ids=ids)
            return stored_entries.complete_entries(connection, namespace, contents, seen_in=namespace)

    def list_trajectories(
        self, namespace: Namespace, *, after: str = "", limit: int = 1000
    ) -> list[tuple[str, Trajectory]]:
        """Return (id, trajectory) ordered by id, those after the id `after` (for paging), at most `limit`."""
        with self._database.guarded() as connection:
            return trajectories.read_trajectories(connection, namespace, after=after, limit=limit)

    def count_by_extractor(self, namespace: Namespace) -> dict[str, int]:
        """Return how many trajectories each extractor read, by its name; those that none read are left out."""
        with self._database.guarded() as connection:
            return trajectories.count_by_extractor(connection, namespace)

    def list_drafts(
        self,
        namespace: Namespace,
        *,
        states: Sequence[DraftState] = (DraftState.WAITING,),
        ids: Sequence[str] | None = None,
        after: str = "",
        limit: int = 1000,
    ) -> list[Draft]:
        """Return drafts in one of these states, ordered by id, those after the id `after`, at most `limit`.

        Of `ids` if given. One that was rejected has no content, and cannot be asked for.
        """
        with self._database.guarded() as connection:
            return drafts.read_drafts(connection, namespace, states=states, ids=ids, after=after, limit=limit)

    def draft_states(self, namespace: Namespace, ids: Iterable[str]) -> dict[str, DraftState]:
        """Return the state of those of `ids` that are drafts, or were rejected."""
        with self._database.guarded() as connection:
            return drafts.read_states(connection, namespace, list(ids))

    def known_completions(self, namespace: Namespace, digests: Iterable[str]) -> dict[str, KeptCompletion]:
        """Return the answers that are kept to requests, by the digests of those that have one."""
        with self._database.guarded() as connection:
            found = completions.read_completions(connection, namespace, list(digests))
        return {one.digest: one for one in found}

    def list_merges(
        self, namespace: Namespace, *, verdict: MergeVerdict | None = None, after: str = "", limit: int = 1000
    ) -> list[Merge]:
        """Return pairs that were judged to be one entry or two, the most similar first; see `Merge.pair`."""
        with self._database.guarded() as connection:
            return merges.read_merges(connection, namespace, verdict=verdict, after=after, limit=limit)

    def list_namespaces(self) -> list[Namespace]:
        """Return every namespace that exists, by name; also the reserved one if it holds the starter memory."""
        with self._database.guarded() as connection:
            return list(self._known.records(connection))

    def get_namespace(self, namespace: Namespace) -> NamespaceRecord:
        """Return what is known of a namespace; raises `NotFound`."""
        # Every request asks this: without the lock, which searches hold for milliseconds.
        if record := self._known.cached(namespace):
            return record
        with self._database.guarded() as connection:
            return self._known.get(connection, namespace)

    def starter_ids(self, namespace: Namespace) -> Collection[str]:
        """Return the ids of the starter entries that a namespace sees."""
        with self._database.guarded() as connection:
            return self._known.seen(connection, namespace).keys()

    def list_starter_entries(
        self, namespace: Namespace, *, kind: EntryKind | None = None, after: str = "", limit: int = 1000
    ) -> list[StoredEntry]:
        """Return the starter entries that a namespace sees, in pages like those of `list_entries`."""
        with self._database.guarded() as connection:
            seen = list(self._known.seen(connection, namespace))
            contents = entries.read_page(connection, STARTER_NAMESPACE, ids=seen, kind=kind, after=after, limit=limit)
            return stored_entries.complete_entries(connection, STARTER_NAMESPACE, contents, seen_in=namespace)

    def _owner_of(self, connection: duckdb.DuckDBPyConnection, namespace: Namespace, entry_id: str) -> Namespace:
        """Return the namespace whose rows hold an entry: the starter memory if the namespace sees the entry there."""
        return STARTER_NAMESPACE if entry_id in self._known.seen(connection, namespace) else namespace

    def _sees(self, connection: duckdb.DuckDBPyConnection, namespace: Namespace, entry_id: str) -> bool:
        """Whether a namespace sees a starter entry; one that does not exist yet will see it."""
        exists = namespace in self._known.records(connection)
        return not exists or entry_id in self._known.seen(connection, namespace)

    def stats(self, namespace: Namespace) -> StoreStats:
        """Return the counts of what a namespace holds."""
        with self._database.guarded() as connection:
            return read_stats(connection, namespace)

    def domains(self, namespace: Namespace) -> set[str]:
        """Return the domains of the entries that a namespace has, and of starter entries if it sees them."""
        with self._database.guarded() as connection:
            owners = [namespace, STARTER_NAMESPACE] if self._known.seen(connection, namespace) else [namespace]
            return {domain for owner in owners for domain, _ in count_by(connection, owner, "domain")}

    def calibrations(self, namespace: Namespace) -> list[StoredCalibration]:
        """Return the calibrations of a namespace, also those for the vectors of earlier encoders."""
        with self._database.guarded() as connection:
            return list_calibrations(connection, namespace)

    def history(self, namespace: Namespace, entry_id: str) -> list[EntryVersion]:
        """Return every wording of the entry that has, or had, this id, oldest first; raises `NotFound`."""
        with self._database.guarded() as connection:
            found = read_versions(connection, self._owner_of(connection, namespace, entry_id), entry_id)
        if not found:
            raise NotFound(f"no entry {entry_id!r} in namespace {namespace}")
        return found

    def list_generations(self) -> list[Generation]:
        """Return every generation of vectors, by number."""
        with self._database.guarded() as connection:
            return read_generations(connection)
