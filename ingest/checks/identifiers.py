"""No general entry holds an identifier of the question it comes from."""

import re

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, is_general, joined_texts
from midthought.ingest.checks.particulars import read_particulars
from midthought.memory.records.trajectory import Trajectory

_WORD = re.compile(r"\w+")


def check_identifiers(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a general entry with an identifier of the question: of its code, of a user, of an order."""
    identifiers = read_particulars(trajectory).identifiers if is_general(draft.entry) else frozenset()
    if not identifiers:
        return None
    found = sorted(identifiers.intersection(_WORD.findall(joined_texts(draft.entry))))
    return DraftFault("an identifier of the question", found[0]) if found else None
