"""Turning one trace into procedures."""

from midthought.ingest.extraction.checks import QUESTION_WORDS, SUBROUTINE_WORDS, leaks_of, read_literals
from midthought.ingest.extraction.evidence import Found, find_techniques
from midthought.ingest.extraction.extracted import ExtractedProcedure, Extraction, RefusedDraft
from midthought.ingest.extraction.paragraphs import read_pages
from midthought.ingest.extraction.techniques.table import TECHNIQUES
from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Outcome, Trajectory

EXTRACTOR = "steps-1"


def extract(trajectory: Trajectory, *, include_wrong: bool = False) -> Extraction:
    """Return the procedures of a trace; none where it is unfinished or (unless asked for) not known to be right."""
    if not trajectory.finished or not (include_wrong or trajectory.outcome is Outcome.CORRECT):
        return Extraction((), ())
    found = find_techniques(read_pages(trajectory), TECHNIQUES)
    drafts = [word_technique(f) for f in found]
    return check_drafts(drafts, trajectory)


def check_drafts(drafts: list[ExtractedProcedure], trajectory: Trajectory) -> Extraction:
    """Keep the drafts that pass every check; refuse the others with the first reason."""
    literals = read_literals(trajectory)
    kept, refused = [], []
    for draft in drafts:
        leaks = leaks_of(draft.procedure, literals)
        reason = leaks[0].kind.value if leaks else length_reason(draft.procedure)
        if reason:
            refused.append(RefusedDraft(draft.procedure.subquestion, reason))
        else:
            kept.append(draft)
    return Extraction(tuple(kept), tuple(refused))


def length_reason(procedure: Procedure) -> str:
    """Say which text is too long, if any."""
    if len(procedure.subquestion.split()) > QUESTION_WORDS:
        return "question too long"
    return "subroutine too long" if len(procedure.subroutine.split()) > SUBROUTINE_WORDS else ""


def word_technique(found: Found) -> ExtractedProcedure:
    """Word a technique as a procedure."""
    technique = found.technique
    return ExtractedProcedure(
        Procedure(
            subquestion=technique.ask,
            subroutine=f"For problems like this I should {technique.method}",
            applicability=technique.where,
            pitfalls=(technique.pitfall,) if technique.pitfall else (),
            domain=technique.domain,
            tags=(technique.name,),
            extractor=EXTRACTOR,
        ),
        found.spans,
    )
