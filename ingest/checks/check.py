"""What a check is: it looks at one draft of one trajectory, and says what is wrong with it, or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from midthought.ingest.checks.held_out import NO_HELD_OUT, HeldOut
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.memory.records.entry import Concept, Entry, Lesson, Procedure, WorkedExample
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS, HintMarks
from midthought.memory.records.trajectory import Trajectory

Draft = ExtractedEntry[Entry]


@dataclass(frozen=True, slots=True)
class DraftFault:
    """Why a draft is refused.

    Attributes:
        reason: one short, fixed phrase, so that reasons can be counted.
        found: what was found, from the draft: the number, the name, the words. May be empty.
        quarantine: the draft is kept apart, and not dropped.
    """

    reason: str
    found: str = ""
    quarantine: bool = False


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What checks need beside the draft and its trajectory; the same for a whole ingestion.

    Attributes:
        skipped: the names of checks that are switched off.
        held_out: the texts that nothing may be learnt from.
        hint_marks: what in-thought recall writes around its hints.
        recalled: by question, the hints that were put before it and are no part of its traces.
    """

    skipped: frozenset[str] = frozenset()
    held_out: HeldOut = field(default=NO_HELD_OUT)
    hint_marks: HintMarks = DEFAULT_HINT_MARKS
    recalled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Check = Callable[[Draft, Trajectory, CheckContext], DraftFault | None]


def is_general(entry: Entry) -> bool:
    """Whether an entry must hold no particular of its source. A worked example carries its own by nature."""
    return not isinstance(entry, WorkedExample)


def entry_texts(entry: Entry) -> tuple[str, ...]:
    """Return every text of an entry that its trajectory may have worded, the key first; blank ones are left out."""
    if isinstance(entry, Procedure):
        texts = [entry.subquestion, entry.subroutine, entry.applicability, *entry.pitfalls]
    elif isinstance(entry, Concept):
        parameters = [text for one in entry.parameters for text in (one.name, one.description)]
        texts = [entry.name, entry.description, *entry.cues, *parameters, *entry.implementation, *entry.pitfalls]
    elif isinstance(entry, Lesson):
        texts = [entry.key, entry.body]
    else:
        texts = [entry.goal, entry.passage]
    return tuple(text for text in texts if text.strip())


def joined_texts(entry: Entry) -> str:
    """Return all texts of an entry, one per line."""
    return "\n".join(entry_texts(entry))
