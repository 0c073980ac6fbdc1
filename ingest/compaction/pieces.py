"""The pieces of a thought that compaction keeps or drops: its steps, grouped if there are many, cut if one is long."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from midthought.ingest.decomposition.windows import CountTokens, cut_passage
from midthought.ingest.steps.sentences import later_sentences
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Part, Span

GAP = "[...]\n\n"
"""Stands in a compacted thought for what is left out before a piece, so that no model quotes across it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of the thought; `tokens` by the count of the budget."""

    span: Span
    text: str
    tokens: int


def cut_pieces(
    thought: str, steps: Sequence[Step], *, max_tokens: int, max_pieces: int, count: CountTokens
) -> tuple[Piece, ...]:
    """Return the thought in pieces, in order; all together they are the thought.

    Each is at most `max_tokens` long, and not longer than half of that if it has several sentences. If there are more
    than `max_pieces`, neighbours are joined up to half of `max_tokens`, so that about `max_pieces` are left.
    """
    spans = [step.span for step in steps if step.span.part is Part.THOUGHT]
    passages = [thought[span.start : span.end] for span in spans] or [thought]
    texts = [text for passage in passages for text in _cut_sentences(passage, max_tokens, count)]
    pieces = tuple(_place(texts, count))
    if len(pieces) <= max_pieces:
        return pieces
    longest = max(1, max_tokens // 2)
    wanted = min(longest, -(-sum(piece.tokens for piece in pieces) // max_pieces))
    groups = group_pieces(pieces, lambda tokens: tokens >= wanted, max_tokens=longest)
    return tuple(_place(["".join(piece.text for piece in group) for group in groups], count))


def group_pieces(
    pieces: Sequence[Piece], is_full: Callable[[int], bool], *, max_tokens: int
) -> Iterator[tuple[Piece, ...]]:
    """Yield runs of neighbours: a run ends if its tokens are enough, or the next piece makes more than `max_tokens`."""
    run: list[Piece] = []
    tokens = 0
    for piece in pieces:
        if run and (is_full(tokens) or tokens + piece.tokens > max_tokens):
            yield tuple(run)
            run, tokens = [], 0
        run.append(piece)
        tokens += piece.tokens
    if run:
        yield tuple(run)


def join_pieces(pieces: Sequence[Piece]) -> str:
    """Return the text of pieces in order, with a mark before each that what precedes it is missing from."""
    ends = [0, *(piece.span.end for piece in pieces)]
    return "".join(
        f"{GAP if piece.span.start > end else ''}{piece.text}" for end, piece in zip(ends, pieces, strict=False)
    )


def _cut_sentences(passage: str, max_tokens: int, count: CountTokens) -> Iterator[str]:
    """Yield a passage in halves of halves, between sentences or lines, down to half of `max_tokens` if possible."""
    tokens = count(passage)
    if tokens <= max_tokens // 2:
        yield passage
    elif starts := _find_starts(passage):
        middle = min(sorted(starts), key=lambda start: abs(2 * start - len(passage)))
        for half in (passage[:middle], passage[middle:]):
            yield from _cut_sentences(half, max_tokens, count)
    else:
        yield from cut_passage(passage, max_tokens, count)


def _find_starts(passage: str) -> set[int]:
    """Return where sentences and lines begin, but the first."""
    lines = accumulate(len(line) for line in passage.splitlines(keepends=True))
    return {*later_sentences(passage, 0, len(passage)), *lines} - {len(passage)}


def _place(texts: Sequence[str], count: CountTokens) -> Iterator[Piece]:
    start = 0
    for text in texts:
        yield Piece(Span(Part.THOUGHT, start, start + len(text)), text, count(text))
        start += len(text)
