"""Finds the quotable segments among the tokens of a prompt: runs of whole tokens, with their character offsets."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from midthought.reasoner.spans.segments import Segment, Source
from midthought.reasoner.spans.vocabulary import Vocabulary, is_inside_word

_SHORTEST_PART = 8
_MAX_MISSING = 200
"""If a prompt has a segment in a changed form (without control marks or outer white space), its parts of at least
`_SHORTEST_PART` characters are quotable (of about a quarter of it, if it is short). The search ends at `_MAX_MISSING`
characters that are missing."""


@dataclass(frozen=True, slots=True)
class SymbolRun:
    """Successive symbols (tokens, or bytes) of one segment.

    Attributes:
        segment: the id of the segment.
        symbols: token ids, or bytes.
        characters: the offset in the segment's text of each symbol, and of the end of the last: one more than
            `symbols`. A symbol inside a character has the offset of the character.
    """

    segment: str
    symbols: Sequence[int]
    characters: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes ``[start, end)`` of a segment, which are at `place` in the prompt."""

    start: int
    end: int
    place: int


class PromptRuns:
    """The tokens of one prompt with their bytes.

    Args:
        tokens: of the whole prompt.
        marks: strings that no run may contain (the delimiters): a segment is split around them.
    """

    def __init__(self, tokens: Sequence[int], vocabulary: Vocabulary, *, marks: Sequence[str] = ()) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._marks = re.compile("|".join(re.escape(mark) for mark in marks).encode() or rb"(?!)")
        pieces = vocabulary.pieces
        # Segments are looked for among bytes: a token may hold half a character, or cross the border of a segment.
        self._bytes = b"".join([pieces[token] for token in tokens])
        self._starts = np.cumsum([0, *(len(pieces[token]) for token in tokens)])

    def find(self, segment: Segment, forbidden: Iterable[Source] = (), *, whole_words: bool = False) -> list[SymbolRun]:
        """Return the runs of tokens that are completely inside `segment`; raises `ValueError` if the prompt lacks it.

        No run has special tokens, marks, characters of `forbidden`, or text that the prompt has in another form. If a
        token crosses the border of a segment, it is left out, and with `whole_words` the rest of its word too.
        """
        text = segment.text.encode()
        runs: list[SymbolRun] = []
        for piece in self._allowed_pieces(segment, text, forbidden):
            # The first token that begins inside the piece, and the last that ends inside it.
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
        """Return the ranges of tokens that have any byte of `segment`: the first token, and one past the last."""
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
        """Return the parts of a segment that occur in the prompt, if the whole segment does not."""
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
        """Return the end of the longest part from `start` that occurs in the prompt, by doubling, then halving."""
        good, size = start, _SHORTEST_PART
        # Doubling and halving need a logarithmic number of searches; each scans the whole prompt.
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
        """Return the tokens without those of a word cut at either end; next to a gap or special token none is."""

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
        """Yield the run of the prompt's tokens ``[low, high)``, without tokens at its end that cut a character."""
        low, high = tokens
        ends = (self._starts[low : high + 1] - self._starts[low] + start).tolist()
        # Bytes that begin with 10 continue a character in UTF-8.
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
    """Return the non-empty parts of a run between gaps, given in bytes; symbols are `sizes` bytes long.

    A symbol that is partly in a gap is left out as well.
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
    """Return the number of characters of `text` that begin before each of successive pieces, and before their end.

    The pieces are `sizes` bytes long; the first begins at byte `start`. A piece that begins inside a character counts
    as beginning with that character.
    """
    places = start + np.cumsum([0, *sizes])
    leads = np.frombuffer(text, dtype=np.uint8) & 0xC0 != 0x80
    before = np.concatenate([[0], np.cumsum(leads)])
    inside = np.append(~leads, False)[places]
    counted: list[int] = (before[places] - inside).tolist()
    return counted
