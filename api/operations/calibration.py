"""The operation that fits to a user's own judged queries when recall answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from annotated_types import MaxLen

from midthought.api.operations.request import MemoryCore, Request, Route, Scope
from midthought.api.recall_arguments import check_query
from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.abstention.judged import JudgedQuery

MAX_QUERIES = 10_000


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration was fitted to, and when recall answers from now on.

    Attributes:
        useful: queries with a right entry among the first three hits.
        useless: queries for which the memory has nothing.
        missed: queries whose right entry came later; they are left out.
        threshold: recall abstains if a useful hit is less probable.
        error_rate: the expected share, at most, of later queries like the useless ones that is answered.
    """

    useful: int
    useless: int
    missed: int
    threshold: float
    error_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrate(Request[Calibrated]):
    """Fit to judged queries when recall answers in this namespace, until the memory moves to another encoder."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/calibration", Scope.WRITE)
    result: ClassVar = Calibrated
    example: ClassVar[dict[str, Any]] = {"queries": [{"query": "recipe for apple pie", "right": []}]}

    queries: Annotated[tuple[JudgedQuery, ...], MaxLen(MAX_QUERIES)]
    """each with the ids of the entries that help; none if the memory has nothing for it"""
    error_rate: float = 0.05
    """of queries without a useful entry, the share that may be answered; between 0 and 1"""

    def __post_init__(self) -> None:
        if not 0 < self.error_rate < 1:
            raise BadInput(f"error_rate must be between 0 and 1, got {self.error_rate}")
        if len(self.queries) > MAX_QUERIES:
            raise BadInput(f"at most {MAX_QUERIES} queries, got {len(self.queries)}")
        for judged in self.queries:
            check_query(judged.query, k=1)

    def run(self, memory: MemoryCore, namespace: Namespace) -> Calibrated:
        """Recall every query, fit, and store the calibration."""
        from midthought.retrieval.abstention.judged import calibrate, read_judged
        from midthought.retrieval.recall import Recaller

        # A query that recall would abstain from is judged by its hits as well. A reranker or a reasoner would be asked
        # about every query, and changes no signal.
        settings = replace(memory.recall, shadow=True, reranker=None, reasoner=None)
        recaller = Recaller(memory.store, memory.encoder, settings=settings)
        signals = read_judged(memory.store, recaller, namespace, self.queries)
        fitted = calibrate(memory.store, namespace, signals, error_rate=self.error_rate)
        return Calibrated(*fitted.fitted_on, signals.missed, fitted.threshold, fitted.error_rate)


def make_calibrate(queries: Sequence[JudgedQuery], *, error_rate: float) -> Calibrate:
    """Return the request for queries in any sequence."""
    return Calibrate(queries=tuple(queries), error_rate=error_rate)
