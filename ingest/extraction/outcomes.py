"""Where a trace states its result, and what that is."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from midthought.ingest.boxed import find_boxed
from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.units import TextUnit, TextUnitKind
from midthought.ingest.normal_form import normalise
from midthought.memory.records.trajectory import Trajectory

MIN_STATEMENT = 6  # blanks in a statement
ROUNDING = 0.06
RESULT_WORDS = 40
_MARKED = r"(?:\$?\\boxed\s*\{\s*)?(?:\\text\{)?"
_LETTER = re.compile(
    rf"(?:answer|option|choice)\**\s*(?:is|:|would be|should be|must be)?:?\s*\**\s*(?:option|choice)?\s*{_MARKED}"
    r"\(?([A-Z])\)?(?:\}){0,2}\$?(?![\w'])",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^[\s*_#>]*(?:(?:so|therefore|thus|hence),? )?(?:the )?(?:(?:final|correct|best) )?(?:answer|option|choice)\b"
    r"[^.!?]{0,40}?(?:is|:)[\s*]*(?:(?:the )?(?:final )?answer is )?(?:option |choice )?[\s$*\\]*(?:boxed\{)?"
    r"(?:\\?text\{)?\(?[A-Z]\)?\}{0,2}[\s$*.]*(?:i hope it is correct\.?)?$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]{0,20}(?:\.\d{1,20})?|\.\d{1,20})")
_FINAL_HEADING = re.compile(r"^[\s*_#>]*final answer\b[\s*_:]*$", re.IGNORECASE)
_CLOSES = re.compile(r"[\s*_-]*(?:so|thus|therefore|hence|which means|this means|that means|and)\b", re.IGNORECASE)
_ANNOUNCES = re.compile(
    r"\b(?:we|i)(?:'ll| will| can| must| should)? (?:now |next |also |then )?(?:need|want|have|are going|am going) to\b"
    r"|\bwe (?:can|will|must|should) (?:now |then |also )?"
    r"(?:substitute|use|plug|find|calculate|determine|compute|solve)\b[^:]*\.$"
    r"|^[\s*_-]*(?:let us|let me|let['\u2019]s)\b[^:]*\.$"
    r"|^[\s*_-]*(?:now|next|then),? (?:let us|let me|let['\u2019]s|we (?:can|will|must|should))\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"[\s*_>-]*(?:(?:we(?:'re| are| were)? )?given\b[^:]*$|here,? we (?:are|have)|we know|recall"
    r"|(?:so,? )?(?:for example|for instance)|suppose|assume|let (?:us |me )?(?:denote|assume|suppose|consider))",
    re.IGNORECASE,
)
_MATHS = re.compile(
    r"[=\u2248\u2264\u2265\u21d2\u2192]|->|\\(?:approx|leq?|geq?|equiv|Rightarrow|implies|boxed|in|mid|ne|neq|to)\b"
)
_VALUE = re.compile(
    r"\b(?:is|are|be|was|were|has|have|equals?|returns?|gives?|of|to|at|by|as)\b[^.]{0,60}?(?:[\d$`'\"\[{]|\\\()"
)


def last_boxed(text: str) -> str:
    """Return what the last box of a text holds, or an empty text."""
    found = list(find_boxed(text[-4000:]))
    return found[-1].strip() if found else ""


def find_result(trajectory: Trajectory, options: Mapping[str, str]) -> str:
    """Return the final result as the trace says it; of multiple choice, the text of the option."""
    letter = find_letter(trajectory)
    if letter in options:
        return options[letter]
    boxed = last_boxed(trajectory.answer) or last_boxed(trajectory.thought)
    short = trajectory.answer.strip()
    if boxed:
        return boxed
    return short if short and short.count(" ") < RESULT_WORDS and "\n\n" not in short else ""


def find_letter(trajectory: Trajectory) -> str:
    """Return the letter of the option that a trace chooses last, or an empty text."""
    for text in (trajectory.answer, trajectory.thought):
        bare = re.fullmatch(r"\(?([A-Z])\)?\.?", text.strip())
        if bare:
            return bare[1]
        if found := _LETTER.findall(text[-600:]):
            return str(found[-1]).upper()
    return ""


def misses_option(passage: str, option: str) -> bool:
    """Whether most numbers of a chosen option are nowhere in a passage: the option was picked, not reached.

    Numbers are compared by their leading digits within `ROUNDING`, as options round and change units; single digits
    say too little.
    """
    wanted = _list_leading(option)
    reached = _list_leading(passage)
    missed = sum(not any(abs(one - other) <= ROUNDING * one for other in reached) for one in wanted)
    return bool(reached) and 2 * missed > len(wanted)


def _list_leading(text: str) -> list[float]:
    """Return the numbers of two digits or more of a text, each shifted to lie between 1 and 10."""
    digits = (re.sub(r"[,.]", "", number).strip("0") for number in _NUMBER.findall(text))
    return [int(found) / 10 ** (len(found) - 1) for found in digits if len(found) > 1]


def is_bare_letter(unit: TextUnit) -> bool:
    """Whether a unit says only which option is chosen."""
    return _BARE.match(unit.text) is not None


def is_final_heading(unit: TextUnit) -> bool:
    """Whether a unit is the heading "Final answer"."""
    return _FINAL_HEADING.match(unit.text) is not None


def announces(unit: TextUnit) -> bool:
    """Whether a unit says what comes next: "Now we need to find ..."."""
    return (" to " in unit.text or unit.text[:4].lower() in ("now ", "now,", "next", "then")) and (
        _ANNOUNCES.search(unit.text[:200]) is not None
    )


def reaches(unit: TextUnit) -> bool:
    """Whether a unit states a result: an equation, a value, or a conclusion in words."""
    if unit.leads or unit.kind in (TextUnitKind.HEADING, TextUnitKind.RULE) or unit.text.rstrip("*_ ").endswith("?"):
        return False
    return _states_result(unit.text)


def states(unit: TextUnit) -> bool:
    """Whether a unit is a full statement in words, which ends a passage without formulas as well as a result."""
    text = unit.text.rstrip("*_ )\"'")
    is_full = (text.endswith(".") or unit.kind is TextUnitKind.ITEM) and text.count(" ") >= MIN_STATEMENT
    return reaches(unit) or (is_full and not unit.leads and not _GIVEN.match(text))


@lru_cache(maxsize=4096)
def _states_result(text: str) -> bool:
    if _GIVEN.match(text):
        return False
    return "```" in text or bool(
        _MATHS.search(text) or _VALUE.search(text) or load_example_phrases().conclusions.search(text)
    )


def _concludes(unit: TextUnit, stated: re.Pattern[str]) -> bool:
    """Whether a unit says the result once more, as what the question asks for."""
    firm = not load_example_phrases().doubt.search(unit.text[:160])
    return firm and _CLOSES.match(unit.text) is not None and stated.search(normalise(unit.text)) is not None


def find_arrival(units: Sequence[TextUnit], result: str) -> int | None:
    """Return the place of the first unit that concludes with the result and is not taken back soon after."""
    wanted = normalise(result)
    if not wanted:
        return None
    stated = re.compile(
        rf"(?:=|\u2248|is|are|be|get|approx|boxed)(?:exactly|simply|therefore|then|equalto|about)?{re.escape(wanted)}(?![\d.]*\d|[a-z])"
    )
    phrases = load_example_phrases()
    for place, unit in enumerate(units):
        text = unit.text
        if phrases.doubt.search(text[:160]) or not reaches(unit) or not stated.search(normalise(text)):
            continue
        after = units[place + 1 : place + 6]
        if not any(phrases.retraction.search(other.text[:200]) for other in after):
            said = (place + 1 + i for i, u in enumerate(after[:3]) if _concludes(u, stated))
            return max(said, default=place)
    return None
