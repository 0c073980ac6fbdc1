"""An uploaded body: kept on disk if it is large, and converted to the lines that the readers expect."""

import asyncio
import io
import json
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Annotated, BinaryIO, cast

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from midthought.api.rest.ending import wait_for_first
from midthought.api.rest.json_values import list_items, one_object
from midthought.ingest.progress import IngestStopped
from midthought.memory.errors import BadInput

MAX_LIST = 32 << 20
"""Maximum size of a JSON list that is checked as a whole, in memory: 32 MiB. A longer one is read item by item."""

MEDIA_TYPES = (
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/gzip",
    "application/zstd",
    "application/octet-stream",
    "application/x-tar",
    "application/vnd.apache.parquet",
    "application/vnd.apache.arrow.file",
    "application/vnd.apache.arrow.stream",
    "text/plain",
    "text/markdown",
)
"""Accepted values of Content-Type, if there is one. The format is decided by the content alone."""

_IN_MEMORY = 4 << 20
_START = 1 << 16


@dataclass(frozen=True, slots=True)
class Upload:
    """A body, positioned at its start, and an event that is set if its sender has disconnected."""

    body: BinaryIO
    gone: Event


async def receive_body(request: Request) -> AsyncIterator[Upload]:
    """Yield the body as a file, on disk if it is larger than 4 MiB; the file is deleted at the end of the request.

    `Upload.gone` is set once no client waits for the answer: the sender has disconnected, or the service ends.
    """
    _check_media_type(request)
    gone = Event()
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            async for block in request.stream():
                file.write(block)
        except ClientDisconnect:
            raise IngestStopped("the sender went away before the body ended: nothing was read") from None
        file.seek(0)
        watcher = asyncio.create_task(_watch(request, gone))
        try:
            yield Upload(cast(BinaryIO, file), gone)
        finally:
            gone.set()
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher


Body = Annotated[Upload, Depends(receive_body)]


async def _watch(request: Request, gone: Event) -> None:
    """Set `gone` when the sender disconnects, or the service has no more time."""
    await wait_for_first(_wait_until_gone(request), request.app.state.ending.wait())
    gone.set()


async def _wait_until_gone(request: Request) -> None:
    """Return when the sender disconnects; after the body of a request, this is the only message that can come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_media_type(request: Request) -> None:
    """Refuse the upload of a form with 415: its parts would be read as lines."""
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told and told not in MEDIA_TYPES:
        curl = (
            " (curl calls every body that: add -H 'Content-Type: application/x-ndjson')" if "urlencoded" in told else ""
        )
        raise HTTPException(415, f"the body is {told[:80]!a}{curl}, expected one of {', '.join(MEDIA_TYPES)}")


@contextmanager
def as_lines(body: BinaryIO) -> Iterator[BinaryIO]:
    """Yield the body as JSON Lines; a body that is JSON Lines, compressed, plain text or a table is not changed.

    A JSON list gives one line per item, and an object written over several lines gives one line. A list longer than
    `MAX_LIST` is not changed either: the readers take it item by item. Raises `BadInput` for a list that is not JSON.
    """
    lines = _find_lines(body)
    if lines is None:
        yield body
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        for line in lines:
            file.write(f"{line}\n".encode("utf-8", "surrogatepass"))
        file.seek(0)
        yield cast(BinaryIO, file)


def _find_lines(body: BinaryIO) -> Iterable[str] | None:
    """Return the values of a list, or of an object over several lines; else None, with the body at its start."""
    start = body.read(_START).lstrip()
    size = body.seek(0, io.SEEK_END)
    body.seek(0)
    if start.startswith(b"["):
        return list_items(_decoded(body)) if size <= MAX_LIST else None
    if start.startswith(b"{") and size <= MAX_LIST and not _begins_with_a_line(body, start):
        found = one_object(_decoded(body))
        body.seek(0)
        return [found] if found else None
    return None


def _begins_with_a_line(body: BinaryIO, start: bytes) -> bool:
    """Whether the first line is a whole object; of a line longer than `start`, only the end is checked."""
    line, ended, _ = start.partition(b"\n")
    if ended:
        return _is_json(line)
    line = body.readline()
    body.seek(0)
    return line.rstrip().endswith(b"}")


def _decoded(body: BinaryIO) -> str:
    try:
        return body.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
