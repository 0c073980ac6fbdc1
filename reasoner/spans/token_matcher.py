"""Exact copying: the token ids of the context, as they stand in it."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from midthought.reasoner.spans.matcher import Layer, SpanMatcher


class TokenMatcher(SpanMatcher):
    """A span is a sequence of tokens that stands in one run, token by token."""

    def _symbols(self, token: int) -> Sequence[int]:
        return (token,)

    def _starts(self, layer: Layer) -> Collection[int]:
        for run in layer.runs[layer.started :]:
            layer.starts.update(self._startable(run.symbols))
        layer.started = len(layer.runs)
        return layer.starts.keys()

    def _startable(self, tokens: Sequence[int]) -> dict[int, None]:
        rules, vocabulary = self.rules, self.vocabulary
        places = max(0, len(tokens) - max(rules.min_tokens, 1) + 1)
        found = dict.fromkeys(tokens[:places])
        if rules.whole_words:
            inside = vocabulary.word_beginnings & found.keys()
            begun = {
                token
                for before, token in pairwise(tokens[:places])
                if token in inside and before not in vocabulary.word_endings
            }
            for token in inside - begun - {*tokens[:1]}:
                del found[token]
        if rules.whole_characters:
            for token in found.keys() & vocabulary.fragments:
                del found[token]
        return found

    def _leaves_word(self, layer: Layer, node: int) -> bool:
        following = layer.automaton.following(node)
        return not following or not self.vocabulary.word_beginnings.issuperset(following)

    def _after(self, layer: Layer, node: int) -> Collection[int]:
        return layer.automaton.following(node)
