"""``midthought ingest --dry-run``: what asking the language model about files would cost."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from midthought.api.cli.failures import collecting
from midthought.api.cli.ingested_counts import check_read
from midthought.api.cli.printing import Output, print_json, print_text
from midthought.api.opening import open_directory
from midthought.api.settings import Settings
from midthought.api.sources import Traces
from midthought.ingest.progress import ignore_progress
from midthought.ingest.stream.reader import standard_input
from midthought.memory.errors import BadInput, MidthoughtError

if TYPE_CHECKING:
    from midthought.api.cli.ingest import IngestChoices
    from midthought.api.python.memory import Memory
    from midthought.ingest.decomposition.estimate import Estimate


def estimate_all(
    settings: Settings, files: list[str], options: "IngestChoices", output: Output, errors: list[MidthoughtError]
) -> int:
    """Print what each file would cost; return how many records cannot be read.

    Files that an ingestion would refuse go to `errors`.
    """
    from midthought.api.python.memory import estimate_cost

    rejected = 0
    with _unchanged_memory(settings) as memory:
        for file in files:
            with collecting(errors):
                stream = standard_input() if file == "-" else None
                given = (file, options.format, options.strict, ignore_progress, stream, options.learning, options.map)
                estimate = estimate_cost(memory, Traces(*given, limits=settings.limits), settings.namespace)
                if output is Output.JSON:
                    print_json({"source": file, **asdict(estimate)})
                else:
                    print_text(_describe_estimate(file, estimate))
                    _print_rejections(estimate)
                rejected += estimate.rejected
                check_read(file, read=estimate.read, rejected=estimate.rejected)
                if options.strict and estimate.rejected:
                    raise BadInput("nothing would be ingested (--strict): not all records can be read", place=file)
    return rejected


def _print_rejections(estimate: "Estimate") -> None:
    if estimate.rejected:
        print_text(f"  {estimate.rejected:,} of {estimate.read:,} records cannot be read")
    for rejection in estimate.rejections:
        print_text(f"  rejected {rejection.place}: {rejection.reason}")
    if estimate.rejected > len(estimate.rejections):
        print_text(f"  and {estimate.rejected - len(estimate.rejections):,} more")


@contextmanager
def _unchanged_memory(settings: Settings) -> Iterator["Memory"]:
    """Yield the memory, which nothing can change; an empty one that is deleted afterwards if there is none."""
    from midthought.memory.database.opening_checks import DATABASE

    with ExitStack() as opened:
        exists = (settings.home_directory / DATABASE).exists()
        if not exists:
            folder = opened.enter_context(TemporaryDirectory(prefix="midthought-"))
            settings = replace(settings, home=Path(folder), starter=False)
        yield opened.enter_context(open_directory(settings, read_only=exists))


def _describe_estimate(file: str, estimate: "Estimate") -> str:
    known = f"{estimate.known:,} records are known already" if estimate.known else ""
    if not estimate.priced:
        readable = estimate.read - estimate.rejected
        told = f"{readable:,} records can be read{f' ({known})' if known else ''}"
        return f"{file}: {told}; no language model would be asked, so no cost is estimated"
    spent = estimate.spent
    price = f", {estimate.price:.4g} by the prices set" if estimate.price else ""
    if estimate.price_with_cache != estimate.price:
        price += f" ({estimate.price_with_cache:.4g} with a prefix cache)"
    return (
        f"{file}: {estimate.trajectories:,} right traces would be decomposed, in about {spent.calls:,} calls: "
        f"{spent.tokens_in:,} tokens of prompts ({spent.tokens_cached:,} of them from its prefix cache, if it has one) "
        f"and {spent.tokens_out:,} of answers{price}{f'; {known}, and are not asked about' if known else ''}"
    )
