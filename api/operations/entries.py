"""Operations on entries: list, get, add, revise, verify, forget, and the history of one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import MaxLen, MinLen

from midthought.api.operations.codec import read_value
from midthought.api.operations.request import Limit, MemoryCore, PageRequest, Request, Route, StoreRead
from midthought.api.operations.shapes import EntryJson, LinkJson, StoredJson, VersionJson
from midthought.api.text_validation import check_entry, check_text
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.api_key import Scope
from midthought.memory.records.entry import EntryKind, EntryVersion, Origin, Provenance, StoredEntry
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.keys import entry_keys
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from midthought.retrieval.encoders.base import Encoder

_ENTRIES = "/v1/namespaces/{namespace}/entries"
_ENTRY = f"{_ENTRIES}/{{entry_id}}"

MAX_ENTRIES = 1000
"""Entries that one request adds."""
Source = Annotated[str, MinLen(1), MaxLen(200)]


@dataclass(frozen=True, slots=True)
class Added:
    """What was stored: an id for every entry given, in order, and how many were new."""

    ids: tuple[str, ...]
    new: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed: an entry, or a trajectory with the entries that came from it alone.

    An entry of the starter memory is shared, so it is not removed, but `hidden` from the namespace.
    """

    id: str
    trajectories: int
    entries: int
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries by id; ask again with ``after`` = `next` until that is null."""

    items: tuple[StoredJson, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntries(PageRequest[EntryPage]):
    """Return entries by id, page by page: the namespace's own, or those of the starter memory that it sees."""

    route: ClassVar = Route("GET", _ENTRIES)
    result: ClassVar = EntryPage

    kind: EntryKind | None = None
    origin: Origin = Origin.OWN
    unverified: bool = False
    """only those that came by an import and that nobody has verified"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> EntryPage:
        """List them in the store."""
        found = self._read(memory, namespace)
        return EntryPage(tuple(found), found[-1].id if len(found) == self.limit else None)

    def _read(self, memory: MemoryCore, namespace: Namespace) -> list[StoredEntry]:
        reader = memory.store.reader
        if self.origin is Origin.OWN:
            return reader.list_entries(
                namespace, kind=self.kind, after=self.after, limit=self.limit, unverified=self.unverified
            )
        if self.unverified:
            return []  # the starter memory ships
        return reader.list_starter_entries(namespace, kind=self.kind, after=self.after, limit=self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEntry(StoreRead[StoredEntry]):
    """Return the entry that has, or had, this id, in its wording now."""

    route: ClassVar = Route("GET", _ENTRY)
    result: ClassVar = StoredJson
    tagged: ClassVar = True
    reads: ClassVar = "get_entry"

    entry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetHistory(StoreRead[list[EntryVersion]]):
    """Return every wording of the entry that has, or had, this id, oldest first."""

    route: ClassVar = Route("GET", f"{_ENTRY}/history")
    result: ClassVar = list[VersionJson]
    reads: ClassVar = "history"

    entry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLinks(Request[list[RecognisedLink]]):
    """Return passages in which the entry that has, or had, this id was recognised, the most similar first.

    Nothing was learnt from them: what an entry was learnt from is its provenance.
    """

    route: ClassVar = Route("GET", f"{_ENTRY}/links")
    result: ClassVar = list[LinkJson]

    entry_id: str
    limit: Limit = 100
    """the largest number of items in the answer"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[RecognisedLink]:
        """Read them from the store; an entry that does not exist is an error."""
        stored = memory.store.reader.get_entry(namespace, self.entry_id)
        return memory.store.reader.list_links(namespace, entry_id=stored.id, limit=self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEntries(Request[Added]):
    """Store entries of your own, all or none. Those already there only gain the source."""

    route: ClassVar = Route("POST", _ENTRIES, Scope.WRITE, status=201)
    result: ClassVar = Added
    makes_namespace: ClassVar = True

    entries: Annotated[tuple[EntryJson, ...], MinLen(1), MaxLen(MAX_ENTRIES)]
    source: Source = "own"
    """who says so, kept as provenance"""
    dry_run: bool = False
    """check everything and say what would be new; nothing is stored"""

    def __post_init__(self) -> None:
        check_text(self.source, place="source")
        for number, entry in enumerate(self.entries, start=1):
            check_entry(entry, place=f"entry {number}")

    def run(self, memory: MemoryCore, namespace: Namespace) -> Added:
        """Encode those that are not stored yet, and write all in one batch."""
        from midthought.ingest.ingestion import Ingestion

        # The same entry may be given twice in one call.
        distinct = {entry.id: (entry, (Provenance(None, self.source),)) for entry in self.entries}
        if self.dry_run:
            known = memory.store.reader.known_entries(namespace, distinct)
            return Added(tuple(entry.id for entry in self.entries), new=len(distinct) - len(known))
        ingestion = Ingestion(memory.store, memory.current, namespace)
        # Not under the lock of ingestions: additions that come at the same time share a commit.
        new = ingestion.retry(lambda fixed: fixed.write_entries(distinct))
        return Added(tuple(entry.id for entry in self.entries), new=new)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseEntry(Request[StoredEntry]):
    """Let a new wording take an entry's place: its version counts up, and its id is that of the new wording.

    If only `asked_as` changed, this is the same id.
    """

    route: ClassVar = Route("PUT", _ENTRY, Scope.WRITE)
    result: ClassVar = StoredJson
    tagged: ClassVar = True
    guarded_by: ClassVar = GetEntry

    entry_id: str
    entry: EntryJson
    source: Source = "own"
    """who says so, kept as provenance"""

    def __post_init__(self) -> None:
        Request.__post_init__(self)
        check_text(self.source, place="source")
        check_entry(self.entry, place="the new wording")

    def run(self, memory: MemoryCore, namespace: Namespace) -> StoredEntry:
        """Encode the new wording and store it in the place of the old one."""
        from midthought.memory.records.batch import EntryWrite

        def revise(encoder: "Encoder") -> int:
            vectors = encoder.encode_documents([key.text for key in entry_keys(self.entry)])
            write = EntryWrite(self.entry, (Provenance(None, self.source),), vectors)
            return memory.store.writer.revise_entry(namespace, self.entry_id, write, encoder=encoder.identity)

        # The encoder may be switched by a reindex while this runs; `use` encodes again with the new one then.
        memory.current.use(revise)
        return memory.store.reader.get_entry(namespace, self.entry.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEntry(Request[StoredEntry]):
    """Say that you have read an entry and trust its text: its `trust` is ``own`` from then on."""

    route: ClassVar = Route("POST", f"{_ENTRY}/verify", Scope.WRITE)
    result: ClassVar = StoredJson

    entry_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> StoredEntry:
        """Write it to the store."""
        memory.store.writer.verify_entry(namespace, self.entry_id)
        return memory.store.reader.get_entry(namespace, self.entry_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchEntry(Request[StoredEntry]):
    """Change some fields of an entry, as `ReviseEntry` lets a whole new wording take its place."""

    route: ClassVar = Route("PATCH", _ENTRY, Scope.WRITE)
    result: ClassVar = StoredJson
    tagged: ClassVar = True
    guarded_by: ClassVar = GetEntry
    example: ClassVar = {"changes": {"suggestion": "Take the kettle off the stove, and open a window."}}

    entry_id: str
    changes: dict[str, Any]
    """the new values of fields by name, as an entry of this kind has them; fields that are not named stay"""
    source: Source = "own"
    """who says so, kept as provenance"""

    def __post_init__(self) -> None:
        Request.__post_init__(self)
        check_text(self.source, place="source")
        if not self.changes:
            raise BadInput("no field is named: nothing would change", place="changes")

    def run(self, memory: MemoryCore, namespace: Namespace) -> StoredEntry:
        """Read the present wording, and store the changed one in its place."""
        stored = memory.store.reader.get_entry(namespace, self.entry_id)
        changed = read_value(EntryJson, entry_to_dict(stored.entry) | self.changes, place="changes")
        if changed.kind is not stored.entry.kind:
            raise BadInput(f"an entry stays a {stored.entry.kind}, got kind {changed.kind!r}", place="changes")
        revising = ReviseEntry(entry_id=self.entry_id, entry=changed, source=self.source)
        return revising.run(memory, namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetEntry(Request[Forgotten]):
    """Forget the entry that has, or had, this id, with every wording."""

    route: ClassVar = Route("DELETE", _ENTRY, Scope.WRITE)
    result: ClassVar = Forgotten
    guarded_by: ClassVar = GetEntry

    entry_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> Forgotten:
        """Remove it from the store, or hide it if it belongs to the starter memory."""
        if self.entry_id.startswith("t-"):
            raise NotFound(f"no entry {self.entry_id!r} in namespace {namespace}: trajectories are under /trajectories")
        own = memory.store.writer.forget_entry(namespace, self.entry_id) is Origin.OWN
        return Forgotten(self.entry_id, trajectories=0, entries=int(own), hidden=int(not own))
