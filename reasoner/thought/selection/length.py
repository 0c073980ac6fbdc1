"""Which of several thoughts to keep: those from the procedures that made thinking short (arXiv 2604.01348, scaling)."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.reasoner.thought.selection.selector import SampleCandidate, Selection, SelectionRules

THRESHOLD = 0.1
"""A procedure is kept above this mean relative length. (The paper also prints 1, which would keep nothing.)"""


@dataclass(frozen=True, slots=True)
class LengthChoice:
    """What was chosen and why.

    Attributes:
        relative: for every procedure and sample ``(r_max - r) / (r_max - r_min)``: 1 for the shortest of the pool, 0
            for the longest; 1 for all if all have the same length.
        scores: the mean of each procedure's relative lengths.
        kept: the procedures above the threshold, ascending.
        chosen: (procedure, sample), shortest first; ties stay in the order they were given.
    """

    relative: tuple[tuple[float, ...], ...]
    scores: tuple[float, ...]
    kept: tuple[int, ...]
    chosen: tuple[tuple[int, int], ...]


def samples_per_procedure(samples: int, procedures: int) -> int:
    """Return ``floor(samples / procedures)``; raises `ValueError` if a procedure would get none."""
    if procedures < 1:
        raise ValueError(f"procedures must be >= 1, got {procedures}")
    if procedures > samples:
        raise ValueError(f"procedures must be <= samples, got {procedures} procedures for {samples} samples")
    return samples // procedures


def choose_shortest(lengths: Sequence[Sequence[int]], *, keep: int, threshold: float = THRESHOLD) -> LengthChoice:
    """Choose at most `keep` samples by length, from procedures that shorten thinking.

    The pool is all samples of one question. If no procedure is above the threshold, which takes at least
    ``1 / threshold`` samples per procedure, those with the best score are kept; the paper leaves that case open.

    Args:
        lengths: tokens of every sample, one non-empty sequence per procedure.
        keep: how many samples to choose; fewer are returned if fewer are left.
        threshold: procedures with a mean relative length at or below it are dropped.

    Raises:
        ValueError: no procedures, a procedure without samples, or ``keep < 1``.
    """
    if keep < 1:
        raise ValueError(f"keep must be >= 1, got {keep}")
    if not lengths or not all(lengths):
        raise ValueError(f"every procedure needs at least one sample, got {[len(one) for one in lengths]} samples")
    longest, shortest = max(map(max, lengths)), min(map(min, lengths))
    # The relative length is 0 / 0 then; the paper leaves that case open, so every sample counts as shortest.
    if longest == shortest:
        return _keep_all(lengths, keep)
    span = longest - shortest
    relative = tuple(tuple((longest - one) / span for one in some) for some in lengths)
    # One division, so that a mean of exactly the threshold is not lifted above it by rounding.
    scores = tuple(sum(longest - one for one in some) / (span * len(some)) for some in lengths)
    kept = _above(scores, threshold)
    pool = [(procedure, sample) for procedure in kept for sample in range(len(lengths[procedure]))]
    chosen = sorted(pool, key=lambda place: lengths[place[0]][place[1]])[:keep]
    return LengthChoice(relative, scores, kept, tuple(chosen))


def _keep_all(lengths: Sequence[Sequence[int]], keep: int) -> LengthChoice:
    places = [(procedure, sample) for procedure, some in enumerate(lengths) for sample in range(len(some))]
    return LengthChoice(
        relative=tuple((1.0,) * len(some) for some in lengths),
        scores=(1.0,) * len(lengths),
        kept=tuple(range(len(lengths))),
        chosen=tuple(places[:keep]),
    )


def _above(scores: Sequence[float], threshold: float) -> tuple[int, ...]:
    least = max(scores)
    return tuple(
        place for place, score in enumerate(scores) if score > threshold or (least <= threshold and score == least)
    )


def select_by_length(candidates: Sequence[SampleCandidate], rules: SelectionRules) -> Selection:
    """Choose by `choose_shortest`; the score of a sample is its relative length."""
    branches = sorted({one.branch for one in candidates})
    pools = [[one for one in candidates if one.branch == branch] for branch in branches]
    choice = choose_shortest(
        [[one.tokens for one in pool] for pool in pools], keep=rules.keep, threshold=rules.threshold
    )
    scores = {
        one.place: score
        for pool, relative in zip(pools, choice.relative, strict=True)
        for one, score in zip(pool, relative, strict=True)
    }
    chosen = tuple(pools[branch][sample].place for branch, sample in choice.chosen)
    return Selection(scores, choice.scores, tuple(branches[place] for place in choice.kept), chosen)
