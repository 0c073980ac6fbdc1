"""How near an entry is to a query by all of its keys: what ranks it by meaning."""

from midthought.memory.store import Store
from midthought.retrieval.candidates import Candidates, Question, keep_best
from midthought.retrieval.fusion.base import Scored, sort_scores

AVERAGED = 5
"""Keys whose mean cosine counts in addition to the best: with 4 to 6 of them hit@3 is the same."""
MAX_SHARE = 0.5
"""Largest weight of the mean. On the development queries hit@3 is .85 with the best key alone, .84 with the mean alone,
.88 with half of each (before spelling, see ``benchmarks/quality/``)."""


def read_nearness(store: Store, question: Question, candidates: Candidates) -> Scored:
    """Return (number, nearness) of the candidates by meaning, best first.

    The nearness lies between the best cosine and the mean of the best five: one key of an unrelated entry is often near
    by chance, several seldom. The weight of the mean is a half, and less from a cosine of .75 on: a query that is
    a key is not held against the others. An entry with fewer than five keys is as near as its best one: its
    question, its applicability and its example say different things. Of several passages the best mean counts.
    """
    means: dict[int, float] = {}
    for owner, seqs in candidates.by_owner([seq for seq, _ in candidates.dense]).items():
        for vector in question.vectors:
            keep_best(means, store.searcher.mean_similarities(owner, vector, seqs, count=AVERAGED))
    return sort_scores({seq: near_by_all(cosine, means.get(seq, cosine)) for seq, cosine in candidates.dense})


def near_by_all(best: float, mean: float) -> float:
    """Return the nearness of an entry by the cosine of its best key and the mean of its best few."""
    return best - min(MAX_SHARE, 2 * max(0.0, 1 - best)) * (best - mean)
