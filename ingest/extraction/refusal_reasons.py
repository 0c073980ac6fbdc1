"""Why extraction refuses a draft before any check looks at it: a closed list, explained in docs/extraction.md."""

from enum import StrEnum
from typing import Literal


class RefusalReason(StrEnum):
    """The value is the reason's name in counts, reports and answers."""

    KEY_SIZE = "key too short or too long"
    KEY_CUT = "key is cut"
    KEY_WITHOUT_GOAL = "key names no goal"
    KEY_GENERIC = "key is generic"
    KEY_OUTSIDE = "key points outside"
    KEY_IS_QUESTION = "goal is the question"
    PICKED = "result was picked"
    NO_SOLUTION = "no solution besides its result"
    NO_RESULT = "no passage that reaches a result"
    NO_SUBSTANCE = "passage without substance"
    ONLY_KEY = "passage says no more than its key"
    ONLY_RESULT = "passage only states its result"
    ONLY_RESTATES = "passage only restates"
    OBJECT_MISSED = "passage does not come to its object"
    OBJECT_UNNAMED = "passage does not name its object"
    USES_OUTSIDE = "passage uses what stands outside"
    NOT_ENDED = "passage ends before its result"
    PART = "passage holds only part of its goal"
    TOO_LONG = "passage too long"
    WHOLE = "passage is the whole solution"
    TAKEN_BACK = "passage was taken back"
    LITTLE = "passage is worth little"
    UNCHANGED = "no call changed anything"
    NOT_EXECUTED = "no call was executed"
    HANDED_OVER = "only handed over"
    NOT_FOUND = "nothing was found"
    NOT_CONCLUDED = "nothing is concluded"
    NO_PURPOSE = "no purpose is said"
    KNOWN_STATEMENT = "it is a statement of this trace already"


Fault = RefusalReason | Literal[""]
"""Why something is refused; empty if nothing is wrong with it."""
