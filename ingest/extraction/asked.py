"""The question of a trace as the key of an example: what is asked, without answer options and prompt boilerplate."""

import re
from dataclasses import dataclass
from functools import lru_cache

from midthought.ingest.extraction.example_phrases import load_example_phrases

MIN_OPTIONS = 2
MAX_INSTRUCTION = 300  # characters of a sentence that can be an instruction
_OPTION = re.compile(
    r"^[ \t]*(?:[-*][ \t]*)?(?:\*\*)?(?:\(([A-Za-z])\)|([A-Z])[.):])(?:\*\*)?[ \t]+(\S.*?)[ \t]*$"
    r"|^[ \t]*(?:\(([A-Za-z])\))(\S.*)$",
    re.MULTILINE,
)
_INTRODUCTION = re.compile(
    r"^[ \t]*\**(?:options?|choices|answer choices|answer options|the options are|possible answers|candidates)"
    r"\**[ \t]*:?\**[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?!\s|$)[^.!?\n]*)*+[.!?]*[ \t]*|[.!?]+|\n")
_BLOCK = re.compile(r"```|^\s*\[[A-Z]{3,10}\]", re.MULTILINE)
_ASKS_ITSELF = re.compile(r"\?\?|_{4,}")
"""A gap to be filled: the block asks by itself, and what stands before it is the same for every question."""
_QUESTION_LABEL = re.compile(
    r"^\s*(?:\*\*)?(?:question|problem|q|task|query|prompt|instruction)\s*\d{0,3}\s*[:.](?:\*\*)?\s*", re.IGNORECASE
)
_BRACKETS = re.compile(r"\s*\((no |do not |don't |without )?[^()\n]{3,200}\)", re.IGNORECASE)
"""Brackets in a sentence; with the first group, those that forbid something."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question without its options, and the options by letter."""

    text: str
    options: dict[str, str]


@lru_cache(maxsize=8)  # the question of a trace is read for its whole solution and for its steps
def read_asked(question: str) -> Asked:
    """Return what is asked. A question that would be empty without its boilerplate stays as it is."""
    body, options = _take_options(question)
    kept = strip_instructions(body)
    return Asked(kept if _says_enough(kept) else body.strip() or question.strip(), options)


def _says_enough(text: str) -> bool:
    return len(re.findall(r"\w+", text)) >= 3


def _take_options(question: str) -> tuple[str, dict[str, str]]:
    """Return the question before its options, and the options; none unless they follow the alphabet."""
    found = [(m.start(), m.end(), m[1] or m[2] or m[4], m[3] or m[5]) for m in _OPTION.finditer(question)]
    runs = [i for i, option in enumerate(found) if option[2].upper() == "A"]
    if not runs:
        return question, {}
    listed = found[runs[-1] :]
    letters = [option[2].upper() for option in listed]
    if len(listed) < MIN_OPTIONS or letters != [chr(ord("A") + i) for i in range(len(letters))]:
        return question, {}
    after = question[listed[-1][1] :]
    # Parts (a), (b) of a task are no options: they ask something each.
    if letters and listed[0][2].islower():
        return question, {}
    body = _INTRODUCTION.sub("", question[: listed[0][0]]).rstrip()
    return f"{body}\n{after.strip()}".strip(), {o[2].upper(): o[3].strip() for o in listed}


def strip_instructions(text: str) -> str:
    """Leave out the sentences that say how to answer; text in code blocks stays."""
    block = _BLOCK.search(text)
    before, rest = (text[: block.start()], text[block.start() :]) if block else (text, "")
    kept = [_strip_sentence(match[0]) for match in _SENTENCE.finditer(before)]
    if block and _ASKS_ITSELF.search(rest):
        kept = []
    elif block and len(filled := [s for s in kept if s.strip()]) > 1:
        # What is given stands in the block itself.
        kept = [s for s in kept if s is filled[-1] or not load_example_phrases().restated.search(s)]
    body = re.sub(r"\n{3,}", "\n\n", "".join(kept)).strip()
    return _QUESTION_LABEL.sub("", f"{body}\n{rest.strip()}" if rest else body).strip()


def _strip_sentence(sentence: str) -> str:
    """Return a sentence without brackets and a last clause that say how to answer; nothing if it does so itself."""
    instructions = load_example_phrases().instructions
    sentence = _BRACKETS.sub(lambda m: "" if m[1] or instructions.search(m[0]) else m[0], sentence)
    if len(sentence) > MAX_INSTRUCTION or not instructions.search(sentence):
        return sentence
    shorter = re.sub(r",[^,]*$", ".", sentence.rstrip())
    return "" if instructions.search(shorter) else shorter
