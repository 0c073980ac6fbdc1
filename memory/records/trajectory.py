"""One recorded attempt at a question, and the spans of text inside it."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.records.ids import content_id


class Outcome(StrEnum):
    """Whether the answer of a trajectory was right, as its owner's verdict says."""

    CORRECT = "correct"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Part(StrEnum):
    """The text of a trajectory that a span's offsets count into."""

    THOUGHT = "thought"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters ``start`` to ``end`` (Python code points, end exclusive) of one part of a trajectory."""

    part: Part
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span needs 0 <= start <= end, got {self.start}..{self.end}")

    def overlaps(self, other: "Span") -> bool:
        """Whether the two have characters in common."""
        return self.part is other.part and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One recorded attempt: what was asked, what was thought, what was answered, and whether that was right.

    Attributes:
        question: the problem as it was put to the model.
        thought: the reasoning, without its opening and closing markers.
        answer: the text written after the thought; may be the full written-out solution, or empty.
        gold: the known right answer, or None.
        outcome: the caller's verdict on the answer.
        finished: False if the model ran out of tokens before it answered.
        source: where the record comes from (a data set, a service).
        model: the model that thought.
        metadata: further fields of the record, as one canonical JSON object.
    """

    question: str
    thought: str
    answer: str = ""
    gold: str | None = None
    outcome: Outcome = Outcome.UNKNOWN
    finished: bool = True
    source: str = ""
    model: str = ""
    metadata: str = "{}"

    @property
    def id(self) -> str:
        """The content hash over every field."""
        return content_id(
            "t",
            self.question,
            self.thought,
            self.answer,
            self.gold,
            self.outcome.value,
            self.finished,
            self.source,
            self.model,
            self.metadata,
        )

    def text(self, span: Span) -> str:
        """Return the characters a span points at."""
        part = self.thought if span.part is Part.THOUGHT else self.answer
        return part[span.start : span.end]
