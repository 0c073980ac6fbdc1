"""Namespaces: list, make, switch the starter memory, forget."""

from typing import Annotated

from fastapi import APIRouter, Query

from midthought.api.rest.access import Caller, Owner
from midthought.api.rest.models import ForgottenNamespaceModel, NamespaceBody, NamespaceModel, SwitchBody
from midthought.api.rest.state import Library
from midthought.api.wire import Record, namespace_to_dict
from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace

router = APIRouter(prefix="/v1/namespaces", tags=["namespaces"])

Confirm = Annotated[str, Query(max_length=200, description="the namespace's name once more")]


@router.get("", response_model=list[NamespaceModel])
def list_namespaces(caller: Caller, memory: Library) -> list[Record]:
    """Return every namespace that exists and that the key opens, by name."""
    found = [one for one in memory.namespaces() if caller is None or caller.opens(Namespace(one.name))]
    return [namespace_to_dict(one) for one in found]


@router.put("/{namespace}", response_model=NamespaceModel)
def create_namespace(owner: Owner, memory: Library, body: NamespaceBody | None = None) -> Record:
    """Make a namespace that holds nothing; of one that exists only `starter` is set."""
    return namespace_to_dict(memory.create_namespace(owner, starter=body.starter if body else True))


@router.patch("/{namespace}", response_model=NamespaceModel)
def set_namespace(owner: Owner, memory: Library, body: SwitchBody) -> Record:
    """Let an existing namespace see the starter memory, or not."""
    return namespace_to_dict(memory.set_namespace(owner, starter=body.starter))


@router.delete("/{namespace}", response_model=ForgottenNamespaceModel)
def forget_namespace(owner: Owner, memory: Library, confirm: Confirm) -> Record:
    """Forget everything of the namespace, which then exists no more: `confirm` repeats its name."""
    if confirm != owner.name:
        raise BadInput(f"confirm must repeat the namespace {owner.name!r}, got {confirm!r}: nothing was forgotten")
    return {"namespace": owner.name, "entries": memory.forget_namespace(owner)}
