"""Where the passage of a step ends: at what its goal seeks, and not at an announcement of what comes next."""

import re
from collections.abc import Collection, Sequence

from midthought.ingest.extraction.compaction import drop_orphans, words_of
from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.goal_wording import holds_formula
from midthought.ingest.extraction.goals import gives_value, strip_maths
from midthought.ingest.extraction.outcomes import announces, is_bare_letter, is_final_heading, reaches, states
from midthought.ingest.extraction.sections import Section
from midthought.ingest.extraction.step_worth import COMPUTES, MATHS, has_substance, is_chain
from midthought.ingest.extraction.units import TextUnit

WORKED_OUT = 6  # units after a formula in which its value is worked out
MAX_UNITS = 12  # of a passage that goes on after its goal
_CLOSEST = re.compile(r".{0,40}\b(?:closest|nearest) (?:answer|option|choice|value)s?\b", re.IGNORECASE)
_ANSWERS = re.compile(r"(?:thus|therefore|so|hence),? (?:the )?(?:final )?answer\b", re.IGNORECASE)
_WORKS_OUT = re.compile(r":\s*(?:\\\[|\$)[^:]*=")
_CALL = re.compile(r"\w+\([^()]{1,40}\)")
_SYMBOL = re.compile(r"\\\(\s*(.+?)\s*\\\)|\$([^$]+)\$|\(([A-Za-z\u0370-\u03ff]{1,3})\)")
_LEFT_SIDE = re.compile(r"(\|?\\?[A-Za-z][\w\\{}^']{0,40}(?:\([^()\n]{1,20}\))?)\s*(?:=|\u2248|\\approx)")
_LETTERS = re.compile(r"[a-z]{2,}")
CONCLUDES = re.compile(r"[\s*_-]*(?:thus|therefore|hence|so|consequently|final answer)\b", re.IGNORECASE)


def trim(units: Sequence[TextUnit]) -> tuple[TextUnit, ...]:
    """Leave out what stands after the last result; in a passage without formulas, after the last full statement."""
    kept = [unit for unit in units if not (is_bare_letter(unit) or is_final_heading(unit) or _CLOSEST.match(unit.text))]
    ends = reaches if any(MATHS.search(unit.text) for unit in kept) else states
    while kept and (not ends(kept[-1]) or _only_announces(kept[-1])):
        kept.pop()
    if len(kept) > 1 and _ANSWERS.match(kept[-1].text) and ends(kept[-2]):
        kept.pop()
    return drop_orphans(kept)


def _only_announces(unit: TextUnit) -> bool:
    """Whether a unit says what comes next, and has no formula of its own."""
    shows = "\\[" in unit.text or "$$" in unit.text or is_chain(unit.text)
    return not shows and announces(unit)


def end_at_arrival(goal: str, units: tuple[TextUnit, ...]) -> tuple[TextUnit, ...]:
    """Return a passage that goes on after its goal only up to where it comes to it, if it does."""
    if comes_to(goal, units):
        return units
    if _WORKS_OUT.search(units[0].text) and COMPUTES.search(units[0].text):
        return units[:1]  # "Find the root of 5.76: sqrt(5.76) = 2.4"
    for stop in range(min(len(units) - 1, MAX_UNITS), 1, -1):
        shorter = trim(units[:stop])
        if len(shorter) == stop and has_substance(shorter) and comes_to(goal, (units[0], shorter[-1])):
            return shorter
    return units


def end_at_object(units: tuple[TextUnit, ...], section: Section) -> tuple[TextUnit, ...]:
    """Leave out what follows the last unit that speaks of the goal's object.

    A law is used in what follows, and what is stated in a solution with no other goal is worked out there: they keep
    all of it if what speaks of them derives nothing.
    """
    goal = section.goal
    stems = {word[:6] for word in words_of(goal) if word not in load_example_phrases().generic}
    symbols = _LEFT_SIDE.findall(units[0].text)
    in_formulas = MATHS.search(units[0].text) is not None
    speak = (i for i, u in enumerate(units) if _speaks_of(u.text, stems, symbols))
    last = max((i for i in speak if not in_formulas or MATHS.search(units[i].text)), default=-1)
    shorter = trim(units[: last + 1])
    if gives_value(units[0].text) or CONCLUDES.match(units[0].text):
        return units[:1]
    goes_on = (section.alone or goal.startswith("Use ")) and MATHS.search(units[-1].text) is not None
    if len(shorter) == len(units):
        return shorter
    if not goes_on:
        return shorter if any(COMPUTES.search(unit.text) for unit in shorter) else _go_on_to_value(units, len(shorter))
    return shorter if has_substance(shorter[1:]) or (shorter and is_chain(shorter[-1].text)) else units


def _go_on_to_value(units: tuple[TextUnit, ...], stop: int) -> tuple[TextUnit, ...]:
    """Return a passage up to where its formula is worked out ("Plugging in the values, ..."), if that is near."""
    places = (place for place in range(stop, min(len(units), stop + WORKED_OUT)) if COMPUTES.search(units[place].text))
    return units[: next(places, stop - 1) + 1]


def comes_to(goal: str, units: Sequence[TextUnit]) -> bool:
    """Whether one of the last two units, the first aside, speaks of the goal's object; one unit must derive it."""
    if len(units) < 2:
        return bool(units) and (has_substance(units) or COMPUTES.search(units[0].text) is not None)
    if holds_formula(goal, "".join(unit.text for unit in units)):
        return True
    words = set(_LETTERS.findall(strip_maths(goal).lower())) - common_words()
    symbols = [symbol for found in _SYMBOL.findall(goal) for symbol in found if symbol] + _CALL.findall(goal)
    last = " ".join(unit.text for unit in units[max(1, len(units) - 2) :])
    lower = last.lower()
    return any(_says(word, lower) for word in words) or any(symbol in last for symbol in symbols)


def _says(word: str, text: str) -> bool:
    """Whether a text has a word, or one that begins like it."""
    return word[:6] in text if len(word) > 3 else word in _LETTERS.findall(text)


def _speaks_of(text: str, stems: Collection[str], symbols: Collection[str]) -> bool:
    lower = text.lower()
    return any(stem in lower for stem in stems) or any(symbol in _LEFT_SIDE.findall(text) for symbol in symbols)
