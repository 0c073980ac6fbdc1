"""Copying in any tokenisation: a span spells characters of the context, however they are divided into tokens."""

from collections.abc import Collection, Iterator, Sequence

from midthought.reasoner.spans.automaton import ROOT
from midthought.reasoner.spans.matcher import Layer, SpanMatcher

_BYTES = [bytes([byte]) for byte in range(256)]


class TextMatcher(SpanMatcher):
    """A span is a sequence of tokens whose bytes stand in one run.

    The tokens after a state are found by walking the automaton and the beginnings of the vocabulary's tokens together:
    only paths that both have are taken, so the vocabulary is never scanned. After a few characters the text behind
    them is nearly always one path; what a state allows is kept until something is added.

    `SpanRules.min_tokens` is reached for certain where the vocabulary has a token for every byte.
    """

    def _symbols(self, token: int) -> Sequence[int]:
        return () if token in self.vocabulary.special else self.vocabulary.pieces[token]

    def _starts(self, layer: Layer) -> Collection[int]:
        need = max(self.rules.min_tokens, 1) - 1
        if not layer.started:
            automaton = layer.automaton
            found = self._spell(layer, ROOT)
            layer.starts = dict.fromkeys(
                one for one in found if not need or automaton.goes_on(self._walk(layer, ROOT, self._symbols(one)), need)
            )
        else:  # later runs are short: what a thought has added
            for run in layer.runs[layer.started :]:
                layer.starts.update(dict.fromkeys(self._spell_run(bytes(run.symbols), need)))
        layer.started = len(layer.runs)
        return layer.starts.keys()

    def _after(self, layer: Layer, node: int) -> Collection[int]:
        if node not in layer.known:
            layer.known[node] = tuple(self._spell(layer, node))
        return layer.known[node]

    def _spell(self, layer: Layer, node: int) -> list[int]:
        """Return the tokens whose bytes follow `node`."""
        automaton, spellings, beginnings = layer.automaton, self.vocabulary.spellings, self.vocabulary.beginnings
        found: list[int] = []
        waiting = [(node, b"")]
        while waiting:
            here, spelt = waiting.pop()
            for byte in automaton.following(here):
                if here == ROOT and self._is_inside(byte):
                    continue
                longer = spelt + _BYTES[byte]
                found += spellings.get(longer, ())
                if longer in beginnings:
                    waiting.append((automaton.follow(here, byte), longer))
        return found

    def _spell_run(self, text: bytes, need: int) -> Iterator[int]:
        """Yield the tokens that stand in `text` with `need` bytes behind them."""
        spellings, beginnings = self.vocabulary.spellings, self.vocabulary.beginnings
        last = len(text) - need
        for start in range(last):
            if self._is_inside(text[start]):
                continue
            for end in range(start + 1, last + 1):
                yield from spellings.get(text[start:end], ())
                if text[start:end] not in beginnings:
                    break

    def _is_inside(self, byte: int) -> bool:
        """Say whether a span beginning with `byte` would begin inside a character."""
        return self.rules.whole_characters and byte & 0xC0 == 0x80
