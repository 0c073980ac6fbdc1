"""The methods of a memory, written once for `Memory` and `Client`; those of `AsyncClient` are made from this file.

Each method makes one request and sends it. How the request travels, the transport decides.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self, TypeVar

from midthought.api.argument_checks import check_arguments
from midthought.api.operations.calibration import Calibrated, ClearCalibration, make_calibrate
from midthought.api.operations.concepts import ComposeConcepts
from midthought.api.operations.entries import (
    Added,
    AddEntries,
    ForgetEntry,
    Forgotten,
    GetEntry,
    GetHistory,
    ListEntries,
    ListLinks,
    PatchEntry,
    ReviseEntry,
    VerifyEntry,
)
from midthought.api.operations.namespaces import (
    CreateNamespace,
    ForgetNamespace,
    GetNamespace,
    GetStats,
    ListDuplicates,
    ListNamespaces,
    SetNamespace,
)
from midthought.api.operations.recall import make_recall
from midthought.api.operations.recall_batch import RecallBatch
from midthought.api.operations.request import Request
from midthought.api.operations.trajectories import ForgetTrajectory
from midthought.api.python.upkeep_interface import UpkeepInterface
from midthought.api.recall_arguments import Moment, as_namespace, read_choice
from midthought.ingest.concepts.composition import Composition
from midthought.memory.records.calibration_state import CalibrationState
from midthought.memory.records.entry import Entry, EntryKind, EntryVersion, Origin, StoredEntry
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace, NamespaceRecord
from midthought.memory.records.retention import RetentionChange
from midthought.memory.records.store_stats import StoreStats
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.hits import RecallResult

if TYPE_CHECKING:
    pass

Result = TypeVar("Result")


@check_arguments
class MemoryInterface(UpkeepInterface):
    """The methods of a memory. They take the namespace by name."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the directory, its indexes checkpointed, or the connections to the service."""
        self._transport.close()

    def send(self, request: Request[Result], *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Result:
        """Carry out one operation of `midthought.api.operations`; every other method is a short way to say this."""
        return self._transport.send(request, as_namespace(namespace))

    def recall(
        self,
        query: str,
        *,
        k: int = 5,
        kinds: Sequence[EntryKind | str] = (),
        domains: Sequence[str] = (),
        tags: Sequence[str] = (),
        outcomes: Sequence[Outcome | str] = (),
        sources: Sequence[str] = (),
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        min_similarity: float | None = None,
        min_score: float | None = None,
        exclude: Sequence[str] = (),
        exclude_question: str = "",
        for_question: str = "",
        max_tokens: int | None = None,
        deadline_ms: float | None = None,
        prefer_domain: str = "",
        shadow: bool | None = None,
        explain: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> RecallResult:
        """Return the best entries for a query, or an abstention with its reason; either way leave a receipt.

        Every list that is not empty narrows the search to entries that have one of its values: their kind, domain, a
        tag, the outcome of a trajectory they were learnt from, a source. `since` and `until` (itself left out) bound
        when they were stored. For `as_of` see `Recaller.recall`; `min_similarity`, `min_score` and `shadow` say when it
        abstains, see `RecallSettings`; `exclude`, `exclude_question`, `for_question`, `max_tokens`, `deadline_ms`: see
        `RecallLimits`.
        Entries of `prefer_domain` score higher. With `explain` the result and its hits have an `explanation`.
        """
        request = make_recall(
            query,
            k=k,
            kinds=kinds,
            domains=domains,
            tags=tags,
            outcomes=outcomes,
            sources=sources,
            since=since,
            until=until,
            as_of=as_of,
            min_similarity=min_similarity,
            min_score=min_score,
            exclude=exclude,
            exclude_question=exclude_question,
            for_question=for_question,
            max_tokens=max_tokens,
            deadline_ms=deadline_ms,
            prefer_domain=prefer_domain,
            shadow=shadow,
            explain=explain,
        )
        return self._transport.send(request, as_namespace(namespace))

    def recall_batch(
        self,
        queries: Sequence[str],
        *,
        k: int = 5,
        kinds: Sequence[EntryKind | str] = (),
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[RecallResult]:
        """Return what `recall` returns for each of 1 to 100 queries, which are encoded together.

        Recalls that differ in more than their query go together through the route ``recall:batch`` of a service.
        """
        request = RecallBatch(recalls=tuple(make_recall(query, k=k, kinds=kinds) for query in queries))
        return self._transport.send(request, as_namespace(namespace))

    def calibrate(
        self,
        queries: Sequence[JudgedQuery],
        *,
        error_rate: float = 0.05,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> Calibrated:
        """Fit to judged queries when recall answers in a namespace, until the memory moves to another encoder.

        Of later queries like those without a useful entry, about the share `error_rate` is answered. At least 20
        queries with a right entry among the first three hits are needed, and 20 without any. The result says how many
        of these queries are answered, and has a `warning` if `error_rate` is too small for their number. Raises
        `BadInput` for fewer, and for ids of no entry.
        """
        return self._transport.send(make_calibrate(queries, error_rate=error_rate), as_namespace(namespace))

    def clear_calibration(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> CalibrationState:
        """Remove what `calibrate` fitted for a namespace, and return what decides from now on when recall answers."""
        return self._transport.send(ClearCalibration(), as_namespace(namespace))

    def add_entries(
        self,
        entries: Sequence[Entry],
        *,
        source: str = "own",
        dry_run: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> Added:
        """Store entries of your own, together; those already stored only gain `source` as provenance.

        An entry of the starter memory is copied into the namespace, and is not new. Raises `BadInput` for an entry
        whose key or body is blank, or that holds text which cannot be stored. With `dry_run` nothing is stored: the
        result says what would be.
        """
        request = AddEntries(entries=tuple(entries), source=source, dry_run=dry_run)
        return self._transport.send(request, as_namespace(namespace))

    def revise(
        self, entry_id: str, entry: Entry, *, source: str = "own", namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> StoredEntry:
        """Replace the wording of an entry and return the entry; the old wording stays in its history.

        The version counts up, the id is that of the new wording (the same if only `asked_as` changed), and the entry
        gains `source`.
        The current wording given again changes no version. `entry_id` may be that of an earlier wording; an entry of
        the starter memory is copied into the namespace first.
        Raises `NotFound`, and `BadInput` for an entry that cannot be stored or that is another entry already.
        """
        request = ReviseEntry(entry_id=entry_id, entry=entry, source=source)
        return self._transport.send(request, as_namespace(namespace))

    def patch(
        self,
        entry_id: str,
        changes: Mapping[str, object],
        *,
        source: str = "own",
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> StoredEntry:
        """Change the fields of an entry that `changes` names, and return the entry; see `revise`.

        Values are as JSON would hold them. Raises `NotFound`, and `BadInput` for a field that the entry has not.
        """
        request = PatchEntry(entry_id=entry_id, changes=dict(changes), source=source)
        return self._transport.send(request, as_namespace(namespace))

    def get(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoredEntry:
        """Return the entry that has, or had, this id, in its current wording; raises `NotFound`."""
        return self._transport.send(GetEntry(entry_id=entry_id), as_namespace(namespace))

    def history(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[EntryVersion]:
        """Return every wording of the entry that has, or had, this id, oldest first; raises `NotFound`."""
        return self._transport.send(GetHistory(entry_id=entry_id), as_namespace(namespace))

    def links(
        self, entry_id: str, *, limit: int = 100, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[RecognisedLink]:
        """Return passages in which an entry was recognised, the most similar first; raises `NotFound`.

        Nothing was learnt from them: what an entry was learnt from is its provenance.
        """
        return self._transport.send(ListLinks(entry_id=entry_id, limit=limit), as_namespace(namespace))

    def list_entries(
        self,
        *,
        kind: EntryKind | str | None = None,
        after: str = "",
        limit: int = 1000,
        origin: Origin | str = Origin.OWN,
        unverified: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[StoredEntry]:
        """Return entries ordered by id, those after the id `after`, at most `limit`.

        They are the namespace's own, or those of the starter memory that it sees. Those that are `unverified` came by
        an import, and nobody has verified them.
        """
        wanted = None if kind is None else read_choice("kind", kind, EntryKind)
        owner = read_choice("origin", origin, Origin)
        request = ListEntries(after=after, limit=limit, kind=wanted, origin=owner, unverified=unverified)
        page = self._transport.send(request, as_namespace(namespace))
        return list(page.items)

    def verify(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoredEntry:
        """Say that you have read an entry and trust its text: its trust is ``own`` from then on. Raises `NotFound`."""
        return self._transport.send(VerifyEntry(entry_id=entry_id), as_namespace(namespace))

    def forget(self, item_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Forgotten:
        """Forget an entry (``p-``, ``c-``, ``l-``, ``w-``) or a trajectory with all that came from it alone (``t-``).

        An entry goes with every wording it had, whichever of their ids is given. One of the starter memory, which
        others share, is hidden from this namespace. Raises `NotFound`.
        """
        if item_id.startswith("t-"):
            return self._transport.send(ForgetTrajectory(trajectory_id=item_id), as_namespace(namespace))
        return self._transport.send(ForgetEntry(entry_id=item_id), as_namespace(namespace))

    def duplicates(
        self,
        *,
        verdict: MergeVerdict | str | None = None,
        after: str = "",
        limit: int = 100,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[Merge]:
        """Return pairs of similar entries, the most similar first: all, or those with one verdict.

        For the next page give the `pair` of the last one as `after`.
        """
        wanted = None if verdict is None else read_choice("verdict", verdict, MergeVerdict)
        request = ListDuplicates(verdict=wanted, after=after, limit=limit)
        return self._transport.send(request, as_namespace(namespace))

    def concepts(self, *, starter: bool = False, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Composition:
        """Return the concepts by name, each with those that can fill its parameters; see `Composition`."""
        return self._transport.send(ComposeConcepts(starter=starter), as_namespace(namespace))

    def stats(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoreStats:
        """Return the counts of a namespace."""
        return self._transport.send(GetStats(), as_namespace(namespace))

    def namespaces(self) -> list[NamespaceRecord]:
        """Return every namespace that exists (over HTTP: and that the key opens), by name."""
        return self._transport.send(ListNamespaces(), DEFAULT_NAMESPACE)

    def get_namespace(self, namespace: str | Namespace) -> NamespaceRecord:
        """Return what a namespace is set to; raises `NotFound`."""
        return self._transport.send(GetNamespace(), as_namespace(namespace))

    def create_namespace(self, namespace: str | Namespace, *, starter: bool = True) -> NamespaceRecord:
        """Create an empty namespace and return it; if it exists, only `starter` is set.

        Without `starter` it does not see the starter memory. The first write to a namespace creates it as well.
        """
        return self._transport.send(CreateNamespace(starter=starter), as_namespace(namespace))

    def set_namespace(
        self, namespace: str | Namespace, *, starter: bool | None = None, retention: RetentionChange | None = None
    ) -> NamespaceRecord:
        """Set whether a namespace sees the starter memory, or how long it keeps what it records; raises `NotFound`."""
        return self._transport.send(SetNamespace(starter=starter, retention=retention), as_namespace(namespace))

    def forget_namespace(self, namespace: str | Namespace) -> int:
        """Remove a namespace with everything in it; return the number of removed entries. The name has no default.

        It can be created again, empty; `default` exists at once. `compact` then removes the last bytes from the files.
        Raises `NotFound`.
        """
        forgotten = self._transport.send(ForgetNamespace(confirm=str(namespace)), as_namespace(namespace))
        return forgotten.entries
