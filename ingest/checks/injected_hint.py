"""What a memory put into a thought must not be taught back to it."""

import re
from functools import lru_cache

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, joined_texts
from midthought.ingest.checks.held_out import HeldOut, hold_out
from midthought.ingest.checks.recalled_hints import recalled_hints
from midthought.memory.records.hint_marks import HintMarks, read_data_lead_ins
from midthought.memory.records.trajectory import Part, Span, Trajectory


def check_injected_hint(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft from a passage that overlaps a hint, or whose words are those of a hint of its trajectory.

    A hint may stand in the trajectory, have been put before its question, or have been cut from its thought.
    """
    hints = find_hints(trajectory, context.hint_marks)
    before = context.recalled.get(trajectory.question, ())
    cut = recalled_hints(trajectory).words
    if not hints and not before and not cut.runs:
        return None
    for span in draft.spans:
        if any(span.overlaps(hint) for hint in hints):
            return DraftFault("its passage holds an injected hint", trajectory.text(span)[:80])
    texts = joined_texts(draft.entry)
    found = _hint_words(trajectory, context.hint_marks, before).find_overlap(texts) or cut.find_overlap(texts)
    return DraftFault("says what an injected hint says", found) if found else None


@lru_cache(maxsize=4)
def find_hints(trajectory: Trajectory, marks: HintMarks) -> tuple[Span, ...]:
    """Return where a memory wrote into a trajectory: its hints, and the sentence that opens a thought with recall.

    A hint without its closing mark goes to the end of the text: how much of it is the model's own is not known.
    """
    # A hint may have lost its marks; the words that open it are then all that is left, up to the end of the paragraph.
    hint = rf"{re.escape(marks.begin)}(?s:.*?)(?:{re.escape(marks.end)}|\Z)"
    opened_by = (marks.lead_in, *read_data_lead_ins(), marks.opening)
    # The opening is continued by a query that it asks for, to the end of the line.
    sentences = "|".join(rf"{re.escape(text)}[^\n]*" for text in opened_by)
    pattern = re.compile(f"{hint}|{sentences}")
    texts = ((Part.THOUGHT, trajectory.thought), (Part.ANSWER, trajectory.answer))
    return tuple(Span(part, *match.span()) for part, text in texts for match in pattern.finditer(text))


@lru_cache(maxsize=4)
def _hint_words(trajectory: Trajectory, marks: HintMarks, before: tuple[str, ...]) -> HeldOut:
    return hold_out([*before, *(trajectory.text(span) for span in find_hints(trajectory, marks))])
