"""The sentences of a step as statements need them: with their display formulas, and the clause that explains these."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from midthought.ingest.steps.sentences import later_sentences

MAX_LENGTH = 1200
"""Characters of one unit."""
_MATH = re.compile(
    r"\$\$.+?\$\$|\\\[.+?\\\]|\\begin\{(\w+\*?)\}.+?\\end\{\1\}|\$[^$\n]+\$|\\\(.+?\\\)|`[^`\n]+`", re.DOTALL
)
_DISPLAY = re.compile(r"\s*(?:\$\$|\\\[|\\begin\{)")
_EXPLAINS = re.compile(r"\s*(?:[-*\u2022]\s*)?(?:where|Where|here|Here|with|in which)\b[\s,:]")
_LISTED = re.compile(r"\s*[-*\u2022]\s*\**\s*(?:\$|\\\(|`|[A-Za-z\u0391-\u03c9\u0394]\w{0,5}\s*(?:is|=|:|-))")
_OPEN_END = re.compile(r"(?:[:,]|\b(?:by|is|as|are|equation|formula|to|that|be))\s*$")
_INLINE = re.compile(r"\s*(?:\$[^$\n]*[=\u2248\u221d]|\\\(|[^\s=]{1,16}(?:\s\S{1,4})?\s*[=\u2248]\s*[^\s\d])")
_INTRODUCED = re.compile(
    r"\b(?:given|expressed|calculated|defined|found|written|related[^.]{0,60}) (?:as|by|using|from)\s*:?\s*$"
)
_LINE = re.compile(r"[^\n]+")
_WHERE = re.compile(r"\b[Ww]here\s*:?\s*$|\b[Ww]here:?\s*[-*\u2022]")
_ANNOUNCES = re.compile(r"\b(?:is|are|by|as|equation|formula|law|relation\w*)\b[^.]{0,40}:\s*$")


@dataclass(frozen=True, slots=True)
class StatementUnit:
    """One sentence with what belongs to it: its offsets in the part, and its text on one line."""

    start: int
    end: int
    text: str


def read_units(text: str, start: int, end: int) -> Iterator[StatementUnit]:
    """Yield the units of ``text[start:end]``: a sentence, joined with the formulas and the explanation that follow."""
    masked = _MATH.sub(lambda match: "\u00a4" * len(match[0]), text[start:end])
    bounds = _sentence_bounds(masked)
    place = 0
    while place < len(bounds):
        begin, stop = bounds[place]
        place += 1
        while place < len(bounds) and stop - begin < MAX_LENGTH:
            following = text[start + bounds[place][0] : start + bounds[place][1]]
            if not _belongs(text[start + begin : start + stop], following):
                break
            stop = bounds[place][1]
            place += 1
        words = " ".join(text[start + begin : start + stop].split())
        if words and len(words) <= MAX_LENGTH:
            yield StatementUnit(start + begin, start + stop, words)


def _sentence_bounds(masked: str) -> list[tuple[int, int]]:
    """Return the bounds of sentences and lines; formulas are masked, so that no full stop within them ends one."""
    bounds: list[tuple[int, int]] = []
    for line in _LINE.finditer(masked):
        starts = [line.start(), *later_sentences(masked, line.start(), line.end()), line.end()]
        bounds += [(one, two) for one, two in pairwise(starts) if not masked[one:two].isspace()]
    return bounds


def _belongs(unit: str, following: str) -> bool:
    """Whether what follows continues a unit: a display formula it announces, or the explanation of its formula."""
    if _EXPLAINS.match(following):
        return "=" in unit or "$" in unit or "\\" in unit or bool(_OPEN_END.search(unit))
    if _DISPLAY.match(following):
        return bool(_OPEN_END.search(unit)) or not unit.rstrip().endswith((".", "!", "?", "$$", "\\]"))
    if "here" in unit and _WHERE.search(unit):
        return bool(_LISTED.match(following))
    if _INTRODUCED.search(unit) and _INLINE.match(following):
        return len(following) < 400
    announces = unit.rstrip().endswith(":") and _ANNOUNCES.search(unit)
    return bool(announces) and "=" in following and len(following) < 160
