"""Turning one trace into procedures."""

import re
from itertools import islice

from midthought.ingest.extraction.checks import check_drafts, find_leaks
from midthought.ingest.extraction.evidence import TechniqueMatch, find_techniques, is_named
from midthought.ingest.extraction.extracted import ExtractedEntry, Extraction, count_kinds
from midthought.ingest.extraction.outline import find_outline, is_about
from midthought.ingest.extraction.paragraphs import Page, read_pages, reading_order
from midthought.ingest.extraction.selfasks import MIN_TEXT, AskFault, read_self_asks
from midthought.ingest.extraction.techniques import load_techniques
from midthought.ingest.extraction.verification_sentences import find_verification_sentence
from midthought.memory.records.entry import Procedure
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Outcome, Part, Trajectory

EXTRACTOR = "steps-1"
MAX_TECHNIQUES = 9  # per trace, the best; a trace that names more is wandering
ROUTINE_UP_TO = 4  # routine steps are kept only while a trace has fewer procedures than this
MAX_DRAFTS = 12  # of one trace
FEW = 3  # habits of careful work are kept only while a trace has fewer procedures than this
_WORD = re.compile(r"\S+")
_CHECKS_ITSELF = re.compile(r"\b(?:check|test|verif|confirm|compare|must come out|insert)", re.IGNORECASE)


def extract(trajectory: Trajectory, *, include_wrong: bool = False) -> Extraction:
    """Return the procedures of a trace, or the reason why there are none.

    Traces that are unfinished or (unless the caller wants them) not known to be right give no procedures.
    """
    unfit = _find_unfit(trajectory, include_wrong)
    if unfit is not None:
        return Extraction((), (), unfit)
    pages = read_pages(trajectory)
    found = choose_best(find_techniques(pages, load_techniques()))
    outline, main = read_outline(pages[1], trajectory), find_main(found)
    asked = list(read_self_asks(pages, EXTRACTOR))
    drafts = [
        *(one for one in asked if isinstance(one, ExtractedEntry)),
        *(word_technique(f, pages, outline if f is main else ()) for f in found),
    ]
    if not drafts:
        return _explain_nothing(pages, [one for one in asked if isinstance(one, AskFault)])
    # Two cues may word the same procedure; the id decides.
    distinct = {draft.entry.id: draft for draft in drafts}
    return check_drafts(list(distinct.values())[:MAX_DRAFTS], trajectory)


def _find_unfit(trajectory: Trajectory, include_wrong: bool) -> NoYield | None:
    """Return why a trace is not even read."""
    if not trajectory.finished:
        return NoYield.UNFINISHED
    if include_wrong or trajectory.outcome is Outcome.CORRECT:
        return None
    return NoYield.WRONG if trajectory.outcome is Outcome.WRONG else NoYield.UNJUDGED


def _explain_nothing(pages: tuple[Page, Page], faults: list[AskFault]) -> Extraction:
    """Return why a trace that was read gave not one draft."""
    named = sum(is_named(pages, technique) for technique in load_techniques())
    mentions = f"techniques named but not carried out: {named}" if named else ""
    if faults:
        parts = (count_kinds(faults), mentions)
        return Extraction((), (), NoYield.PARTICULAR, "; ".join(part for part in parts if part))
    words = sum(1 for page in pages for _ in islice(_WORD.finditer(page.original), MIN_TEXT))
    if words < MIN_TEXT:
        return Extraction((), (), NoYield.TOO_SHORT, f"words: {words}")
    return Extraction((), (), NoYield.NOTHING_GENERAL, mentions)


def read_outline(page: Page, trajectory: Trajectory) -> tuple[str, ...]:
    """Return the outline of a solution, or nothing if one of its steps would leak a particular."""
    outline = find_outline(page, trajectory.question)
    return () if find_leaks(Procedure("", "; ".join(outline)), trajectory) else outline


def find_main(found: tuple[TechniqueMatch, ...]) -> TechniqueMatch | None:
    """Return the technique that carried the written-out solution: specific and carried out there; None if none is."""
    written = [f for f in found if f.technique.rank > 2 and f.spans[-1].part is Part.ANSWER]
    return max(written, key=lambda f: (f.mentions, -f.spans[-1].start), default=None)


def choose_best(found: tuple[TechniqueMatch, ...]) -> tuple[TechniqueMatch, ...]:
    """Keep the techniques that say most, in reading order; weak evidence and routine steps only if little else is."""
    ranked = sorted(found, key=lambda f: (-f.technique.rank, -len(f.spans), -f.mentions, reading_order(f.spans[0])))
    chosen = [f for f in ranked if f.technique.rank > 1 and is_firm(f)][:MAX_TECHNIQUES]
    chosen += [f for f in ranked if f.technique.rank > 1 and not is_firm(f)][: max(0, ROUTINE_UP_TO - len(chosen))]
    chosen += [f for f in ranked if f.technique.rank == 1][: max(0, ROUTINE_UP_TO - len(chosen))]
    chosen += [f for f in ranked if f.technique.rank == 0][: max(0, FEW - len(chosen))]
    return tuple(sorted(chosen, key=lambda f: reading_order(f.spans[0])))


def is_firm(found: TechniqueMatch) -> bool:
    """Whether a technique is in the written-out solution, or is named more than once."""
    return found.mentions > 1 or any(span.part is Part.ANSWER for span in found.spans)


def word_technique(
    found: TechniqueMatch, pages: tuple[Page, Page], outline: tuple[str, ...]
) -> ExtractedEntry[Procedure]:
    """Word a technique as a procedure, with the check that the trace made and the outline of its solution, if given."""
    technique = found.technique
    check = find_verification_sentence(pages[found.spans[-1].part is Part.ANSWER], found.spans[-1])
    # A method that checks its result itself needs no second check.
    notes = [check] if check and not _CHECKS_ITSELF.search(technique.method) else []
    # Outlines off their subject were what one reading failed (benchmarks/extraction/results.md, reading 3).
    if outline and is_about(outline, technique.ask, f"{technique.step} {technique.method}"):
        notes.append(f"A solution that used it went through these steps: {'; '.join(outline)}.")
    return ExtractedEntry(
        Procedure(
            subquestion=technique.ask,
            subroutine=" ".join([f"For problems like this I should {technique.method}", *notes]),
            applicability=technique.where,
            pitfalls=(technique.pitfall,) if technique.pitfall else (),
            domain=technique.domain,
            tags=(technique.name,),
            extractor=EXTRACTOR,
        ),
        found.spans,
    )
