"""A phrase of a trace with its particulars abstracted: mathematics by nouns, numbers and labels away."""

import re
from collections.abc import Mapping

from midthought.ingest.extraction.rewriting.mathematics import MATH, Noun, inner, noun_of, plain_words

_DETERMINERS = frozenset(
    "the a an this that these those each every any its their our both all some no another which".split()
)
_SMALL = _DETERMINERS | frozenset(
    "of in on at by to from for with and or but if then when where as is are be was that into than between equals equal"
    " gives using we i it let so not per over under about like both also only get have has can will same given means"
    " find compute calculate evaluate determine simplify solve express factor expand rewrite substitute divide multiply"
    " consider apply use set check since because define add subtract convert".split()
)
_NUMBER_WORD = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_PLURALISH = r"(?:[a-z]+[- ])?[a-z]+(?:s|ices|ae)\b"
_CLEAN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\*\*|__|`", ""),
        (r"\s+", " "),
        (r"\$\d[\d,.]*", "the given amount"),
        (r"\b\d[\d,.]*\s?%", "the given percentage"),
        (rf"\b(?:the|these|those|all|both|all the|any) (?:{_NUMBER_WORD}|\d+) (?={_PLURALISH})", "the "),
        (rf"\b(?:{_NUMBER_WORD}|\d[\d,]*) (?={_PLURALISH})", ""),
        (
            r"\b(divided|divisible|multiplied|multiply|divide|increased|decreased) by (?:both )?\d[\d,.]*\b",
            r"\1 by the given number",
        ),
        (r"\b(?:modulo|mod) \d+\b", "modulo the given number"),
        (r"\bbase[- ](?:\d+|ten)\b", "the given base"),
        (r"\b(?:equation|step|case|part|condition) (?:\(?\d+\)?)", "equation"),
    )
)


def abstract(text: str, glossary: Mapping[str, str], *, definite: bool = True) -> str:
    """Return `text` in one line with every span of mathematics replaced by the noun that stands for it.

    Where the word before already names it ("the set A", "the equation x = 1") the span is simply dropped.
    """
    pieces: list[str] = []
    at = 0
    for match in MATH.finditer(text):
        pieces.append(text[at : match.start()])
        pieces.append(f" {_stand_in(''.join(pieces), inner(match), glossary, definite)} ")
        at = match.end()
    return tidy("".join(pieces) + text[at:])


def tidy(text: str) -> str:
    """Drop numbers that only count and marks of layout; put articles right."""
    for pattern, new in _CLEAN:
        text = pattern.sub(new, text)
    text = re.sub(r"\b(the|a|an) (?:the|a|an|each|our|its) ", r"\1 ", text)
    text = re.sub(r"\b(set|point|triangle|rectangle|segment|function|line|circle|angle|matrix|vector|variable)(?= (?:of|and|is|to|in|by|with)\b|[,.]|$)",
                  _article, text)  # fmt: skip
    text = re.sub(r"\s+([,.;:?])", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def _article(match: re.Match[str]) -> str:
    before = match.string[: match.start()].split()
    bare = not before or before[-1].lower() in {
        "of",
        "in",
        "on",
        "at",
        "by",
        "to",
        "from",
        "for",
        "with",
        "and",
        "into",
    }
    return f"the {match[1]}" if bare else match[1]


def _stand_in(before: str, latex: str, glossary: Mapping[str, str], definite: bool) -> str:
    words = plain_words(latex)
    if words:
        return words
    previous = re.search(r"([A-Za-z-]+)\s*$", before)
    named = previous is not None and previous[1].lower() not in _SMALL and not previous[1].lower().endswith("ly")
    if named and not _is_verb_form(previous[1].lower() if previous else ""):
        return ""
    noun = Noun(glossary[latex]) if latex in glossary else noun_of(latex)
    if previous is not None and previous[1].lower() in _DETERMINERS:
        return noun.words
    return noun.definite() if definite else noun.indefinite()


def _is_verb_form(word: str) -> bool:
    return word.endswith(("ing", "ed")) or word in {"get", "find", "gives", "yields"}
