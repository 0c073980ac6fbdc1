"""A namespace as a stream: the export that is sent down, and the import that is sent up and becomes a job."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, ClassVar

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from midthought.api.operations.request import MemoryCore, Request
from midthought.api.operations.shapes import JobJson
from midthought.api.rest.access import Owner
from midthought.api.rest.job_answers import answer_job
from midthought.api.rest.preference import read_preference
from midthought.api.rest.state import Ingestions, Library
from midthought.api.rest.trajectories import take_place
from midthought.api.rest.upload import Body
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.memory.errors import BadInput
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace

router = APIRouter(tags=["transfer"])

IMPORT = "/v1/namespaces/{namespace}/import"
EXPORT = "/v1/namespaces/{namespace}/export"
_BLOCK = 1 << 18
_LINES = {"application/x-ndjson": {"schema": {"type": "string"}, "example": '{"row": {}, "table": "entries"}\n'}}
_PREFER = "`wait=10`: wait so many seconds for the job's end"
_BODY = {
    "requestBody": {
        "required": True,
        "description": "An export of Midthought, a mem0 export, an ACE playbook, or a Markdown skill.",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/json": {"schema": {}},
            "text/markdown": {"schema": {"type": "string"}},
        },
    }
}


@router.get(
    EXPORT,
    response_class=StreamingResponse,
    responses={200: {"content": _LINES, "description": "One row per line; the manifest is the last line."}},
)
def export_namespace(
    owner: Owner,
    memory: Library,
    vectors: Annotated[bool, Query(description="the vectors of entries as well")] = False,
) -> Response:
    """Return everything of the namespace as it is at one moment, as a file that can be imported."""
    # On the disk first: an error after the status was sent could not be told, and a slow reader holds no snapshot.
    folder = tempfile.TemporaryDirectory(prefix="midthought-export-")
    try:
        file = Path(folder.name, "export.jsonl")
        memory.export(file, vectors=vectors, namespace=owner)
        size = file.stat().st_size
    except BaseException:
        folder.cleanup()
        raise
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{owner.name}.jsonl"',
    }
    # Deleted by both: the stream, if it is read, and the task, if the client has gone before.
    return StreamingResponse(
        _blocks(file), headers=headers, media_type="application/x-ndjson", background=BackgroundTask(folder.cleanup)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _AcceptImport(Request[Job]):
    """Keep a body, and record the job that imports it."""

    makes_namespace: ClassVar = True

    body: BinaryIO
    format: ImportFormat

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Write it to the disk."""
        if not self.body.read(1):
            raise BadInput("the body is empty: send an export")
        self.body.seek(0)
        name, digest = memory.store.uploads.keep(self.body)
        arguments = {"format": self.format.value, "digest": digest}
        return memory.jobs.upkeep.accept(UpkeepTask.IMPORT, namespace, arguments, source="upload", upload=name)


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


@router.post(
    IMPORT,
    response_model=JobJson,
    status_code=202,
    responses={200: {"model": JobJson, "description": "The job, which ended while it was waited for."}},
    openapi_extra=_BODY,
)
def import_namespace(
    owner: Owner,
    memory: Library,
    places: Ingestions,
    upload: Body,
    format: Annotated[ImportFormat, Query(description="what the body is; `auto` looks at it")] = ImportFormat.AUTO,
    prefer: Annotated[str, Header(description=_PREFER)] = "",
) -> Response:
    """Take in what an export of Midthought or of another tool holds; the answer is the job that does."""
    with take_place(places):
        job = memory.send(_AcceptImport(body=upload.body, format=format), namespace=owner)
    return answer_job(memory, owner, job, preference=read_preference(prefer))
