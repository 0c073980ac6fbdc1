"""``midthought ingest``: learn from files of traces."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
from click.core import ParameterSource

from midthought.api.cli.exit_codes import ExitCode
from midthought.api.cli.failures import collecting, raise_collected, reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.ingested_counts import check_read, print_ingested
from midthought.api.cli.parameters import Argument, FieldForm, Option
from midthought.api.cli.printing import Output, OutputOption, print_text
from midthought.api.cli.progress_show import show_progress
from midthought.api.cli.trace_files import list_sources
from midthought.api.opening import open_memory_for
from midthought.api.operations.trajectories import UploadTrajectories
from midthought.api.settings import Settings
from midthought.api.sources import Learning
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import IngestStopped, OnExplained
from midthought.ingest.stream.reader import standard_input
from midthought.ingest.verdicts.policy import UnjudgedPolicy, WrongPolicy
from midthought.memory.errors import BadInput, BadSettings, MidthoughtError
from midthought.memory.records.job import Job, JobState, Rejection
from midthought.memory.records.no_yield import Explanation

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory


def ingest(
    context: click.Context,
    files: Annotated[
        list[str],
        Argument(metavar="FILE...", help="Files of traces, folders, patterns or URLs; - is standard input."),
    ],
    format: Annotated[Format, FieldForm(UploadTrajectories, "format")] = Format.AUTO,
    map: Annotated[
        str,
        FieldForm(
            UploadTrajectories,
            "map",
            Option(
                metavar="PART=FIELD",
                help="Fields of records in no known format: question=problem,thought=cot.",
            ),
        ),
    ] = "",
    strict: Annotated[
        bool, FieldForm(UploadTrajectories, "strict", Option(help="Refuse a file whole if one record is bad."))
    ] = False,
    draft: Annotated[
        bool, FieldForm(UploadTrajectories, "draft", Option(help="Let what is learnt wait for `midthought review`."))
    ] = False,
    unjudged: Annotated[UnjudgedPolicy, FieldForm(UploadTrajectories, "unjudged")] = UnjudgedPolicy.SKIP,
    wrong: Annotated[WrongPolicy, FieldForm(UploadTrajectories, "wrong")] = WrongPolicy.SKIP,
    skip_checks: Annotated[
        list[str] | None, FieldForm(UploadTrajectories, "skip_checks", Option(names=("--skip-check",)))
    ] = None,
    mask_secrets: Annotated[bool, FieldForm(UploadTrajectories, "mask_secrets")] = True,
    decompose: Annotated[bool, FieldForm(UploadTrajectories, "decompose")] = True,
    all_attempts: Annotated[bool, FieldForm(UploadTrajectories, "all_attempts")] = False,
    concepts: Annotated[bool, FieldForm(UploadTrajectories, "concepts")] = False,
    passes: Annotated[int, FieldForm(UploadTrajectories, "passes")] = 1,
    budget_tokens: Annotated[
        int | None, Option(help="Stop before a file takes more tokens of the model.  [default: the setting]")
    ] = None,
    budget: Annotated[
        float | None, Option(help="Stop before a file costs more, by the prices set.  [default: the setting]")
    ] = None,
    held_out: Annotated[
        str | None, Option(metavar="FILE", help="Texts that nothing may be learnt from.  [default: the setting]")
    ] = None,
    min_novelty: Annotated[
        float | None, Option(help="Refuse what is nearer than this to what is known.  [default: the setting]")
    ] = None,
    max_unpacked_mb: Annotated[
        int | None, Option(help="Maximum size of a file in MiB, decompressed.  [default: no cap]")
    ] = None,
    max_records: Annotated[int | None, Option(help="Maximum records of a file.  [default: no cap]")] = None,
    max_thought_characters: Annotated[
        int | None, Option(help="The longest thought, question or answer.  [default: no cap]")
    ] = None,
    ray: Annotated[
        str,
        Option(
            metavar="[ADDRESS]",
            alone="local",
            help="Work in the processes of a Ray cluster, or of this machine: local.",
        ),
    ] = "",
    dry_run: Annotated[
        bool, Option(help="Tell what the language model would cost: calls, tokens, price. Nothing is stored.")
    ] = False,
    explain: Annotated[bool, Option(help="Tell of each record that taught nothing why.")] = False,
    report: Annotated[
        Path | None, Option(metavar="FILE", help="Write why, a JSON object a record, to this file.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Learn from traces: store trajectories, worked examples, statements and links.

    A folder, or a pattern in quotes such as 'runs/*.traj', is read as one file.
    An interrupted file is continued after its last commit if it is given again. An unusable file does not stop the
    others. Exit code 1: some file could not be used, or nothing in it could be read; 3: some records were rejected.
    """
    caps = {
        "max_unpacked_mb": max_unpacked_mb,
        "max_records": max_records,
        "max_thought_characters": max_thought_characters,
        "held_out": held_out,
        "min_novelty": min_novelty,
        "model_budget_tokens": budget_tokens,
        "model_budget": budget,
    }
    from midthought.ingest.ray_stages import check_address

    _check_options(skip_checks or (), held_out)
    settings = read_settings(context, **caps)
    if settings.url:
        _refuse_at_service(
            caps=any(cap is not None for cap in caps.values()), explain=explain or report, ray=ray, dry_run=dry_run
        )
    if ray:
        check_address(ray)
    _check_map(context, format, map)
    asked = (decompose, all_attempts, concepts, passes)
    learning = Learning(draft, unjudged, wrong, tuple(skip_checks or ()), mask_secrets, *asked)
    options = IngestChoices(format, map, strict, learning, ray)
    errors: list[MidthoughtError] = []
    # Before a memory is created in vain.
    readable = list_sources(files, by_file=bool(settings.url), errors=errors)
    if dry_run:
        from midthought.api.cli.dry_run import estimate_all

        rejected = estimate_all(settings, readable, options, output, errors)
    else:
        shown = explain and output is Output.TEXT
        with _explaining(shown, report) as on_explained:
            rejected = _ingest_all(settings, readable, options, output, errors, on_explained, shown) if readable else 0
    raise_collected(errors)
    if rejected:
        raise click.exceptions.Exit(ExitCode.REJECTED)


def _check_options(skip_checks: Sequence[str], held_out: str | None) -> None:
    """Raise wrong usage for a check that does not exist, and for held-out texts that cannot be read."""
    from midthought.ingest.checks.held_out import read_held_out
    from midthought.ingest.checks.registry import CHECKS

    try:
        for name in skip_checks:
            CHECKS.check(name)
        if held_out is not None:
            read_held_out(Path(held_out))
    except (BadSettings, BadInput) as error:
        raise click.BadParameter(str(error)) from None


_OF_DIRECTORIES = {
    "caps": "the service at --url has caps, held-out texts, a novelty and a budget of its own: leave out --max..., "
    "--held-out, --min-novelty and --budget..., or set them there",
    "explain": "--explain and --report need the directory of the memory: the service at --url keeps counts",
    "ray": "--ray needs the directory of the memory: the service at --url does its own work",
    "dry_run": "--dry-run needs the directory of the memory, and the settings of the model here",
}
"""What a service does not take from its callers, and why."""


def _refuse_at_service(**given: object) -> None:
    """Raise `BadSettings` for the first option that is given and that a service does not take."""
    for name, why in _OF_DIRECTORIES.items():
        if given[name]:
            raise BadSettings(why)


def _check_map(context: click.Context, format: Format, map: str) -> None:
    """Raise wrong usage for fields that cannot be read, or that the format has no use for."""
    from midthought.ingest.formats.field_map import FieldMap
    from midthought.ingest.stream.reader import check_map

    with reading_options():
        told = FieldMap.read(map)
        if told is None and context.get_parameter_source("map") is ParameterSource.COMMANDLINE:
            raise BadInput("expected question=FIELD,thought=FIELD,..., got nothing", place="map")
        check_map(format, told)


@dataclass(frozen=True, slots=True)
class IngestChoices:
    """How files are read and learnt from, the same for all of them."""

    format: Format
    map: str
    strict: bool
    learning: Learning
    ray: str = ""


def _ingest_all(
    settings: Settings,
    files: list[str],
    options: "IngestChoices",
    output: Output,
    errors: list[MidthoughtError],
    on_explained: OnExplained,
    shown: bool,
) -> int:
    """Ingest each file, and return how many records were rejected; files that cannot be used go to `errors`."""
    from midthought.ingest.ray_stages import open_workers

    rejected = 0
    # Connected once for all files.
    with open_workers(options.ray), open_memory_for(settings) as memory:
        for file in files:
            with collecting(errors):
                try:
                    job, rejections = _ingest_one(memory, file, options, settings, on_explained)
                except IngestStopped as stopped:
                    raise BadInput(f"{stopped}; what was answered is kept", place=file) from None
                rejected += len(rejections)
                # Explanations that are shown have named each rejected record.
                print_ingested(file, job, () if shown else rejections, output=output)
                if job.state is JobState.CANCELLED:
                    raise BadInput(f"job {job.id} was cancelled: `midthought jobs retry {job.id}` goes on", place=file)
                check_read(file, read=job.counts.read, rejected=job.counts.rejected)
    return rejected


@contextmanager
def _explaining(shown: bool, report: Path | None) -> Iterator[OnExplained]:
    """Yield the receiver of records that yielded no entry: standard output, a file, both or none."""
    with ExitStack() as opened:
        file = None
        if report is not None:
            try:
                file = opened.enter_context(report.open("w", encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise click.BadParameter(f"--report {report} cannot be written: {error}") from None

        def tell(explanation: Explanation) -> None:
            if file is not None:
                file.write(explanation.to_json() + "\n")
            if shown:
                detail = f" ({explanation.detail})" if explanation.detail else ""
                print_text(f"{explanation.place}: {explanation.reason}{detail}")

        yield tell


def _ingest_one(
    memory: "Memory | Client",
    file: str,
    options: "IngestChoices",
    settings: Settings,
    on_explained: OnExplained,
) -> tuple[Job, list[Rejection]]:
    from midthought.api.python.client import Client

    stream, namespace = standard_input() if file == "-" else None, settings.namespace
    learning = options.learning
    chosen: dict[str, Any] = {
        "namespace": namespace,
        "format": options.format,
        "map": options.map,
        "strict": options.strict,
        "draft": learning.draft,
        "unjudged": learning.unjudged,
        "wrong": learning.wrong,
        "skip_checks": learning.skip_checks,
        "mask_secrets": learning.mask_secrets,
        "decompose": learning.decompose,
        "all_attempts": learning.all_attempts,
        "concepts": learning.concepts,
        "passes": learning.passes,
        "stream": stream,
    }
    with show_progress(file) as on_progress:
        if isinstance(memory, Client):
            job = memory.ingest(file, **chosen, on_progress=on_progress)
        else:
            told: dict[str, Any] = {"on_progress": on_progress, "on_explained": on_explained}
            job = memory.ingest(file, **chosen, **told, limits=settings.limits, ray=options.ray)
    found = memory.rejections(job.id, namespace=namespace)
    return job, [_name_place(one, file) for one in found]


def _name_place(rejection: Rejection, file: str) -> Rejection:
    """Name the file in the place of a rejection: a service has read it as ``<stdin>``."""
    if file == "-" or not rejection.place.startswith("<stdin>:"):
        return rejection
    return replace(rejection, place=file + rejection.place.removeprefix("<stdin>"))
