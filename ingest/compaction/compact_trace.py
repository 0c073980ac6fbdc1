"""Shortening a thought to a token budget: the steps stay without which the answer is least probable.

A step counts by how much the negative log-likelihood of the answer rises under a local model if the step is left out.
The surprise of a step's first token is no measure: it keeps "Wait" and drops "So".
"""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

from midthought.ingest.compaction.answer_scorer import AnswerScorer
from midthought.ingest.compaction.by_position import choose_by_position
from midthought.ingest.compaction.pieces import GAP, Piece, cut_pieces, group_pieces, join_pieces
from midthought.ingest.decomposition.windows import CountTokens
from midthought.ingest.verdicts.final_answer import marked_answer
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory

MAX_PIECES = 24
"""Of one thought, which takes about twice as many passes of the scorer."""
MAX_READ_TOKENS = 3000
"""The scorer reads a longer thought in blocks of at most so many tokens: question and answer must fit beside it."""
MAX_ANSWER_CHARACTERS = 600
"""Of a longer answer the end is scored, where the result stands."""
_RESCORED = 2
"""Before a piece is dropped, so many of the cheapest are scored again without what was dropped by then: of two
pieces that say the same, each alone adds nothing."""


@dataclass(frozen=True, slots=True)
class CompactedTrace:
    """What is left of a thought.

    Attributes:
        trajectory: the original with the shortened thought; its id is another.
        steps: the kept passages in the shortened thought; they cover it. Without kinds and goals.
        kept: where they stand in the original thought, in order.
    """

    trajectory: Trajectory
    steps: tuple[Step, ...]
    kept: tuple[Span, ...]


def compact_trace(
    trajectory: Trajectory,
    steps: Sequence[Step],
    *,
    budget_tokens: int,
    scorer: AnswerScorer,
    count: CountTokens,
) -> CompactedTrace:
    """Return the trajectory with at most `budget_tokens` of its thought, in whole steps and in order.

    Unchanged if the thought fits, without a call of the scorer. A step longer than half the budget is cut between two
    sentences; more steps than `MAX_PIECES` are judged in groups of neighbours. If keeping the first, the last or evenly
    spaced steps leaves the answer more probable than the choice step by step, those are kept.

    Args:
        trajectory: its answer is what steps are judged by; without one the known or marked answer, or how the thought
            ends.
        steps: of its thought; those of the answer are left alone.
        budget_tokens: at least 1.
        scorer: judges the steps.
        count: the tokens of a text, by the model that will read it.
    """
    if budget_tokens < 1:
        raise ValueError(f"budget_tokens must be >= 1, got {budget_tokens}")
    if count(trajectory.thought) <= budget_tokens:
        whole = Span(Part.THOUGHT, 0, len(trajectory.thought))
        return CompactedTrace(trajectory, tuple(steps), (whole,))
    longest = min(MAX_READ_TOKENS, max(1, budget_tokens - count(GAP)))  # one must fit, with the mark before it
    pieces = cut_pieces(trajectory.thought, steps, max_tokens=longest, max_pieces=MAX_PIECES, count=count)
    blocks = tuple(group_pieces(pieces, lambda _: False, max_tokens=MAX_READ_TOKENS))
    kept = _Selection(trajectory, blocks, scorer, count).choose(budget_tokens)
    return _as_compacted(trajectory, kept)


def find_scored_answer(trajectory: Trajectory) -> str:
    """Return the text that steps are judged by: the answer, or else what stands for it."""
    found = trajectory.answer.strip() or trajectory.gold or marked_answer(trajectory.thought) or trajectory.thought
    return found.strip()[-MAX_ANSWER_CHARACTERS:]


def write_scored_prefix(question: str, thought: str) -> str:
    """Return what the scored answer follows."""
    return f"{question.strip()}\n\n{thought.strip()}\n\n"


class _Selection:
    """Which pieces stay: all at first, then without the one that costs least for its length, until the budget holds."""

    def __init__(
        self, trajectory: Trajectory, blocks: Sequence[Sequence[Piece]], scorer: AnswerScorer, count: CountTokens
    ) -> None:
        self._question = trajectory.question
        self._answer = find_scored_answer(trajectory)
        self._pieces = [piece for block in blocks for piece in block]
        self._scorer = scorer
        self._count = count
        self._rises: dict[int, float] = {}
        self._scored: dict[frozenset[int], float] = {}
        ends = list(accumulate(len(block) for block in blocks))
        places = [frozenset(range(end - len(block), end)) for block, end in zip(blocks, ends, strict=True)]
        self._block_of = {place: block for block in places for place in block}

    def choose(self, budget: int) -> list[Piece]:
        """Return the pieces that stay, in order."""
        kept = set(self._block_of)
        self._score(kept, kept)
        while kept and self._tokens(kept) > budget:
            cheapest = heapq.nsmallest(_RESCORED, sorted(kept), key=self._cost)
            self._score(cheapest, kept)
            kept.remove(min(cheapest, key=self._cost))
        self._fill(kept, budget)
        by_position = choose_by_position(len(self._pieces), lambda places: self._tokens(places) <= budget)
        best = min([kept, *by_position], key=self._total)
        return self._of(best)

    def _total(self, kept: set[int]) -> float:
        return sum(self._nll(block & kept) for block in set(self._block_of.values()))

    def _fill(self, kept: set[int], budget: int) -> None:
        """Take back what still fits and makes the answer more probable: the last that was dropped may be long."""
        dropped = sorted(set(self._block_of) - kept, key=self._cost, reverse=True)
        fitting = (place for place in dropped if self._tokens({*kept, place}) <= budget)
        for place in islice(fitting, _RESCORED):
            if self._rise(place, {*kept, place}) > 0:
                kept.add(place)

    def _score(self, places: Iterable[int], kept: set[int]) -> None:
        """Note what some of the kept pieces add.

        The last comes first: the next text then shares the most with the one before, and a scorer may keep that.
        """
        for place in sorted(places, reverse=True):
            self._rises[place] = self._rise(place, kept)

    def _rise(self, place: int, kept: set[int]) -> float:
        """Return by how much the NLL of the answer rises without one of the kept pieces, in its block."""
        block = self._block_of[place] & kept
        whole = self._nll(block)
        return self._nll(block - {place}) - whole

    def _nll(self, places: frozenset[int]) -> float:
        if places not in self._scored:
            prefix = write_scored_prefix(self._question, join_pieces(self._of(places)))
            self._scored[places] = self._scorer.nll(prefix, self._answer)
        return self._scored[places]

    def _cost(self, place: int) -> float:
        return self._rises[place] / max(1, self._pieces[place].tokens)

    def _tokens(self, places: Collection[int]) -> int:
        return self._count(join_pieces(self._of(places)))

    def _of(self, places: Collection[int]) -> list[Piece]:
        return [self._pieces[place] for place in sorted(places)]


def _as_compacted(trajectory: Trajectory, pieces: Sequence[Piece]) -> CompactedTrace:
    """Return the pieces as steps of a thought; the mark before a piece belongs to it."""
    ends = [len(join_pieces(pieces[: number + 1])) for number in range(len(pieces))]
    placed = tuple(
        Step(Span(Part.THOUGHT, start, end), StepKind.WORK) for start, end in zip([0, *ends], ends, strict=False)
    )
    shown = replace(trajectory, thought=join_pieces(pieces))
    return CompactedTrace(shown, placed, tuple(piece.span for piece in pieces))
