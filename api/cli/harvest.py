"""``midthought harvest``: a model attempts tasks that have a checker, and its attempts are learnt from."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.cli.progress_show import show_progress
from midthought.api.harvesting import DEFAULT_TEMPERATURE, DEFAULT_TOKENS, HarvestRequest
from midthought.api.opening import open_memory_for
from midthought.ingest.progress import IngestStopped
from midthought.ingest.verdicts.policy import WrongPolicy
from midthought.memory.errors import BadSettings

if TYPE_CHECKING:
    from midthought.ingest.harvest.rounds import HarvestReport, RoundReport


def harvest(
    context: click.Context,
    tasks: Annotated[
        str,
        Argument(
            metavar="TASKS",
            help="JSON Lines with questions and answers, or reasoning-gym:NAME[+NAME...][:SIZE[:SEED]].",
        ),
    ],
    samples: Annotated[int, Option(help="Attempts at each task in each round.", min=1)] = 4,
    rounds: Annotated[int, Option(help="How often all tasks are attempted.", min=1)] = 1,
    recall: Annotated[bool, Option(help="Recall what was learnt, from the second round on.")] = True,
    checker: Annotated[
        str, Option(metavar="MODULE:FUNCTION", help="Takes question and answer, and says whether it is right.")
    ] = "",
    temperature: Annotated[
        float, Option(help="How attempts are drawn; 0 makes all alike.", min=0)
    ] = DEFAULT_TEMPERATURE,
    max_tokens: Annotated[int, Option(help="Tokens of an attempt, its thought included.", min=1)] = DEFAULT_TOKENS,
    wrong: Annotated[WrongPolicy, Option(help="What becomes of wrong attempts.")] = WrongPolicy.SKIP,
    decompose: Annotated[bool, Option(help="Ask the model to split right attempts into procedures.")] = True,
    all_attempts: Annotated[bool, Option(help="Split every right attempt at a task, not only the first.")] = False,
    budget_tokens: Annotated[
        int | None, Option(help="Stop before the harvest takes more tokens.  [default: the setting]")
    ] = None,
    budget: Annotated[
        float | None, Option(help="Stop before the harvest costs more, by the prices set.  [default: the setting]")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Let the model attempt tasks that have a checker, and learn from its attempts.

    All rounds are one job: a harvest that was stopped or killed continues if it is given again, and no finished call
    of the model is repeated. A service asks its own model, and judges by the answers. Exit code 1: it was stopped, or
    the budget is spent.
    """
    settings = read_settings(context, model_budget_tokens=budget_tokens, model_budget=budget)
    if settings.url and (budget_tokens, budget) != (None, None):
        raise BadSettings("the service at --url has a budget of its own: leave out --budget..., or set it there")
    if not settings.url and not settings.model:
        raise BadSettings("no language model is configured: give the settings 'model' and 'model_url'")
    with reading_options():
        HarvestRequest(tasks, samples, rounds, recall, checker, temperature, max_tokens)
    if checker and (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # as `python -m` does: the checker is a file of the user's
    with open_memory_for(settings) as memory, show_progress(tasks) as on_progress:
        try:
            report = memory.harvest(
                tasks,
                samples=samples,
                rounds=rounds,
                recall=recall,
                checker=checker,
                temperature=temperature,
                max_tokens=max_tokens,
                wrong=wrong.value,
                decompose=decompose,
                all_attempts=all_attempts,
                namespace=settings.namespace,
                on_progress=on_progress,
            )
        except IngestStopped as stopped:
            raise click.ClickException(f"{stopped}; what was committed stays") from None
    (_print_json if output is Output.JSON else _print_text)(tasks, report)


def _print_json(tasks: str, report: "HarvestReport") -> None:
    from midthought.api.operations.shapes import COUNTS

    about = {"source": tasks, "job_id": report.job.id, "state": report.job.state.value}
    rounds = [asdict(one) for one in report.rounds]
    print_json({**about, **COUNTS.write(report.job.counts), "rounds": rounds})


def _print_text(tasks: str, report: "HarvestReport") -> None:
    counts = report.job.counts
    print_text(f"{tasks}: job {report.job.id} {report.job.state}")
    for one in report.rounds:
        print_text(f"  round {one.number}: {_describe_round(one)}")
    print_text(
        f"  {counts.read} attempts read = {counts.stored} stored + {counts.merged} merged (known already) + "
        f"{counts.rejected} rejected; {counts.entries_stored} entries learnt"
    )
    print_text(
        f"  asked the language model {counts.calls:,} times: {counts.tokens_in:,} tokens of prompts "
        f"({counts.tokens_cached:,} from its prefix cache), {counts.tokens_out:,} of answers"
    )


def _describe_round(one: "RoundReport") -> str:
    parts = {"unanswered": one.unanswered, "undecided": one.undecided, "failed": one.failed}
    others = "".join(f" + {number} {name}" for name, number in parts.items() if number)
    hinted = f", {one.hints} hints before {one.hinted} of the tasks" if one.hints else ""
    return (
        f"{one.solved} of {one.tasks} tasks solved; {one.attempts} attempts = {one.right} right + {one.wrong} wrong"
        f"{others}{hinted}; {one.learnt} entries learnt; {one.tokens_in:,} tokens of prompts, "
        f"{one.tokens_out:,} of attempts"
    )
