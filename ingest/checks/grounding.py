"""A draft stands in its trace: it cites passages, and a worked example is made of their words."""

import re

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault
from midthought.memory.records.entry import WorkedExample
from midthought.memory.records.trajectory import Part, Trajectory

_WORD = re.compile(r"\w+")


def check_grounding(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft without passages, with one outside of its trace, or a worked example in words of its own."""
    lengths = {Part.THOUGHT: len(trajectory.thought), Part.ANSWER: len(trajectory.answer)}
    if not draft.spans:
        return DraftFault("cites no passage")
    if any(span.end > lengths[span.part] or span.start == span.end for span in draft.spans):
        return DraftFault("cites a passage that is not there")
    if isinstance(draft.entry, WorkedExample):
        cited = "\n".join(trajectory.text(span) for span in draft.spans)
        if missing := find_missing_word(draft.entry.passage, cited):
            return DraftFault("its words are not in the passages that it cites", missing)
    return None


def find_missing_word(passage: str, cited: str) -> str:
    """Return the first word of a passage that is not in the cited text, in that order; empty if all are.

    Words may be left out, not added or moved: that is what compaction does.
    """
    if passage in cited:
        return ""
    rest = iter(_WORD.findall(cited))  # "in" goes on from where the last word was found
    return next((word for word in _WORD.findall(passage) if word not in rest), "")
