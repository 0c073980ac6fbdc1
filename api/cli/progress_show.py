"""Progress on standard error: a bar on a terminal, a line every few seconds elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from midthought.api.text_validation import printable
from midthought.ingest.progress import OnProgress, Progress

_SECONDS_BETWEEN_LINES = 3.0


@contextmanager
def show_progress(name: str) -> Iterator[OnProgress]:
    """Yield whom to tell of an ingestion's progress; an interrupt is answered at once with a line."""
    try:
        with _open_show(name) as tell:
            yield tell
    except KeyboardInterrupt:  # the store is closed after this, once the step that runs has ended
        click.echo("stopping: the step that runs now ends first", err=True)
        raise


@contextmanager
def _open_show(name: str) -> Iterator[OnProgress]:
    if not sys.stderr.isatty():
        yield _lines(name, clock=time.monotonic)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # The bar disappears when it is done: the counts are printed then.
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(name), total=None)

        def tell(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)

        yield tell


def _lines(name: str, *, clock: Callable[[], float]) -> OnProgress:
    last = clock()

    def tell(progress: Progress) -> None:
        nonlocal last
        if clock() - last >= _SECONDS_BETWEEN_LINES:
            last = clock()
            total = f" of {progress.total}" if progress.total is not None else ""
            click.echo(f"{printable(name)}: {progress.stage} {progress.done}{total}", err=True)

    return tell
