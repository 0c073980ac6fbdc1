"""A namespace as a stream: the export that is sent down, and the import that is sent up and becomes a job."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, ClassVar

from fastapi import Header, Query, Response
from fastapi import Request as HttpRequest
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from midthought.api.operations.request import MemoryCore, Request
from midthought.api.operations.shapes import JobJson
from midthought.api.operations.upkeep import EXPORT_PATH
from midthought.api.operations.upkeep_jobs import UploadImport
from midthought.api.rest.access import Owner
from midthought.api.rest.job_answers import answer_job
from midthought.api.rest.preference import ENDED, HELP, read_preference
from midthought.api.rest.routers import make_router
from midthought.api.rest.state import Ingestions, Library
from midthought.api.rest.trajectories import take_place
from midthought.api.rest.upload import Body
from midthought.api.text_validation import check_text
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.ingest.transfer.archive import MEDIA_TYPE as ARCHIVE
from midthought.ingest.transfer.archive import pack_folder
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.ingest.transfer.layout import ExportFormat
from midthought.memory.errors import BadInput
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace

router = make_router(tags=("transfer",))

IMPORT = UploadImport.route.path
EXPORT = EXPORT_PATH
_BLOCK = 1 << 18
LINES = "application/x-ndjson"
_LINES = {
    LINES: {"schema": {"type": "string"}, "example": '{"row": {}, "table": "entries"}\n'},
    ARCHIVE: {"schema": {"type": "string", "format": "binary"}},
}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "An export of Midthought, a mem0 export, an ACE playbook, a Markdown skill; a folder of them.",
        "content": {
            LINES: {"schema": {}},
            "application/json": {"schema": {}},
            "text/markdown": {"schema": {}},
            ARCHIVE: {"schema": {}},
        },
    }
}


@router.get(
    EXPORT,
    response_class=StreamingResponse,
    responses={200: {"content": _LINES, "description": "One row per line, and the manifest; or an archive of files."}},
)
def export_namespace(
    owner: Owner,
    memory: Library,
    vectors: Annotated[bool, Query(description="the vectors of entries as well")] = False,
    archive: Annotated[bool, Query(description="a folder as a tar archive, in place of one file")] = False,
    format: Annotated[ExportFormat, Query(description="how the rows of an archive are written")] = ExportFormat.JSONL,
) -> Response:
    """Return everything of the namespace as it is at one moment, as a file that can be imported."""
    # On the disk first: an error after the status was sent could not be told, and a slow reader holds no snapshot.
    folder = tempfile.TemporaryDirectory(prefix="midthought-export-")
    try:
        file = Path(folder.name, "export.jsonl")
        written = file.with_suffix("") if archive else file
        memory.export(written, format=format, vectors=vectors, namespace=owner)
        if archive:
            pack_folder(written, file)
        size = file.stat().st_size
    except BaseException:
        folder.cleanup()
        raise
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{owner.name}.{"tar" if archive else "jsonl"}"',
    }
    media_type = ARCHIVE if archive else LINES
    # Deleted by both: the stream, if it is read, and the task, if the client has gone before.
    return StreamingResponse(
        _blocks(file),
        headers=headers,
        media_type=media_type,
        background=BackgroundTask(folder.cleanup),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _AcceptImport(Request[Job]):
    """Keep a body, and record the job that imports it."""

    makes_namespace: ClassVar = True

    body: BinaryIO
    format: ImportFormat
    trusted: bool
    is_archive: bool
    shown: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Write it to the disk."""
        if not self.body.read(1):
            raise BadInput("the body is empty: send an export")
        self.body.seek(0)
        name, digest = memory.store.uploads.keep(self.body)
        check_text(self.shown, place="name")
        told = {"trusted": self.trusted, "archive": self.is_archive, "name": self.shown}
        # What has its default is left out: it is part of the id of the job.
        arguments = {"format": self.format.value, "digest": digest} | {key: one for key, one in told.items() if one}
        return memory.jobs.upkeep.accept(
            UpkeepTask.IMPORT, namespace, arguments, source=self.shown or "upload", upload=name
        )


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


@router.post(
    IMPORT,
    response_model=JobJson,
    status_code=202,
    responses={200: {"model": JobJson, "description": ENDED}},
    openapi_extra=_BODY,
)
def import_namespace(
    owner: Owner,
    memory: Library,
    places: Ingestions,
    upload: Body,
    request: HttpRequest,
    format: Annotated[ImportFormat, Query(description="what the body is; `auto` looks at it")] = ImportFormat.AUTO,
    trusted: Annotated[bool, Query(description="it is your own: its entries need not be verified")] = False,
    name: Annotated[str, Query(description="what it is called, for people", max_length=200)] = "",
    prefer: Annotated[str, Header(description=HELP)] = "",
) -> Response:
    """Take in what an export of Midthought or of another tool holds; the answer is the job that does."""
    with take_place(places):
        is_archive = request.headers.get("content-type", "").partition(";")[0].strip().lower() == ARCHIVE
        accept = _AcceptImport(body=upload.body, format=format, trusted=trusted, is_archive=is_archive, shown=name)
        job = memory.send(accept, namespace=owner)
    return answer_job(memory, owner, job, preference=read_preference(prefer))
