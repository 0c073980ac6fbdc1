"""Headings and numbered parts: what a line says about the lines after it."""

import re
from dataclasses import dataclass
from functools import cache

from midthought.ingest.steps.phrases import any_of, load_words, plain

MAX_HEADING = 160  # characters; a longer line is a sentence, however it is marked
_LATEX_RANKS = {
    "part": 0,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
SECTION_RANK, BOLD_RANK, PART_RANK, NUMBER_RANK, RUN_IN_RANK = 7, 9, 10, 14, 15
_MARKDOWN = re.compile(r"(#{1,6})[ \t]+(.*)")
_LATEX = re.compile(r"\\(part|chapter|(?:sub){0,2}section|(?:sub)?paragraph)\*?\{([^{}]*(?:\{[^{}]*\}[^{}]*)*+)\}")
_BOLD = re.compile(
    r"(?:(\d{1,2}|[a-zA-Z])[.)][ \t]+)?(\*\*|__)(?P<title>(?:(?!\2).)++)\2[ \t]*(?P<colon>:?)[ \t]*(?P<rest>.*)"
)
_ITALIC = re.compile(r"\*(?P<title>[^*\n]{3,80}[.:])\*(?:[ \t]+|$)(?P<rest>.*)")
_SECTION_NUMBER = re.compile(r"\s*\d{1,2}((?:\.\d{1,2})*+)[.)]?\s+[^\W\d]")
_NUMBER_MARKS = "abcdefghijklmnopqrstuvwxyz("
_NUMBER_MARKS += "0123456789IVX\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341"
_FIRST_SENTENCE = re.compile(r".{14,}?[^.\d][.!?](?=\s+[A-Z])")
_SHORT_SENTENCE = re.compile(r".{3,}?[.!?](?=\s+[A-Z])")
_HAN_DIGITS = "\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341"
_NUMBERED = re.compile(
    r"\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[IVX]{1,5}|[a-zA-Z])[.):]?[.)][ \t]+(?P<title>\S.*)"
    rf"|[{_HAN_DIGITS}]{{1,3}}[\u3001.\uff0e](?P<han>.+)"
)
_NUMBER = (
    rf"(?:[ \t]*\(?\d{{1,3}}(?:\.\d{{1,2}})*[a-z]?\)?|[ \t]+\(?(?:[ivxIVX]{{1,5}}|[a-zA-Z])\)?"
    rf"|[ \t]*[{_HAN_DIGITS}]{{1,2}})"
)
_AFTER_NUMBER = r"[ \t]*(?:\([^()\n]{1,60}\))?[*_]{0,2}[ \t]*(?:[:.\uff1a\u2014\u2013-]|$)"
_HAN_ORDINAL = rf"\u7b2c[{_HAN_DIGITS}\d]{{1,3}}[\u6b65\u90e8\u7ae0\u8282][:\uff1a,\uff0c\u3001]?"
_OPENING_MARKS = re.compile(r"[\s*_#>\u2705\u274c\U0001f300-\U0001faff]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading.

    Attributes:
        rank: a lower one holds higher ones.
        title: what it says, without its marks and numbers.
        runs_in: whether text follows it on its line.
        word: the word of a part without a number ("check" of "Check: ..."), in lower case.
    """

    rank: int
    title: str
    runs_in: bool = False
    word: str = ""


def read_heading(line: str, lower: str) -> Heading | None:
    """Return the heading that a line without its blanks is, or opens with; None for other lines.

    `lower` is the line in plain lower case.
    """
    if match := _MARKDOWN.match(line):
        return Heading(len(match[1]), clean_title(match[2])) if len(line) <= 2 * MAX_HEADING else None
    if line[0] == "\\":
        match = _LATEX.match(line)
        return Heading(_LATEX_RANKS[match[1]], clean_title(match[2])) if match else None
    return _read_bold(line) or _read_italic(line) or _read_part(line, lower) or _read_numbered(line)


def _read_bold(line: str) -> Heading | None:
    match = _BOLD.match(line) if "**" in line[:8] or "__" in line[:8] else None
    if match is None or len(match["title"]) > MAX_HEADING:
        return None
    title, rest = match["title"], match["rest"]
    if number := _SECTION_NUMBER.match(title):
        return Heading(SECTION_RANK + bool(number[1]), clean_title(title), bool(rest))
    if rest and not (match["colon"] or title.rstrip()[-1:] in (":", ".", "?")):
        return None  # a word in bold that opens a sentence
    if part := _read_part(title.strip(), plain(title.strip())):
        # "Lemma 1." says nothing without its statement.
        said = part.title if _says_more(part.title) or not rest else f"{part.title}: {clean_title(rest)}"
        return Heading(part.rank, said[:MAX_HEADING], bool(rest), part.word)
    if not rest and title.rstrip().endswith((".", "!")) and len(title.split()) > 8:
        return None  # a sentence in bold
    rank = RUN_IN_RANK if rest else NUMBER_RANK if match[1] else BOLD_RANK
    return Heading(rank, clean_title(title), bool(rest))


def _says_more(title: str) -> bool:
    """Whether a title names more than a kind of part and its number."""
    return sum(len(word) > 2 for word in title.split()) > 1


def _read_italic(line: str) -> Heading | None:
    match = _ITALIC.match(line) if line[0] == "*" and line[1:2] not in ("*", " ") else None
    return Heading(RUN_IN_RANK, clean_title(match["title"]), bool(match["rest"])) if match else None


def _read_part(line: str, lower: str) -> Heading | None:
    """Read "Step 3: ...", "Case 2.", "Lemma 1 (name). ..."; a word without a number needs the line or a colon."""
    match = _parts().match(lower)
    if match is None:
        return None
    group = next((name for name in load_words().parts if match[f"p{name}"]), "")
    rest = line[match.end() :].strip()
    runs_in = len(rest) > MAX_HEADING or (group == "3" and bool(rest)) or bool(_FIRST_SENTENCE.match(rest))
    rank = PART_RANK + int(group or 0)
    word = match[f"p{group}"] if group and not match["number"] else ""
    if word and runs_in:  # "Note: ..." is a paragraph, not a section
        sentence = _SHORT_SENTENCE.match(rest)
        return Heading(RUN_IN_RANK, clean_title(sentence[0] if sentence else rest)[:MAX_HEADING], runs_in, word)
    keeps = not rest or (group != "2" and not word)
    return Heading(rank, clean_title(line if keeps else rest), runs_in, word)


@cache
def _parts() -> re.Pattern[str]:
    ranks = "|".join(f"(?P<p{rank}>{any_of(words)})" for rank, words in load_words().parts.items())
    numbered = rf"(?:{ranks})(?:(?P<number>{_NUMBER}{_AFTER_NUMBER})|[*_]{{0,2}}[:\uff1a])"
    return re.compile(rf"[*_]{{0,2}}(?:{numbered}|{_HAN_ORDINAL})[*_]{{0,2}}")


def _read_numbered(line: str) -> Heading | None:
    """Read a short numbered line that ends in a colon, or stands in the numbering of sections ("2.1 ...")."""
    match = _NUMBERED.match(line) if len(line) <= MAX_HEADING and line[0] in _NUMBER_MARKS else None
    if match is None:
        return None
    title = match["title"] or match["han"]
    is_section = match["han"] is not None or line.endswith((":", "\uff1a"))
    return Heading(NUMBER_RANK, clean_title(title)) if is_section else None


def clean_title(title: str) -> str:
    """Return a title without its marks, its numbering and its colon."""
    title = title.replace("**", "").replace("__", "").strip()
    if sentence := _FIRST_SENTENCE.match(title):
        title = sentence[0]
    title = _OPENING_MARKS.sub("", title, count=1) if _OPENING_MARKS.match(title) else title
    numbered = re.match(r"(?:\(?\d{1,2}(?:\.\d{1,2})*[.):]+|\d{1,2}(?:\.\d{1,2})+)[ \t]+", title)
    title = title[numbered.end() :] if numbered else title
    part = _step_number().match(plain(title))
    title = title[part.end() :].strip() or title if part else title
    return title.strip(" \t:\uff1a*_#").rstrip(".").strip()


@cache
def _step_number() -> re.Pattern[str]:
    """Return the pattern of "Step 3:", which is no part of a title; "Case 3:" is."""
    return re.compile(rf"(?:{any_of(load_words().parts['2'][:14])}){_NUMBER}[ \t]*[:.\uff1a\u2014\u2013-][ \t]*")


@cache
def _kind_words() -> re.Pattern[str]:
    lists = "|".join(f"(?P<{kind}>{any_of(words)})" for kind, words in load_words().kinds.items())
    return re.compile(rf"(?:(?:the|our|a|final|step \d+:?)[ \t]+)?(?:{lists})(?!\w)")


def kind_of_title(title: str) -> str:
    """Return what the words that open a title say that its part does, or an empty text."""
    match = _kind_words().match(plain(title))
    return (match.lastgroup or "") if match else ""
