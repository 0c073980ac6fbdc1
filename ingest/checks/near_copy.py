"""What only repeats the question of its source is of no use for another one."""

from functools import lru_cache

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, is_general, joined_texts
from midthought.ingest.checks.held_out import HeldOut, hold_out
from midthought.memory.records.entry import ExampleSize, WorkedExample
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.records.trajectory import Trajectory


def check_near_copy(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft whose key is nearly the question, and a general one that has 13 words of it in a row.

    A whole solution is found by its question: it is exempt.
    """
    entry = draft.entry
    if isinstance(entry, WorkedExample) and entry.size is ExampleSize.WHOLE:
        return None
    if _copy_test(trajectory.question).is_copy(entry.key):
        return DraftFault("its key is a copy of the question", entry.key)
    if is_general(entry):
        found = _question_words(trajectory.question).find_overlap(joined_texts(entry))
        return DraftFault("repeats the question", found) if found else None
    return None


@lru_cache(maxsize=4)
def _copy_test(question: str) -> NearCopyTest:
    return NearCopyTest(question)


@lru_cache(maxsize=4)
def _question_words(question: str) -> HeldOut:
    return hold_out([question])
