"""``midthought runs``: solved problems, what they recalled and cost, and whether they were right."""

import json
from collections.abc import Iterator
from typing import Annotated

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text, shorten
from midthought.api.opening import open_memory_for, open_memory_to_read
from midthought.memory.records.run import WITHHELD_ARM, RunRow
from midthought.memory.records.run_comparison import ArmTotals, RunComparison
from midthought.memory.records.trajectory import Outcome

RunId = Annotated[str, Argument(metavar="RUN", help="The id of a run.")]


def list_runs(
    context: click.Context,
    arm: Annotated[
        str | None, Option(help="Only runs of this arm; 'withheld' are those that by chance got no hint.")
    ] = None,
    outcome: Annotated[Outcome | None, Option(help="Only runs with this outcome.")] = None,
    entry: Annotated[str | None, Option(metavar="ID", help="Only runs that recalled this entry.")] = None,
    limit: Annotated[int, Option(help="The largest number of runs.", min=1, max=1000)] = 100,
    output: OutputOption = Output.TEXT,
) -> None:
    """List the runs of the namespace, newest first."""
    from midthought.api.operations.runs import ListRuns

    settings = read_settings(context)
    with reading_options():
        request = ListRuns(arm=arm, outcome=outcome, entry_id=entry, limit=limit)
    with open_memory_to_read(settings) as memory:
        found = memory.send(request, namespace=settings.namespace)
    for run in found:
        if output is Output.JSON:
            _print_json(run)
        else:
            print_text(describe_run(run))
    if not found:
        print_text(f"no such runs in namespace {settings.namespace}", error=True)


def show(context: click.Context, run_id: RunId, output: OutputOption = Output.TEXT) -> None:
    """Show one run: what it recalled, what was injected, what was said of it."""
    from midthought.api.operations.runs import GetRun

    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        run = memory.send(GetRun(run_id=run_id), namespace=settings.namespace)
    if output is Output.JSON:
        _print_json(run)
        return
    print_text(describe_run(run))
    for line in _describe_content(run):
        print_text(f"  {line}")
    for entry in run.entries:
        place = f" at character {entry.position} of branch {entry.branch}" if entry.branch >= 0 else ""
        chosen = ", whose answer was taken" if entry.chosen else ""
        print_text(f"  {entry.role} {entry.entry_id} version {entry.version}{place}{chosen}")
    for said in run.outcomes:
        note = f": {said.note}" if said.note else ""
        print_text(f"  {said.outcome}, says the {said.source}{note}")


def compare(
    context: click.Context,
    first: Annotated[str, Argument(metavar="ARM", help="An arm, or 'withheld'.")],
    second: Annotated[str, Argument(metavar="ARM", help="The arm that is compared with it.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Compare two arms: accuracy with an interval over the questions of both, tokens and seconds."""
    from dataclasses import asdict

    from midthought.api.operations.runs import CompareRuns

    settings = read_settings(context)
    with reading_options():
        request = CompareRuns(first_arm=first, second_arm=second)
    with open_memory_to_read(settings) as memory:
        found = memory.send(request, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(asdict(found))
        return
    for arm in (found.first, found.second):
        print_text(_describe_arm(arm))
    print_text(_describe_difference(found))


def forget(context: click.Context, run_id: RunId, output: OutputOption = Output.TEXT) -> None:
    """Forget a run with its receipts; what it decided on entries stays."""
    settings = read_settings(context)
    with open_memory_for(settings) as memory:
        gone = memory.forget_run(run_id, namespace=settings.namespace)
    if output is Output.JSON:
        print_json({"id": gone.id})
    else:
        print_text(f"forgot {gone.id}")


def describe_run(run: RunRow) -> str:
    """Return a run in one line."""
    arm = WITHHELD_ARM if run.withheld else run.arm
    cached = f" ({run.cached_tokens:,} cached)" if run.cached_tokens else ""
    return (
        f"{run.id}  {run.outcome}  {arm}  {run.tokens:,} tokens{cached}  {run.seconds:.1f} s  {shorten(run.question)}"
    )


def _describe_content(run: RunRow) -> Iterator[str]:
    """Yield what the record of a run says of its triggers, query, answer and failures, a line each."""
    content = json.loads(run.content)
    said = content.get("configuration", {})
    told = {
        "triggers": said.get("triggers"),
        "continuation": said.get("engine.continuation"),
        "query": content.get("query"),
        "answer": content.get("answer"),
    }
    if would := said.get("shadow.entries"):
        told["in the shadow, would have put in"] = f"{would}, {said.get('shadow.way')}"
    yield from (f"{name}: {shorten(str(value), 300)}" for name, value in told.items() if value)
    yield from (f"note: {reason}" for reason in content.get("degraded", ()))


def _describe_arm(arm: ArmTotals) -> str:
    accuracy = "" if arm.accuracy is None else f" ({arm.accuracy:.1%})"
    return (
        f"{arm.arm}: {arm.runs:,} runs, {arm.right:,} right of {arm.judged:,} judged{accuracy}, a run takes "
        f"{arm.tokens:,.0f} tokens, {arm.cached_tokens:,.0f} cached, {arm.seconds:.1f} s"
    )


def _describe_difference(found: RunComparison) -> str:
    if found.difference is None:
        return "no question has judged runs of both arms: their difference is not known"
    interval = "" if found.lower is None else f" (95 % interval {found.lower:+.3f} to {found.upper:+.3f})"
    return (
        f"{found.second.arm} minus {found.first.arm}: {found.difference:+.3f}{interval}, over {found.questions:,} "
        f"questions of both"
    )


def _print_json(run: RunRow) -> None:
    from midthought.api.operations.shapes import RUN

    print_json(RUN.write(run))


runs_commands = CommandGroup(
    "runs",
    [
        CommandRow("list", "List the runs of the namespace, newest first.", module="runs", function="list_runs"),
        CommandRow("show", "Show one run: what it recalled, what was injected, what was said of it.", module="runs"),
        CommandRow(
            "compare",
            "Compare two arms: accuracy with an interval over the questions of both, tokens and seconds.",
            module="runs",
        ),
        CommandRow("forget", "Forget a run with its receipts; what it decided on entries stays.", module="runs"),
    ],
    help="Look at solved problems, compare two ways of using the memory, forget one.",
)
