"""A draft that says the same again and again comes from a model that was caught in a loop."""

import re
from collections import Counter

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault
from midthought.memory.records.trajectory import Trajectory

MAX_REPEATS = 3
"""How often a line or sentence of eight words or more may stand in a draft."""
MIN_WORDS = 8
_UNIT = re.compile(r"(?<=[.!?])\s+|\n+")


def check_loops(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft in which a sentence or line stands more than three times."""
    units = (" ".join(unit.split()) for unit in _UNIT.split(draft.entry.body))
    counts = Counter(unit for unit in units if len(unit.split()) >= MIN_WORDS)
    for unit, number in counts.most_common(1):
        if number > MAX_REPEATS:
            return DraftFault("repeats a sentence", unit)
    return None
