"""Exact copying: the token ids of the context, as they stand in it."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from midthought.reasoner.spans.matcher import Layer, SpanMatcher
from midthought.reasoner.spans.runs import Run


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
            for token in inside - vocabulary.outside_words(tokens[:places]):
                del found[token]
        if rules.whole_characters:
            for token in found.keys() & vocabulary.fragments:
                del found[token]
        return found

    def _leaves_word(self, layer: Layer, node: int) -> bool:
        return not self.vocabulary.word_beginnings.issuperset(layer.automaton.following(node))

    def _after(self, layer: Layer, node: int) -> Collection[int]:
        return layer.automaton.following(node)


def published_runs(context: Sequence[int], *, start_token: int) -> list[Run]:
    """Return the runs of the published rule: the whole context, parted at the token that starts spans.

    That token is never copied there. Offsets count tokens of the context.
    """
    cuts = [-1, *(place for place, token in enumerate(context) if token == start_token), len(context)]
    pairs = [(before + 1, after) for before, after in pairwise(cuts)]
    return [Run("context", context[low:high], range(low, high + 1)) for low, high in pairs if high > low]
