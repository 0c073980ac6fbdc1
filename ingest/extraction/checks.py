"""What no procedure may contain: the answer, and every literal of the source problem."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from midthought.ingest.extraction.extracted import ExtractedEntry, Extraction, RefusedDraft, count_kinds
from midthought.ingest.extraction.techniques import load_techniques
from midthought.ingest.lexicon import load_lexicon
from midthought.ingest.normal_form import normalise, number_words, words_of_value
from midthought.memory.records.entry import Procedure
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Trajectory

QUESTION_WORDS = 30
SUBROUTINE_WORDS = 250
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]++|\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*\})*+\})*+\})*+)\}")
_STATED = re.compile(r"(?i:final answer|answer)(?: is|:)\s*:?\s*\**\s*([^\n.]{1,60})")
_NAME = re.compile(r"(?<![A-Za-z\\{])[A-Z][a-z]+(?:['-][A-Za-z]+)*+")
_OPENING = re.compile(r"(?:^|[.?!:;]\s+|\n\s*|[\"(\u201c\[]\s*|[*#>-]\s*|\)\s+)([A-Z])")
"""Where a word may be capitalised for its place: after the end of a sentence, a colon, a bracket or the mark of a
heading, list item or emphasis."""
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
    """A particular of the problem in a procedure."""

    kind: LeakKind
    text: str


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is particular to one trajectory: its answers in normal form, and the names in its question."""

    answers: frozenset[str]
    names: frozenset[str]


def read_particulars(trajectory: Trajectory) -> Particulars:
    """Collect what no procedure of this trajectory may hold."""
    names = find_names(trajectory.question, trace=f"{trajectory.thought}\n{trajectory.answer}")
    return Particulars(find_answers(trajectory), names)


def find_answers(trajectory: Trajectory) -> frozenset[str]:
    """Return every final answer, in normal form: gold, boxed, or announced in words."""
    found = [trajectory.gold or ""]
    for text in (trajectory.thought, trajectory.answer, trajectory.question):
        found += _BOXED.findall(text)
        found += _STATED.findall(text)
    return frozenset(n for text in found if (n := normalise(text)))


def find_names(question: str, *, trace: str = "") -> frozenset[str]:
    """Return the capitalised words of a question, without those that are capitalised only because they open something.

    A word that opens a sentence, line, heading, quotation or list item wherever it stands is no name if it is an
    ordinary word: in lower case it stands in the question or in the table of techniques, or the `trace` writes it so
    at least as often as capitalised within a sentence.
    """
    places: dict[str, bool] = {}
    openings = {match.start(1) for match in _OPENING.finditer(question)}
    for match in _NAME.finditer(question):
        places[match.group()] = places.get(match.group(), True) and match.start() in openings
    ordinary = set(re.findall(r"\b[a-z]+\b", question)) | technique_words()
    names = {
        name
        for name, only_opens in places.items()
        if not (only_opens and (name.lower() in ordinary or _is_ordinary(name, trace)))
    }
    return frozenset(names - load_lexicon().sentence_openers)


def _is_ordinary(word: str, trace: str) -> bool:
    """Whether a trace has a word in lower case, and not more often capitalised within a sentence."""
    lower = len(re.findall(rf"\b{re.escape(word.lower())}\b", trace))
    return lower > 0 and lower >= len(re.findall(rf"(?<=[a-z,] ){re.escape(word)}\b", trace))


@cache
def technique_words() -> frozenset[str]:
    """Return the words that the table of techniques has in lower case; its wording holds no name of any problem."""
    texts = (f"{t.ask} {t.step} {t.where} {t.method} {t.pitfall}" for t in load_techniques())
    return frozenset(word for text in texts for word in re.findall(r"\b[a-z]+\b", text))


def find_leaks(procedure: Procedure, trajectory: Trajectory) -> tuple[Leak, ...]:
    """Return every particular of a trajectory that a procedure contains; empty if it passes."""
    return leaks_of(procedure, read_particulars(trajectory))


def leaks_of(procedure: Procedure, particulars: Particulars) -> tuple[Leak, ...]:
    """Like `find_leaks`, with the particulars read once for many procedures."""
    text = " ".join([procedure.subquestion, procedure.subroutine, procedure.applicability, *procedure.pitfalls])
    leaks = [Leak(LeakKind.DIGIT, m) for m in re.findall(r"\d+", text)]
    leaks += [Leak(LeakKind.NOTATION, m) for m in _NOTATION.findall(text)]
    leaks += [Leak(LeakKind.LABEL, m) for m in _LABEL.findall(text)]
    leaks += [Leak(LeakKind.QUANTITY, m) for m in _quantity_pattern().findall(text)]
    leaks += [Leak(LeakKind.QUANTITY, m) for m in re.findall(r"\bzero\b", procedure.subquestion, re.IGNORECASE)]
    return tuple(leaks + _answer_leaks(text, particulars.answers) + _name_leaks(text, particulars.names))


def _answer_leaks(text: str, answers: frozenset[str]) -> list[Leak]:
    """Find answers that are words, and small numbers said in words."""
    lower = text.lower()
    words = set(re.findall(r"[a-z]+", lower))
    said = {w for answer in answers for w in words_of_value(answer)}
    # "one" is mostly a pronoun; it counts only where `_VALUE_ONE` reads it as a number.
    leaks = [Leak(LeakKind.ANSWER, w) for w in sorted(said & words - {"one"})]
    if "one" in said and _VALUE_ONE.search(lower):
        leaks.append(Leak(LeakKind.ANSWER, "one"))
    joined = re.sub(r"[^a-z]+", "", lower)
    spoken = sorted(a for a in answers if re.fullmatch(r"[a-z\\-]{2,}", a) and _says(a.strip("\\"), words, joined))
    return leaks + [Leak(LeakKind.ANSWER, a) for a in spoken]


def _says(answer: str, words: set[str], joined: str) -> bool:
    """Whether a text has an answer that is a word: as one word or, if it is long, as words written together."""
    return answer in words or (len(answer) >= 8 and answer in joined)


def _name_leaks(text: str, names: frozenset[str]) -> list[Leak]:
    """Find names of the question, in upper or lower case."""
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


def check_drafts(drafts: Sequence[ExtractedEntry[Procedure]], trajectory: Trajectory) -> Extraction:
    """Keep the drafts (at least one) that pass every check; refuse the others with the first reason."""
    particulars = read_particulars(trajectory)
    kept, refused, names = [], [], set()
    for draft in drafts:
        leaks = leaks_of(draft.entry, particulars)
        reason = leaks[0].kind.value if leaks else length_reason(draft.entry)
        if not reason:
            kept.append(draft)
            continue
        refused.append(RefusedDraft(draft.entry.subquestion, reason))
        if leaks and leaks[0].kind is LeakKind.NAME:
            names.add(leaks[0].text)
    if kept:
        return Extraction(tuple(kept), tuple(refused))
    detail = count_kinds(draft.reason for draft in refused)
    return Extraction((), tuple(refused), NoYield.REFUSED, detail, tuple(sorted(names)))
