"""Nothing is learnt from a held-out question or a trace of one: drafts are quarantined, and nothing is linked."""

from functools import lru_cache

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, joined_texts
from midthought.ingest.checks.held_out import HeldOut
from midthought.memory.records.trajectory import Trajectory

NAME = "contamination"
REASON = "shares 13 words with a held-out text"


def check_contamination(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft if the question of its trajectory, or its own words, overlap with the held-out texts."""
    if not context.held_out.runs:
        return None
    found = find_question_overlap(trajectory.question, context.held_out)
    found = found or context.held_out.find_overlap(joined_texts(draft.entry))
    return DraftFault(REASON, found, quarantine=True) if found else None


def is_held_out(trajectory: Trajectory, context: CheckContext) -> bool:
    """Whether the question of a trajectory overlaps with the held-out texts; never if the check is off."""
    return NAME not in context.skipped and bool(find_question_overlap(trajectory.question, context.held_out))


@lru_cache(maxsize=8)
def find_question_overlap(question: str, held_out: HeldOut) -> str:
    """Return the words that a question shares with a held-out text. All drafts of a trajectory ask for the same."""
    return held_out.find_overlap(question)
