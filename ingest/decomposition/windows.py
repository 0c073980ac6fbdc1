"""Cutting a thought that is longer than a model's context into windows, between two steps."""

from collections.abc import Callable, Iterator, Sequence

from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Part

CountTokens = Callable[[str], int]


def cut_thought(thought: str, steps: Sequence[Step], *, max_tokens: int | None, count: CountTokens) -> tuple[str, ...]:
    """Return the thought in pieces of at most `max_tokens`, in order; all together they are the thought.

    One piece if it fits, or if no limit is known. A step that is too long alone is cut between two lines, and a line
    that is too long anywhere.
    """
    if max_tokens is None or count(thought) <= max_tokens:
        return (thought,)
    spans = [step.span for step in steps if step.span.part is Part.THOUGHT]
    passages = [thought[span.start : span.end] for span in spans] or [thought]
    pieces = [piece for passage in passages for piece in cut_passage(passage, max_tokens, count)]
    return tuple(_pack(pieces, max_tokens, count))


def cut_passage(passage: str, max_tokens: int, count: CountTokens) -> Iterator[str]:
    """Yield a passage in pieces of at most `max_tokens`, cut between two lines if it has several, else anywhere."""
    if count(passage) <= max_tokens:
        yield passage
        return
    lines = passage.splitlines(keepends=True)
    if len(lines) > 1:
        middle = len(lines) // 2
        halves = ("".join(lines[:middle]), "".join(lines[middle:]))
    else:
        halves = (passage[: len(passage) // 2], passage[len(passage) // 2 :])
    for half in halves:
        yield from cut_passage(half, max_tokens, count) if len(half) < len(passage) else (half,)


def _pack(pieces: Sequence[str], max_tokens: int, count: CountTokens) -> Iterator[str]:
    """Join neighbours as long as they fit."""
    window = ""
    for piece in pieces:
        if window and count(window + piece) > max_tokens:
            yield window
            window = ""
        window += piece
    if window:
        yield window
