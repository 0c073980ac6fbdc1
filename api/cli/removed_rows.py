"""What retention removed, or would remove, as text."""

from midthought.api.cli.printing import indent, print_text
from midthought.memory.records.retention_report import RemovedRows, RetentionReport


def print_removed(job_id: str, report: RetentionReport) -> None:
    """Print what a job removed of each kind, and how many rows are needed."""
    told = [one for one in report.removed if one.count or one.needed]
    print_text(f"{'would remove' if report.dry_run else 'removed'} by job {job_id}:{'' if told else ' nothing'}")
    for one in told:
        print_text(indent(_describe(one)))


def _describe(rows: RemovedRows) -> str:
    size = f", {rows.bytes:,} bytes" if rows.bytes else ""
    since = f", stored {rows.oldest:%Y-%m-%d} to {rows.newest:%Y-%m-%d}" if rows.oldest and rows.newest else ""
    needed = f"; {rows.needed:,} more are needed and stay" if rows.needed else ""
    return f"{rows.count:,} {rows.kind}{size}{since}{needed}"
