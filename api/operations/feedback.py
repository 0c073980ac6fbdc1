"""The operation that says whether a run was right."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import MaxLen

from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.text_validation import check_id, check_text
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import OutcomeSource, RunOutcome
from midthought.memory.records.trajectory import Outcome

MAX_NOTE = 10_000
"""Characters of a note."""


def read_judgement(outcome: str) -> Outcome:
    """Return the outcome that somebody says a run has; raises `BadInput` unless it is `correct` or `wrong`."""
    if outcome not in (Outcome.CORRECT, Outcome.WRONG):
        raise BadInput(f"outcome must be correct or wrong, got {str(outcome)!r}")
    return Outcome(outcome)


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What became of feedback.

    Attributes:
        outcome: the outcome of the run that counts now: the latest of the strongest source.
        added: false if this source had said just that last.
        retired: entries that recall no longer returns, because this outcome completes the evidence that they harm.
        source: who said the outcome that counts now.
    """

    run_id: str
    outcome: Outcome
    added: bool
    retired: tuple[str, ...]
    source: OutcomeSource


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
        read_judgement(self.outcome)
        if len(self.note) > MAX_NOTE:
            raise BadInput(f"note must have at most {MAX_NOTE:,} characters, got {len(self.note):,}")

    def run(self, memory: MemoryCore, namespace: Namespace) -> FeedbackResult:
        """Add it in the store."""
        said = RunOutcome(self.outcome.value, self.source, self.note)
        added, retired = memory.store.writer.add_outcome(namespace, self.run_id, said)
        run = memory.store.reader.get_run(namespace, self.run_id)
        strongest = min((one.source for one in run.outcomes), key=tuple(OutcomeSource).index)
        return FeedbackResult(self.run_id, Outcome(run.outcome), added, tuple(retired), strongest)
