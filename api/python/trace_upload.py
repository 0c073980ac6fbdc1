"""Traces on their way to a service: opened, their format recognised, and read in blocks."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from midthought.api.opening import check_path
from midthought.api.operations.trajectories import UploadTrajectories
from midthought.api.recall_arguments import read_choice
from midthought.api.sources import Traces, check_source, open_records, tell_format
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import OnProgress, Progress
from midthought.ingest.stream.reader import STDIN, open_source, standard_input
from midthought.ingest.stream.remote import is_url, show_source
from midthought.ingest.verdicts.policy import UnjudgedPolicy, WrongPolicy
from midthought.memory.errors import BadInput
from midthought.memory.records.job import Counts

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class TraceUpload:
    """What is sent: the request, its body in blocks, and the source's name for people."""

    request: UploadTrajectories
    blocks: Iterator[bytes]
    source: str


@contextmanager
def open_upload(traces: Traces) -> Iterator[TraceUpload]:
    """Open what a client sends. A file is closed afterwards; a stream is left open."""
    place, stream = open_records(traces.source, traces.stream)
    check_path(place, place="source")
    told = read_choice("format", traces.format, Format)
    if stream is None:
        check_source(place)
        _refuse_several(place)
    with _opened(place, stream) as (file, total):
        if told is Format.AUTO and not traces.map and str(place) != STDIN:
            told = tell_format(place)
        learning = traces.learning
        request = UploadTrajectories(
            format=told,
            map=traces.map,
            strict=traces.strict,
            draft=learning.draft,
            unjudged=read_choice("unjudged", learning.unjudged, UnjudgedPolicy),
            wrong=read_choice("wrong", learning.wrong, WrongPolicy),
            skip_checks=tuple(learning.skip_checks),
            mask_secrets=learning.mask_secrets,
            decompose=learning.decompose,
            all_attempts=learning.all_attempts,
            concepts=learning.concepts,
            passes=learning.passes,
        )
        yield TraceUpload(request, read_blocks(file, total, traces.on_progress), show_source(str(place)))


def _refuse_several(place: str | Path) -> None:
    """Raise `BadInput` for a folder or a pattern: a service takes one file at a time."""
    from midthought.ingest.stream.folders import find_files

    if found := find_files(place):
        raise BadInput(f"stands for {len(found.files):,} files: send them one by one", place=str(place))


@contextmanager
def _opened(source: str | Path, stream: BinaryIO | None) -> Iterator[tuple[BinaryIO, int | None]]:
    """Yield the file with its size, or the stream."""
    if str(source) == STDIN:
        yield stream or standard_input(), None
        return
    with ExitStack() as closing_file:
        file = closing_file.enter_context(open_source(str(source)))
        yield file, None if is_url(source) else Path(source).stat().st_size


def read_blocks(file: BinaryIO, total: int | None, on_progress: OnProgress) -> Iterator[bytes]:
    """Yield the content of a file, and tell how much of it was sent."""
    sent = 0
    while block := file.read(_BLOCK):
        yield block
        sent += len(block)
        on_progress(Progress("upload", sent, total, Counts()))
