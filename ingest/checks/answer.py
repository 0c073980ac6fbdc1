"""No general entry says the final answer of its source."""

import re

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, is_general, joined_texts
from midthought.ingest.checks.numerals import STRUCTURAL, find_numerals, fractions_of, numerals_of
from midthought.ingest.checks.particulars import ordinary_words, read_particulars
from midthought.ingest.normal_form import normalise
from midthought.memory.records.trajectory import Trajectory

_STATED = re.compile(
    r"\b(?:answers?|results?|totals?|outputs?|solutions?|conclusions?)\b"
    r"(?:\s+(?:here|is|are|be|will|must|should|therefore|thus|then|of|the|equal|equals|to|comes|exactly|simply))*+"
    r"\s*[=\u2248:]?\s*[$\\(*'\"`]*$",
    re.IGNORECASE,
)
"""What announces a value: an answer that is a common number or an ordinary word is one only after it."""
_VERDICTS = frozenset(
    {"true", "false", "yes", "no", "none", "null", "valid", "invalid", "unknown", "empty", "impossible"}
)
"""Answers that are said of anything."""
_END = re.compile(r"[$\\)*'\"`]*\s*(?:[.,;:!?\n]|$)")


def check_answer(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a general entry that says the final answer, in digits, number words, as a fraction or in words.

    Answers that could stand in any text (a small number, an ordinary word, a letter) count only where a value is
    announced: ``is 7.``, ``= ellipse``, ``option D``. A worked example carries its answer by nature: it is exempt.
    """
    if not is_general(draft.entry):
        return None
    text = joined_texts(draft.entry)
    lower = text.lower()
    for answer in sorted(read_particulars(trajectory).answers):
        found = _find_fraction(answer, text) or (
            _find_number(answer, text) if _is_number(answer) else _find_words(answer, lower)
        )
        if found:
            return DraftFault("the final answer", found)
    return None


def _is_number(answer: str) -> bool:
    return bool(re.search(r"\d", answer)) or any(one.text == answer for one in numerals_of(answer))


def _find_fraction(answer: str, text: str) -> str:
    """Find an answer that is a fraction, however it is written, where a value is announced: any text may say "half"."""
    values = {value for value, wording in fractions_of(answer) if wording == answer.lstrip("-")}
    return next(
        (
            wording
            for value, wording in (fractions_of(text) if values else ())
            if value in values and _is_announced(wording, text)
        ),
        "",
    )


def _find_number(answer: str, text: str) -> str:
    for wanted in find_numerals(answer):
        if wanted.text != answer.lstrip("-"):
            continue  # part of an expression, found as a whole below
        if wanted.value in STRUCTURAL:
            return ""
        # Two digits prove nothing: 49 is a square, 44 a count of derangements.
        unusual = not wanted.is_common and len(wanted.value) > 2
        for numeral in numerals_of(text):
            if numeral.value == wanted.value and (unusual or _is_announced(numeral.text, text)):
                return numeral.text
        return ""
    # An expression with digits is particular if it is of some length: "12/35", "x>5", but not "n+1".
    return answer if len(answer) > 4 and re.search(r"\d\d", answer) and answer in normalise(text) else ""


def _find_words(answer: str, lower: str) -> str:
    """Find an answer in words: anywhere if it is unusual, else only where a value is announced."""
    if len(answer) == 1:
        return answer if re.search(rf"\b(?:answer|option|choice)s?\W+(?:is\W+)?{re.escape(answer)}\b", lower) else ""
    words = re.findall(r"[a-z]+", answer)
    if not words or answer in _VERDICTS or any(wording == answer for _, wording in fractions_of(answer)):
        return ""
    if len(words) == 1 and (len(answer) < 8 or words[0] in ordinary_words()):
        return answer if _is_announced(answer, lower) else ""
    joined = re.sub(r"[^a-z]+", "", lower)  # the normal form has no blanks
    return answer if len("".join(words)) >= 8 and "".join(words) in joined else ""


def _is_announced(value: str, text: str) -> bool:
    """Whether a value stands somewhere after what announces one, at the end of a clause."""
    return any(
        _STATED.search(text[max(0, match.start() - 60) : match.start()]) and _END.match(text, match.end())
        for match in re.finditer(rf"(?<![\w.]){re.escape(value)}(?!\w)", text)
    )
