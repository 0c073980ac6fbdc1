"""``midthought traffic``: what passed through the proxy and waits to be learnt."""

from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text, shorten
from midthought.api.opening import open_memory_to_read
from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from midthought.api.operations.traffic import TrafficReport, WaitingItem


def traffic(
    context: click.Context,
    limit: Annotated[int, Option(help="The largest number of traces.", min=1, max=1000)] = 100,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show what passed through the proxy and waits to be learnt, and why other answers were not."""
    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        found = memory.traffic(limit=limit, namespace=settings.namespace)
    if output is Output.JSON:
        from dataclasses import asdict

        print_json(asdict(found))
        return
    print_text(describe_traffic(found, settings.namespace))
    for one in found.traces:
        print_text(_describe(one))
    if settings.traffic.find(Namespace(settings.namespace)) is None and not settings.url:
        print_text(
            f"namespace {settings.namespace} does not learn from its traffic: see the setting traffic", error=True
        )


def describe_traffic(found: "TrafficReport", namespace: str) -> str:
    """Return the counts for people."""
    since = f", the oldest since {found.oldest}" if found.oldest else ""
    lines = [f"namespace {namespace}: {found.waiting} traces wait for a verdict{since}; {found.ready} are learnt next"]
    return "\n".join([*lines, *(f"  {number} left out: {reason}" for reason, number in found.left_out.items())])


def _describe(one: "WaitingItem") -> str:
    state = f"said to be {one.outcome}" if one.outcome != "unknown" else f"waits for {one.awaits}"
    run = one.run_id or "no run"
    return f"{run}  {one.passed_at}  {state}  {shorten(one.question, 80)}"
