"""The operation on concepts: how those of a namespace compose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.ingest.concepts.composition import Composition
from midthought.memory.records.entry import Concept, EntryKind
from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from midthought.memory.records.entry import StoredEntry

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeConcepts(Request[Composition]):
    """Return the concepts by name, each with the concepts that can fill its parameters, by their types."""

    route: ClassVar = Route("GET", "/v1/namespaces/{namespace}/concepts")
    result: ClassVar = Composition

    starter: bool = False
    """those of the starter memory that the namespace sees as well"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Composition:
        """Read all concepts, and match their types."""
        from midthought.ingest.concepts.composition import compose

        reader = memory.store.reader
        found = _read_all(
            lambda after: reader.list_entries(namespace, kind=EntryKind.CONCEPT, after=after, limit=_PAGE)
        )
        if self.starter:
            found += _read_all(
                lambda after: reader.list_starter_entries(namespace, kind=EntryKind.CONCEPT, after=after, limit=_PAGE)
            )
        return compose((one.id, one.entry) for one in found if isinstance(one.entry, Concept))


def _read_all(read: Callable[[str], "list[StoredEntry]"]) -> "list[StoredEntry]":
    found = page = read("")
    while len(page) == _PAGE:
        page = read(page[-1].id)
        found = [*found, *page]
    return found
