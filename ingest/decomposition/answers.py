"""Reading what a model answered: strictly, with one typed fault and a complaint that the model is told."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from midthought.ingest.language_model import Completion, Finish

SUBQUESTIONS_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "subquestions": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 20},
        },
        "required": ["subquestions"],
        "additionalProperties": False,
    }
)
SUBROUTINE_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "applicable_problems": {"type": "string"},
            "hint": {"type": "string"},
            "passages": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 5},
        },
        "required": ["applicable_problems", "hint", "passages"],
        "additionalProperties": False,
    }
)
MAX_SUBQUESTIONS = 20
_HEADING = re.compile(r"^\s*#{2,4}\s*(?P<name>[A-Za-z ]+?)\s*:?\s*#*\s*$", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.):]|[-*•])\s+(?P<text>\S.*)$")
_QUOTED = re.compile(r"^\s*(?:>|[-*•]|\d{1,2}[.)])\s*", re.MULTILINE)
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(?P<inside>.*?)\n\s*```\s*\Z", re.DOTALL)
_MARKS = "*_`\"“”' \t"
_LOOP = re.compile(r"(?P<unit>\S[^\n]{15,200}?)(?:\s*(?P=unit)){3}")
_NOT_LATIN = re.compile(r"[^\W\d_a-zA-Z\u00c0-\u024f\u0370-\u03ff]")
"""Letters neither Latin nor Greek: Greek ones stand for quantities in any language."""
_OTHER_SCRIPT_SHARE = 0.3
_QUESTION_MARKS = ("?", "\uff1f", "\u061f")
_SHORTEST_QUESTION = 12
"""Characters: *Why so?* asks nothing by itself, and some languages write no blanks."""
_SHORTEST_HINT = 15
"""Words of a subroutine; the published ones have about 200."""


class AnswerFaultKind(StrEnum):
    """What was wrong with an answer."""

    EMPTY = "nothing but blank space"
    CUT = "cut off at the limit"
    LOOP = "repeats itself"
    NO_JSON = "no JSON object of the asked form"
    NO_SECTION = "a section is missing"
    NO_ITEMS = "no list of questions"
    COPIED = "the example copied back"
    OTHER_LANGUAGE = "another language"
    TOO_SHORT = "too short"
    NO_PASSAGE = "no passage that is in the trace"
    NO_VERDICT = "neither yes nor no"
    NOT_SHORTER = "not shorter than before"
    IN_PART = "some of it cannot be used"


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """Why an answer cannot be used, and the sentence that the model is told."""

    kind: AnswerFaultKind
    complaint: str


@dataclass(frozen=True, slots=True)
class WordedSubroutine:
    """The parts of a subroutine as a model worded them; the passages are quotes, not yet found in the trace."""

    applicability: str
    subroutine: str
    passages: tuple[str, ...]


def read_subquestions(answer: Completion, *, example: str, language_of: str) -> tuple[str, ...] | AnswerFault:
    """Return the subquestions of an answer, at most `MAX_SUBQUESTIONS`, each once.

    Args:
        answer: a JSON object or a section with a numbered list.
        example: the list that the prompt showed.
        language_of: a text in the language that the answer should have.
    """
    if (fault := find_general_fault(answer, language_of)) is not None:
        return fault
    found = _listed_subquestions(answer.text)
    if isinstance(found, AnswerFault):
        return found
    shown = {_plain(line) for line in example.splitlines()}
    own = [one for one in dict.fromkeys(found) if _plain(one) not in shown]
    if not own:
        return AnswerFault(AnswerFaultKind.COPIED, "the questions are those of the example, not of this problem.")
    return tuple(own[:MAX_SUBQUESTIONS])


def read_subroutine(answer: Completion, *, language_of: str) -> WordedSubroutine | AnswerFault:
    """Return the parts of a subroutine; see `read_subquestions`."""
    if (fault := find_general_fault(answer, language_of)) is not None:
        return fault
    found = _json_subroutine(answer.text) if is_json(answer.text) else _section_subroutine(answer.text)
    if isinstance(found, WordedSubroutine) and len(found.subroutine.split()) < _SHORTEST_HINT:
        return AnswerFault(AnswerFaultKind.TOO_SHORT, "the hint is too short: about 200 words are wanted.")
    return found


def read_verdict(answer: Completion) -> bool | AnswerFault:
    """Return whether an answer is yes or no: by its first word, or the only one of the two that it holds."""
    words = re.findall(r"[a-z]+", answer.text.lower())
    said = {"yes", "no"} & set(words)
    if words and words[0] in said:
        return bool(words[0] == "yes")
    if len(said) == 1:
        return said == {"yes"}
    return AnswerFault(AnswerFaultKind.NO_VERDICT, "answer with yes or no.")


def find_general_fault(answer: Completion, language_of: str) -> AnswerFault | None:
    """Return what is wrong with an answer whatever its form is."""
    if not answer.text.strip():
        return AnswerFault(AnswerFaultKind.EMPTY, "the answer was empty.")
    if _LOOP.search(answer.text):
        return AnswerFault(AnswerFaultKind.LOOP, "the answer says the same again and again.")
    if answer.finish is Finish.LENGTH:
        return AnswerFault(AnswerFaultKind.CUT, "the answer was cut off at the limit of its length: be shorter.")
    if _other_script(answer.text) > _OTHER_SCRIPT_SHARE >= _other_script(language_of):
        return AnswerFault(AnswerFaultKind.OTHER_LANGUAGE, "answer in the language of the problem.")
    return None


def _listed_subquestions(text: str) -> list[str] | AnswerFault:
    if is_json(text):
        found = read_object(text).get("subquestions")
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            return AnswerFault(AnswerFaultKind.NO_JSON, 'a JSON object with a list "subquestions" is wanted.')
        lines = [str(one) for one in found]
    else:
        sections = read_sections(text)
        if "subquestions" not in sections:
            return AnswerFault(AnswerFaultKind.NO_SECTION, 'the heading "### Subquestions" is missing.')
        items = (_ITEM.match(line) for line in sections["subquestions"].splitlines())
        lines = [item["text"] for item in items if item]
    asked = [line.strip(_MARKS) for line in lines]
    questions = [line for line in asked if line.endswith(_QUESTION_MARKS) and len(line) >= _SHORTEST_QUESTION]
    if not questions:
        return AnswerFault(AnswerFaultKind.NO_ITEMS, "a numbered list of questions is wanted, each ending in '?'.")
    return questions


def _section_subroutine(text: str) -> WordedSubroutine | AnswerFault:
    sections = read_sections(text)
    for heading in ("Applicable Problems", "Hint", "Passages"):
        if not sections.get(heading.lower(), "").strip():
            return AnswerFault(AnswerFaultKind.NO_SECTION, f'the section "### {heading}" is missing or empty.')
    passages = _QUOTED.sub("\n\n", sections["passages"])
    quotes = tuple(one.strip(_MARKS) for one in re.split(r"\n\s*\n", passages) if one.strip(_MARKS))
    return WordedSubroutine(sections["applicable problems"].strip(), sections["hint"].strip(), quotes)


def _json_subroutine(text: str) -> WordedSubroutine | AnswerFault:
    found = read_object(text)
    applicability, hint, passages = (found.get(name) for name in ("applicable_problems", "hint", "passages"))
    if not (isinstance(applicability, str) and isinstance(hint, str) and isinstance(passages, list)):
        form = 'a JSON object with "applicable_problems", "hint" and a list "passages" is wanted.'
        return AnswerFault(AnswerFaultKind.NO_JSON, form)
    quotes = tuple(one.strip(_MARKS) for one in passages if isinstance(one, str) and one.strip(_MARKS))
    return WordedSubroutine(applicability.strip(), hint.strip(), quotes)


def read_sections(text: str) -> dict[str, str]:
    """Return the text after each heading, by its name in small letters; the first of two with one name counts."""
    found = list(_HEADING.finditer(text))
    sections: dict[str, str] = {}
    for heading, after in zip_longest(found, found[1:]):
        end = after.start() if after else len(text)
        sections.setdefault(heading["name"].lower(), text[heading.end() : end])
    return sections


def is_json(text: str) -> bool:
    """Whether a text, or what is in its fence, begins as a JSON object."""
    return _unfenced(text).lstrip().startswith("{")


def read_object(text: str) -> dict[str, object]:
    """Return the JSON object that a text is; empty if it is none."""
    try:
        found = json.loads(_unfenced(text))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _unfenced(text: str) -> str:
    fence = _FENCE.match(text)
    return fence["inside"] if fence else text


def _plain(line: str) -> str:
    item = _ITEM.match(line)
    return re.sub(r"\W+", " ", item["text"] if item else line).strip().lower()


def _other_script(text: str) -> float:
    """Return the share of letters that are neither Latin nor Greek."""
    letters = sum(map(str.isalpha, text))
    return len(_NOT_LATIN.findall(text)) / letters if letters else 0.0
