"""How near an entry is to a query by all of its keys: what ranks it by meaning."""

from midthought.memory.records.keys import KeyField
from midthought.memory.store import Store
from midthought.retrieval.candidates import Candidates, Question, keep_best
from midthought.retrieval.fusion.base import Scored, sort_scores

AVERAGED = 5
"""Keys whose mean cosine counts in addition to the best: with 4 to 6 of them hit@3 is the same."""
GENERAL_FIELDS = (KeyField.MAIN, KeyField.APPLICABILITY)
"""The keys that say what an entry is for. The others are single cases of it: an example about coins is near to any
problem about coins."""
GENERAL_WEIGHT = 0.3
"""Weight of their mean. With .2 to .4 hit@3 of the development queries is .91 to .92, without .90; on 65 problem texts
over learnt entries and the starter memory nDCG@5 is .62, without .57 (before `OWN_ADVANTAGE`)."""
OWN_ADVANTAGE = 0.04
"""Added to the nearness of the namespace's own entries, not to that of the starter memory which it sees as well.
What was learnt from one's own problems is more often right for the next: with 0, .04 and .08 nDCG@5 of those 65 is .62,
.67 and .72. A memory of other problems takes .02, .03 and .05 of hit@3 from queries that the starter memory answers.
Worked examples have none: they are near to every problem on the same things. Of 242 judged queries .87 have a right
entry of the starter memory among the first three, beside what 652 traces taught .85, with the advantage .82."""
_FULL_WEIGHT_BELOW = 0.75


def read_nearness(store: Store, question: Question, candidates: Candidates) -> Scored:
    """Return (number, nearness) of the candidates by meaning, best first.

    The nearness is the best cosine, drawn by `near_by_all` towards .35 of it, .35 of the mean of the best five and .3
    of the mean of the question and the applicability. One key of an unrelated entry is often near by chance, several
    seldom. An entry with fewer than five keys has its best in place of the mean of five: its question, its
    applicability and its example say different things. Of several passages the best counts. The namespace's own
    entries are nearer by `OWN_ADVANTAGE`, but not its worked examples.
    """
    targets: dict[int, float] = {}
    best = dict(candidates.dense)
    for owner, seqs in candidates.by_owner(list(best)).items():
        for vector in question.vectors:
            means = store.searcher.key_means(owner, vector, seqs, count=AVERAGED, fields=GENERAL_FIELDS)
            keep_best(targets, {seq: _target(best[seq], *means[seq]) for seq in means})
    near = {seq: near_by_all(cosine, targets.get(seq, cosine)) for seq, cosine in best.items()}
    own = {seq for seq in near if candidates.owners.get(seq, question.namespace) == question.namespace}
    ahead = own.difference(store.searcher.example_questions(question.namespace, list(own)))
    return sort_scores({seq: value + OWN_ADVANTAGE if seq in ahead else value for seq, value in near.items()})


def near_by_all(best: float, other: float) -> float:
    """Return the cosine of the best key, drawn towards another measure: fully up to .75, and less the nearer it is.

    A query that is a key is not held against the entry's other keys.
    """
    return best - min(1.0, max(0.0, 1 - best) / (1 - _FULL_WEIGHT_BELOW)) * (best - other)


def _target(best: float, mean: float | None, general: float) -> float:
    return (1 - GENERAL_WEIGHT) * (best + (best if mean is None else mean)) / 2 + GENERAL_WEIGHT * general
