"""Finding the thought in a text that marks where it begins and ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Style:
    opening: str
    closing: str
    answer_opening: str
    answer_closing: str


_THINK = _Style("<think>", "</think>", "", "")
_SKY = _Style("<|begin_of_thought|>", "<|end_of_thought|>", "<|begin_of_solution|>", "<|end_of_solution|>")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text divided at its markers, each part without surrounding blanks.

    Attributes:
        thought: what was thought.
        answer: what was written after it.
        before: what stands before the opening marker.
        closed: False if the thought was opened and never closed.
    """

    thought: str
    answer: str = ""
    before: str = ""
    closed: bool = True


def split_thought(text: str) -> MarkedText | None:
    """Divide `text` at its first markers; None if it has none.

    A thought without an opening marker begins with the text (chat templates open it in the prompt), one without a
    closing marker ends with it. Later markers stay in the answer as they are.
    """
    style = _find_style(text)
    if style is None:
        return None
    before, body = _open(text, style)
    thought, closed, tail = body.partition(style.closing)
    if not closed and style.answer_opening:
        thought, closed, tail = body.partition(style.answer_opening)
    return MarkedText(thought.strip(), _strip_answer(tail, style), before.strip(), closed=bool(closed))


def _find_style(text: str) -> _Style | None:
    """Return the style whose first marker stands first."""
    found = [
        (text.find(marker), style)
        for style in (_THINK, _SKY)
        for marker in (style.opening, style.closing, style.answer_opening)
        if marker and marker in text
    ]
    return min(found, key=lambda place: place[0])[1] if found else None


def _open(text: str, style: _Style) -> tuple[str, str]:
    before, opened, body = text.partition(style.opening)
    return (before, body) if opened and style.closing not in before else ("", text)


def _strip_answer(tail: str, style: _Style) -> str:
    for marker in (style.answer_opening, style.answer_closing):
        if marker:
            tail = tail.replace(marker, "", 1)
    return tail.strip()
