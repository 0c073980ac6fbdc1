"""The answer that most samples agree on (self-consistency, arXiv 2203.11171)."""

from collections import Counter
from collections.abc import Sequence

from midthought.reasoner.thought.selection.selector import SampleCandidate, Selection, SelectionRules, rank_all


def select_by_majority(candidates: Sequence[SampleCandidate], rules: SelectionRules) -> Selection:
    """Choose the samples whose answer has the most votes; the score is the share of all samples that agree.

    Answers that differ in case and white space alone are one. A sample without an answer has no vote and comes last. Of
    two answers with as many votes, the one with the shorter shortest sample comes first, then the one given first; the
    samples of one answer are ordered by length.
    """
    named = {one.place: _plain(one.answer) for one in candidates}
    votes = Counter(answer for answer in named.values() if answer)
    shortest: dict[str, int] = {}
    first: dict[str, int] = {}
    for number, one in enumerate(candidates):
        answer = named[one.place]
        shortest[answer] = min(one.tokens, shortest.get(answer, one.tokens))
        first.setdefault(answer, number)

    def rank(one: SampleCandidate) -> tuple[int, int, int, int]:
        answer = named[one.place]
        return -votes[answer], shortest[answer], first[answer], one.tokens

    scores = {place: votes[answer] / len(candidates) for place, answer in named.items()}
    return rank_all(candidates, scores, sorted(candidates, key=rank), rules.keep)


def _plain(answer: str) -> str:
    return "".join(answer.casefold().split())
