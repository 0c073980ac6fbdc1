"""Entries: list, get, add, revise, forget, recall."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from midthought.api.rest.access import Owner
from midthought.api.rest.entry_models import StoredModel
from midthought.api.rest.models import (
    AddBody,
    AddedModel,
    EntryPage,
    ForgottenModel,
    RecallBody,
    RecallModel,
    ReviseBody,
    VersionModel,
)
from midthought.api.rest.state import Library
from midthought.api.wire import Record, history_to_list
from midthought.memory.errors import NotFound
from midthought.memory.records.entry import EntryKind, Origin
from midthought.memory.records.entry_json import entry_from_dict, stored_to_dict

router = APIRouter(prefix="/v1/namespaces/{namespace}", tags=["entries"])

Limit = Annotated[int, Query(ge=1, le=1000, description="the largest number of items in the answer")]
After = Annotated[str, Query(max_length=200, description="the `next` of the page before")]


@router.get("/entries", response_model=EntryPage, response_model_exclude_unset=True)
def list_entries(
    owner: Owner,
    memory: Library,
    after: After = "",
    limit: Limit = 100,
    kind: EntryKind | None = None,
    origin: Origin = Origin.OWN,
) -> Record:
    """Return entries by id, page by page: the namespace's own, or those of the starter memory that it sees."""
    found = memory.list_entries(namespace=owner, after=after, limit=limit, kind=kind, origin=origin)
    return {"items": [stored_to_dict(one) for one in found], "next": found[-1].id if len(found) == limit else None}


@router.get("/entries/{entry_id}", response_model=StoredModel, response_model_exclude_unset=True)
def get_entry(owner: Owner, memory: Library, entry_id: str) -> Record:
    """Return the entry that has, or had, this id, in its wording now."""
    return stored_to_dict(memory.get(entry_id, namespace=owner))


@router.get("/entries/{entry_id}/history", response_model=list[VersionModel], response_model_exclude_unset=True)
def get_history(owner: Owner, memory: Library, entry_id: str) -> list[Record]:
    """Return every wording of the entry that has, or had, this id, oldest first."""
    return history_to_list(memory.history(entry_id, namespace=owner))


@router.put("/entries/{entry_id}", response_model=StoredModel, response_model_exclude_unset=True)
def revise_entry(owner: Owner, memory: Library, entry_id: str, body: ReviseBody) -> Record:
    """Let a new wording take an entry's place: its version counts up, and its id is that of the new wording."""
    entry = entry_from_dict(body.entry.model_dump(), place="entry")
    return stored_to_dict(memory.revise(entry_id, entry, source=body.source, namespace=owner))


@router.post("/entries", response_model=AddedModel, status_code=201)
def add_entries(owner: Owner, memory: Library, body: AddBody) -> Record:
    """Store entries of your own, all or none. Those already there only gain the source."""
    entries = [
        entry_from_dict(entry.model_dump(), place=f"entry {place}") for place, entry in enumerate(body.entries, start=1)
    ]
    return asdict(memory.add_entries(entries, source=body.source, namespace=owner))


@router.delete("/entries/{entry_id}", response_model=ForgottenModel)
def forget_entry(owner: Owner, memory: Library, entry_id: str) -> Record:
    """Forget the entry that has, or had, this id, with every wording."""
    if entry_id.startswith("t-"):
        raise NotFound(f"no entry {entry_id!r} in namespace {owner}: trajectories are under /trajectories")
    return asdict(memory.forget(entry_id, namespace=owner))


@router.post("/recall", response_model=RecallModel, response_model_exclude_unset=True)
def recall(owner: Owner, memory: Library, body: RecallBody) -> Record:
    """Return the best entries for a query, or an abstention with its reason; either is status 200."""
    found = memory.recall(
        body.query,
        k=body.k,
        kinds=body.kinds,
        domains=body.domains,
        tags=body.tags,
        outcomes=body.outcomes,
        sources=body.sources,
        since=body.since,
        until=body.until,
        as_of=body.as_of,
        namespace=owner,
    )
    return found.to_dict()
