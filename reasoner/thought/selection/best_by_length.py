"""The shortest samples of all."""

from collections.abc import Sequence

from midthought.reasoner.thought.selection.length import choose_shortest
from midthought.reasoner.thought.selection.selector import SampleCandidate, Selection, SelectionRules, rank_all


def select_shortest(candidates: Sequence[SampleCandidate], rules: SelectionRules) -> Selection:
    """Choose the shortest samples, whatever their branch; scores are relative lengths, ties stay in order."""
    pool = choose_shortest([[one.tokens for one in candidates]], keep=rules.keep)
    scores = dict(zip((one.place for one in candidates), pool.relative[0], strict=True))
    return rank_all(candidates, scores, sorted(candidates, key=lambda one: one.tokens), rules.keep)
