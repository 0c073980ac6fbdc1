"""Texts of a sensible length, by kind of entry."""

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault
from midthought.memory.records.entry import Concept, Entry, ExampleSize, WorkedExample
from midthought.memory.records.trajectory import Trajectory

MAX_KEY = 30
"""Words of a subquestion, a situation, or the name of a concept."""
MAX_BODY = 250
"""Words of a subroutine, a suggestion, or the description of a concept: the published prompt asks for about 200."""
MAX_GOAL = 60
"""Words of the sub-goal of a step."""
MAX_PASSAGE = 1500
"""Words of the passage of a worked example: what stays readable in a thought."""


def check_length(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft with a blank key or body, or with too many words in one of them."""
    entry = draft.entry
    key = entry.name if isinstance(entry, Concept) else entry.key
    if not key.strip() or not entry.body.strip():
        return DraftFault("blank key or body")
    max_key, max_body = _limits(entry)
    if max_key is not None and len(key.split()) > max_key:
        return DraftFault("key too long")
    return DraftFault("body too long") if len(entry.body.split()) > max_body else None


def _limits(entry: Entry) -> tuple[int | None, int]:
    """Return the maximum number of words of key and body; the question of a whole solution is as long as it is."""
    if not isinstance(entry, WorkedExample):
        return MAX_KEY, MAX_BODY
    return (None if entry.size is ExampleSize.WHOLE else MAX_GOAL), MAX_PASSAGE
