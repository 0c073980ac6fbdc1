"""``midthought stats``: how much a namespace holds."""

from typing import TYPE_CHECKING

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_to_read

if TYPE_CHECKING:
    from midthought.memory.records.link import LinkCounts
    from midthought.memory.records.store_stats import StoreStats


def stats(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """Count what the namespace holds."""
    from midthought.api.operations.shapes import STATS

    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        found = memory.stats(namespace=settings.namespace)
    if output is Output.JSON:
        print_json(STATS.write(found))
    else:
        print_text(describe_stats(found))


def describe_stats(found: "StoreStats") -> str:
    """Return the counts for people."""
    lines = [f"namespace {found.namespace}", f"{found.trajectory_count} trajectories"]
    lines += [f"  {number} {o}{'' if finished else ', unfinished'}" for o, finished, number in found.trajectories]
    lines.append(f"{found.entry_count} entries")
    lines += [f"  {number} {kind}{'' if number == 1 else 's'}" for kind, number in found.entries]
    lines += ["by domain"] if found.domains else []
    lines += [f"  {number} {domain or 'none'}" for domain, number in found.domains]
    lines += [_describe_links(found.links)] if found.links.links else []
    lines += [f"{found.drafts} drafts wait for `midthought review`"] if found.drafts else []
    if found.quarantined:
        lines += [f"{found.quarantined} drafts are quarantined: `midthought list --kind quarantined`"]
    lines += [f"{found.starter} entries of the starter memory"] if found.starter else []
    lines += [found.calibration.describe()] if found.calibration else []
    lines += [found.index.describe()] if found.index else []
    lines += [f"vector index of the {keys} keys: {kind}; {note}" for keys, kind, note in found.indexes]
    lines.append(f"{found.jobs} jobs, {found.runs} runs, {found.receipts} receipts, {found.forgotten} forgotten")
    return "\n".join(lines)


def _describe_links(found: "LinkCounts") -> str:
    return (
        f"recognised, not learnt: {found.entries} known entries in {found.links} passages "
        f"of {found.trajectories} trajectories"
    )
