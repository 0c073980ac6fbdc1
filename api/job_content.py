"""What a job is to do, as the store keeps it: its source and choices as JSON, and how they are read again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from midthought.api.recall_arguments import read_choice
from midthought.api.sources import Learning, Traces
from midthought.ingest.decomposition.model_calls import Budget
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import ignore_progress
from midthought.ingest.stream.limits import Limits
from midthought.memory.records.ids import Canonical
from midthought.memory.records.job_request import JobRequest

if TYPE_CHECKING:
    from midthought.ingest.formats.field_map import FieldMap

STDIN = "-"


def is_read_once(place: str | Path, stream: BinaryIO | None) -> bool:
    """Whether a source cannot be opened again: a stream, or a pipe."""
    path = Path(place)
    return stream is not None or str(place) == STDIN or (path.exists() and not path.is_file() and not path.is_dir())


@contextmanager
def open_once(place: str | Path, stream: BinaryIO | None) -> Iterator[BinaryIO]:
    """Yield the stream of a source that is read once; a pipe is closed afterwards."""
    from midthought.ingest.stream.reader import standard_input

    if stream is not None or str(place) == STDIN:
        yield stream or standard_input()
        return
    with Path(place).open("rb") as pipe:
        yield pipe


def digest_of(place: str | Path) -> str:
    """Return the digest of the content of a file, or of the files of a folder or a pattern."""
    from midthought.ingest.ingest_source import files_digest, source_digest
    from midthought.ingest.stream.folders import find_files

    found = find_files(place)
    return files_digest(found.files) if found else source_digest(str(place))


def how_read(traces: Traces) -> "FieldMap | Format":
    """Return how records are read: it is part of the id of a job."""
    from midthought.ingest.formats.field_map import FieldMap

    return FieldMap.read(traces.map) or read_choice("format", traces.format, Format)


def chosen(learning: Learning) -> list[Canonical]:
    """Return the choices, to be hashed."""
    told = asdict(learning) | {"skip_checks": sorted(learning.skip_checks)}
    return [[name, value] for name, value in sorted(told.items())]


def write_content(place: str | Path, traces: Traces) -> str:
    """Return a source and the choices as JSON, from which `read_content` makes the same ingestion."""
    source = STDIN if is_read_once(place, traces.stream) else _name_source(place)
    learning = asdict(traces.learning) | {"skip_checks": list(traces.learning.skip_checks)}
    told = {"source": source, "format": traces.format, "map": traces.map, "strict": traces.strict}
    return json.dumps(told | {"learning": learning, "limits": asdict(traces.limits)}, sort_keys=True)


def _name_source(place: str | Path) -> str:
    """Return a path as it can be opened from anywhere, and a URL without what may be secret."""
    from midthought.ingest.stream.remote import is_url, show_source

    return show_source(str(place)) if is_url(place) else str(Path(place).absolute())


_BUDGET = "budget"
"""The field of a request with what its job may spend."""


def with_budget(content: str, budget: Budget) -> str:
    """Return a request whose job may spend so much; the same request if there is no limit."""
    if not budget.is_limited:
        return content
    return json.dumps(json.loads(content) | {_BUDGET: asdict(budget)}, sort_keys=True)


def read_budget(content: str) -> Budget:
    """Return what the job of a request may spend."""
    return Budget(**json.loads(content).get(_BUDGET, {}))


_REPORT = "report"
"""The field of a request with what its job did."""


def with_report(request: JobRequest, report: dict[str, Any]) -> JobRequest:
    """Return a request with what its job did, and without what it had to read."""
    content = json.dumps(json.loads(request.content) | {_REPORT: report}, sort_keys=True)
    return replace(request, content=content, upload="")


def kept_report(request: JobRequest) -> dict[str, Any] | None:
    """Return what `with_report` kept; None if the job has none."""
    report: dict[str, Any] | None = json.loads(request.content).get(_REPORT)
    return report


_LETTERS = "letters"
"""The field of a request that is not to read the source again."""


def ask_letters(job_id: str, request: JobRequest | None) -> JobRequest:
    """Return the request that asks again for what the language model failed at."""
    content = request.content if request else write_content(STDIN, Traces(STDIN, "auto", False, ignore_progress, None))
    asked = request or JobRequest(job_id, "", "", content)
    return replace(asked, content=json.dumps(json.loads(content) | {_LETTERS: True}, sort_keys=True))


def is_for_letters(request: JobRequest) -> bool:
    """Whether a job is not to read its source again."""
    return bool(json.loads(request.content).get(_LETTERS))


def read_content(text: str) -> Traces:
    """Return what `write_content` wrote."""
    told = json.loads(text)
    learning = Learning(**told["learning"])
    limits = Limits(**told.get("limits", {}))
    given = (told["source"], told["format"], told["strict"], ignore_progress, None)
    return Traces(*given, learning=learning, map=told["map"], limits=limits)
