"""``midthought calibrate``: fit to your own judged queries when recall answers."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.entry_files import read_text
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.ingest.formats.json_line import parse_object
from midthought.memory.errors import BadInput
from midthought.retrieval.abstention.judged import JudgedQuery

if TYPE_CHECKING:
    from midthought.api.settings import Settings


def calibrate(
    context: click.Context,
    file: Annotated[str | None, Argument(metavar="[FILE]", help="Judged queries, JSON Lines.")] = None,
    error_rate: Annotated[
        float | None, Option(help="Of queries without a useful entry, the share to answer.  [default: 0.05]")
    ] = None,
    clear: Annotated[bool, Option(help="Go back to the calibration that ships.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Fit to judged queries when recall answers in the namespace."""
    if (file is not None) == clear:
        raise click.BadParameter("give a FILE of judged queries, or --clear to go back to the calibration that ships")
    if clear and error_rate is not None:
        raise click.BadParameter("--error-rate says how to fit, and --clear fits nothing: give one of them")
    settings = read_settings(context)
    if file is None:
        _clear(settings, output)
    else:
        _fit(settings, file, 0.05 if error_rate is None else error_rate, output)


def _clear(settings: "Settings", output: Output) -> None:
    from midthought.api.operations.shapes import CALIBRATION

    with open_memory_for(settings) as memory:
        state = memory.clear_calibration(namespace=settings.namespace)
    if output is Output.JSON:
        print_json(CALIBRATION.write(state))
    else:
        print_text(state.describe())


def _fit(settings: "Settings", file: str, error_rate: float, output: Output) -> None:
    queries = read_judged_queries(Path(file))
    with open_memory_for(settings) as memory:
        fitted = memory.calibrate(queries, error_rate=error_rate, namespace=settings.namespace)
    if fitted.warning:
        print_text(f"warning: {fitted.warning}", error=True)
    if output is Output.JSON:
        print_json(asdict(fitted))
        return
    print_text(f"{fitted.useful} queries with a right entry in the first three, {fitted.useless} without any")
    if fitted.missed:
        print_text(f"{fitted.missed} queries whose right entry came later were left out")
    print_text(f"recall answers from probability {fitted.threshold:.3f}, error rate about {fitted.error_rate:g}")
    print_text(
        f"of these queries it answers {_share(fitted.useful_answered, fitted.useful)} with a right entry, "
        f"and {_share(fitted.useless_answered, fitted.useless)} without any"
    )


def _share(answered: int, count: int) -> str:
    return f"{answered} of {count} ({answered / count:.1%})"


def read_judged_queries(file: Path) -> list[JudgedQuery]:
    """Return the queries of a file, one JSON object per line: ``{"query": ..., "right": [ids]}``; more keys may follow.

    Raises `BadInput` naming the line that is none, or the file if it cannot be read.
    """
    # Not `splitlines`: a text may hold other line separators of Unicode.
    lines = read_text(str(file)).split("\n")
    return [_read(line, f"{file}:{number}") for number, line in enumerate(lines, start=1) if line.strip()]


def _read(line: str, place: str) -> JudgedQuery:
    try:
        record = parse_object(line)
        query, right = record["query"], record["right"]
    except (BadInput, KeyError) as error:
        raise BadInput('give {"query": "...", "right": [ids]} per line', place=place) from error
    if not isinstance(query, str) or not isinstance(right, list) or not all(isinstance(one, str) for one in right):
        raise BadInput("query must be a text, and right a list of ids", place=place)
    return JudgedQuery(query, tuple(right))
