"""Where traces come from: whether a source can be read at all, and what its name says of its format."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.extraction.registry import DEFAULT_EXTRACTOR, EXTRACTORS
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import IsStopped, OnExplained, OnProgress, ignore_explained, never
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.memory.errors import BadInput

_KEY = re.compile(r"[ -~]{0,200}")
_BOM = b"\xef\xbb\xbf"

TraceSource = str | Path | Mapping[str, object] | Sequence[Mapping[str, object]]
"""A file by its path or URL, ``-`` for a stream, or records as JSON would hold them: one dict, or a list of them."""


@dataclass(frozen=True, slots=True)
class Learning:
    """What is learnt from traces, and from which; see `IngestOptions`.

    Attributes:
        draft: what is learnt is not served until a person accepts it.
        unjudged: what becomes of traces that nobody judged: ``skip``, ``accept`` or ``agree``.
        wrong: what becomes of wrong ones: ``skip`` or ``keep``.
        skip_checks: names of checks that are switched off.
        mask_secrets: replace keys, passwords and card numbers before anything is stored.
        decompose: ask the language model of the memory, if it has one.
        all_attempts: ask it about every right attempt at a question, not only the first.
        concepts: ask it for concepts and lessons, too; always, if the memory was opened so.
        passes: how often it goes through the problems of a source for concepts, 1 to 3.
    """

    draft: bool = False
    unjudged: str = "skip"
    wrong: str = "skip"
    skip_checks: Sequence[str] = ()
    mask_secrets: bool = True
    decompose: bool = True
    all_attempts: bool = False
    concepts: bool = False
    passes: int = 1


@dataclass(frozen=True, slots=True)
class IngestDefaults:
    """What is the same for every ingestion of an opened memory; see `make_options`.

    Raises:
        BadSettings: there is no such extractor.
        BadInput: `min_novelty` is not within 0 and 1.
    """

    extractor: str = DEFAULT_EXTRACTOR
    held_out: Path | None = None
    cues: Path | None = None
    min_novelty: float = 0.0
    decomposition: DecompositionOptions | None = None
    concepts: bool = False
    concept_prompts: Path | None = None

    def __post_init__(self) -> None:
        EXTRACTORS.check(self.extractor)
        if not 0 <= self.min_novelty <= 1:
            raise BadInput(f"min_novelty must be 0..1, got {self.min_novelty}")


@dataclass(frozen=True, slots=True)
class Traces:
    """What a caller gives to learn from, and how it is to be read; see `Memory.ingest`.

    A service has its own limits, and reports neither single records nor a stop: a `Client` leaves `limits`,
    `on_explained`, `is_stopped` and `ray`. Without `wait` the job is accepted, and run in the background; `key` is the
    idempotency key, empty for none; `ray` is the address of a Ray cluster, empty for none.
    """

    source: TraceSource
    format: str
    strict: bool
    on_progress: OnProgress
    stream: BinaryIO | None
    learning: Learning = Learning()
    map: str = ""
    limits: Limits = NO_LIMITS
    on_explained: OnExplained = ignore_explained
    is_stopped: IsStopped = never
    wait: bool = True
    key: str = ""
    ray: str = ""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise BadInput(f"idempotency_key must be up to 200 printable ASCII characters, got {self.key[:80]!a}")


def write_map(map: str | Mapping[str, str]) -> str:
    """Return a map of fields as a request writes it; it is read where the records are."""
    return map if isinstance(map, str) else ",".join(f"{part}={path}" for part, path in map.items())


def open_records(source: TraceSource, stream: BinaryIO | None) -> tuple[str | Path, BinaryIO | None]:
    """Return a path as it is given, and records as a stream of one JSON object per line.

    Raises `BadInput` for records that JSON cannot hold, and for a stream in addition to records.
    """
    from midthought.ingest.stream.reader import STDIN

    if isinstance(source, str | Path):
        return source, stream
    if stream is not None:
        raise BadInput("source and stream are two sources: give records alone, or '-' with a stream")
    records = [source] if isinstance(source, Mapping) else source
    lines = [_line(record, number) for number, record in enumerate(records, start=1)]
    return STDIN, io.BytesIO("".join(lines).encode())


def _line(record: Mapping[str, object], number: int) -> str:
    try:
        return json.dumps(dict(record)) + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"is not what JSON can hold: {error}", place=f"item {number} of source") from None


def tell_format(source: str | Path) -> Format:
    """Return `TEXT` for a file named .txt or .md that does not begin with a JSON object, else `AUTO`.

    This is what the reader does with a file it opens itself. A pipe is not looked into: that would use it up.
    """
    from midthought.ingest.stream.chunks import StreamError, read_chunks
    from midthought.ingest.stream.pieces import TEXT_NAME, is_plain_text
    from midthought.ingest.stream.reader import open_source
    from midthought.ingest.stream.remote import is_url, show_source

    path = Path(show_source(str(source)))
    if not TEXT_NAME.search(path.name) or not (is_url(source) or path.is_file()):
        return Format.AUTO
    start = b""
    with open_source(str(source)) as file:
        for chunk in read_chunks(file):
            start += b"" if isinstance(chunk, StreamError) else chunk
            if isinstance(chunk, StreamError) or start.removeprefix(_BOM).strip():
                break
    return Format.TEXT if is_plain_text(path.name, start) else Format.AUTO


def check_source(source: str | Path) -> None:
    """Raise `BadInput` if a source cannot be opened: there is nothing to read, or it is an export of ours."""
    from midthought.ingest.stream.folders import find_files, has_data_files
    from midthought.ingest.stream.reader import STDIN, open_source, read_trajectories
    from midthought.ingest.stream.remote import is_url
    from midthought.ingest.transfer.place_kind import PlaceKind, refuse_other

    if is_url(source):
        if find_files(source) is None:
            open_source(str(source)).close()
        return
    path = Path(source)
    if path.is_dir():
        # Markdown files alone are skills; beside files of traces they tell about these.
        wanted = (PlaceKind.TRACES, PlaceKind.FOREIGN) if has_data_files(path) else (PlaceKind.TRACES,)
        refuse_other(path, *wanted)
    elif str(source) != STDIN and _is_export(path):
        refuse_other(path, PlaceKind.TRACES)
    if find_files(source) is None:
        read_trajectories(source)  # checks at the call, opens at the first record


def _is_export(path: Path) -> bool:
    from midthought.ingest.transfer.read_export import is_export

    return path.is_file() and is_export(path)
