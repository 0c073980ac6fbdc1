"""What the files, folders and patterns of ``midthought ingest`` stand for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from midthought.api.cli.failures import collecting
from midthought.memory.errors import MidthoughtError, MissingExtra, Unreachable

if TYPE_CHECKING:
    from midthought.ingest.stream.folders import SkippedFile

_MAX_SHOWN = 20


def list_sources(given: Sequence[str], *, by_file: bool, errors: list[MidthoughtError]) -> list[str]:
    """Return the sources that can be opened; the reasons of the others go to `errors`.

    A folder or a pattern is one source; with `by_file`, which a service needs, each of its files is. Files of a folder
    that are not read are named on standard error.
    """
    from midthought.api.sources import check_source
    from midthought.ingest.stream.folders import find_files

    sources: list[str] = []
    for source in given:
        with collecting(errors, Unreachable, MissingExtra):
            check_source(source)
            found = find_files(source)
            _tell_skipped(source, found.skipped if found else ())
            sources += found.files if found and by_file else [source]
    return sources


def _tell_skipped(source: str, skipped: "Sequence[SkippedFile]") -> None:
    for file in skipped[:_MAX_SHOWN]:
        click.echo(f"skipped {file.path}: {file.reason}", err=True)
    if len(skipped) > _MAX_SHOWN:
        click.echo(f"skipped {len(skipped) - _MAX_SHOWN:,} more files of {source}", err=True)
