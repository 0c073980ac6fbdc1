"""Turning one trace into procedures."""

from midthought.ingest.extraction.checks import check_drafts
from midthought.ingest.extraction.evidence import Found, find_techniques
from midthought.ingest.extraction.extracted import ExtractedProcedure, Extraction
from midthought.ingest.extraction.notes import find_check, find_next
from midthought.ingest.extraction.paragraphs import Page, read_pages
from midthought.ingest.extraction.plan import word_plan
from midthought.ingest.extraction.selfasks import find_self_asks
from midthought.ingest.extraction.techniques.table import TECHNIQUES
from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Outcome, Part, Trajectory

EXTRACTOR = "steps-1"
TECHNIQUES_A_TRACE = 9  # the best; a trace that names more is wandering
ROUTINE_UP_TO = 4  # routine steps are kept only while a trace has fewer procedures than this
LEAST = 3  # habits of careful work are kept only while a trace has fewer procedures than this


def extract(trajectory: Trajectory, *, include_wrong: bool = False) -> Extraction:
    """Return the procedures of a trace; none where it is unfinished or (unless asked for) not known to be right."""
    if not trajectory.finished or not (include_wrong or trajectory.outcome is Outcome.CORRECT):
        return Extraction((), ())
    pages = read_pages(trajectory)
    found = choose_best(find_techniques(pages, TECHNIQUES))
    drafts = [word_technique(f, found, pages) for f in found]
    plan = word_plan(trajectory, found, EXTRACTOR)
    if plan is not None:
        drafts.append(ExtractedProcedure(plan[0], tuple(sorted(f.spans[-1] for f in plan[1]))))
    drafts += find_self_asks(pages, EXTRACTOR)
    return check_drafts(drafts, trajectory)


def choose_best(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Keep the techniques that say most, in reading order; routine steps only where little else was found."""
    ranked = sorted(found, key=lambda f: (-f.technique.rank, -len(f.spans), -f.mentions, f.spans[0]))
    telling = [f for f in ranked if f.technique.rank > 1][:TECHNIQUES_A_TRACE]
    routine = [f for f in ranked if f.technique.rank == 1][: max(0, ROUTINE_UP_TO - len(telling))]
    habits = [f for f in ranked if f.technique.rank == 0][: max(0, LEAST - len(telling) - len(routine))]
    return tuple(sorted(telling + routine + habits, key=lambda f: f.spans[0]))


def word_technique(found: Found, ordered: tuple[Found, ...], pages: tuple[Page, Page]) -> ExtractedProcedure:
    """Word a technique as a procedure, with what this trace did after it."""
    technique = found.technique
    page = pages[found.spans[-1].part is Part.ANSWER]
    notes = (find_next(found, ordered), find_check(page, found.spans[-1]) if technique.domain != "checking" else "")
    return ExtractedProcedure(
        Procedure(
            subquestion=technique.ask,
            subroutine=" ".join([f"For problems like this I should {technique.method}", *filter(None, notes)]),
            applicability=technique.where,
            pitfalls=(technique.pitfall,) if technique.pitfall else (),
            domain=technique.domain,
            tags=(technique.name,),
            extractor=EXTRACTOR,
        ),
        found.spans,
    )
