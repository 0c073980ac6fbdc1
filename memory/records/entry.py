"""What recall can return: procedures, concepts, lessons and worked examples."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from midthought.memory.records.ids import content_id
from midthought.memory.records.link import Sightings
from midthought.memory.records.trajectory import Outcome, Span
from midthought.memory.records.trust import Trust

_FORMULA = re.compile(r"\\[(\[]|\$\$|\$[^$\n]*[A-Za-z\\][^$\n]*\$|[A-Za-z\d)] ?= ?[-\d(A-Za-z]")
"""A formula in a passage: marked as one, or an equation."""


class EntryKind(StrEnum):
    """The kinds of entry."""

    PROCEDURE = "procedure"
    CONCEPT = "concept"
    LESSON = "lesson"
    EXAMPLE = "example"


class ConceptKind(StrEnum):
    """A concept names a structure (something to recognise) or a routine (something to do)."""

    STRUCTURE = "structure"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class WorkedCheck:
    """A small instance worked out, with code that computes the same value on its own.

    Attributes:
        example: one to three sentences that end in the value.
        code: Python, standard library only, that assigns ``result``.
        result: the value, as text.
    """

    example: str
    code: str
    result: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """A subquestion and the reusable way to answer it.

    The subquestion is the main search key (arXiv 2604.01348); the subroutine is what is handed to a model.

    Attributes:
        asked_as: up to twenty other wordings of the need, as somebody asks who knows neither its name nor its
            field. Each is a search key. Like tags, they are not part of the id.
    """

    subquestion: str
    subroutine: str
    applicability: str = ""
    pitfalls: tuple[str, ...] = ()
    domain: str = ""
    tags: tuple[str, ...] = ()
    check: WorkedCheck | None = None
    extractor: str = ""
    asked_as: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The content hash over what the procedure says, and the extractor that said it."""
        return content_id(
            "p", self.subquestion, self.subroutine, self.applicability, list(self.pitfalls), self.extractor
        )

    @property
    def kind(self) -> EntryKind:
        """Always `EntryKind.PROCEDURE`."""
        return EntryKind.PROCEDURE

    @property
    def key(self) -> str:
        """The text that is embedded and matched: the subquestion."""
        return self.subquestion

    @property
    def body(self) -> str:
        """The text that is handed to a model: the subroutine."""
        return self.subroutine


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a concept; a typing ``Name := annotation`` defines a type of that name."""

    name: str
    typing: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """A named abstraction over several procedures, in the program-synthesis format of arXiv 2509.04439.

    Attributes:
        asked_as: as in `Procedure`.
    """

    name: str
    concept_kind: ConceptKind
    description: str
    routine_subtype: str = ""
    output_typing: str = ""
    parameters: tuple[Parameter, ...] = ()
    cues: tuple[str, ...] = ()
    implementation: tuple[str, ...] = ()
    used_in: tuple[str, ...] = ()
    pitfalls: tuple[str, ...] = ()
    domain: str = ""
    tags: tuple[str, ...] = ()
    check: WorkedCheck | None = None
    extractor: str = ""
    asked_as: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The content hash over what the concept says."""
        return content_id(
            "c",
            self.name,
            self.concept_kind.value,
            self.description,
            self.routine_subtype,
            self.output_typing,
            [[p.name, p.typing, p.description] for p in self.parameters],
            list(self.cues),
            list(self.implementation),
            list(self.pitfalls),
            self.extractor,
        )

    @property
    def kind(self) -> EntryKind:
        """Always `EntryKind.CONCEPT`."""
        return EntryKind.CONCEPT

    @property
    def key(self) -> str:
        """The text that is embedded and matched: name, description and cues."""
        return ". ".join([self.name, self.description, *self.cues])

    @property
    def body(self) -> str:
        """The text that is handed to a model: the description and how it was done."""
        return "\n".join([self.description, *(f"- {note}" for note in self.implementation)])


@dataclass(frozen=True, slots=True)
class Lesson:
    """A situation and what to do in it: the open-ended sibling of a concept (arXiv 2509.04439).

    Attributes:
        asked_as: as in `Procedure`.
    """

    situation: str
    suggestion: str
    domain: str = ""
    tags: tuple[str, ...] = ()
    extractor: str = ""
    asked_as: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The content hash over what the lesson says."""
        return content_id("l", self.situation, self.suggestion, self.extractor)

    @property
    def kind(self) -> EntryKind:
        """Always `EntryKind.LESSON`."""
        return EntryKind.LESSON

    @property
    def key(self) -> str:
        """The text that is embedded and matched: the situation."""
        return self.situation

    @property
    def body(self) -> str:
        """The text that is handed to a model: the suggestion."""
        return self.suggestion


class ExampleSize(StrEnum):
    """Whether a worked example is a whole solution, or a step of one."""

    WHOLE = "whole"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """A goal as a trace worded it, with the passage that reached it, compacted. Its own numbers stay in it.

    Attributes:
        goal: the question of a whole solution; what a step reaches, naming its object.
        passage: the trace's own words, less loops, doubt and abandoned branches. It ends in the result.
        size: how much of the trace it is.
        question: of a step, the question that the trace answers; of a whole solution, empty, as it is the goal.
        result: what the passage reaches, as the trace says it; may be empty.
        outcome: the verdict on the trace.
        asked_as: as in `Procedure`.
    """

    goal: str
    passage: str
    size: ExampleSize
    question: str = ""
    result: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    domain: str = ""
    tags: tuple[str, ...] = ()
    extractor: str = ""
    asked_as: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The content hash over what the example says."""
        return content_id(
            "w",
            self.goal,
            self.passage,
            self.size.value,
            self.question,
            self.result,
            self.outcome.value,
            self.extractor,
        )

    @property
    def kind(self) -> EntryKind:
        """Always `EntryKind.EXAMPLE`."""
        return EntryKind.EXAMPLE

    @property
    def key(self) -> str:
        """The text that is embedded and matched: the goal."""
        return self.goal

    @property
    def body(self) -> str:
        """The text that is handed to a model: the passage; of a step with formulas, after its problem."""
        shown = self.size is ExampleSize.STEP and self.question and _FORMULA.search(self.passage)
        return f"Problem: {self.question}\n\n{self.passage}" if shown else self.passage


Entry = Procedure | Concept | Lesson | WorkedExample


def label_of(entry: Entry) -> str:
    """Return what an entry is counted as: its kind, worked examples by their size, as ``whole example``."""
    return f"{entry.size} {entry.kind}" if isinstance(entry, WorkedExample) else entry.kind.value


def readable_key(entry: Entry) -> str:
    """Return an entry's key for people: each part of a concept ends with one punctuation mark.

    The key itself joins the parts with full stops whatever they end with. It stays so: vectors of the key and offsets
    into it are stored.
    """
    if not isinstance(entry, Concept):
        return entry.key
    parts = [entry.name, entry.description, *entry.cues]
    return " ".join([*(part if part.endswith(_ENDS) else f"{part}." for part in parts[:-1]), parts[-1]])


_ENDS = (".", "!", "?", ":", ";", ",")


@dataclass(frozen=True, slots=True, order=True)
class Provenance:
    """Where an entry comes from: a span of a stored trajectory, or a named source such as ``starter:algebra``."""

    trajectory_id: str | None
    source: str
    span: Span | None = None


class Origin(StrEnum):
    """Whether an entry belongs to the namespace or to the starter memory, which all namespaces share."""

    OWN = "own"
    STARTER = "starter"


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as the store holds it.

    Attributes:
        seq: the stable 64-bit number FAISS and BM25 know it by.
        entry: the entry itself.
        version: 1 for the first wording; counts up when it is revised.
        provenance: all its sources, sorted.
        origin: whether it belongs to the namespace or to the starter memory.
        seen: in how many traces it was recognised, apart from `provenance`, from which it was learnt; None in a hit of
            recall, which does not count them.
        mark: its trust, if that is not what its sources tell.
    """

    seq: int
    entry: Entry
    version: int
    provenance: tuple[Provenance, ...]
    origin: Origin = Origin.OWN
    seen: Sightings | None = field(default=None, compare=False)
    mark: Trust | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """The entry's content hash."""
        return self.entry.id

    @property
    def trust(self) -> Trust:
        """How far its text can be trusted: its mark, else what its sources tell."""
        return self.mark or (Trust.OWN if self._is_written else Trust.LEARNT)

    @property
    def _is_written(self) -> bool:
        """Whether a person wrote this wording, as its sources tell."""
        if self.origin is Origin.STARTER:
            return True
        # A superseded wording has no sources of its own; texts that programs word name their extractor.
        if not self.provenance:
            return not self.entry.extractor
        by_hand = [place.trajectory_id is None for place in self.provenance]
        # Traces may have been merged into a text of the owner, which then stays as it is. A later version without a
        # mark was worded by a program, from all of its sources.
        return all(by_hand) or (self.version == 1 and any(by_hand))


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """One wording of an entry.

    Attributes:
        version: 1 for the first.
        created_at: when it was stored, in UTC without a time zone; None for what was there before format 3.
        retired_at: when the next one took its place; None for the wording now.
    """

    version: int
    entry: Entry
    created_at: datetime | None
    retired_at: datetime | None
