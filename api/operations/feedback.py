"""The operation that says whether a run was right."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import MaxLen

from midthought.api.operations.request import MemoryCore, Request, Route, Scope
from midthought.api.text_validation import check_id, check_text
from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import OutcomeSource, RunOutcome
from midthought.memory.records.trajectory import Outcome

MAX_NOTE = 10_000
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What became of feedback.

    Attributes:
        outcome: the outcome of the run that counts now: the latest of the strongest source.
        added: false if this source had said just that last.
        retired: entries that recall no longer returns, because this outcome completes the evidence that they harm.
    """

    run_id: str
    outcome: Outcome
    added: bool
    retired: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveFeedback(Request[FeedbackResult]):
    """Say whether the answer of a run was right. The same said twice changes nothing; what was said before is kept."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/feedback", Scope.WRITE)
    result: ClassVar = FeedbackResult
    example: ClassVar[dict[str, Any]] = {"run_id": "run-0123456789abcdef0123456789abcdef", "outcome": "correct"}

    run_id: Annotated[str, MaxLen(200)]
    outcome: Outcome
    """`correct` or `wrong`"""
    source: OutcomeSource = OutcomeSource.CALLER
    """who says so; of several, the strongest counts: caller, gold, checker, agreement"""
    note: Annotated[str, MaxLen(MAX_NOTE)] = ""
    """why, in your own words"""

    def __post_init__(self) -> None:
        check_id(self.run_id)
        check_text(self.note, place="note")
        if self.outcome is Outcome.UNKNOWN:
            raise BadInput("outcome must be correct or wrong, got 'unknown'")
        if len(self.note) > MAX_NOTE:
            raise BadInput(f"note must have at most {MAX_NOTE:,} characters, got {len(self.note):,}")

    def run(self, memory: MemoryCore, namespace: Namespace) -> FeedbackResult:
        """Add it in the store."""
        said = RunOutcome(self.outcome.value, self.source, self.note)
        added, retired = memory.store.writer.add_outcome(namespace, self.run_id, said)
        counts = memory.store.reader.get_run(namespace, self.run_id).outcome
        return FeedbackResult(self.run_id, Outcome(counts), added, tuple(retired))
