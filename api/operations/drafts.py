"""Operations on drafts: list what waits for a person, accept it, reject it, give it another wording."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import MaxLen

from midthought.api.operations.request import MemoryCore, PageRequest, Request, Route
from midthought.api.operations.shapes import DraftJson, EntryJson
from midthought.api.text_validation import check_entry, check_id
from midthought.memory.records.api_key import Scope
from midthought.memory.records.draft import Draft, DraftState
from midthought.memory.records.namespace import Namespace

_DRAFTS = "/v1/namespaces/{namespace}/drafts"
MAX_DRAFTS = 1000
"""Drafts that one request decides on."""
Ids = Annotated[tuple[str, ...], MaxLen(MAX_DRAFTS)]


@dataclass(frozen=True, slots=True)
class DraftPage:
    """Drafts by id; ask again with ``after`` = `next` until that is null."""

    items: tuple[DraftJson, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What drafts became: for each the id of its entry, and how many of these were not stored before.

    The id is another one than the draft's if a near copy was stored already, which then has the draft's sources.
    """

    entries: tuple[str, ...]
    new: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """The ids of drafts that do not come back."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDrafts(PageRequest[DraftPage]):
    """Return drafts that wait for a person by id, page by page. Recall serves none of them."""

    route: ClassVar = Route("GET", _DRAFTS)
    result: ClassVar = DraftPage

    quarantined: bool = False
    """those of traces that held-out texts overlap, instead of those that wait"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> DraftPage:
        """List them in the store."""
        states = (DraftState.QUARANTINED if self.quarantined else DraftState.WAITING,)
        found = memory.store.reader.list_drafts(namespace, states=states, after=self.after, limit=self.limit)
        return DraftPage(tuple(found), found[-1].id if len(found) == self.limit else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDrafts(Request[Accepted]):
    """Store drafts as entries, all or none; a near copy of a stored entry gives that entry its sources instead."""

    route: ClassVar = Route("POST", f"{_DRAFTS}/accept", Scope.WRITE)
    result: ClassVar = Accepted

    ids: Ids

    def __post_init__(self) -> None:
        _check_ids(self.ids)

    def run(self, memory: MemoryCore, namespace: Namespace) -> Accepted:
        """Encode them, and write them by the same path as what is learnt from a trace."""
        from midthought.ingest.accept_drafts import accept_drafts
        from midthought.ingest.ingestion import Ingestion

        ids = tuple(dict.fromkeys(self.ids))
        ingestion = Ingestion(memory.store, memory.current, namespace)
        kept, new = ingestion.write(lambda fixed: accept_drafts(fixed, ids))
        return Accepted(tuple(kept[one] for one in self.ids), new)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectDrafts(Request[Rejected]):
    """Delete drafts, all or none. Their ids are remembered, so that the same drafts do not come back."""

    route: ClassVar = Route("POST", f"{_DRAFTS}/reject", Scope.WRITE)
    result: ClassVar = Rejected

    ids: Ids

    def __post_init__(self) -> None:
        _check_ids(self.ids)

    def run(self, memory: MemoryCore, namespace: Namespace) -> Rejected:
        """Remove them from the store."""
        memory.store.writer.reject_drafts(namespace, self.ids)
        return Rejected(tuple(dict.fromkeys(self.ids)))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditDraft(Request[Draft]):
    """Give a draft another wording, and return it: it keeps its sources and waits on. The old wording is rejected."""

    route: ClassVar = Route("PUT", f"{_DRAFTS}/{{draft_id}}", Scope.WRITE)
    result: ClassVar = DraftJson

    draft_id: str
    entry: EntryJson

    def __post_init__(self) -> None:
        Request.__post_init__(self)
        check_entry(self.entry, place="the new wording")

    def run(self, memory: MemoryCore, namespace: Namespace) -> Draft:
        """Replace it in the store."""
        return memory.store.writer.edit_draft(namespace, self.draft_id, self.entry)


def _check_ids(ids: tuple[str, ...]) -> None:
    for one in ids:
        check_id(one)
