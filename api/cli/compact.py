"""``midthought compact``: remove the last bytes of what was forgotten."""

from dataclasses import asdict

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for, open_store


def compact(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """Remove every byte of forgotten text from the files, and the vectors of earlier encoders. Indexes are rebuilt."""
    from midthought.memory.maintenance.compact import compact_store

    settings = read_settings(context)
    if settings.url:
        with open_memory_for(settings) as memory:
            done = memory.compact()
    else:
        with open_store(settings, command="compact") as store:
            done = compact_store(store)
    if output is Output.JSON:
        where = {"url": settings.url} if settings.url else {"home": str(settings.home_directory)}
        print_json(where | asdict(done))
        return
    before, after = (size / 2**20 for size in (done.bytes_before, done.bytes_after))
    print_text(f"compacted {settings.url or settings.home_directory}: {before:.1f} MiB before, {after:.1f} MiB now")
