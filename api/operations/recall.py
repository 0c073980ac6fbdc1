"""The operation that finds entries, and those that read what was recorded of it."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le, MaxLen

from midthought.api.operations.request import After, MemoryCore, Request, Route, StoreList
from midthought.api.operations.shapes import RecallJson, ReceiptJson
from midthought.api.recall_arguments import check_query, make_filter, read_condition, read_moment, read_texts
from midthought.api.text_validation import check_text
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import EntryKind
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import DEFAULT_RECALL, RecallSettings

if TYPE_CHECKING:
    from midthought.retrieval.encoders.base import Encoder
    from midthought.retrieval.recall import Recaller

Names = Annotated[tuple[str, ...], MaxLen(1000)]
MAX_DEADLINE = 3_600_000
"""The longest deadline, an hour: a thread cannot wait for every number of milliseconds."""
MAX_BUDGET = 10_000_000
"""The largest budget of tokens: more than the longest context of a model."""


MAX_QUESTION = 100_000
"""Characters of a question that a request names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Request[RecallResult]):
    """Return the best entries for a query, or an abstention with its reason; either is status 200."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/recall", grouped=True)
    changes_nothing: ClassVar = True
    result: ClassVar = RecallJson
    example: ClassVar[dict[str, Any]] = {"query": "How do I count arrangements when some items repeat?", "k": 3}

    query: Annotated[str, MaxLen(MAX_QUESTION)]
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
    exclude_question: Annotated[str, MaxLen(MAX_QUESTION)] = ""
    """entries learnt from a trace of this question, or of a near copy of it, are not returned"""
    for_question: Annotated[str, MaxLen(MAX_QUESTION)] = ""
    """the question that the query is a part of: no worked example of it, or of a near copy of it, is returned"""
    max_tokens: Annotated[int, Ge(1), Le(MAX_BUDGET)] | None = None
    """the hits together have at most about this many tokens; whole entries only, best first"""
    deadline_ms: Annotated[float, Gt(0), Le(MAX_DEADLINE)] | None = None
    """milliseconds after which reranking stops; what was not reranked keeps its rank, and the answer says so"""
    prefer_domain: Annotated[str, MaxLen(1000)] = ""
    """entries of this domain score higher, and no other is left out"""
    shadow: bool | None = None
    """answer even if recall would abstain, and say why in `would_abstain`; null for the setting"""
    explain: bool = False
    """say of every hit which of its keys and words matched, with ranks and scores, and what decided the answer"""

    def __post_init__(self) -> None:
        check_query(self.query, k=self.k)
        # Made here once, so that a request with impossible conditions cannot exist.
        self.conditions()
        read_moment("as_of", self.as_of)
        self.settings(DEFAULT_RECALL)
        check_text(self.exclude_question, place="exclude_question")
        check_text(self.for_question, place="for_question")
        check_text(self.prefer_domain, place="prefer_domain")
        self.limits()

    def conditions(self) -> Filter:
        """Return what an entry must be to be found."""
        return make_filter(**{one.name: getattr(self, one.name) for one in fields(Filter)})

    def limits(self) -> RecallLimits:
        """Return what must not be returned, and how much may be."""
        if self.max_tokens is not None and self.max_tokens > MAX_BUDGET:
            raise BadInput(f"max_tokens must be <= {MAX_BUDGET}, got {self.max_tokens}")
        if self.deadline_ms is not None and self.deadline_ms > MAX_DEADLINE:
            raise BadInput(f"deadline_ms must be <= {MAX_DEADLINE}, got {self.deadline_ms}")
        return RecallLimits(
            read_texts("exclude", self.exclude),
            self.exclude_question,
            self.max_tokens,
            self.deadline_ms,
            self.for_question,
        )

    def settings(self, opened: RecallSettings) -> RecallSettings:
        """Return the settings of this recall: those that the memory was opened with, and what the request changes."""
        settings = opened
        if self.min_similarity is not None:
            settings = replace(settings, min_similarity=self.min_similarity)
        if self.min_score is not None:
            settings = replace(settings, min_score=self.min_score, min_similarity=self.min_similarity)
        if self.shadow is not None:
            settings = replace(settings, shadow=self.shadow)
        if self.prefer_domain.strip():
            settings = replace(settings, prefer_domain=self.prefer_domain)
        return settings

    def recaller(self, memory: MemoryCore, encoder: "Encoder") -> "Recaller":
        """Return what finds entries as this recall wants it."""
        from midthought.retrieval.recall import Recaller

        return Recaller(memory.store, encoder, settings=self.settings(memory.recall))

    def search_alone(self, memory: MemoryCore, namespace: Namespace, *, asked: float | None = None) -> RecallResult:
        """Return what is found, without a receipt, and without waiting for others.

        Its deadline counts from `asked`, a time of `time.perf_counter`; None for now.
        """
        moment = read_moment("as_of", self.as_of)

        def ask(encoder: "Encoder") -> RecallResult:
            return self.recaller(memory, encoder).recall(
                namespace,
                self.query,
                k=self.k,
                where=self.conditions(),
                as_of=moment,
                limits=self.limits(),
                explain=self.explain,
                asked=asked,
            )

        return memory.current.use_for_queries(ask)

    def search(self, memory: MemoryCore, namespace: Namespace) -> RecallResult:
        """Return what is found, without a receipt."""
        from midthought.api.recall_groups import RecallTask, answer_recall

        return answer_recall(RecallTask(memory, namespace, self, recorded=False))

    def run(self, memory: MemoryCore, namespace: Namespace) -> RecallResult:
        """Search, and record a receipt unless receipts are off or nothing can be written."""
        from midthought.api.recall_groups import RecallTask, answer_recall

        return answer_recall(RecallTask(memory, namespace, self, recorded=True))

    def replayed(self, memory: MemoryCore, result: RecallResult) -> dict[str, Any]:
        """Return the arguments, as JSON values, by which a memory opened with other thresholds answers the same.

        Questions are left out: a trace with one of them may be forgotten, and its text must then be gone.
        """
        left_out = {"explain", "exclude_question", "for_question"}
        given = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in left_out}
        settings = self.settings(memory.recall)
        given |= {name: getattr(settings, name) for name in ("min_similarity", "min_score", "shadow")}
        given["as_of"] = result.moment
        written = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in given.items()}
        return {name: one for name, one in written.items() if one is not None and one not in ("", ())}


def make_recall(query: str, **given: Any) -> Recall:
    """Return the request of what people write: names for kinds and outcomes, texts for times, lists for tuples."""
    read = {name: read_condition(name, value) for name, value in given.items()}
    # Sorted, so that the same recall is the same request.
    listed = {name: tuple(sorted(value)) for name, value in read.items() if isinstance(value, frozenset)}
    return Recall(query=query, **{**read, **listed})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReceipts(StoreList[list[ReceiptRow]]):
    """Return the newest receipts of recalls, injections and quotes, newest first."""

    route: ClassVar = Route("GET", "/v1/namespaces/{namespace}/receipts")
    result: ClassVar = list[ReceiptJson]
    reads: ClassVar = "list_receipts"

    after: After = ""
    """the id of the last receipt of the page before"""
