"""Why a trace yielded no entry: a closed list of reasons, each with its meaning and what to do about it."""

import json
from dataclasses import dataclass
from enum import StrEnum


class NoYield(StrEnum):
    """The one reason why a record gave no entry; the value is its name in counts, reports and answers."""

    UNFINISHED = "unfinished"
    WRONG = "wrong answer"
    UNJUDGED = "not judged"
    PARTICULAR = "no general self-question"
    TOO_SHORT = "too short"
    NOTHING_GENERAL = "nothing general"
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
        names: the names of the question that refused its drafts, if that is why: single words.
    """

    number: int
    trajectory_id: str
    place: str
    reason: NoYield
    detail: str = ""
    names: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return the explanation as one JSON object; `trajectory_id` is `id` there, null if there is none."""
        record = {"number": self.number, "id": self.trajectory_id or None, "place": self.place}
        why = {"reason": self.reason.value, "detail": self.detail, "names": self.names}
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
        'Add "outcome": "correct" to each record whose answer is right and ingest again; gold alone is no verdict. '
        "Plain text has no place for it: write such traces in a JSON format.",
    ),
    NoYield.PARTICULAR: (
        "It asks itself questions, but none in general words with a general reply of 18 words or more.",
        "Nothing, or add the procedure in your own words: add_entries, or POST .../entries.",
    ),
    NoYield.TOO_SHORT: (
        "Thought and answer have fewer than 22 words, and no known technique is carried out.",
        "Nothing, or ingest the whole thought if this one was cut.",
    ),
    NoYield.NOTHING_GENERAL: (
        "No question to itself in general words, and no technique of the table carried out.",
        "Nothing, or add the procedure in your own words: add_entries, or POST .../entries.",
    ),
    NoYield.REFUSED: (
        "Something was drafted, and every draft holds a particular of the problem or is too long.",
        "Nothing: the detail says which checks refused how many drafts, and --explain which names.",
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
