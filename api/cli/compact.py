"""``midthought compact``: remove the last bytes of what was forgotten."""

from pathlib import Path

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_store


def compact(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """Remove every byte of forgotten text from the files, and the vectors of earlier encoders. Indexes are rebuilt."""
    from midthought.memory.maintenance.compact import compact_store

    settings = read_settings(context)
    with open_store(settings, command="compact") as store:
        before = _size(store.path)
        compact_store(store)
    after = _size(settings.home_directory)
    if output is Output.JSON:
        print_json({"home": str(settings.home_directory), "bytes_before": before, "bytes_after": after})
    else:
        print_text(f"compacted {settings.home_directory}: {before / 2**20:.1f} MiB before, {after / 2**20:.1f} MiB now")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
