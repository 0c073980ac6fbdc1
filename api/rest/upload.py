"""An uploaded body: spooled to disk once it is large, and read as the lines that the readers read."""

import io
import json
import tempfile
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, BinaryIO, cast

from fastapi import Depends, Request

from midthought.api.rest.json_values import list_items, one_object
from midthought.memory.errors import BadInput

MAX_LIST = 32 << 20
"""The longest JSON list, which is read at once: 32 MiB. One object a line has no such limit."""

_IN_MEMORY = 4 << 20


async def receive_body(request: Request) -> AsyncIterator[BinaryIO]:
    """Yield the body as a file at its start; beyond 4 MiB it lies on disk, and is gone with the request."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        async for block in request.stream():
            file.write(block)
        file.seek(0)
        yield cast(BinaryIO, file)


Body = Annotated[BinaryIO, Depends(receive_body)]


def as_lines(body: BinaryIO) -> BinaryIO:
    """Return the body as one JSON object a line; it stays as it is where it is that, or compressed, or plain text.

    A JSON list gives a line an item, and an object written over several lines gives one. Raises `BadInput` for a
    list that is not JSON or longer than `MAX_LIST`.
    """
    start = body.read(1 << 16).lstrip()
    size = body.seek(0, io.SEEK_END)
    body.seek(0)
    if start.startswith(b"["):
        if size > MAX_LIST:
            raise BadInput(f"a JSON list may be {MAX_LIST:,} bytes long, got {size:,}: send one object a line")
        return _written(list_items(_decoded(body)))
    if start.startswith(b"{") and size <= MAX_LIST and not _is_json(start.partition(b"\n")[0]):
        found = one_object(_decoded(body))
        body.seek(0)
        return _written([found]) if found else body
    return body


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


def _written(lines: Iterable[str]) -> BinaryIO:
    return io.BytesIO("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
