"""What may never stand in a procedure: the answer, and every literal of the source problem."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from midthought.ingest.extraction.extracted import ExtractedProcedure, Extraction, RefusedDraft, count_kinds
from midthought.ingest.extraction.normal import normalise, number_words, words_of_value
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.records.entry import Procedure
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Trajectory

QUESTION_WORDS = 30
SUBROUTINE_WORDS = 250
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]++|\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*\})*+\})*+\})*+)\}")
_STATED = re.compile(r"(?i:final answer|answer)(?: is|:)\s*:?\s*\**\s*([^\n.]{1,60})")
_NAME = re.compile(r"(?<![A-Za-z\\{])[A-Z][a-z]+(?:['-][A-Za-z]+)*+")
_NOTATION = re.compile(
    r"[$\\^_{}=<>|*#+~`@]|[\u0370-\u03ff]|[\u2200-\u22ff]|(?<!['\u2019])\b(?![aAI]\b)[A-Za-z]\b(?!['\u2019])"
)
_LABEL = re.compile(r"\b[A-Z]{2,}\b")
_VALUE_ONE = re.compile(r"\bone\b(?! (?:of|another|after|more|side|square|by|at a)\b)")


class LeakKind(StrEnum):
    """What kind of particular leaked into a procedure; the value is the reason a draft is refused with."""

    ANSWER = "holds the answer"
    DIGIT = "holds a digit"
    LABEL = "holds a label"
    NAME = "holds a name of the question"
    NOTATION = "holds notation"
    QUANTITY = "holds a number word"


@dataclass(frozen=True, slots=True)
class Leak:
    """Something particular that stands in a procedure."""

    kind: LeakKind
    text: str


@dataclass(frozen=True, slots=True)
class Literals:
    """The particulars of one trajectory: its answers in normal form, and the names in its question."""

    answers: frozenset[str]
    names: frozenset[str]


def read_literals(trajectory: Trajectory) -> Literals:
    """Collect what no procedure of this trajectory may hold."""
    return Literals(find_answers(trajectory), find_names(trajectory.question))


def find_answers(trajectory: Trajectory) -> frozenset[str]:
    """Return every final answer, in normal form: gold, boxed, or announced in words."""
    found = [trajectory.gold or ""]
    for text in (trajectory.thought, trajectory.answer, trajectory.question):
        found += _BOXED.findall(text)
        found += _STATED.findall(text)
    return frozenset(n for text in found if (n := normalise(text)))


def find_names(question: str) -> frozenset[str]:
    """Return the capitalised words of a question, but not those that are capitalised for opening a sentence."""
    opening = {m.start(1) for m in re.finditer(r"(?:^|[.?!:]\s+|\n\s*|[\"(]\s*)([A-Z])", question)}
    lower = set(re.findall(r"\b[a-z]+\b", question))
    names = {m.group() for m in _NAME.finditer(question) if m.start() not in opening or m.group().lower() not in lower}
    return frozenset(names - load_lexicon().sentence_openers)


def find_leaks(procedure: Procedure, trajectory: Trajectory) -> tuple[Leak, ...]:
    """Return every particular of a trajectory that stands in a procedure; an empty tuple is a pass."""
    return leaks_of(procedure, read_literals(trajectory))


def leaks_of(procedure: Procedure, literals: Literals) -> tuple[Leak, ...]:
    """Like `find_leaks`, with the literals read once for many procedures."""
    text = " ".join([procedure.subquestion, procedure.subroutine, procedure.applicability, *procedure.pitfalls])
    leaks = [Leak(LeakKind.DIGIT, m) for m in re.findall(r"\d+", text)]
    leaks += [Leak(LeakKind.NOTATION, m) for m in _NOTATION.findall(text)]
    leaks += [Leak(LeakKind.LABEL, m) for m in _LABEL.findall(text)]
    leaks += [Leak(LeakKind.QUANTITY, m) for m in _quantity_pattern().findall(text)]
    leaks += [Leak(LeakKind.QUANTITY, m) for m in re.findall(r"\bzero\b", procedure.subquestion, re.IGNORECASE)]
    return tuple(leaks + _answer_leaks(text, literals.answers) + _name_leaks(text, literals.names))


def _answer_leaks(text: str, answers: frozenset[str]) -> list[Leak]:
    """Find answers that are words, and small numbers said in words."""
    lower = text.lower()
    words = set(re.findall(r"[a-z]+", lower))
    said = {w for answer in answers for w in words_of_value(answer)}
    leaks = [Leak(LeakKind.ANSWER, w) for w in sorted(said & words - {"one"})]
    if "one" in said and _VALUE_ONE.search(lower):
        leaks.append(Leak(LeakKind.ANSWER, "one"))
    joined = re.sub(r"[^a-z]+", "", lower)
    spoken = sorted(a for a in answers if re.fullmatch(r"[a-z\\-]{2,}", a) and _says(a.strip("\\"), words, joined))
    return leaks + [Leak(LeakKind.ANSWER, a) for a in spoken]


def _says(answer: str, words: set[str], joined: str) -> bool:
    """Say whether a word answer stands in a text: as a word, or, where it is long, as run-together words."""
    return answer in words or (len(answer) >= 8 and answer in joined)


def _name_leaks(text: str, names: frozenset[str]) -> list[Leak]:
    """Find names of the question, in any case."""
    words = set(re.findall(r"[a-z]+(?:['-][a-z]+)*+", text.lower()))
    words |= {part for word in words for part in re.split(r"['-]", word)}
    return [Leak(LeakKind.NAME, n) for n in sorted(names) if n.lower() in words or n.lower().split("'")[0] in words]


@cache
def _quantity_pattern() -> re.Pattern[str]:
    words = (word for word in number_words() if word not in ("zero", "one"))
    return re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)


def length_reason(procedure: Procedure) -> str:
    """Say which text is too long, if any."""
    if len(procedure.subquestion.split()) > QUESTION_WORDS:
        return "question too long"
    return "subroutine too long" if len(procedure.subroutine.split()) > SUBROUTINE_WORDS else ""


def check_drafts(drafts: Sequence[ExtractedProcedure], trajectory: Trajectory) -> Extraction:
    """Keep the drafts (at least one) that pass every check; refuse the others with the first reason."""
    literals = read_literals(trajectory)
    kept, refused = [], []
    for draft in drafts:
        leaks = leaks_of(draft.procedure, literals)
        reason = leaks[0].kind.value if leaks else length_reason(draft.procedure)
        if reason:
            refused.append(RefusedDraft(draft.procedure.subquestion, reason))
        else:
            kept.append(draft)
    if kept:
        return Extraction(tuple(kept), tuple(refused))
    return Extraction((), tuple(refused), NoYield.REFUSED, count_kinds(draft.reason for draft in refused))
