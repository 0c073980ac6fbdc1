"""``midthought feedback``: whether the answer of a run was right."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.memory.records.run import OutcomeSource

if TYPE_CHECKING:
    from midthought.api.operations.feedback import FeedbackResult


def feedback(
    context: click.Context,
    run_id: Annotated[str, Argument(metavar="RUN", help="The id of a run, as `midthought runs list` prints it.")],
    outcome: Annotated[str, Argument(metavar="correct|wrong", help="Whether its answer was right.")],
    source: Annotated[OutcomeSource, Option(help="Who says so; of several the strongest counts, in this order.")] = (
        OutcomeSource.CALLER
    ),
    note: Annotated[str, Option(help="Why, in your own words.")] = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Say whether the answer of a run was right.

    The same said twice changes nothing. If the runs of an entry now show that it harms, recall no longer returns it.
    """
    from midthought.api.operations.feedback import GiveFeedback, read_judgement

    settings = read_settings(context)
    with reading_options():
        GiveFeedback(run_id=run_id, outcome=read_judgement(outcome), source=source, note=note)
    with open_memory_for(settings) as memory:
        given = memory.feedback(run_id, outcome, source=source, note=note, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(asdict(given))
        return
    print_text(_describe(given, outcome, source))
    for entry_id in given.retired:
        print_text(f"retired {entry_id}: `midthought utility` says why")


def _describe(given: "FeedbackResult", outcome: str, source: OutcomeSource) -> str:
    """Return the outcome that counts, and if another source overrules what was said, both."""
    before = "" if given.added else ", as was said before"
    if given.outcome == outcome:
        return f"{given.run_id} is {given.outcome}{before}"
    return f"{given.run_id}: noted {source}: {outcome}{before}; {given.source}: {given.outcome} counts"
