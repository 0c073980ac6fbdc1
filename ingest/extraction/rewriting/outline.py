"""The outline of a text: its headings and numbered parts, each with the passage under it."""

import re
from dataclasses import dataclass

from midthought.memory.trajectory import Part, Span

_HEADING = re.compile(
    r"^[ \t]*(?:[-*•][ \t]+)?(?:#{1,6}[ \t]*)?(?:step[ \t]+)?(?:\(?\d{1,2}[.):][ \t]+)?\*\*(?P<bold>[^*\n]{3,120})\*\*[ \t]*:?(?P<rest>[^\n]*)$"
    r"|^[ \t]*#{1,6}[ \t]+(?P<hash>[^\n]{3,120})$"
    r"|^[ \t]*\d{1,2}[.)][ \t]+(?P<number>[^\n]{8,240})$",
    re.MULTILINE | re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"[^\s](?:\\\[.*?\\\]|\\\(.*?\\\)|\$\$.*?\$\$|[^.!?:\n]|[.:](?=[\w\d)])|\n(?=[ \t]*[a-z(]))*[.!?:]?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the passage it stands over; `span` covers both."""

    heading: str
    body: str
    span: Span


def read_sections(part: Part, text: str) -> list[Section]:
    """Return the headed parts of a text in order, each reaching to the next heading."""
    matches = list(_HEADING.finditer(text))
    sections = []
    for number, match in enumerate(matches):
        end = matches[number + 1].start() if number + 1 < len(matches) else len(text)
        heading = next(g for name in ("bold", "hash", "number") if (g := match[name]) is not None)
        body = ((match["rest"] or "") + text[match.end() : end]).strip()
        stop = match.start() + len(text[match.start() : end].rstrip())
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        sections.append(Section(heading.strip(" :*#"), body, Span(part, start, max(start, stop))))
    return sections


def read_sentences(text: str) -> list[str]:
    """Return the sentences of a passage; mathematics inside one stays with it."""
    return [match.group().strip(" \t\n-*•") for match in _SENTENCE.finditer(text) if len(match.group()) > 12]
