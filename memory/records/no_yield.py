"""Why a trace yielded no entry: a closed list of reasons, each with its meaning and what to do about it."""

import json
from dataclasses import dataclass
from enum import StrEnum


class NoYield(StrEnum):
    """The one reason why a record gave no entry; the value is its name in counts, reports and answers."""

    UNFINISHED = "unfinished"
    WRONG = "wrong answer"
    UNJUDGED = "not judged"
    NOTHING_REACHED = "nothing reached"
    REFUSED = "all drafts refused"
    KNOWN = "known already"
    UNREADABLE = "cannot be read"
    UNRECORDED = "not recorded"

    @property
    def meaning(self) -> str:
        """What was found, in one sentence."""
        return _TEXTS[self][0]

    @property
    def advice(self) -> str:
        """What the owner of the traces can do."""
        return _TEXTS[self][1]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one record of an ingestion yielded no entry.

    Attributes:
        number: which record of its source it is, counted from 1.
        trajectory_id: the id of its trajectory; empty for a record that could not be read.
        place: file and line, ``traces.jsonl:17``.
        detail: counts of what was found and refused, or why it cannot be read; never a text of the trace; may be empty.
    """

    number: int
    trajectory_id: str
    place: str
    reason: NoYield
    detail: str = ""

    def to_json(self) -> str:
        """Return the explanation as one JSON object; `trajectory_id` is `id` there, null if there is none."""
        record = {"number": self.number, "id": self.trajectory_id or None, "place": self.place}
        why = {"reason": self.reason.value, "detail": self.detail}
        return json.dumps(record | why, ensure_ascii=False)


_TEXTS = {
    NoYield.UNFINISHED: (
        "The model stopped before its answer.",
        "Nothing, or record the attempt again with room for its end: only finished traces are learnt from.",
    ),
    NoYield.WRONG: (
        "Its outcome is wrong.",
        "Nothing: procedures are learnt from right answers only.",
    ),
    NoYield.UNJUDGED: (
        "Nobody says whether its answer is right.",
        'Add "outcome": "correct" to each record whose answer is right, or its right answer as "gold", and ingest '
        "again; or take all for right (--unjudged accept), or those on which most attempts at a question agree "
        "(--unjudged agree).",
    ),
    NoYield.NOTHING_REACHED: (
        "Neither a solution nor a step that reaches a result, and no known entry carried out.",
        "Nothing, or ingest the whole trace if this one was cut to its answer.",
    ),
    NoYield.REFUSED: (
        "Something was drafted, and the checks refused every draft.",
        "Nothing, or switch off a check that is wrong for your traces: the detail says which refused how many.",
    ),
    NoYield.KNOWN: (
        "The same trajectory is stored already.",
        "Nothing: what it teaches, if anything, was learnt when it came first.",
    ),
    NoYield.UNREADABLE: (
        "It cannot be read as a record, and was rejected.",
        "Mend the record at the place that is named.",
    ),
    NoYield.UNRECORDED: (
        "It was read by an earlier version, which kept no reasons.",
        "Nothing.",
    ),
}
