"""What an ingestion came to, as text: records, entries, calls of the model, and why records taught nothing."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from midthought.api.cli.printing import Output, print_json, print_text
from midthought.memory.errors import BadInput
from midthought.memory.records.job import Counts, Job, Rejection, refusing_check
from midthought.memory.records.no_yield import NoYield


def check_read(file: str, *, read: int, rejected: int) -> None:
    """Raise `BadInput` if no record of a file could be read: a command that read nothing has failed."""
    if read == 0:
        raise BadInput("holds no record: expected a JSON object a line, or text with a thought in it", place=file)
    if rejected == read:
        from midthought.ingest.transfer.place_kind import PlaceKind, refuse_other

        # A whole file of another kind has its own command, which helps more than the reasons of its lines.
        refuse_other(Path(file), PlaceKind.TRACES)
        raise BadInput(f"none of its {read:,} records can be read: the reasons are told above", place=file)


def print_ingested(file: str, job: Job, rejections: Sequence[Rejection], *, output: Output) -> None:
    """Print what became of a file and of each of its records that was rejected, as text or as one JSON object."""
    if output is Output.JSON:
        from midthought.api.operations.shapes import COUNTS

        about = {"source": file, "job_id": job.id, "state": job.state.value}
        print_json({**about, **COUNTS.write(job.counts), "rejections": [asdict(one) for one in rejections]})
        return
    print_text(f"{file}: {describe_records(job.counts)}")
    print_learnt(job.counts)
    for rejection in rejections:
        print_text(f"  rejected {rejection.place}: {rejection.reason}")


def print_counts(counts: Counts) -> None:
    """Print what became of every record read and of every entry drafted."""
    print_text(f"  {describe_records(counts)}")
    print_learnt(counts)


def describe_records(counts: Counts) -> str:
    """Return what became of the records read."""
    return (
        f"{counts.read} records read = {counts.stored} stored + {counts.merged} merged (known already) + "
        f"{counts.rejected} rejected"
    )


def print_learnt(counts: Counts) -> None:
    """Print what the stored records taught, what the language model took, and why others taught nothing."""
    waiting = (
        f" + {counts.entries_waiting} waiting for review (`midthought review` shows and accepts them)"
        if counts.entries_waiting
        else ""
    )
    print_text(
        f"  {counts.taught} of the stored taught something: {counts.drafted} entries drafted = "
        f"{counts.entries_stored} stored + {counts.entries_merged} merged + {counts.entries_refused} refused{waiting}"
    )
    if counts.learnt:
        print_text(f"    learnt: {', '.join(f'{number} {label}s' for label, number in counts.learnt)}")
    if counts.linked:
        print_text(
            f"  {counts.linked} passages carry out an entry that was known: they link to it, nothing was learnt from "
            f"them; {counts.linked_only} records gave only such links"
        )
    if counts.calls or counts.dead_letters:
        letters = f"; {counts.dead_letters} of them gave nothing" if counts.dead_letters else ""
        print_text(
            f"  asked the language model {counts.calls:,} times: {counts.tokens_in:,} tokens of prompts "
            f"({counts.tokens_cached:,} from its prefix cache), {counts.tokens_out:,} of answers{letters}"
        )
    if counts.masked:
        print_text(f"  masked: {', '.join(f'{number} {kind}' for kind, number in counts.masked)}")
    _print_refused(counts)
    _print_untaught(counts)


def _print_refused(counts: Counts) -> None:
    """Print how many drafts each check refused, for which reasons, with examples."""
    for check, number in counts.refused_by_check:
        found = [one for one in counts.reasons if refusing_check(one[0]) == check]
        told = ", ".join(f"{count} {reason.removeprefix(f'{check}: ')}" for reason, count in found)
        print_text(f"    refused {number} by {check}: {told}")
        for example in counts.examples:
            if example.check == check:
                print_text(f"      {example.trajectory_id}: {example.text}")


def _print_untaught(counts: Counts) -> None:
    """Print why records taught nothing: how many, the reason, and what to do."""
    rows = [(NoYield(reason), number) for reason, number in counts.untaught]
    rows += [(NoYield.KNOWN, counts.merged), (NoYield.UNREADABLE, counts.rejected)]
    told = sorted(((reason, number) for reason, number in rows if number), key=lambda one: -one[1])
    if told:
        print_text(f"  {sum(number for _, number in told)} of the read taught nothing:")
    for reason, number in told:
        print_text(f"    {number:>7}  {reason}: {reason.meaning}\n             {reason.advice}")
