"""``midthought reason``: let a model think with the memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_text
from midthought.api.opening import open_memory_for
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput, BadSettings
from midthought.reasoner.engines.registry import ENGINES
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.receipts import Run
from midthought.reasoner.thought.selection.selector import SELECTORS
from midthought.reasoner.thought.triggers.trigger import TRIGGERS
from midthought.reasoner.zoom.registry import POLICIES
from midthought.reasoner.zoom.zoom_settings import KvMode

if TYPE_CHECKING:
    from midthought.reasoner.engines.base import Engine
    from midthought.reasoner.thought.events import ThinkEvent

_ARMS = "|".join(one for one in Arm if not one.reads_traces)


def reason(
    context: click.Context,
    question: Annotated[str, Argument(help="The problem to think about.")],
    model: Annotated[str | None, Option(help="A directory or hub name.  [default: SmolLM2-135M]")] = None,
    engine: Annotated[str | None, Option(metavar="|".join(ENGINES), help="What runs the model.")] = None,
    model_url: Annotated[str | None, Option(metavar="URL", help="A server that runs the model, for openai.")] = None,
    arm: Annotated[str | None, Option(metavar=_ARMS, help="How the memory is used.  [default: in-thought]")] = None,
    trigger: Annotated[
        str | None,
        Option(help=f"When to recall: names with commas, of {', '.join(TRIGGERS)}.  [default: start]"),
    ] = None,
    boundary_tokens: Annotated[
        int | None, Option(help="The trigger boundary waits for so many tokens.  [default: 200]")
    ] = None,
    every_tokens: Annotated[int | None, Option(help="The trigger every recalls after so many.  [default: 500]")] = None,
    recalls: Annotated[int | None, Option(help="The most recalls in the middle of one.  [default: 2]")] = None,
    hint_tokens: Annotated[int | None, Option(help="The most tokens of its hints.  [default: 2000]")] = None,
    holdout: Annotated[float | None, Option(help="Share of runs that get no hint, by chance.  [default: 0]")] = None,
    branches: Annotated[int | None, Option(help="Continuations in all (m).  [default: 3]")] = None,
    procedures: Annotated[
        int | None, Option(help="Entries recalled, a branch each (k).  [default: as many as branches]")
    ] = None,
    keep: Annotated[int | None, Option(help="Continuations chosen (n).  [default: 1]")] = None,
    selector: Annotated[
        str | None, Option(metavar="|".join(SELECTORS), help="How continuations are compared.  [default: length]")
    ] = None,
    max_tokens: Annotated[int | None, Option(help="The longest continuation.  [default: 512]")] = None,
    temperature: Annotated[float | None, Option(help="0 always takes the likeliest.  [default: 0.6]")] = None,
    seed: Annotated[int | None, Option(help="The same seed gives the same thought.  [default: 0]")] = None,
    spans: Annotated[SpanMode | None, Option(help="What happens to quotes.  [default: off]")] = None,
    kv: Annotated[KvMode | None, Option(help="What attention sees of the KV cache.  [default: full]")] = None,
    zoom_policy: Annotated[
        str | None,
        Option(metavar="|".join(POLICIES), help="How zoom selects.  [default: pages]"),
    ] = None,
    evidence: Annotated[int | None, Option(help="Passages to copy before thinking.  [default: 0]")] = None,
    context_file: Annotated[
        list[Path] | None, Option(names=("--context",), help="A text beside the question, which may be quoted.")
    ] = None,
    picture: Annotated[
        Path | None, Option(help="Draw the chosen thought and the sources of its quotes: an SVG file.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Think about a question with recall in the thought; hints are set apart from the model's own words.

    With a URL, the service's model thinks, unless --engine, --model or --model-url is given.
    """
    from midthought.api.opening import make_think_settings
    from midthought.api.pictures.quote_picture import QuoteDrawing
    from midthought.api.recall_arguments import check_question

    if model_url == "":
        raise click.BadParameter("--model-url is empty: give the base URL of the server")
    settings = read_settings(
        context,
        model=model,
        engine=engine,
        model_url=model_url,
        arm=arm,
        trigger=trigger,
        boundary_tokens=boundary_tokens,
        every_tokens=every_tokens,
        recalls=recalls,
        hint_tokens=hint_tokens,
        holdout=holdout,
        selector=selector,
        branches=branches,
        procedures=procedures,
        keep=keep,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        spans=spans,
        evidence=evidence,
        kv=kv,
        zoom_policy=zoom_policy,
    )
    with reading_options():
        check_question(question)
    if Arm(settings.arm).reads_traces:
        raise BadSettings(f"the arm {settings.arm!r} is from Python only: see the arms in docs/triggers.md")
    if settings.holdout == 1:
        print_text("warning: holdout = 1 gives no run a hint, so these runs cannot show what one does", error=True)
    texts = [_read_text(file) for file in context_file or ()]
    drawing = QuoteDrawing(picture, question, texts)
    think = make_think_settings(settings)
    runner = _make_runner(
        settings, there=(engine, model, model_url) == (None, None, None), zooms=bool(kv or zoom_policy)
    )
    with open_memory_for(settings) as memory:
        events = memory.reason(question, engine=runner, settings=think, context=texts, namespace=settings.namespace)
        run = _print_run(drawing.watch(events), output)
    drawing.write(run)


def _make_runner(settings: Settings, *, there: bool, zooms: bool) -> "Engine | None":
    """Return the engine of this process; None if the service behind the URL is to think with its own (`there`)."""
    from midthought.api.opening import make_engine

    if not (settings.url and there):
        return make_engine(settings)
    if zooms:
        raise BadSettings("--kv and --zoom-policy are of an engine in this process: add --engine transformers")
    return None


def _print_run(events: "Iterator[ThinkEvent]", output: Output) -> Run:
    from midthought.api.cli.run_summary import summarise_run
    from midthought.api.cli.thought_show import choose_surface, show_thought
    from midthought.reasoner.thought.in_thought import last_run

    if output is Output.JSON:
        run = last_run(events)
        click.echo(run.to_json())
    else:
        run = show_thought(events, choose_surface())
        print_text("\n" + summarise_run(run))
    return run


def _read_text(file: Path) -> Segment:
    try:
        return Segment(str(file), file.read_text(encoding="utf-8").strip())
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason} at byte {error.start}", place=str(file)) from None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(file)) from None
