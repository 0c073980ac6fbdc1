"""``midthought utility``: what entries do to the outcome of runs, and which are retired."""

from typing import Annotated

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_to_read
from midthought.memory.records.utility import EntryUtility, UtilityState


def utility(
    context: click.Context,
    restore: Annotated[
        str | None, Option(metavar="ID", help="Let recall return this retired entry again, and begin to count anew.")
    ] = None,
    limit: Annotated[int, Option(help="The largest number of entries.", min=1, max=1000)] = 100,
    after: Annotated[str, Option(metavar="ID", help="Begin behind this entry: the last of the page before.")] = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Show what entries do to the outcome of runs, and which harmed so much that recall leaves them out.

    The effect of an entry is the share of right runs with it minus that of runs that by chance withheld it. Each bound
    ever misses it with a probability of 5 %, however often you look.
    """
    from midthought.api.operations.utility import ListUtility, RestoreEntry

    settings = read_settings(context)
    with reading_options():
        request = None if restore is None else RestoreEntry(entry_id=restore)
        listing = ListUtility(after=after, limit=limit)
    with open_memory_to_read(settings) as memory:
        if request is not None:
            memory.send(request, namespace=settings.namespace)
            print_text(f"restored {restore}: only runs from now on count", error=output is Output.JSON)
        found = memory.send(listing, namespace=settings.namespace)
    for one in found:
        _print(one, output)
    if not found:
        print_text(f"no entries with runs in namespace {settings.namespace}", error=True)


def _print(one: EntryUtility, output: Output) -> None:
    if output is Output.JSON:
        from midthought.api.operations.shapes import UTILITY

        print_json(UTILITY.write(one))
        return
    effect = "unknown" if one.effect is None else f"{one.effect:+.3f}"
    print_text(
        f"{one.entry_id}  {one.state}  effect {effect} ({one.lower:+.3f} to {one.upper:+.3f}): right in "
        f"{one.injected_right:,} of {one.injected:,} runs with it, {one.withheld_right:,} of {one.withheld:,} without"
    )
    if one.other:
        advice = "" if one.injected or one.withheld else "; set holdout, such as 0.25, and judge all runs"
        print_text(
            f"  {one.other:,} more runs do not count: without hold-out, not judged, behind another hint, or before it "
            f"was restored{advice}"
        )
    if one.state is UtilityState.RETIRED:
        print_text(f"  retired: {one.reason}")
