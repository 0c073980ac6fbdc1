"""Nothing is learnt from a held-out question, nor from a trace of one: the drafts are quarantined."""

from functools import lru_cache

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, joined_texts
from midthought.ingest.checks.held_out import HeldOut
from midthought.memory.records.trajectory import Trajectory

REASON = "shares 13 words with a held-out text"


def check_contamination(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft if the question of its trajectory, or its own words, overlap with the held-out texts."""
    if not context.held_out.runs:
        return None
    found = find_question_overlap(trajectory.question, context.held_out)
    found = found or context.held_out.find_overlap(joined_texts(draft.entry))
    return DraftFault(REASON, found, quarantine=True) if found else None


@lru_cache(maxsize=8)
def find_question_overlap(question: str, held_out: HeldOut) -> str:
    """Return the words that a question shares with a held-out text. All drafts of a trajectory ask for the same."""
    return held_out.find_overlap(question)
