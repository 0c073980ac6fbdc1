"""Operations on namespaces: list, make, change what they are set to, forget, count, and look for duplicates."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from annotated_types import MaxLen

from midthought.api.caller_key import CallerKey
from midthought.api.operations.request import After, CallerRequest, MemoryCore, Request, Route, StoreList
from midthought.api.operations.retention_shapes import ChangeJson
from midthought.api.operations.shapes import MergeJson, NamespaceJson, StatsJson
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace, NamespaceRecord
from midthought.memory.records.store_stats import StoreStats

_NAMESPACE = "/v1/namespaces/{namespace}"


@dataclass(frozen=True, slots=True)
class ForgottenNamespace:
    """How many entries went with their namespace."""

    namespace: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNamespaces(CallerRequest[list[NamespaceRecord]]):
    """Return every namespace that exists and that the key opens, by name."""

    route: ClassVar = Route("GET", "/v1/namespaces")
    result: ClassVar = list[NamespaceJson]

    def run_for(self, memory: MemoryCore, caller: CallerKey | None) -> list[NamespaceRecord]:
        """Read them from the store. A key must not learn the names of namespaces that it does not open."""
        found = memory.store.reader.list_namespaces()
        # The reserved namespace of the starter memory is no namespace of the user's.
        names = [one for one in found if one != STARTER_NAMESPACE and (caller is None or caller.opens(one))]
        return [memory.store.reader.get_namespace(one) for one in names]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetNamespace(Request[NamespaceRecord]):
    """Return what a namespace is set to."""

    route: ClassVar = Route("GET", _NAMESPACE)
    result: ClassVar = NamespaceJson
    tagged: ClassVar = True

    def run(self, memory: MemoryCore, namespace: Namespace) -> NamespaceRecord:
        """Read it from the store."""
        return memory.store.reader.get_namespace(namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNamespace(Request[NamespaceRecord]):
    """Make a namespace that holds nothing; of one that exists only `starter` is set."""

    route: ClassVar = Route("PUT", _NAMESPACE, Scope.WRITE)
    result: ClassVar = NamespaceJson
    tagged: ClassVar = True
    guarded_by: ClassVar = GetNamespace
    makes_namespace: ClassVar = True

    starter: bool = True
    """whether it sees the starter memory"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> NamespaceRecord:
        """Write it to the store."""
        memory.store.writer.put_namespace(namespace, starter=self.starter)
        return memory.store.reader.get_namespace(namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNamespace(Request[NamespaceRecord]):
    """Change what an existing namespace is set to; what is not given stays."""

    route: ClassVar = Route("PATCH", _NAMESPACE, Scope.WRITE)
    result: ClassVar = NamespaceJson
    example: ClassVar[dict[str, Any]] = {"starter": True, "retention": {"runs": {"max_days": 30}}}
    tagged: ClassVar = True
    guarded_by: ClassVar = GetNamespace

    starter: bool | None = None
    """whether it sees the starter memory"""
    retention: ChangeJson | None = None
    """how long what it records is kept: a kind that is given gets just that limit"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> NamespaceRecord:
        """Write it to the store."""
        if self.starter is not None:
            memory.store.writer.switch_starter(namespace, starter=self.starter)
        if self.retention is not None:
            memory.store.writer.change_retention(namespace, self.retention)
        return memory.store.reader.get_namespace(namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetNamespace(Request[ForgottenNamespace]):
    """Forget everything of the namespace, and that it exists: `confirm` repeats its name."""

    route: ClassVar = Route("DELETE", _NAMESPACE, Scope.ADMIN)
    result: ClassVar = ForgottenNamespace
    guarded_by: ClassVar = GetNamespace

    confirm: Annotated[str, MaxLen(200)]
    """the namespace's name once more"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> ForgottenNamespace:
        """Remove it from the store."""
        if self.confirm != namespace.name:
            raise BadInput(
                f"confirm must repeat the namespace {namespace.name!r}, got {self.confirm!r}: nothing was forgotten"
            )
        entries = memory.store.writer.forget_namespace(namespace)
        memory.sessions.close_namespace(namespace)
        return ForgottenNamespace(namespace.name, entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStats(Request[StoreStats]):
    """Count what a namespace holds, and say which calibration decides whether recall answers."""

    route: ClassVar = Route("GET", f"{_NAMESPACE}/stats")
    result: ClassVar = StatsJson

    def run(self, memory: MemoryCore, namespace: Namespace) -> StoreStats:
        """Count in the store, and ask its open indexes."""
        from midthought.retrieval.abstention.calibration_in_use import describe_calibration

        return replace(
            memory.store.reader.stats(namespace),
            starter=len(memory.store.reader.starter_ids(namespace)),
            index=memory.store.searcher.index_position(namespace),
            indexes=memory.store.searcher.index_notes(namespace),
            calibration=describe_calibration(memory.store, memory.encoder.identity, namespace),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDuplicates(StoreList[list[Merge]]):
    """Return pairs of entries that looked alike, the most alike first: merged into one, or kept apart, and why."""

    route: ClassVar = Route("GET", f"{_NAMESPACE}/duplicates")
    result: ClassVar = list[MergeJson]
    reads: ClassVar = "list_merges"

    verdict: MergeVerdict | None = None
    """only pairs that were merged, or that were refused"""
    after: After = ""
    """the `entry_id` and the `other_id` of the last item of the page before, with a comma between them"""
