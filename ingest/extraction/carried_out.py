"""Whether a cue stands in a passage that carries something out, and where that passage ends.

A name, a formula or a plan is not enough: after the cue something must be reached - a computation with numbers, a
conclusion, a value that is returned - and nothing of it may be taken back.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from midthought.ingest.lexicon import load_lexicon

BEFORE, AFTER = 300, 700
"""Characters around a cue in which its evidence must stand: a formula and the numbers put into it are often two steps.
Beyond the step, 143 right answers to science questions gave 52 links, and 34 within it."""
MIN_PASSAGE = 90
"""Characters of a passage: a shorter one says what came out."""
MAX_WORK = 2500
"""Characters after a cue in which the work that it belongs to must end: what goes on longer has no result that is known
to be its own. Passages that ended at the last thing reached within 1,000 were cut in 11 of 120 that were read."""
REACH = 1000
"""Characters after the cue of a call in which it is answered."""
_OPENER = 60
"""Characters after the end of a run in which a turn that takes it back opens."""
_TAIL = 300
"""Characters at the end of a passage in which something must be reached."""
MAX_LINE = 1500
"""Characters of a call, or a record that it returned, which a passage ends with."""
MIN_SAID = 2
"""Conclusions of a passage that computes nothing: a single one is a claim."""
_ASKS = re.compile(
    r"\b(?:i need to find|(?:this|the) (?:problem|question)|(?:supposed|asked) to|look(?:ing)? (?:it|that|this) up)\b"
)
"""A sentence that repeats the question names a method without using it: *I need to find its Laplace transform*."""
_SENTENCE_END = re.compile(r"[.?!:](?=\s)|\n")
_BLANK = " \t\n*_#-"
_SENTENCE = 300  # characters of a sentence that has no end
_IS = r"(?:[=\u2248\u2261\u2243\u2245]|\\(?:approx|equiv|simeq|cong)\b)"
_NOT_IS = r"(?:[^=\u2248\u2261\u2243\u2245\n\\$,;]|,(?=\d)|\\[,;]|\\(?!approx|equiv|simeq|cong|\)))"
_VALUE = r"[\s$(\[{|+\u2212\u00b1-]{0,6}(?:\\[a-z]+\s*[{(\s]*){0,2}-?\d"
_COMPUTES = re.compile(
    # A chain, ``x = 6 / 0.03 = 200``, and a sum of numbers, ``6 N / 0.03 m = 200``. An equation with symbols alone is a
    # formula; one of a symbol and a number, ``a = 3``, says what is given.
    rf"{_IS}{_NOT_IS}{{0,90}}\d{_NOT_IS}{{0,90}}{_IS}{_VALUE}"
    rf"|\d[^=\n,;]{{0,12}}(?:[-+*/\u00d7\u00b7\u00f7\u2212^]|\\(?:cdot|times|div)\b)[\s({{\\-]{{0,3}}\d"
    rf"(?:[^=\n,;.$]|[.,](?=\d)|\\[,;]){{0,80}}{_IS}{_VALUE}"
    # A right side that computes, of numbers that no formula has: ``p = 33.6 Torr + 136 Torr``.
    rf"|{_IS}[\s$(]{{0,4}}(?:\d{{2,}}|\d+\.\d+)[^=\n$,;]{{0,24}}(?:[-+*/\u00d7\u00b7\u2212]|\\(?:cdot|times)\b)[\s({{]{{0,3}}\d"
    r"|\d\s*(?:<|\\leq?\b|\u2264)\s*\\?\w{1,8}\s*(?:<|\\leq?\b|\u2264)\s*\d"
)
_RETURNS = re.compile(
    r"\b(?:returns?|returned|becomes?|which is|results? in|resulting in|will be|output(?:s| is)?|(?:is|are) now)\b"
    r"[^.\n]{0,40}?(?<!\w)['\"\[{`]"
    r"|^\s*(?:result|observation)\b[^\n]{0,12}:",
    re.MULTILINE,
)


def find_passage(
    text: str, evidence: Iterable[re.Pattern[str]], *, first: int, cue: tuple[int, int], run: int | None
) -> tuple[int, int] | None:
    """Return where the passage stands that shows the work of a cue, or None if nothing shows it.

    `text` is plain (`phrases.plain`); `first` is where the step of the cue begins, before which no evidence counts;
    `run` is where the work that it belongs to ends (`work_run.end_of_run`), None for a call, which its evidence ends.
    """
    opened, closed = _sentence_around(text, *cue)
    if _ASKS.search(text, opened, closed):
        return None
    first = _start_near(text, first, cue[0])
    stop = min(cue[1] + REACH if run is None else run, cue[1] + MAX_WORK + 1, len(text))
    turn = _turns().search(text, closed, stop + _OPENER)
    stop = min(turn.start(), stop) if turn else stop
    shown = _find_evidence(text[first : min(stop, cue[1] + AFTER)], evidence)
    if shown is None:
        return None
    if run is None:
        end = _end_of_reply(text, max(first, opened), stop, shown=first + shown)
    else:
        end = _end_of_work(text, max(first, opened), stop) if stop <= cue[1] + MAX_WORK else None
    if end is None or end - first < MIN_PASSAGE or _is_taken_back(text, opened, closed, end):
        return None
    return None if turn and run is not None and _doubts(text, turn.start()) else (first, end)


def _start_near(text: str, first: int, cue: int) -> int:
    """Return the begin of a step; if it is far before the cue, of a sentence; the last turn before the cue if later."""
    turns = [match.start() for match in _turns().finditer(text, first, cue)]
    first = turns[-1] if turns else first
    if cue - first <= BEFORE:
        return first
    match = _SENTENCE_END.search(text, cue - BEFORE, cue)
    return match.end() if match else cue - BEFORE


def _end_of_reply(text: str, start: int, stop: int, *, shown: int) -> int | None:
    """Return the end of the line in which a call is answered, or its evidence stands; None if nothing is reached."""
    reached = max((*_ends_computed(text, start, stop), *_ends_said(text, start, stop)), default=None)
    if reached is None:
        return None
    place = max(shown, reached)
    line = text.find("\n", place, place + MAX_LINE)
    return line if line >= 0 else min(len(text), place + MAX_LINE)


def _end_of_work(text: str, start: int, stop: int) -> int | None:
    """Return the end of work that goes up to a place, or None if it reaches nothing there, or only claims it."""
    end = start + len(text[start:stop].rstrip(_BLANK))
    computed, said = _ends_computed(text, start, end), _ends_said(text, start, end)
    if not computed and len(said) < MIN_SAID:
        return None
    return end if max((*computed, *said)) >= end - _TAIL else None


def _ends_computed(text: str, start: int, stop: int) -> list[int]:
    return [*_ends(_COMPUTES, text, start, stop), *_ends(_RETURNS, text, start, stop)]


def _ends_said(text: str, start: int, stop: int) -> list[int]:
    return [place for place in _ends(_arrivals(), text, start, stop) if not _announces(text, place)]


def _doubts(text: str, turn: int) -> bool:
    """Whether a turn takes back what was reached: all but those that check it."""
    lexicon = load_lexicon()
    return not _any_of(lexicon.verifications).search(text, turn, _end_of_sentence(text, _end_of_sentence(text, turn)))


def _find_evidence(near: str, evidence: Iterable[re.Pattern[str]]) -> int | None:
    """Return the place behind the last piece of evidence, or None if one is missing."""
    found = [pattern.search(near) for pattern in evidence]
    return max((match.end() for match in found if match), default=0) if all(found) else None


def _ends(pattern: re.Pattern[str], text: str, start: int, stop: int) -> Iterator[int]:
    return (match.end() for match in pattern.finditer(text, start, stop))


def _announces(text: str, place: int) -> bool:
    """Whether the sentence at a place ends with a colon: what it announces comes after it, or never."""
    return text[place : _end_of_sentence(text, place)].rstrip().endswith(":")


def _is_taken_back(text: str, opened: int, closed: int, end: int) -> bool:
    """Whether the sentence of a cue or one of the two after it doubts the idea, or the passage is abandoned."""
    # The doubt often comes after the formula that follows the cue.
    soon = _end_of_sentence(text, _end_of_sentence(text, closed))
    later = _end_of_sentence(text, _end_of_sentence(text, end))
    lexicon = load_lexicon()
    return bool(
        _any_of(lexicon.doubts).search(text, opened, soon) or _any_of(lexicon.abandonments).search(text, opened, later)
    )


def _sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    before = _SENTENCE_END.finditer(text, max(0, start - 500), start)
    return max((match.end() for match in before), default=max(0, start - 500)), _end_of_sentence(text, end)


def _end_of_sentence(text: str, start: int) -> int:
    match = _SENTENCE_END.search(text, start)
    return match.end() if match else min(len(text), start + _SENTENCE)


@cache
def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    longest = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(rf"(?<![^\W_]){re.escape(phrase)}(?![^\W_])" for phrase in longest))


@cache
def _arrivals() -> re.Pattern[str]:
    """Conclusions that are not followed by a plan: *so we need*, *therefore, let me*."""
    lexicon = load_lexicon()
    said, plans = (
        "|".join(re.escape(p).replace(r"\ ", r"\s+") for p in sorted(phrases, key=len, reverse=True))
        for phrases in (lexicon.arrivals, lexicon.plans)
    )
    # "So" says little: an equation or a value must follow it soon.
    return re.compile(
        rf"(?<![^\W_])(?:(?:{said})(?![^\W_]),?\s+(?!(?:{plans})(?![^\W_]))"
        rf"|so,?\s+(?!(?:{plans})(?![^\W_]))[^.\n]{{0,80}}?(?:{_IS}|\b(?:is|are|be)\b[^.\n]{{0,20}}?\d)|\\boxed\b)"
    )


@cache
def _turns() -> re.Pattern[str]:
    said = "|".join(re.escape(phrase) for phrase in sorted(load_lexicon().turns, key=len, reverse=True))
    return re.compile(rf"(?:(?<=[.?!:]\s)|(?<=\n))[\s*_#-]{{0,8}}(?:but |so |now |and |okay, )?(?:{said})(?![^\W_])")
