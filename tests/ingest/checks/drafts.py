"""Small drafts for the tests of the checks."""

from midthought.ingest.checks.check import CheckContext, Draft
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.checks.registry import CHECKS
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.memory.records.entry import Entry, ExampleSize, Procedure, WorkedExample
from midthought.memory.records.trajectory import Part, Span, Trajectory

SOURCE = Trajectory(
    question="Alice has 84 marbles in Erie and gives 7 marbles to each of her friends. How many friends are there?",
    thought="I divide the marbles by the share. 84 / 7 = 12, a wrong try was 84 * 7 = 588. Then 19 \u00d7 8 marbles.",
    answer="The answer is 12.",
)


def draft_of(entry: Entry, *, start: int = 0, end: int = 34) -> Draft:
    """An entry from a passage of the thought."""
    return ExtractedEntry(entry, (Span(Part.THOUGHT, start, end),))


def procedure_draft(text: str) -> Draft:
    """A procedure with this subroutine."""
    return draft_of(Procedure("How do I find a number of equal shares?", text))


def example_draft(goal: str, passage: str, size: ExampleSize = ExampleSize.STEP) -> Draft:
    """A worked example from the first sentence of the thought."""
    return draft_of(WorkedExample(goal, passage, size, SOURCE.question))


def refusal_of(
    draft: Draft, trajectory: Trajectory = SOURCE, context: CheckContext | None = None
) -> RefusedDraft | None:
    """What check_drafts says about one draft."""
    kept, refused = check_drafts([draft], trajectory, context or CheckContext())
    assert len(kept) + len(refused) == 1
    return refused[0] if refused else None


def only(check: str, **fields: object) -> CheckContext:
    """A context with one check switched on."""
    return CheckContext(frozenset(CHECKS) - {check}, **fields)  # type: ignore[arg-type]
