"""One ranking of what a query finds and what the texts of a reasoner find."""

from dataclasses import replace

from midthought.retrieval.candidates import Candidates
from midthought.retrieval.fusion.base import Scored, sort_scores

REASONED_WEIGHT = 0.2
"""Share of the score by the texts of the reasoner. On 237 development queries with a stand-in for its text, hit@3 gains
.05 if the text is another query with a right entry in common, and loses .02 if it is another one of the field: with .3
these are .05 and .04, with .5 they are .06 and .14."""


def join_rankings(raw: Scored, reasoned: Scored, *, weight: float = REASONED_WEIGHT) -> list[tuple[int, float]]:
    """Return (item, score), best first, where score = (1 - weight) * raw score + weight * reasoned score.

    Both are scores of the same fusion. An item missing from a ranking gains nothing there.
    """
    scores = {item: (1 - weight) * score for item, score in raw}
    for item, score in reasoned:
        scores[item] = scores.get(item, 0.0) + weight * score
    return sort_scores(scores)


def join_candidates(raw: Candidates, reasoned: Candidates) -> Candidates:
    """Return the candidates of the query, with owners and wordings of those that only the texts of a reasoner found.

    Cosines and BM25 scores remain those of the query itself.
    """
    return replace(raw, owners=reasoned.owners | raw.owners, superseded=reasoned.superseded | raw.superseded)
