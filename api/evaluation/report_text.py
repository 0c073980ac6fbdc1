"""The report of an evaluation for people: a table of the arms, what they gain, and what the memory knew already."""

from collections.abc import Iterator

from midthought.api.evaluation.leaks import LeakReport
from midthought.api.evaluation.reason_evaluation import ReasonReport
from midthought.api.evaluation.summary import ArmSummary
from midthought.ingest.intervals import Interval

_COLUMNS = ("arm", "right", "wrong", "none", "undecided", "failed", "accuracy", "tokens", "PTE", "seconds")
_MORE = ("abstained", "injected")


def write_report(report: ReasonReport) -> Iterator[str]:
    """Yield the lines."""
    runs = f"{report.questions} questions, {report.repeats} run{'s' * (report.repeats > 1)} each"
    yield f"{report.tasks}: {runs}; {report.engine}"
    yield from _write_table([(*_COLUMNS, *_MORE), *map(_cells, report.arms)])
    for arm in report.arms:
        for gain in arm.against:
            told = _write_interval(gain.difference, signed=True)
            counts = f"better on {gain.better}, worse on {gain.worse} of {gain.questions} questions"
            yield f"  {arm.arm} - {gain.baseline}: {told}  {counts}"
    for name, reason in report.skipped:
        yield f"  {name} was not run: {reason}"
    yield f"  1 token written counts as {report.decode_constant:g} read (decode_constant)"
    yield from _write_leaks(report.leaks)


def _cells(arm: ArmSummary) -> tuple[str, ...]:
    counts = (arm.right, arm.wrong, arm.unanswered, arm.undecided, arm.failed)
    abstained = "-" if arm.abstention_rate is None else f"{arm.abstention_rate:.0%}"
    return (
        arm.arm,
        *map(str, counts),
        _write_interval(arm.accuracy) if arm.accuracy else "-",
        f"{arm.tokens:.0f}",
        "-" if arm.pte is None else f"{arm.pte:.0f}",
        f"{arm.seconds:.1f}",
        abstained,
        f"{arm.injections:.1f}",
    )


def _write_interval(interval: Interval, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{interval.mean:{sign}.3f} [{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]"


def _write_table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        first, *others = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join((first, *others)).rstrip()


def _write_leaks(leaks: LeakReport) -> Iterator[str]:
    found = "; ".join(f"{kind.value}: {number}" for kind, number in leaks.tasks_by_kind)
    withheld = "withheld" if leaks.excluded else "not withheld: --exclude-leaks"
    yield f"  leaks, of {leaks.tasks} tasks: {found} ({withheld})"
    yield (
        f"  compared with {leaks.entries} entries and {leaks.trajectories} trajectories; {leaks.shared_wording} runs "
        "of words stand in several tasks, and are no leak"
    )
