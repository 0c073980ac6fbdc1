"""What a source is: a stream, the files of a folder or a pattern, or one file or URL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from midthought.ingest.stream.folders import FilesReader, find_files
from midthought.ingest.stream.reader import STDIN, standard_input
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.stream.remote import is_url
from midthought.memory.errors import BadInput

Records = Iterator[ReadRecord | BadRecord]
ReadPlace = Callable[..., Records]
"""Reads a path or a URL, or the stream that is given as `stdin`."""


@contextmanager
def open_place(source: str | Path, stdin: BinaryIO | None = None) -> Iterator[BinaryIO | list[str] | str | Path]:
    """Yield a stream if the source can be read only once, a list of files if it is several, else its path or URL.

    A pipe is closed afterwards. Raises `BadInput` for one that cannot be opened.
    """
    if str(source) == STDIN:
        yield stdin or standard_input()
    elif found := find_files(source):
        yield list(found.files)
    elif is_url(source):
        yield str(source)
    elif (path := Path(source)).exists() and not path.is_file() and not path.is_dir():
        with _open_pipe(path) as stream:
            yield stream
    else:
        yield path


def read_source(source: str | Path, read: ReadPlace, *, stdin: BinaryIO | None = None) -> Records:
    """Yield the records of a source, in the order in which an ingestion reads them."""
    with open_place(source, stdin) as place:
        if isinstance(place, str | Path):
            yield from read(place)
        elif isinstance(place, list):
            yield from FilesReader(read, tuple(place)).read()
        else:
            yield from read(STDIN, stdin=place)


def _open_pipe(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:  # a socket, for one
        raise BadInput(f"cannot be opened: {error.strerror}", place=str(path)) from error
