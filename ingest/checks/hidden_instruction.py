"""Texts of a trace are data: one that gives orders to the model that reads it becomes no entry."""

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, joined_texts
from midthought.memory.records.control_marks import CHAT_MARKS
from midthought.memory.records.named_patterns import read_patterns
from midthought.memory.records.trajectory import Trajectory

FILE = "instructions.toml"


def check_hidden_instruction(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft with a text addressed to a model: an order to ignore its instructions, a chat or role mark."""
    return find_instruction(joined_texts(draft.entry))


def find_instruction(text: str) -> DraftFault | None:
    """Return the first order to a model in a text, with its kind."""
    if mark := CHAT_MARKS.search(text):
        return DraftFault("control mark", mark[0])
    lower = text.lower()
    for pattern in read_patterns(FILE):
        if pattern.may_stand_in(lower) and (found := pattern.expression.search(text)):
            return DraftFault(pattern.name, found[0].strip()[:80])
    return None
