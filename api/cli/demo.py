"""``midthought demo``: the whole way once, from traces to a thought with a hint in it, in a memory of its own."""

import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from midthought.api.cli.context import read_settings
from midthought.api.cli.printing import print_text
from midthought.api.home import check_home
from midthought.api.settings import Settings
from midthought.memory.entry import EntryKind, StoredEntry
from midthought.memory.errors import BadInput

if TYPE_CHECKING:
    from midthought.api.library import Memory

QUESTION = "In how many ways can 7 people be seated around a round table?"
QUERY = "How do I find the last digits of a huge power?"
MAX_TOKENS = 80
"""Two continuations of this length take about 10 seconds on 2 cores."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    context: typer.Context,
    trajectories: Annotated[
        Path | None, typer.Option(help="Traces to learn from.  [default: data/trajectories of the checkout]")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A directory or hub name.  [default: SmolLM2-135M]")] = None,
) -> None:
    """Show the whole way: learn from traces, recall for a fresh question, think with the hint. Offline.

    The demo has a memory of its own in the folder demo of the home directory.
    """
    from midthought.api.opening import open_directory

    settings = read_settings(context, model=model, branches=2, procedures=2, max_tokens=MAX_TOKENS)
    settings = replace(settings, home=settings.home_directory.absolute() / "demo", url="")
    check_home(settings.home)
    files = _trace_files(trajectories)
    print_text(f"This demo has a memory of its own in {settings.home}; yours is not touched.")
    if not settings.home.exists():
        print_text("The first time it encodes everything and converts the model: a minute or two.")
    with open_directory(settings) as memory:
        _learn(memory, settings, files)
        _show_learnt(memory, settings)
        _recall(memory, settings)
        _think(memory, settings)
    _say_next(settings)


def _trace_files(given: Path | None) -> list[Path]:
    """Return the traces: those given, or the checkout's; none where Midthought was installed as a wheel."""
    import midthought

    folder = given or Path(midthought.__file__).resolve().parents[2] / "data" / "trajectories"
    files = sorted(folder.glob("*.jsonl*")) if folder.is_dir() else [folder] if folder.is_file() else []
    if given and not files:
        raise BadInput("no traces there: expected a file, or a folder with *.jsonl files", place=str(given))
    return files


def _learn(memory: "Memory", settings: Settings, files: list[Path]) -> None:
    from midthought.api.cli.progress_show import show_progress

    if settings.namespace not in [one.name for one in memory.namespaces()]:
        memory.create_namespace(settings.namespace)
    stats = memory.stats(namespace=settings.namespace)
    print_text(f"\n1. The starter memory: {stats.starter} entries of our own writing.")
    print_text(
        f"\n2. Learning from {len(files)} files of traces." if files else "\n2. No traces are at hand (no checkout)."
    )
    for file in files:
        with show_progress(file.name) as on_progress:
            counts = memory.ingest(file, namespace=settings.namespace, on_progress=on_progress).counts
        known = f", {counts.merged} known already" if counts.merged else ""
        print_text(f"   {file.name}: {counts.read} traces read, {counts.entries_stored} new procedures{known}")
    stats = memory.stats(namespace=settings.namespace)
    print_text(
        f"   The memory now holds {stats.trajectory_count} trajectories and {stats.entry_count} entries of its own."
    )


def _show_learnt(memory: "Memory", settings: Settings) -> None:
    from midthought.api.cli.looking import describe_entry
    from midthought.api.cli.printing import indent

    stored = _first_learnt(memory, settings)
    if stored:
        print_text("\n3. One learnt procedure, and the passage of the trace it was learnt from:")
        print_text(indent(describe_entry(memory, stored, namespace=settings.namespace), "   "))


def _first_learnt(memory: "Memory", settings: Settings) -> StoredEntry | None:
    from midthought.api.cli.looking import all_entries

    found = all_entries(memory, EntryKind.PROCEDURE, namespace=settings.namespace)
    learnt = [one for one in found if any(place.trajectory_id for place in one.provenance)]
    return next((one for one in learnt if "self-ask" in one.entry.tags), learnt[0] if learnt else None)


def _recall(memory: "Memory", settings: Settings) -> None:
    from midthought.api.cli.recall import print_recall

    print_text(f"\n4. Recall: {QUERY}")
    print_recall(memory.recall(QUERY, k=2, namespace=settings.namespace))


def _think(memory: "Memory", settings: Settings) -> None:
    from midthought.api.cli.thought_show import choose_surface, show_thought, summarise_run
    from midthought.api.opening import make_engine, make_think_settings

    engine = make_engine(settings)
    print_text("\n5. A thought with recall in it. The hints come from the memory, all else from the model.")
    if not settings.model:
        print_text("   A model of 135 million parameters reasons poorly: this shows the mechanism, not a good answer.")
        print_text("   For a bigger one: --model NAME, or MIDTHOUGHT_MODEL in the environment.")
    think = make_think_settings(settings)
    events = memory.reason(QUESTION, engine=engine, settings=think, namespace=settings.namespace)
    print_text("\n" + summarise_run(show_thought(events, choose_surface())))


def _say_next(settings: Settings) -> None:
    command = f"{_invoked_as()} --home {shlex.quote(str(settings.home))}"
    print_text("\nNext, on the demo's memory (leave out --home for one of your own):")
    print_text(f"  {command} recall {shlex.quote('how do I find the last digit of a large power?')}")
    print_text(f"  {command} list --kind concepts --origin starter")
    print_text(f"  {command} reason {shlex.quote('How many three-digit numbers have digits that add up to 4?')}")
    print_text(f"  {_invoked_as()} ingest --help")


def _invoked_as() -> str:
    """Return how to call the command again from here: by name where that finds it, else by its path."""
    return "midthought" if shutil.which("midthought") else shlex.quote(sys.argv[0])
