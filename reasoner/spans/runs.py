"""Finds the quotable segments among the tokens of a prompt: runs of whole tokens, with their character offsets."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from midthought.reasoner.spans.segments import Segment, Source
from midthought.reasoner.spans.vocabulary import Vocabulary, is_inside_word

_SHORTEST_PART = 8
_MAX_MISSING = 200
"""Where a prompt shows a segment changed (control marks are disarmed, outer space is dropped), its parts of at least
`_SHORTEST_PART` characters are quotable (of about a quarter of it, if it is short). Looking ends at `_MAX_MISSING`
characters that are not there."""


@dataclass(frozen=True, slots=True)
class SymbolRun:
    """Successive symbols (tokens, or bytes) of one segment.

    Attributes:
        segment: the id of the segment.
        symbols: token ids, or bytes.
        characters: where in the segment's text each symbol begins, and where the last ends: one more than `symbols`.
            A symbol inside a character begins where the character does.
    """

    segment: str
    symbols: Sequence[int]
    characters: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes ``[start, end)`` of a segment, which stand at `place` in the prompt."""

    start: int
    end: int
    place: int


class PromptRuns:
    """The tokens of one prompt with their bytes.

    Args:
        tokens: of the whole prompt.
        marks: strings no run may contain (the delimiters): a segment is parted around them.
    """

    def __init__(self, tokens: Sequence[int], vocabulary: Vocabulary, *, marks: Sequence[str] = ()) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._marks = re.compile("|".join(re.escape(mark) for mark in marks).encode() or rb"(?!)")
        pieces = vocabulary.pieces
        self._bytes = b"".join([pieces[token] for token in tokens])
        self._starts = np.cumsum([0, *(len(pieces[token]) for token in tokens)])

    def find(self, segment: Segment, forbidden: Iterable[Source] = (), *, whole_words: bool = False) -> list[SymbolRun]:
        """Return the runs of tokens that lie in `segment` with all their bytes; raises `ValueError` if it is not there.

        Special tokens, marks, the characters of `forbidden` and what the prompt shows otherwise are in no run. Where a
        token lies across a border and is lost, `whole_words` leaves out the rest of its word as well.
        """
        text = segment.text.encode()
        runs: list[SymbolRun] = []
        for piece in self._allowed_pieces(segment, text, forbidden):
            first = int(np.searchsorted(self._starts, piece.place))
            last = int(np.searchsorted(self._starts, piece.place + piece.end - piece.start, side="right")) - 1
            offset = piece.start - piece.place
            for low, high in self._without_special(first, last):
                if whole_words:
                    low, high = self._trim(text, (low, high), offset, piece, special=(low > first, high < last))
                runs += self._run(segment.id, text, (low, high), int(self._starts[low]) + offset)
        return runs

    def find_bytes(self, segment: Segment, forbidden: Iterable[Source] = ()) -> list[SymbolRun]:
        """Return the runs of bytes of `segment`, for copying in any tokenisation; otherwise as `find`."""
        text = segment.text.encode()
        return [
            SymbolRun(
                segment.id,
                text[piece.start : piece.end],
                count_characters(text, [1] * (piece.end - piece.start), start=piece.start),
            )
            for piece in self._allowed_pieces(segment, text, forbidden)
        ]

    def find_tokens(self, segment: Segment) -> list[tuple[int, int]]:
        """Return which tokens, first and behind the last, have any byte of `segment`."""
        found = []
        for piece in self._locate(segment, segment.text.encode()):
            first = int(np.searchsorted(self._starts, piece.place, side="right")) - 1
            last = int(np.searchsorted(self._starts, piece.place + piece.end - piece.start))
            found.append((first, last))
        return found

    def _allowed_pieces(self, segment: Segment, text: bytes, forbidden: Iterable[Source]) -> Iterator[_Piece]:
        holes = [found.span() for found in self._marks.finditer(text)]
        for source in forbidden:
            if source.segment == segment.id:
                before = len(segment.text[: source.start].encode())
                holes.append((before, before + len(segment.text[source.start : source.end].encode())))
        for piece in self._locate(segment, text):
            yield from _part(piece, sorted(holes))

    def _locate(self, segment: Segment, text: bytes) -> list[_Piece]:
        place = self._bytes.find(text)
        if place >= 0:
            return [_Piece(0, len(text), place)]
        return self._locate_parts(segment)

    def _locate_parts(self, segment: Segment) -> list[_Piece]:
        """Return the parts of a segment that stand in the prompt, for one that was changed there a little."""
        text, start, missing = segment.text, 0, 0
        shortest = min(_SHORTEST_PART, 2 + len(text) // 4)
        pieces = []
        while start < len(text) and missing < _MAX_MISSING:
            end = self._longest_part(text, start)
            if end - start < shortest:
                end = start + 1
                missing += 1
            else:
                low = len(text[:start].encode())
                part = text[start:end].encode()
                pieces.append(_Piece(low, low + len(part), self._bytes.find(part)))
            start = end
        if not pieces:
            raise ValueError(f"the segment {segment.id!r} does not stand in the prompt: {text[:80]!r}")
        return pieces

    def _longest_part(self, text: str, start: int) -> int:
        """Return the end of the longest part from `start` that stands in the prompt: doubling, then halving."""
        good, size = start, _SHORTEST_PART
        while good < len(text) and text[start : good + size].encode() in self._bytes:
            good, size = min(good + size, len(text)), 2 * size
        while size > 1:
            size //= 2
            if text[start : good + size].encode() in self._bytes:
                good = min(good + size, len(text))
        return good

    def _trim(
        self, text: bytes, tokens: tuple[int, int], offset: int, piece: _Piece, *, special: tuple[bool, bool]
    ) -> tuple[int, int]:
        """Return the tokens without those of a word that is cut at an end; behind a hole or `special` token none is."""

        def cuts_word(token: int) -> bool:
            place = int(self._starts[token]) + offset
            return piece.start < place < piece.end and is_inside_word(text, place)

        low, high = tokens
        while low < high and not (special[0] and low == tokens[0]) and cuts_word(low):
            low += 1
        while high > low and not (special[1] and high == tokens[1]) and cuts_word(high):
            high -= 1
        return low, high

    def _run(self, segment: str, text: bytes, tokens: tuple[int, int], start: int) -> Iterator[SymbolRun]:
        """Yield the run of the prompt's tokens ``[low, high)``, less those at its end that leave a character half."""
        low, high = tokens
        ends = (self._starts[low : high + 1] - self._starts[low] + start).tolist()
        while high > low and ends[-1] < len(text) and text[ends[-1]] & 0xC0 == 0x80:
            high -= 1
            ends.pop()
        if high > low:
            sizes = np.diff(self._starts[low : high + 1]).tolist()
            yield SymbolRun(segment, list(self._tokens[low:high]), count_characters(text, sizes, start=start))

    def _without_special(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        low = first
        for place in range(first, last):
            if self._tokens[place] in self._vocabulary.special:
                if place > low:
                    yield low, place
                low = place + 1
        if last > low:
            yield low, last


def _part(piece: _Piece, holes: Iterable[tuple[int, int]]) -> Iterator[_Piece]:
    start = piece.start
    for low, high in holes:
        end = min(low, piece.end)
        if end > start:
            yield _Piece(start, end, piece.place + start - piece.start)
        start = max(start, high)
    if piece.end > start:
        yield _Piece(start, piece.end, piece.place + start - piece.start)


def part_run(run: SymbolRun, sizes: Sequence[int], holes: Iterable[tuple[int, int]]) -> list[SymbolRun]:
    """Return the parts of a run, not empty, between holes given in bytes; symbols are `sizes` bytes long.

    A symbol that is only partly in a hole is left out as well.
    """
    starts = np.cumsum([0, *sizes])
    parts, first = [], 0
    for low, high in (*holes, (int(starts[-1]), int(starts[-1]))):
        last = int(np.searchsorted(starts, low, side="right")) - 1
        if last > first:
            parts.append(SymbolRun(run.segment, run.symbols[first:last], run.characters[first : last + 1]))
        first = max(first, int(np.searchsorted(starts, high)))
    return parts


def count_characters(text: bytes, sizes: Sequence[int], *, start: int = 0) -> list[int]:
    """Return how many characters of `text` begin before each of successive pieces, and before what follows them.

    The pieces are `sizes` bytes long; the first begins at byte `start`. One that begins inside a character begins where
    the character does.
    """
    places = start + np.cumsum([0, *sizes])
    leads = np.frombuffer(text, dtype=np.uint8) & 0xC0 != 0x80
    before = np.concatenate([[0], np.cumsum(leads)])
    inside = np.append(~leads, False)[places]
    counted: list[int] = (before[places] - inside).tolist()
    return counted
