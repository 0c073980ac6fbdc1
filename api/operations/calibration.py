"""The operations that fit to a user's own judged queries when recall answers, and that go back to what ships."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import MaxLen

from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.shapes import CalibrationJson
from midthought.api.recall_arguments import check_query
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.memory.records.calibration_state import CalibrationState
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.passages import MAX_WHOLE

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

MAX_QUERIES = 10_000
MAX_CHARACTERS = 50_000
"""What a service takes at once: with the default encoder on one core 10 to 15 seconds, short queries or long ones."""
MIN_COUNTED = 100
"""Characters that a query counts for at least, because a search takes about as long as encoding so many. It counts for
`MAX_WHOLE` at most: a longer one is searched in parts, which takes no longer."""


@dataclass(frozen=True, slots=True)
class CalibrationBound:
    """Inside ``Annotated`` it lets a service refuse queries that would take minutes; a directory has no such bound."""

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.check, handler(source))

    @staticmethod
    def check(queries: "tuple[JudgedQuery, ...]") -> "tuple[JudgedQuery, ...]":
        """Return the queries; raises pydantic's error if they have too many characters."""
        from pydantic_core import PydanticCustomError

        found = sum(min(max(len(one.query), MIN_COUNTED), MAX_WHOLE) for one in queries)
        if found <= MAX_CHARACTERS:
            return queries
        raise PydanticCustomError(
            "too_many_characters",
            "a service takes queries of {most} characters together, got {found} (each counts for {low} to {high}): "
            "send fewer, or calibrate in the directory of the memory",
            {"most": f"{MAX_CHARACTERS:,}", "found": f"{found:,}", "low": MIN_COUNTED, "high": MAX_WHOLE},
        )


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration was fitted to, and when recall answers from now on.

    Attributes:
        useful: queries with a right entry among the first three hits.
        useless: queries for which the memory has nothing.
        missed: queries whose right entry came later; they are left out.
        threshold: recall abstains if a useful hit is less probable.
        error_rate: of later queries like the useless ones, about this share is answered.
        useful_answered: how many of the useful queries recall answers from now on.
        useless_answered: how many of the useless ones. Both were fitted to: of later queries fewer useful ones are
            answered, and more useless ones.
        warning: why the threshold is not worth much; empty if it is.
    """

    useful: int
    useless: int
    missed: int
    threshold: float
    error_rate: float
    useful_answered: int
    useless_answered: int
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrate(Request[Calibrated]):
    """Fit to judged queries when recall answers in this namespace, until the memory moves to another encoder."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/calibration", Scope.WRITE)
    result: ClassVar = Calibrated
    example: ClassVar[dict[str, Any]] = {"queries": [{"query": "recipe for apple pie", "right": []}]}

    queries: Annotated[tuple[JudgedQuery, ...], MaxLen(MAX_QUERIES), CalibrationBound()]
    """each with the ids of the entries that help; none if the memory has nothing for it. A service takes 50,000
    characters of queries, each of which counts for 100 to 800: up to 500 short ones, or 62 long ones"""
    error_rate: float = 0.05
    """of queries without a useful entry, about this share will be answered; between 0 and 1"""

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
        from midthought.retrieval.abstention.policies import CalibratedBar
        from midthought.retrieval.recall import Recaller

        # A query that recall would abstain from is judged by its hits as well, and the calibration before is not asked:
        # it may be one that this version cannot use. A reranker or a reasoner would be asked about every query, and
        # changes no signal.
        settings = replace(memory.recall, min_similarity=-1.0, reranker=None, reasoner=None)
        recaller = Recaller(memory.store, memory.encoder, settings=settings)
        signals = read_judged(memory.store, recaller, namespace, self.queries)
        fitted = calibrate(memory.store, namespace, signals, error_rate=self.error_rate)
        bar = CalibratedBar(fitted)
        return Calibrated(
            *fitted.fitted_on,
            missed=signals.missed,
            threshold=fitted.threshold,
            error_rate=fitted.error_rate,
            useful_answered=sum(not bar.judge(one).reason for one in signals.useful),
            useless_answered=sum(not bar.judge(one).reason for one in signals.useless),
            warning=_warn(len(signals.useless), self.error_rate),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCalibration(Request[CalibrationState]):
    """Remove what was fitted to a namespace's own queries, for every encoder; return what decides from now on."""

    route: ClassVar = Route("DELETE", "/v1/namespaces/{namespace}/calibration", Scope.WRITE)
    result: ClassVar = CalibrationJson

    def run(self, memory: MemoryCore, namespace: Namespace) -> CalibrationState:
        """Remove it from the store."""
        from midthought.retrieval.abstention.calibration_in_use import describe_calibration

        memory.store.writer.clear_calibrations(namespace)
        return describe_calibration(memory.store, memory.encoder.identity, namespace)


def _warn(useless: int, error_rate: float) -> str:
    from midthought.retrieval.abstention.calibration import min_error_rate

    smallest = min_error_rate(useless)
    if error_rate >= smallest:
        return ""
    return (
        f"error rate {error_rate:g} is too small for {useless} queries without a useful entry: recall will answer "
        f"only queries that are nearly the text of a key. Give at least {ceil(1 / error_rate) - 1} such queries, or "
        f"an error rate of at least 1/({useless} + 1) = {smallest:.3g}"
    )


def make_calibrate(queries: Sequence[JudgedQuery], *, error_rate: float) -> Calibrate:
    """Return the request for queries in any sequence."""
    return Calibrate(queries=tuple(queries), error_rate=error_rate)
