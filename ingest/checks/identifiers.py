"""No general entry holds an identifier of its source."""

import re

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, is_general, joined_texts
from midthought.ingest.checks.particulars import read_particulars
from midthought.memory.records.trajectory import Trajectory

_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"'[^'\n]{3,40}'|\"[^\"\n]{3,40}\"")


def check_identifiers(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a general entry with an identifier of its source: of code, a user, an order; or a text of its code."""
    identifiers = read_particulars(trajectory).identifiers if is_general(draft.entry) else frozenset()
    if not identifiers:
        return None
    text = joined_texts(draft.entry)
    words = {*_WORD.findall(text), *_QUOTED.findall(text)}
    found = sorted(identifiers & words)
    return DraftFault("an identifier of the source", found[0]) if found else None
