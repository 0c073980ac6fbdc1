"""The table of an evaluation: one line per arm."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from midthought.api.evaluation.arms import BASELINES
from midthought.api.evaluation.attempt_row import AttemptRow
from midthought.api.evaluation.comparison import Comparison, accuracy_interval, compare, score_questions
from midthought.ingest.harvest.attempts import Verdict
from midthought.ingest.intervals import Interval


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """What one arm reaches, and what it costs. Means are per run, over the runs that did not fail.

    Attributes:
        questions: that have a run which did not fail.
        runs: in all: the sum of the next five.
        right, wrong: runs by the verdict on their answer.
        unanswered: runs without an answer; not right.
        undecided: runs whose answer the checker cannot judge; not right.
        failed: runs that the engine could not finish; in no share and no mean.
        accuracy: right runs, by question; None without any.
        against: what it gains over `none` and over `length-scaling`.
        tokens: written.
        pte: prefill token equivalents; None if the engine does not say what it read.
        seconds: wall time.
        abstention_rate: the share of recalls that gave nothing; None if nothing was recalled.
        injections: what was put before or into a thought.
    """

    arm: str
    questions: int
    runs: int
    right: int
    wrong: int
    unanswered: int
    undecided: int
    failed: int
    accuracy: Interval | None
    against: tuple[Comparison, ...]
    tokens: float
    pte: float | None
    seconds: float
    abstention_rate: float | None
    injections: float


def summarise_arms(
    rows: Sequence[AttemptRow], arms: Sequence[str], *, decode_constant: float
) -> tuple[ArmSummary, ...]:
    """Return the summary of each arm that has a row, in the order of `arms`."""
    by_arm = {arm: [row for row in rows if row.arm == arm] for arm in arms}
    scores = {arm: score_questions(found) for arm, found in by_arm.items()}

    def against(arm: str) -> tuple[Comparison, ...]:
        others = [one for one in BASELINES if one != arm and one in scores]
        found = [compare(scores[arm], scores[other], baseline=other) for other in others]
        return tuple(one for one in found if one)

    return tuple(
        _summarise(arm, found, against(arm), decode_constant=decode_constant) for arm, found in by_arm.items() if found
    )


def _summarise(
    arm: str, rows: Sequence[AttemptRow], against: tuple[Comparison, ...], *, decode_constant: float
) -> ArmSummary:
    counts = Counter(row.verdict for row in rows)
    scores = score_questions(rows)
    done = [row for row in rows if not row.is_failed]
    recalls = sum(row.recalls for row in done)
    return ArmSummary(
        arm=arm,
        questions=len(scores),
        runs=len(rows),
        right=counts[Verdict.RIGHT],
        wrong=counts[Verdict.WRONG],
        unanswered=counts[Verdict.UNANSWERED],
        undecided=counts[Verdict.UNDECIDED],
        failed=counts[Verdict.FAILED],
        accuracy=accuracy_interval(scores),
        against=against,
        tokens=_mean([row.tokens for row in done]),
        pte=_mean_equivalents(done, decode_constant),
        seconds=_mean([row.seconds for row in done]),
        abstention_rate=sum(row.abstentions for row in done) / recalls if recalls else None,
        injections=_mean([row.injections for row in done]),
    )


def _mean_equivalents(rows: Sequence[AttemptRow], decode_constant: float) -> float | None:
    """Return the mean cost; None if the engine did not say of every run what it read."""
    if not rows or not all(row.prompt_tokens for row in rows):
        return None
    return fmean(row.prompt_tokens - row.cached_tokens + decode_constant * row.tokens for row in rows)


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0
