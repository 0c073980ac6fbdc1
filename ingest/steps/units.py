"""The units that steps are made of: sentences, headings, list items, fences, formulas, lines of tools."""

import re
from dataclasses import dataclass
from enum import StrEnum

from midthought.ingest.steps.headings import Heading, read_heading
from midthought.ingest.steps.labels import LOOK, Role, has_label, read_role
from midthought.ingest.steps.openers import Opening
from midthought.ingest.steps.phrases import load_words
from midthought.ingest.steps.sentences import later_sentences

FEW_PARAGRAPHS = 2  # a text without paragraphs is divided between its sentences
WRAPPED = 50  # characters that a hard-wrapped line has at least
MAX_INDENT = 40  # blanks that are looked at
MIN_COMMANDS = 3
MAX_FORMULA = 60  # lines of a formula that is never closed


class UnitKind(StrEnum):
    """What a unit is."""

    SENTENCE = "sentence"
    HEADING = "heading"
    ITEM = "item"
    BULLET = "bullet"
    FENCE = "fence"
    FORMULA = "formula"
    TABLE = "table"
    LABELLED = "labelled"


@dataclass(frozen=True, slots=True)
class PartText:
    """The text of a part, and the same in plain lower case, of the same length."""

    original: str
    lower: str


@dataclass(slots=True)
class Unit:
    """One unit of a text.

    It is not frozen: a long trace has ten thousands, each learns its end from the next, and keeps what it opens with.

    Attributes:
        start: where it begins.
        end: where the next one begins, or the text ends.
        kind: what it is.
        opens_line: whether it begins a line.
        opens_paragraph: whether a blank line or a rule stands before it.
        indent: how many blanks stand before it on its line.
        heading: the heading that it is or opens with.
        role: the role that its label gives it.
        opening: what it opens with, once that was read.
    """

    start: int
    end: int
    kind: UnitKind
    opens_line: bool = True
    opens_paragraph: bool = False
    indent: int = 0
    heading: Heading | None = None
    role: Role | None = None
    opening: Opening | None = None


_LINE = re.compile(r"[^\n]*\n?")
_FENCE = re.compile(r"(`{3,}|~{3,})")
_RULE = re.compile(r"(?:[-*_=\u2500\u2014][ \t]*){3,}+$")
_ITEM = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)][ \t]+\S")
_BULLET = re.compile(r"(?:[-*+\u2022\u2013\u25e6\u00b7]|\u2192)[ \t]+\S")
_FORMULA = re.compile(r"\\\[|\$\$|\\begin\{")
_CLOSERS = {"\\[": re.compile(r"\\\]"), "$$": re.compile(r"\$\$"), "\\begin{": re.compile(r"\\end\{")}
_INNER_STOP = re.compile(r"[.?!\u3002\uff01\uff1f](?:(?<=[\u3002\uff01\uff1f])|[\"')*]{0,2}[ \t]+\S)")
_QUOTED = re.compile(r"^> \S", re.MULTILINE)
_QUOTED_TWICE = re.compile(r"^>.*\n>", re.MULTILINE)
_CLOSING = re.compile(r"(?:</[\w:|]{2,40}>|\[/[A-Za-z_ ]{2,20}\])$")
_PROSE = re.compile(r"[A-Z][\w']* +[\w']+ +\w")
_OPEN_TAG = re.compile(r"<\|?([a-zA-Z_][\w:.-]*)")
# Labels by which the lines after an observation are told from it.
_LABELS_AFTER = re.compile(
    r"^[*#\s]{0,4}(?:thought|assistant|ai|agent|reasoning|discussion)s?(?: ?\d+)?\**(?::|[ \t]*$)",
    re.MULTILINE | re.IGNORECASE,
)
_STOPPED = re.compile(r"(?:[.!?:;\u3002\uff01\uff1f\uff1a|}\]$]|\\\\|\*\*)$")


def cut_units(text: PartText) -> list[Unit]:
    """Return the units of a text in order; together they cover it from the first character that is no blank."""
    return _UnitCutter(text).cut()


class _UnitCutter:
    """Reads a text line by line."""

    def __init__(self, text: PartText) -> None:
        self._text, self._lower = text.original, text.lower
        self._units: list[Unit] = []
        self._closer: re.Pattern[str] | None = None  # what ends the lines that belong together
        self._left = 0  # lines after which they end without it
        self._inside: Role | None = None  # a call, a cell or what was returned, whose lines belong together
        self._has_labels = _LABELS_AFTER.search(text.lower) is not None
        # Three or more lines that are quoted one by one are commands, not quotations.
        quoted = len(_QUOTED.findall(self._text)) if "\n> " in self._text else 0
        self._has_prompts = quoted >= MIN_COMMANDS and _QUOTED_TWICE.search(self._text) is None
        self._has_paragraphs = self._text.count("\n\n") > FEW_PARAGRAPHS
        self._new_paragraph = True
        self._after_call = False
        self._previous = ""

    def cut(self) -> list[Unit]:
        """Return the units."""
        for match in _LINE.finditer(self._text):
            line = match[0].strip()
            if line:
                self._read(line, match.end() - len(match[0].lstrip()), match.end())
                self._previous, self._new_paragraph = line, False
            else:
                self._new_paragraph = True
        if self._units:
            self._units[-1].end = len(self._text)
        return self._units

    def _read(self, line: str, start: int, end: int) -> None:
        if self._closer is not None:
            self._left -= 1
            if self._closer.search(line) or self._left <= 0:
                self._closer = None
            return
        role = read_role(line, after_call=self._after_call, lower=self._lower[start : start + LOOK])
        if role in (Role.CALL, Role.CELL) and self._shows(line, start):
            return
        if role is not None:
            self._open_role(role, line, start, end)
        elif self._is_prompt(line):
            self._open_role(_role_of_command(line), line, start, end)
        elif not self._stays_inside(line):
            self._open(line, start, end)

    def _shows(self, line: str, start: int) -> bool:
        """Whether a line that looks like a command is a line of an output: it has no label, where outputs have one."""
        if self._inside is not Role.RETURNED or not self._has_labels or line[0] in "<{":
            return False
        return not has_label(self._lower[start : start + LOOK])

    def _is_prompt(self, line: str) -> bool:
        return self._has_prompts and line[0] == ">" and line[1:2] == " "

    def _stays_inside(self, line: str) -> bool:
        """Whether a line belongs to the call or the output before it.

        Without labels after it, it ends at a blank line, and JSON at a line of prose.
        """
        if self._inside is None or (self._inside is Role.RETURNED and self._has_labels):
            return self._inside is not None
        after_json = self._previous.endswith(("}", "]")) and _PROSE.match(line) is not None
        if self._new_paragraph or after_json:
            self._inside = None
        return self._inside is not None

    def _open_role(self, role: Role, line: str, start: int, end: int) -> None:
        self._add(start, UnitKind.LABELLED, role=role)
        self._inside = role if role in (Role.CALL, Role.CELL, Role.RETURNED) else None
        self._after_call = role in (Role.CALL, Role.CELL) or (role is Role.RETURNED and self._after_call)
        if self._inside is None:
            self._add_sentences(start, end)
        elif tag := _OPEN_TAG.match(line):
            closer = re.compile(rf"</\|?{re.escape(tag[1])}")
            if not closer.search(line):
                self._hold(closer, len(self._text))

    def _open(self, line: str, start: int, end: int) -> None:
        if match := _FENCE.match(line):
            self._add(start, UnitKind.FENCE)
            if match[1] not in line[3:]:
                self._hold(re.compile(rf"^{match[1]}"), len(self._text))
        elif match := _FORMULA.match(line):
            self._add(start, UnitKind.FORMULA)
            closer = _CLOSERS[match[0]]
            if not closer.search(line, match.end()):
                self._hold(closer, MAX_FORMULA)
        elif not _RULE.match(line):
            self._open_text(line, start, end)

    def _open_text(self, line: str, start: int, end: int) -> None:
        heading = read_heading(line, self._lower[start : start + len(line)])
        kind = UnitKind.HEADING if heading else _kind_of_line(line)
        if kind is not UnitKind.SENTENCE or not self._is_wrapped(line):
            self._add(start, kind, heading=heading)
        if kind in (UnitKind.SENTENCE, UnitKind.ITEM) or (heading and heading.runs_in):
            self._add_sentences(start, end)

    def _is_wrapped(self, line: str) -> bool:
        """Whether a line goes on with the sentence of the line before."""
        if self._new_paragraph or not self._units or self._units[-1].kind is not UnitKind.SENTENCE:
            return False
        return not _STOPPED.search(self._previous) and (line[0].islower() or len(self._previous) > WRAPPED)

    def _add(self, start: int, kind: UnitKind, *, heading: Heading | None = None, role: Role | None = None) -> None:
        indent = (
            start - 1 - self._text.rfind("\n", max(start - MAX_INDENT, 0), start) if self._is_after_blank(start) else 0
        )
        self._append(Unit(start, start, kind, True, self._new_paragraph, indent, heading, role))

    def _is_after_blank(self, start: int) -> bool:
        return start > 0 and self._text[start - 1] in " \t"

    def _add_sentences(self, start: int, end: int) -> None:
        # Most lines of a long trace are one sentence; a look at them is cheaper than a search.
        if self._has_paragraphs and _INNER_STOP.search(self._text, start, end) is None:
            return
        for begin in later_sentences(self._text, start, end):
            self._append(Unit(begin, begin, UnitKind.SENTENCE, opens_line=False))

    def _append(self, unit: Unit) -> None:
        if self._units:
            self._units[-1].end = unit.start
        self._units.append(unit)

    def _hold(self, closer: re.Pattern[str], lines: int) -> None:
        self._closer, self._left = closer, lines


def _role_of_command(line: str) -> Role:
    """Return the role of a line such as "> open drawer 1"; "> think: ..." is a thought."""
    word = line[1:].strip().partition(":")[0].lower()
    return Role.THOUGHT if word in load_words().thinking else Role.CALL


def _kind_of_line(line: str) -> UnitKind:
    if line[0] == "|":
        return UnitKind.TABLE
    if line[0] == ">" or _BULLET.match(line) or _CLOSING.match(line):
        return UnitKind.BULLET
    return UnitKind.ITEM if _ITEM.match(line) else UnitKind.SENTENCE
