"""Where traces come from: whether a source can be read at all, and what its name says of its format."""

import sys
from pathlib import Path
from typing import BinaryIO

from midthought.ingest.readers.chunks import Break, read_chunks
from midthought.ingest.readers.format import Format
from midthought.ingest.readers.reader import STDIN, TEXT_NAME, read_trajectories
from midthought.memory.errors import BadInput

_BOM = b"\xef\xbb\xbf"


def tell_format(path: Path) -> Format:
    """Return `TEXT` for a file named .txt or .md that does not begin with a JSON object, else `AUTO`.

    This is what the reader does with a file it opens itself. A pipe is not looked into: that would use it up.
    """
    if not TEXT_NAME.search(path.name) or not path.is_file():
        return Format.AUTO
    start = b""
    with path.open("rb") as file:
        for chunk in read_chunks(file):
            start += b"" if isinstance(chunk, Break) else chunk
            if isinstance(chunk, Break) or start.removeprefix(_BOM).strip():
                break
    return Format.AUTO if start.removeprefix(_BOM).lstrip().startswith(b"{") else Format.TEXT


def check_source(source: str | Path) -> None:
    """Raise `BadInput` where a file cannot be opened, or standard input is closed; nothing is read."""
    if str(source) == STDIN:
        standard_input()
    else:
        read_trajectories(source)  # checks at the call, opens at the first record


def standard_input() -> BinaryIO:
    """Return standard input; raises `BadInput` in a process that was started without one."""
    if sys.stdin is None:
        raise BadInput("standard input is closed: give a file, or pipe the traces in")
    return sys.stdin.buffer
