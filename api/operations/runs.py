"""Operations on solved problems: list them, show one, compare two ways of using the memory, forget one."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, ClassVar

from annotated_types import MaxLen

from midthought.api.operations.request import After, MemoryCore, Request, Route, StoreList, StoreRead
from midthought.api.operations.shapes import RunJson
from midthought.api.text_validation import check_text
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import WITHHELD_ARM, RunRow
from midthought.memory.records.run_comparison import RunComparison
from midthought.memory.records.trajectory import Outcome
from midthought.reasoner.thought.arms import ARMS

_RUNS = "/v1/namespaces/{namespace}/runs"
_RUN = f"{_RUNS}/{{run_id}}"
Arm = Annotated[str, MaxLen(200)]


@dataclass(frozen=True, slots=True)
class ForgottenRun:
    """A run that is gone, with its receipts, its entries and its outcomes."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRuns(StoreList[list[RunRow]]):
    """Return the newest solved problems, newest first, with everything recorded of each."""

    route: ClassVar = Route("GET", _RUNS)
    result: ClassVar = list[RunJson]
    reads: ClassVar = "list_runs"

    after: After = ""
    """the id of the last run of the page before"""
    arm: Arm | None = None
    """only those that used the memory in this way; `withheld`: they were by chance not given what they recalled"""
    outcome: Outcome | None = None
    """only those with this outcome"""
    entry_id: Annotated[str, MaxLen(200)] | None = None
    """only those that recalled this entry"""

    def __post_init__(self) -> None:
        StoreList.__post_init__(self)
        for name in ("arm", "entry_id"):
            check_text(getattr(self, name) or "", place=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRun(StoreRead[RunRow]):
    """Return one solved problem: its question, outcome, entries and cost, and everything recorded of it."""

    route: ClassVar = Route("GET", _RUN)
    result: ClassVar = RunJson
    reads: ClassVar = "get_run"

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRuns(StoreRead[RunComparison]):
    """Compare the runs of two arms: accuracy with an interval over the questions of both, tokens and seconds."""

    route: ClassVar = Route("POST", f"{_RUNS}/compare")
    result: ClassVar = RunComparison
    reads: ClassVar = "compare_runs"

    first_arm: Arm
    """an arm, or `withheld`"""
    second_arm: Arm
    """the arm whose accuracy is counted above the first's"""

    def __post_init__(self) -> None:
        for name in ("first_arm", "second_arm"):
            check_text(getattr(self, name), place=name)
            _check_arm(name, getattr(self, name))


def _check_arm(name: str, arm: str) -> None:
    known = (*ARMS, WITHHELD_ARM)
    if arm not in known:
        near = get_close_matches(arm, known, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise BadInput(f"{name} must be one of {', '.join(known)}, got {arm!r}{meant}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetRun(Request[ForgottenRun]):
    """Forget a run with its receipts. What it decided on entries stays."""

    route: ClassVar = Route("DELETE", _RUN, Scope.WRITE)
    result: ClassVar = ForgottenRun

    run_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> ForgottenRun:
        """Remove it from the store."""
        memory.store.writer.forget_run(namespace, self.run_id)
        return ForgottenRun(self.run_id)
