"""``midthought evaluate``: how good a model is at what Midthought asks of it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.memory.errors import BadSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from midthought.ingest.decomposition.yardstick import Evaluation
    from midthought.memory.records.kept_completion import KeptCompletion

_MEANINGS = {
    "agreement": "F1 of its procedures against those of the reference",
    "grounded": "procedures that rest on a passage",
    "placed": "matched procedures that rest on the same passage",
    "clean": "procedures without a particular of the problem",
    "sized": "subroutines of 80 to 260 words",
    "usable": "answers in a usable form",
}


def decomposition(
    context: click.Context,
    references: Annotated[Path, Argument(metavar="REFERENCES", help="Reference decompositions, JSON Lines.")],
    traces: Annotated[list[Path], Argument(metavar="TRACE...", help="The files of traces that they decompose.")],
    model: Annotated[str | None, Option(help="The model.  [default: the setting]")] = None,
    model_url: Annotated[str | None, Option(help="The server that it is at.  [default: the setting]")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Let a model decompose traces, and compare with decompositions by hand: agreement, grounding, leaks, cost.

    Nothing is stored. Each trace takes some ten calls.
    """
    settings = read_settings(context, model=model, model_url=model_url)
    if not settings.model:
        raise BadSettings("no language model is configured: give --model and --model-url, or the settings")
    from midthought.api.opening import make_decomposition, make_encoder
    from midthought.ingest.decomposition.model_calls import ModelCalls
    from midthought.ingest.decomposition.references import read_references
    from midthought.ingest.decomposition.yardstick import evaluate_model

    found = read_references(references, traces)
    options = make_decomposition(settings)
    assert options is not None  # a model is configured
    calls = ModelCalls(options.model, _Nowhere(), budget=options.budget)

    def tell(number: int) -> None:
        click.echo(f"{number} of {len(found)} traces decomposed", err=True)

    done = evaluate_model(found, calls, options.prompts, make_encoder(settings), on_done=tell)
    if output is Output.JSON:
        print_json(asdict(done) | {"marks": {name: asdict(interval) for name, interval in done.marks}})
    else:
        _print_table(done)


def _print_table(done: "Evaluation") -> None:
    print_text(f"{done.model}: {done.trajectories} traces, {done.procedures:.1f} procedures per trace")
    for name, interval in done.marks:
        marks = f"{interval.mean:.2f}  [{interval.low:.2f}, {interval.high:.2f}]"
        print_text(f"  {name:<10} {marks}  {_MEANINGS[name]}")
    spent = done.spent
    print_text(
        f"  {spent.calls} calls: {spent.tokens_in:,} tokens of prompts ({spent.tokens_cached:,} from the prefix "
        f"cache), {spent.tokens_out:,} of answers"
    )


class _Nowhere:
    """Keeps no answer: an evaluation asks anew."""

    def find(self, digests: "Sequence[str]") -> "Mapping[str, KeptCompletion]":
        """None."""
        return {}

    def keep(self, answer: "KeptCompletion") -> None:
        """Forget it."""

    def drop(self, digests: "Sequence[str]") -> None:
        """There is none."""


evaluate_commands = CommandGroup(
    "evaluate",
    [
        CommandRow(
            "decomposition",
            "Let a model decompose traces, and compare with decompositions by hand: agreement, grounding, leaks, cost.",
            module="evaluate",
        ),
        CommandRow(
            "reason",
            "Run tasks with recall in the thought, before it, and without it, and compare: accuracy, tokens, cost, "
            "leaks.",
            module="evaluate_reason",
        ),
    ],
    help="Measure a model at what Midthought asks of it.",
    no_args_is_help=True,
)
