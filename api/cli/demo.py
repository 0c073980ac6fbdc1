"""``midthought demo``: from traces to a thought with a hint in it, in a memory apart from the user's."""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Option
from midthought.api.cli.printing import print_text
from midthought.api.opening import check_home
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import EntryKind, ExampleSize, StoredEntry, WorkedExample
from midthought.memory.records.job import Counts

if TYPE_CHECKING:
    from midthought.api.python.memory import Memory

_NAME = "midthought"
QUESTION = "In how many ways can 7 people be seated around a round table?"
QUERY = "How do I find the last digits of a huge power?"
MAX_TOKENS = 80
"""Two continuations of this length took about 10 seconds on 2 cores; the demo measures and says how long they took."""


def demo(
    context: click.Context,
    trajectories: Annotated[
        Path | None, Option(help="Traces to learn from.  [default: data/trajectories of the checkout]")
    ] = None,
    model: Annotated[str | None, Option(help="A directory or hub name.  [default: SmolLM2-135M]")] = None,
) -> None:
    """Show the whole way: learn from traces, recall for a fresh question, think with the hint. Offline.

    The demo uses a separate memory, in the folder demo of the home directory.
    """
    from midthought.api.opening import open_directory

    began = time.monotonic()
    given = read_settings(context, model=model, branches=2, procedures=2, max_tokens=MAX_TOKENS)
    # A setting of the environment must not send the demo to a service.
    settings = replace(given, home=given.home_directory.absolute() / "demo", url="")
    check_home(settings.home)
    files = _trace_files(trajectories)
    print_text(f"This demo has a memory of its own in {settings.home}; yours is not touched.")
    if not settings.home.exists():
        print_text("The first time takes longest: traces are encoded, and the model is converted. Each step is timed.")
    with open_directory(settings) as memory:
        with _timed("learning"):
            _learn(memory, settings, files)
        _show_learnt(memory, settings)
        with _timed("recall, with loading the encoder if nothing was learnt"):
            _recall(memory, settings)
        with _timed("the thought, with loading the model"):
            _think(memory, settings)
    print_text(f"\nAll of it took {time.monotonic() - began:.0f} s on {os.cpu_count() or 1} cores.")
    for line in next_lines(given, settings, context.obj.config):
        print_text(line)


def _trace_files(given: Path | None) -> list[Path]:
    """Return the given traces, else those of the checkout; an installed wheel has none."""
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
        print_text(f"   {file.name}: {counts.read} traces read, {_describe_learnt(counts)}{known}")
    stats = memory.stats(namespace=settings.namespace)
    print_text(
        f"   The memory now holds {stats.trajectory_count} trajectories and {stats.entry_count} entries of its own."
    )


def _describe_learnt(counts: Counts) -> str:
    learnt = ", ".join(f"{number} {label}s" for label, number in counts.learnt) or "nothing new"
    return f"{learnt}, {counts.linked} links to known entries" if counts.linked else learnt


def _show_learnt(memory: "Memory", settings: Settings) -> None:
    from midthought.api.cli.get import describe_entry
    from midthought.api.cli.printing import indent

    stored = _first_learnt(memory, settings)
    if stored:
        print_text("\n3. A step of a trace as a worked example, and where it stands in the trace:")
        print_text(indent(describe_entry(memory, stored, namespace=settings.namespace), "   "))


def _first_learnt(memory: "Memory", settings: Settings) -> StoredEntry | None:
    from midthought.api.cli.list import all_entries

    found = [one for one in all_entries(memory, EntryKind.EXAMPLE, namespace=settings.namespace) if one.provenance]
    steps = (one for one in found if isinstance(one.entry, WorkedExample) and one.entry.size is ExampleSize.STEP)
    return next(steps, found[0] if found else None)


def _recall(memory: "Memory", settings: Settings) -> None:
    from midthought.api.cli.recall import print_recall

    print_text(f"\n4. Recall: {QUERY}")
    print_recall(memory.recall(QUERY, k=2, namespace=settings.namespace))


def _think(memory: "Memory", settings: Settings) -> None:
    from midthought.api.cli.run_summary import summarise_run
    from midthought.api.cli.thought_show import choose_surface, show_thought
    from midthought.api.demo import show_fullest
    from midthought.api.opening import make_engine, make_think_settings

    engine = make_engine(settings)
    print_text("\n5. A thought with recall in it. The hints come from the memory, all else from the model.")
    if not settings.model and settings.engine_name == "transformers":
        print_text("   A model of 135 million parameters reasons poorly: this shows the mechanism, not a good answer.")
        print_text("   For a bigger one: --model NAME, or MIDTHOUGHT_MODEL in the environment.")
    if settings.engine_name == "transformers":
        print_text("   Loading the model, which is converted the first time: a minute or two until it writes.")
    think = make_think_settings(settings)
    events = memory.reason(QUESTION, engine=engine, settings=think, namespace=settings.namespace)
    surface = choose_surface()
    print_text("\n" + summarise_run(show_thought(show_fullest(events, surface), surface)))


@contextmanager
def _timed(step: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print_text(f"   ({step}: {time.monotonic() - began:.1f} s)")


def next_lines(given: Settings, settings: Settings, config: str | None) -> list[str]:
    """Return what to try next, each command as it works in the shell, and the folder, that the demo was called from."""
    options = ["--home", str(settings.home)]
    options += ["--namespace", settings.namespace] if settings.namespace != Settings().namespace else []
    options += ["--config", config] if config else []
    options += ["--url", ""] if given.url else []  # the environment or the file names a service: not for the demo
    command = f"  {invoked_as(sys.argv[0])} {shlex.join(options)}"
    model = shlex.join(["--model", settings.model]) + " " if settings.model else ""
    return [
        "\nNext, on the demo's memory (leave out --home for one of your own):",
        f"{command} recall 'how do I find the last digit of a large power?'",
        f"{command} list --kind concepts --origin starter",
        f"{command} reason {model}'How many three-digit numbers have digits that add up to 4?'",
        f"  {invoked_as(sys.argv[0])} ingest --help",
    ]


def invoked_as(script: str) -> str:
    """Return how to call this program again: by name if the PATH finds it, else by its path or as a module."""
    found, path = shutil.which(_NAME), Path(script)
    if path.name == _NAME and path.is_file() and os.access(path, os.X_OK):
        return _NAME if found and Path(found).samefile(path) else shlex.quote(str(path))
    python = shutil.which("python")
    same = python is not None and Path(python).absolute() == Path(sys.executable).absolute()
    return f"{'python' if same else shlex.quote(sys.executable)} -m midthought"
