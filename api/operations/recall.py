"""The operation that finds entries, and those that read what was recorded of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le, MaxLen

from midthought.api.operations.entries import Limit
from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.shapes import RecallJson, ReceiptJson, RunJson
from midthought.api.recall_arguments import Moment, check_query, make_filter, read_moment, read_texts
from midthought.api.text_validation import check_text
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import EntryKind
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.recall_limits import RecallLimits

if TYPE_CHECKING:
    from midthought.retrieval.encoders.base import Encoder

Names = Annotated[tuple[str, ...], MaxLen(1000)]
MAX_DEADLINE = 3_600_000
"""The longest deadline, an hour: a thread cannot wait for every number of milliseconds."""
MAX_BUDGET = 10_000_000
"""The largest budget of tokens: more than the longest context of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Request[RecallResult]):
    """Return the best entries for a query, or an abstention with its reason; either is status 200."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/recall")
    result: ClassVar = RecallJson
    example: ClassVar[dict[str, Any]] = {"query": "How do I count arrangements when some items repeat?", "k": 3}

    query: Annotated[str, MaxLen(100_000)]
    k: Annotated[int, Ge(1), Le(1000)] = 5
    """the largest number of hits"""
    kinds: tuple[EntryKind, ...] = ()
    """empty for every kind"""
    domains: Names = ()
    """of one of these domains; empty for every domain"""
    tags: Names = ()
    """with at least one of these tags"""
    outcomes: tuple[Outcome, ...] = ()
    """learnt from a trajectory with one of these outcomes"""
    sources: Names = ()
    """learnt from one of these sources"""
    since: datetime | None = None
    """stored then or later; UTC unless it says otherwise"""
    until: datetime | None = None
    """stored before then"""
    as_of: datetime | None = None
    """answer as the memory was at that moment"""
    min_similarity: Annotated[float, Ge(-1), Le(1)] | None = None
    """abstain if the best cosine is below this; null for what the memory was opened with"""
    min_score: Annotated[float, Ge(0), Le(1)] | None = None
    """abstain if the calibrated probability of a useful hit is below this; null for the calibration's threshold"""
    exclude: Names = ()
    """ids of entries that are not returned, because they were seen already"""
    exclude_question: Annotated[str, MaxLen(100_000)] = ""
    """entries learnt from a trace of this question, or of a near copy of it, are not returned"""
    max_tokens: Annotated[int, Ge(1), Le(MAX_BUDGET)] | None = None
    """the hits together have at most about this many tokens; whole entries only, best first"""
    deadline_ms: Annotated[float, Gt(0), Le(MAX_DEADLINE)] | None = None
    """milliseconds after which reranking stops; what was not reranked keeps its rank, and the answer says so"""
    shadow: bool | None = None
    """answer even if recall would abstain, and say why in `would_abstain`; null for the setting"""

    def __post_init__(self) -> None:
        check_query(self.query, k=self.k)
        # Made here once, so that a request with impossible conditions cannot exist.
        self.conditions()
        read_moment("as_of", self.as_of)
        if self.min_similarity is not None and not -1 <= self.min_similarity <= 1:
            raise BadInput(f"min_similarity must be from -1 to 1, got {self.min_similarity}")
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise BadInput(f"min_score must be from 0 to 1, got {self.min_score}")
        check_text(self.exclude_question, place="exclude_question")
        self.limits()

    def conditions(self) -> Filter:
        """Return what an entry must be to be found."""
        return make_filter(
            kinds=self.kinds,
            domains=self.domains,
            tags=self.tags,
            outcomes=self.outcomes,
            sources=self.sources,
            since=self.since,
            until=self.until,
        )

    def limits(self) -> RecallLimits:
        """Return what must not be returned, and how much may be."""
        if self.max_tokens is not None and self.max_tokens > MAX_BUDGET:
            raise BadInput(f"max_tokens must be <= {MAX_BUDGET}, got {self.max_tokens}")
        if self.deadline_ms is not None and self.deadline_ms > MAX_DEADLINE:
            raise BadInput(f"deadline_ms must be <= {MAX_DEADLINE}, got {self.deadline_ms}")
        return RecallLimits(
            read_texts("exclude", self.exclude), self.exclude_question, self.max_tokens, self.deadline_ms
        )

    def search(self, memory: MemoryCore, namespace: Namespace) -> RecallResult:
        """Return what is found, without a receipt."""
        from midthought.retrieval.recall import Recaller

        moment = read_moment("as_of", self.as_of)
        settings = memory.recall
        if self.min_similarity is not None:
            settings = replace(settings, min_similarity=self.min_similarity)
        if self.min_score is not None:
            settings = replace(settings, min_score=self.min_score, min_similarity=self.min_similarity)
        if self.shadow is not None:
            settings = replace(settings, shadow=self.shadow)

        def ask(encoder: "Encoder") -> RecallResult:
            recaller = Recaller(memory.store, encoder, settings=settings)
            return recaller.recall(
                namespace, self.query, k=self.k, where=self.conditions(), as_of=moment, limits=self.limits()
            )

        return memory.current.use_for_queries(ask)

    def run(self, memory: MemoryCore, namespace: Namespace) -> RecallResult:
        """Search, and record a receipt unless receipts are off or nothing can be written."""
        from midthought.api.receipts import recall_row
        from midthought.memory.database.read_only import describe_read_only

        result = self.search(memory, namespace)
        # A recall is useful without its receipt: the missing one is reported, not raised.
        if memory.receipts and memory.store.read_only:
            reason = f"no receipt: {describe_read_only(memory.store.path)}"
            return replace(result, degraded=(*result.degraded, reason))
        if memory.receipts:
            memory.store.writer.record_receipt(namespace, recall_row(result))
        return result


def make_recall(
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
    max_tokens: int | None = None,
    deadline_ms: float | None = None,
    shadow: bool | None = None,
) -> Recall:
    """Return the request of what people write: names for kinds and outcomes, texts for times."""
    where = make_filter(
        kinds=kinds, domains=domains, tags=tags, outcomes=outcomes, sources=sources, since=since, until=until
    )
    return Recall(
        query=query,
        k=k,
        # Sorted, so that the same recall is the same request.
        kinds=tuple(sorted(where.kinds)),
        domains=tuple(sorted(where.domains)),
        tags=tuple(sorted(where.tags)),
        outcomes=tuple(sorted(where.outcomes)),
        sources=tuple(sorted(where.sources)),
        since=where.since,
        until=where.until,
        as_of=read_moment("as_of", as_of),
        min_similarity=min_similarity,
        min_score=min_score,
        exclude=tuple(sorted(read_texts("exclude", exclude))),
        exclude_question=exclude_question,
        max_tokens=max_tokens,
        deadline_ms=deadline_ms,
        shadow=shadow,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRun(Request[RunRow]):
    """Return one solved problem: its question, outcome and cost, and everything recorded of it."""

    route: ClassVar = Route("GET", "/v1/namespaces/{namespace}/runs/{run_id}")
    result: ClassVar = RunJson

    run_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> RunRow:
        """Find it in the store."""
        return memory.store.reader.get_run(namespace, self.run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRuns(Request[list[RunRow]]):
    """Return the newest solved problems, newest first, with everything recorded of each."""

    route: ClassVar = Route("GET", "/v1/namespaces/{namespace}/runs")
    result: ClassVar = list[RunJson]

    limit: Limit = 100
    """the largest number of runs in the answer"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[RunRow]:
        """Read them from the store."""
        return memory.store.reader.list_runs(namespace, limit=self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReceipts(Request[list[ReceiptRow]]):
    """Return the newest receipts of recalls, injections and quotes, newest first."""

    route: ClassVar = Route("GET", "/v1/namespaces/{namespace}/receipts")
    result: ClassVar = list[ReceiptJson]

    limit: Limit = 100
    """the largest number of receipts in the answer"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[ReceiptRow]:
        """Read them from the store."""
        return memory.store.reader.list_receipts(namespace, limit=self.limit)
