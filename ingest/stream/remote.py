"""Sources behind a URL, such as ``s3://bucket/traces.jsonl.gz``, read through fsspec; nothing is fetched before that.

A file is streamed: no copy of it is made. Whoever wants one writes ``simplecache::s3://...``, as fsspec has it.
"""

import importlib
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from midthought.memory.errors import BadInput, MidthoughtError, MissingExtra, Unreachable

_URL = re.compile(r"(?:\w[\w+.-]*::)*+\w[\w+.-]*://", re.ASCII)
_CHAIN = "::"
_PATTERN = re.compile(r"[*?\[]")
_WEB = frozenset({"http", "https"})
"""Pages are no folders, and a question mark in an address is no pattern."""
_PURPOSE = "a source behind a URL"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a remote folder: its URL, and its size in bytes, None if that is not told."""

    url: str
    size: int | None


def is_url(source: object) -> bool:
    """Return whether a source is a URL rather than a path."""
    return isinstance(source, str) and _URL.match(source) is not None


def show_source(source: str) -> str:
    """Return the name of a source for people: of a URL without what may be secret, its user and its query."""
    if not is_url(source):
        return source
    chain, _, last = source.rpartition(_CHAIN)
    parts = urlsplit(last)
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    # `urlunsplit` leaves out the slashes of an empty host.
    shown = shown if "://" in shown else shown.replace(":", "://", 1)
    return f"{chain}{_CHAIN}{shown}" if chain else shown


def open_url(url: str) -> io.BufferedReader:
    """Open the file behind a URL for reading.

    Raises:
        BadInput: there is no such file, no such kind of URL, or it may not be read.
        Unreachable: the server does not answer, or refuses; also while it is read.
        MissingExtra: fsspec, or the package for this kind of URL, is not installed.
    """
    with _translated(url):
        fs, path = _find(url)
        return io.BufferedReader(_Stream(fs.open(path, "rb"), url))


def find_remote(url: str) -> list[RemoteFile] | None:
    """Return the files below a remote folder, or of a pattern, by their names; None if the URL is that of a file.

    Hidden files are left out. Raises what `open_url` raises.
    """
    with _translated(url):
        fs, path = _find(url)
        if _CHAIN in url or _protocols(fs) & _WEB:
            return None
        if _PATTERN.search(path):
            found = fs.glob(path, detail=True)
        elif fs.isdir(path):
            found = fs.find(path, detail=True)
        else:
            return None
        return list(_name_files(fs, url, path, found))


def _name_files(fs: Any, url: str, path: str, found: Mapping[str, Mapping[str, object]]) -> Iterator[RemoteFile]:
    """Yield the files of a listing, with URLs of the kind that was given."""
    whole = url.rstrip("/")
    root = whole.removesuffix(path) if path and whole.endswith(path) else None
    below = _PATTERN.split(path)[0].rpartition("/")[0] if _PATTERN.search(path) else path
    for name, about in sorted(found.items()):
        inside = name.removeprefix(below).split("/")
        if about.get("type") == "directory" or any(part.startswith(".") for part in inside):
            continue
        size = about.get("size")
        named = f"{root}{name}" if root is not None else str(fs.unstrip_protocol(name))
        yield RemoteFile(named, size if isinstance(size, int) else None)


def _find(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it."""
    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError:
        raise MissingExtra("fsspec", extra="remote", purpose=_PURPOSE) from None
    try:
        fs, path = fsspec.core.url_to_fs(url)
    except ImportError as error:  # fsspec says which package it is
        raise MissingExtra(
            f"a package ({error})", purpose=f"the source {show_source(url)}", command="pip install what it names"
        ) from error
    return fs, str(path)


def _protocols(fs: Any) -> frozenset[str]:
    told = fs.protocol
    return frozenset([told] if isinstance(told, str) else told)


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Raise what a file system raises as ours: each kind of URL has errors of its library."""
    place = show_source(url)
    try:
        yield
    except MidthoughtError:
        raise
    except FileNotFoundError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):  # the web has no file if no server
            raise Unreachable(f"{place} cannot be read: {type(cause).__name__}: {cause}") from error
        raise BadInput("no such file", place=place) from None
    except IsADirectoryError:
        raise BadInput("is a folder without files", place=place) from None
    except PermissionError as error:
        raise BadInput(f"may not be read: {error or 'permission denied'}", place=place) from error
    except ValueError as error:
        raise BadInput(f"cannot be opened: {error}", place=place) from error
    except Exception as error:  # every library behind fsspec has its own, and none of them may be taken as the file's
        raise Unreachable(f"{place} cannot be read: {type(error).__name__}: {error}") from error


class _Stream(io.RawIOBase):
    """A remote file as Python's own streams are; what goes wrong while it is read is told by its URL."""

    def __init__(self, file: Any, url: str) -> None:
        self._file = file
        self._url = url
        # fsspec says that every file can be sought in; one whose size the server does not tell cannot.
        self._seekable = bool(file.seekable()) and getattr(file, "size", 0) is not None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._seekable

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self._reading():
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        with self._reading():
            return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:  # typed as a buffer from Python 3.12 on
        view = memoryview(buffer).cast("B")
        with self._reading():
            data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raise every error as `Unreachable`: a file that ends early is no damaged file."""
        try:
            yield
        except Exception as error:
            raise Unreachable(f"{show_source(self._url)} cannot be read on: {type(error).__name__}: {error}") from error
