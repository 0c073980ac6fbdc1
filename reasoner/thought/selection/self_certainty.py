"""The samples that the model is surest of."""

import math
from collections.abc import Sequence

from midthought.reasoner.thought.selection.selector import SampleCandidate, Selection, SelectionRules, rank_all


def select_most_certain(candidates: Sequence[SampleCandidate], rules: SelectionRules) -> Selection:
    r"""Choose the samples with the highest certainty; of equals the shorter ones.

    The score is ``exp(-H)``, H the mean over a sample's tokens of the entropy of the distribution each was drawn from,
    in nats: 1 for a sample that could not have been another. If some sample has no entropies, it is ``exp(L)`` for all,
    L the mean log-probability of the drawn tokens. A sample without either has score 0.

    The published self-certainty (arXiv 2502.18581) is the mean of ``KL(U || p)``, U uniform over the vocabulary:
    ``-1/V sum_j log(V p_j)``. It needs every token's probability, which servers do not send, and weighs the tail of the
    distribution. The entropy is ``log V - KL(p || U)``, the divergence the other way round, which weighs the head;
    where a server shows only the likeliest tokens it is a lower bound.
    """
    written = [one for one in candidates if one.tokens]
    has_entropy = all(one.entropy is not None for one in written)
    scores = {
        one.place: _certainty(-one.entropy if has_entropy and one.entropy is not None else one.log_prob)
        for one in candidates
    }
    order = sorted(candidates, key=lambda one: (-scores[one.place], one.tokens))
    return rank_all(candidates, scores, order, rules.keep)


def _certainty(mean: float | None) -> float:
    return 0.0 if mean is None else math.exp(mean)
