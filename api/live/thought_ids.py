"""The id of a running thought. It says when the thought began, so that its run is found by it when it has ended."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

MARK = 4
"""Characters of the hash of the question in an id. Addresses are logged: more would confirm a guess of the question."""
_ID = re.compile(r"w-([0-9a-f]{8,12})-([0-9a-f]{4})[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class ThoughtMark:
    """What an id says: when the thought began (UTC, without a time zone), and a mark of its question."""

    begun: datetime
    question: str


def make_thought_id(question: str, begun: datetime) -> str:
    """Return the id of a thought about a question that begins at a time (UTC, without a time zone)."""
    millis = int(begun.replace(tzinfo=UTC).timestamp() * 1000)
    digest = hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()
    return f"w-{millis:x}-{digest[:MARK]}{secrets.token_hex(4)}"


def read_thought_id(thought_id: str) -> ThoughtMark | None:
    """Return what an id says; None for what is no id."""
    found = _ID.fullmatch(thought_id)
    if found is None:
        return None
    try:
        begun = datetime.fromtimestamp(int(found[1], 16) / 1000, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):  # a time that no calendar has
        return None
    return ThoughtMark(begun, found[2])
