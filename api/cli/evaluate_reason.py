"""``midthought evaluate reason``: what recall in a thought gains on tasks with known answers."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.cli.progress_show import show_progress
from midthought.api.opening import open_directory, refuse_url
from midthought.ingest.progress import Progress
from midthought.memory.errors import BadSettings
from midthought.memory.records.job import Counts
from midthought.reasoner.engines.registry import ENGINES

if TYPE_CHECKING:
    from midthought.api.evaluation.open_evaluation import EvaluationRequest
    from midthought.api.evaluation.reason_evaluation import ReasonReport
    from midthought.api.python.memory import Memory
    from midthought.api.settings import Settings
    from midthought.reasoner.engines.base import Engine

_TASKS = "JSON Lines with questions and answers, or reasoning-gym:NAME[+NAME...][:SIZE[:SEED]]."


def reason(
    context: click.Context,
    tasks: Annotated[str, Argument(metavar="[TASKS]", help=_TASKS)] = "",
    arms: Annotated[
        list[str] | None, Option(names=("--arm",), help="An arm to run, can be given again.  [default: all]")
    ] = None,
    rows: Annotated[Path | None, Option(help="Keep a row per run here; runs that it has are not run again.")] = None,
    repeats: Annotated[int, Option(help="Runs of each task in each arm.", min=1)] = 1,
    at_once: Annotated[int, Option(help="Runs at a time; more than 1 pays with a server.", min=1)] = 1,
    report_only: Annotated[bool, Option(help="Report the rows that there are, and run nothing.")] = False,
    exclude_leaks: Annotated[bool, Option(help="Withhold what knows a task from its runs.")] = False,
    rewrites: Annotated[
        Path | None, Option(help="Rewritten traces, JSON Lines with question and text, for their arm.")
    ] = None,
    make_rewrites: Annotated[
        bool, Option(help="Let the model rewrite the stored traces that the file of --rewrites lacks.")
    ] = False,
    calibrate: Annotated[bool, Option(help="Measure the decode constant of the engine, and nothing else.")] = False,
    model: Annotated[str | None, Option(help="A directory or hub name.  [default: the setting]")] = None,
    engine: Annotated[str | None, Option(metavar="|".join(ENGINES), help="What runs the model.")] = None,
    branches: Annotated[int | None, Option(help="Continuations in all (m).  [default: 3]")] = None,
    procedures: Annotated[
        int | None, Option(help="Entries recalled, a branch each (k).  [default: as many as branches]")
    ] = None,
    keep: Annotated[int | None, Option(help="Continuations chosen (n).  [default: 1]")] = None,
    max_tokens: Annotated[int | None, Option(help="The longest continuation.  [default: 512]")] = None,
    temperature: Annotated[float | None, Option(help="How continuations are drawn.  [default: 0.6]")] = None,
    seed: Annotated[int | None, Option(help="Of all runs.  [default: 0]")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Run tasks with recall in the thought, before it, and without it, and compare: accuracy, tokens, cost, leaks.

    Nothing is stored in the memory. The directory of the memory is needed, not a service.
    """
    settings = read_settings(
        context,
        model=model,
        engine=engine,
        branches=branches,
        procedures=procedures,
        keep=keep,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
    )
    from midthought.api.opening import make_engine

    if calibrate:
        _calibrate(make_engine(settings), output)
        return
    if not tasks.strip():
        raise click.UsageError("Missing argument 'TASKS': a file of JSON Lines, or reasoning-gym:NAME")
    refuse_url(settings, command="evaluate reason")
    from midthought.api.evaluation.arms import check_arm_names
    from midthought.api.evaluation.open_evaluation import EvaluationRequest
    from midthought.api.opening import make_think_settings

    with reading_options():
        check_arm_names(arms or ())
    if make_rewrites and rewrites is None:
        raise click.BadParameter("--make-rewrites writes the file of --rewrites: give that, too")
    if report_only and rows is None:
        raise click.BadParameter("--report-only reports the file of --rows: give that, too")
    asked = EvaluationRequest(
        tasks,
        make_think_settings(settings),
        tuple(arms or ()),
        rows,
        repeats,
        exclude_leaks,
        rewrites,
        at_once,
        report_only,
        settings.decode_constant,
        settings.namespace,
    )
    runner = make_engine(settings)
    if asked.rows is None:
        print_text("without --rows nothing is kept if this is stopped", error=True)
    # The rows are the record of an evaluation: the memory stays as it was.
    with open_directory(replace(settings, receipts=False)) as memory:
        if make_rewrites:
            _make_rewrites(settings, memory, asked)
        report = _evaluate(memory, asked, runner)
    if output is Output.JSON:
        print_json(report.to_dict())
        return
    from midthought.api.evaluation.report_text import write_report

    for line in write_report(report):
        print_text(line)


def _evaluate(memory: "Memory", asked: "EvaluationRequest", runner: "Engine") -> "ReasonReport":
    from midthought.api.evaluation.open_evaluation import evaluate_reason

    with show_progress(asked.tasks) as tell:
        return evaluate_reason(
            memory, runner, asked, on_run=lambda done, total: tell(Progress("run", done, total, Counts()))
        )


def _make_rewrites(settings: "Settings", memory: "Memory", asked: "EvaluationRequest") -> None:
    from midthought.api.evaluation.evaluation_prompts import load_evaluation_prompts
    from midthought.api.evaluation.known_texts import read_stored_trajectories
    from midthought.api.evaluation.rewrites import make_rewrites
    from midthought.api.opening import make_language_model
    from midthought.memory.records.namespace import Namespace

    assert asked.rewrites is not None  # it was asked for
    if not settings.model:
        raise BadSettings("no language model is configured: give --model, or the settings 'model' and 'model_url'")
    stored = read_stored_trajectories(memory.store.reader, Namespace(settings.namespace))
    with show_progress(str(asked.rewrites)) as tell:
        failed = make_rewrites(
            asked.rewrites,
            stored,
            make_language_model(settings),
            load_evaluation_prompts(),
            on_done=lambda done, total: tell(Progress("rewrite", done, total, Counts())),
        )
    if failed:
        print_text(f"{failed} rewritten traces could not be made; the next call tries them again", error=True)


def _calibrate(engine: "Engine", output: Output) -> None:
    from midthought.api.evaluation.decode_constant import measure_decode_constant

    found = measure_decode_constant(engine)
    if output is Output.JSON:
        print_json(asdict(found))
        return
    for one in found.samples:
        read, write = one.read_seconds * 1000, one.write_seconds * 1000
        print_text(
            f"  {one.prompt_tokens} tokens read: {read:.2f} ms per token read, {write:.2f} per token written: "
            f"{one.ratio:.1f}"
        )
    print_text(f"{found.engine}: median of {len(found.samples)}, 95 % interval {found.low:.1f} to {found.high:.1f}")
    print_text(f"decode_constant = {found.value:.1f}")
