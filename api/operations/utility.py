"""Operations on what entries do to the outcome of runs: list it, and let a retired entry be recalled again."""

from dataclasses import dataclass
from typing import ClassVar

from midthought.api.operations.request import After, MemoryCore, Request, Route, StoreList
from midthought.api.operations.shapes import UtilityJson
from midthought.memory.records.api_key import Scope
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.utility import EntryUtility


@dataclass(frozen=True, slots=True)
class RestoredEntry:
    """An entry that recall returns again; only runs from then on count."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUtility(StoreList[list[EntryUtility]]):
    """Return the effect of entries on the outcome of runs, with bounds: those that may harm most come first."""

    route: ClassVar = Route("GET", "/v1/namespaces/{namespace}/utility")
    result: ClassVar = list[UtilityJson]
    reads: ClassVar = "list_utilities"

    after: After = ""
    """the `entry_id` of the last item of the page before"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreEntry(Request[RestoredEntry]):
    """Let recall return an entry that its runs retired. Only runs from now on count for or against it."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/entries/{entry_id}/restore", Scope.WRITE)
    result: ClassVar = RestoredEntry

    entry_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> RestoredEntry:
        """Write it to the store."""
        memory.store.writer.restore_entry(namespace, self.entry_id)
        return RestoredEntry(self.entry_id)
