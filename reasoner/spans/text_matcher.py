"""Copying in any tokenisation: a span spells characters of the context, however they are divided into tokens."""

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from midthought.reasoner.spans.matcher import Layer, SpanMatcher
from midthought.reasoner.spans.vocabulary import is_word_byte

_BYTES = [bytes([byte]) for byte in range(256)]
_WORD = re.escape(bytes(byte for byte in range(256) if byte & 0xC0 != 0x80 and is_word_byte(byte)))
_IS_WORD = np.array([is_word_byte(byte) for byte in range(256)])
_BLANK = frozenset(b" \t\n\r\x0b\x0c")
_OUTSIDE_WORDS = re.compile(b"[%s][%s\\x80-\\xbf]*|[^%s\\x80-\\xbf]" % (_WORD, _WORD, _WORD))
"""The first byte of every word, and of every character that is in none."""


class TextMatcher(SpanMatcher):
    """A span is a sequence of tokens whose bytes occur in one run.

    The tokens after a state are found by walking the automaton and the beginnings of the vocabulary's tokens together:
    only paths that both have are taken, so the vocabulary is never scanned. After a few characters the text behind
    them is nearly always one path; what a state allows is kept until something is added.

    `SpanRules.min_tokens` is certainly reached if the vocabulary has a token for every byte.
    """

    def _symbols(self, token: int) -> Sequence[int]:
        return () if token in self.vocabulary.special else self.vocabulary.pieces[token]

    def _edged(self, symbols: Sequence[int], *, in_word: bool) -> Sequence[int]:
        edged = []
        for byte in symbols:
            begins = byte & 0xC0 != 0x80
            edged.append(byte << 1 | (begins and not (in_word and is_word_byte(byte))))
            in_word = is_word_byte(byte) if begins else in_word
        return edged

    def _with_edges(self, symbols: Sequence[int]) -> Sequence[int]:
        """As `_edged` of a run, all at once."""
        text = np.frombuffer(bytes(symbols), dtype=np.uint8)
        begins = np.flatnonzero(text & 0xC0 != 0x80)
        is_word = _IS_WORD[text[begins]]
        # One vectorised pass for a whole run; `_edged` does the same for the few bytes of a token.
        edged = text.astype(np.int32) << 1
        edged[begins] |= ~(is_word & np.concatenate([[False], is_word[:-1]])) if len(begins) else 0
        found: list[int] = edged.tolist()
        return found

    def _text(self, symbols: Sequence[int]) -> bytes:
        return bytes(symbols)

    def _sizes(self, symbols: Sequence[int]) -> list[int]:
        return [1] * len(symbols)

    def _is_blank(self, symbol: int) -> bool:
        return symbol in _BLANK

    def _starts(self, layer: Layer) -> Collection[int]:
        for run in layer.runs[layer.started :]:
            layer.starts.update(dict.fromkeys(self._startable(bytes(run.symbols))))
        layer.started = len(layer.runs)
        return layer.starts.keys()

    def _startable(self, text: bytes) -> Iterator[int]:
        """Yield the tokens that stand in `text` where a span may begin, with enough behind them for the shortest."""
        spellings, beginnings = self.vocabulary.spellings, self.vocabulary.beginnings
        last = len(text) - max(self.rules.min_tokens, 1) + 1
        for start in self._beginnings(text):
            for end in range(start + 1, last + 1):
                piece = text[start:end]
                if piece in spellings:
                    yield from spellings[piece]
                # No longer token begins like this.
                if piece not in beginnings:
                    break

    def _beginnings(self, text: bytes) -> Iterator[int]:
        """Yield the bytes of `text` at which a span may begin."""
        if self.rules.whole_words:
            yield from (found.start() for found in _OUTSIDE_WORDS.finditer(text, 0, len(text.rstrip())))
        elif self.rules.whole_characters:
            yield from (start for start, byte in enumerate(text) if byte & 0xC0 != 0x80)
        else:
            yield from range(len(text))

    def _after(self, layer: Layer, node: int) -> Collection[int]:
        if node not in layer.known:
            layer.known[node] = tuple(self._spell(layer, node))
        return layer.known[node]

    def _spell(self, layer: Layer, node: int) -> list[int]:
        """Return the tokens whose bytes follow `node`."""
        automaton, spellings, beginnings = layer.automaton, self.vocabulary.spellings, self.vocabulary.beginnings
        shift = self._shift
        found: list[int] = []
        waiting = [(node, b"")]
        while waiting:
            here, spelt = waiting.pop()
            for symbol in automaton.following(here):
                longer = spelt + _BYTES[symbol >> shift]
                found += spellings.get(longer, ())
                if longer in beginnings:
                    waiting.append((automaton.follow(here, symbol), longer))
        return found
