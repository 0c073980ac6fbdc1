"""Exact copying: the token ids of the context, as they stand in it."""

from collections.abc import Collection, Sequence

from midthought.reasoner.spans.matcher import Layer, SpanMatcher


class TokenMatcher(SpanMatcher):
    """A span is a sequence of tokens that stands in one run, token by token."""

    def _symbols(self, token: int) -> Sequence[int]:
        return (token,)

    def _starts(self, layer: Layer) -> Collection[int]:
        for run in layer.runs[layer.started :]:
            places = max(0, len(run.symbols) - max(self.rules.min_tokens, 1) + 1)
            fresh = dict.fromkeys(run.symbols[:places])
            if self.rules.whole_characters:
                for token in fresh.keys() & self.vocabulary.fragments:
                    del fresh[token]
            layer.starts.update(fresh)
        layer.started = len(layer.runs)
        return layer.starts.keys()

    def _after(self, layer: Layer, node: int) -> Collection[int]:
        return layer.automaton.following(node)
