"""Giving a trajectory its verdict: its owner's, else by its gold answer, else by agreement or on trust."""

from dataclasses import replace
from enum import StrEnum

from midthought.ingest.formats.json_line import canonical_json, parse_object
from midthought.ingest.verdicts.agreement import Votes
from midthought.ingest.verdicts.compare import same_answer
from midthought.ingest.verdicts.final_answer import final_answer
from midthought.ingest.verdicts.mathematics import MathComparison
from midthought.ingest.verdicts.policy import UnjudgedPolicy, VerdictPolicy
from midthought.memory.records.trajectory import Outcome, Trajectory

FIELD = "verdict_by"
"""The field of the metadata that names who judged; without it, the owner of the record did."""


class VerdictSource(StrEnum):
    """Who says whether a trajectory is right."""

    CALLER = "caller"
    GOLD = "gold"
    CHECKER = "checker"
    AGREEMENT = "agreement"
    ACCEPTED = "accepted"


def judge(
    trajectory: Trajectory,
    policy: VerdictPolicy,
    *,
    mathematics: MathComparison | None = None,
    votes: Votes | None = None,
) -> Trajectory:
    """Return a trajectory with its outcome, if it can be known.

    A verdict of its owner stays. Else its final answer is compared with gold; an answer that cannot be compared, and
    an unfinished attempt, stay unjudged. Without gold the policy decides. Who judged is in the metadata, in
    `verdict_by`, unless the record has such a field already.

    Args:
        trajectory: as it was read.
        policy: what becomes of what nobody judged.
        mathematics: compares what cheap tests cannot; None leaves that unjudged.
        votes: all attempts of the source, for the policy `agree`.
    """
    if trajectory.outcome is not Outcome.UNKNOWN or not trajectory.finished:
        return trajectory
    if trajectory.gold is not None:
        same = compare_with_gold(trajectory, mathematics)
        if same is None:
            return trajectory
        return _judged(trajectory, Outcome.CORRECT if same else Outcome.WRONG, VerdictSource.GOLD)
    if policy.unjudged is UnjudgedPolicy.ACCEPT:
        return _judged(trajectory, Outcome.CORRECT, VerdictSource.ACCEPTED)
    if policy.unjudged is UnjudgedPolicy.AGREE and votes is not None and votes.agree(trajectory):
        return _judged(trajectory, Outcome.CORRECT, VerdictSource.AGREEMENT)
    return trajectory


def compare_with_gold(trajectory: Trajectory, mathematics: MathComparison | None = None) -> bool | None:
    """Return whether the final answer of a trajectory is its gold answer; None if that cannot be told."""
    answer = final_answer(trajectory)
    if trajectory.gold is None or answer is None:
        return None
    same = same_answer(trajectory.gold, answer, question=trajectory.question)
    if same is None and mathematics is not None:
        same = mathematics.same(trajectory.gold, answer)
    return same


def verdict_source(trajectory: Trajectory) -> VerdictSource | None:
    """Return who judged a trajectory; None if nobody did."""
    if trajectory.outcome is Outcome.UNKNOWN:
        return None
    named = parse_object(trajectory.metadata).get(FIELD)
    return next((source for source in VerdictSource if source.value == named), VerdictSource.CALLER)


def _judged(trajectory: Trajectory, outcome: Outcome, source: VerdictSource) -> Trajectory:
    metadata = parse_object(trajectory.metadata)
    metadata.setdefault(FIELD, source.value)
    return replace(trajectory, outcome=outcome, metadata=canonical_json(metadata))
