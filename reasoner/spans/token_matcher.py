"""Exact copying: the same token ids as in the context."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from midthought.reasoner.spans.matcher import Layer, SpanMatcher
from midthought.reasoner.spans.runs import SymbolRun


class TokenMatcher(SpanMatcher):
    """A span is a sequence of tokens that occurs in one run, token by token."""

    def _symbols(self, token: int) -> Sequence[int]:
        return (token,)

    def _edged(self, symbols: Sequence[int], *, in_word: bool) -> Sequence[int]:
        (token,) = symbols
        return (token << 1 | (not (in_word and token in self.vocabulary.word_beginnings)),)

    def _with_edges(self, symbols: Sequence[int]) -> Sequence[int]:
        edges = self.vocabulary.word_edges(symbols)
        return [token << 1 | edge for token, edge in zip(symbols, edges, strict=True)]

    def _text(self, symbols: Sequence[int]) -> bytes:
        return self.vocabulary.join(symbols) if self.vocabulary.special else b""

    def _sizes(self, symbols: Sequence[int]) -> list[int]:
        return [len(self.vocabulary.pieces[token]) for token in symbols]

    def _is_blank(self, symbol: int) -> bool:
        return self.vocabulary.pieces[symbol].isspace()

    def _starts(self, layer: Layer) -> Collection[int]:
        for run in layer.runs[layer.started :]:
            layer.starts.update(self._startable(run.symbols))
        layer.started = len(layer.runs)
        return layer.starts.keys()

    def _startable(self, tokens: Sequence[int]) -> dict[int, None]:
        rules, vocabulary = self.rules, self.vocabulary
        places = max(0, len(tokens) - max(rules.min_tokens, 1) + 1)
        if rules.whole_words:
            last = len(tokens)
            # White space at the end of a run cannot begin a span of whole words.
            while last and self._is_blank(tokens[last - 1]):
                last -= 1
            edges = vocabulary.word_edges(tokens[: min(places, last)])
            found = dict.fromkeys(token for token, edge in zip(tokens, edges, strict=False) if edge)
        else:
            found = dict.fromkeys(tokens[:places])
        if rules.whole_characters:
            for token in found.keys() & vocabulary.fragments:
                del found[token]
        return found

    def _after(self, layer: Layer, node: int) -> Collection[int]:
        following = layer.automaton.following(node)
        return [symbol >> 1 for symbol in following] if self._shift else following


def published_runs(context: Sequence[int], *, start_token: int) -> list[SymbolRun]:
    """Return the runs of the published rule: the whole context, parted at the token that starts spans.

    That token is never copied there. Offsets count tokens of the context.
    """
    cuts = [-1, *(place for place, token in enumerate(context) if token == start_token), len(context)]
    pairs = [(before + 1, after) for before, after in pairwise(cuts)]
    return [SymbolRun("context", context[low:high], range(low, high + 1)) for low, high in pairs if high > low]
