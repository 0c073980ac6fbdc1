"""Files that exist whole or not at all: written under another name, synced, then renamed."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from midthought.memory.errors import BadInput, StoreFull

PRIVATE = 0o700
"""The mode of a folder that holds what somebody thought: no other user of the machine opens it."""


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a name next to `path` to write to; at the end it is synced and renamed, or removed after an error.

    Raises `BadInput` if `path` exists, and `StoreFull` if the disk refuses.
    """
    if path.exists() or path.is_symlink():
        raise BadInput("is there already: choose another name, or remove it first", place=str(path))
    aside = path.with_name(f"{path.name}.unfinished-{os.getpid()}")
    try:
        # An earlier process with the same id may have been killed here.
        _remove(aside)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        sync_tree(aside)
        aside.rename(path)
        # A rename is durable only once the folder that holds the name is synced.
        sync(path.parent)
    except OSError as error:
        raise StoreFull(f"{path} cannot be written, and nothing was: {error}") from error
    finally:
        _remove(aside)


def sync_tree(path: Path) -> None:
    """Sync a file, or a folder with everything in it, to the disk."""
    for inside in sorted(path.rglob("*")) if path.is_dir() else ():
        sync(inside)
    sync(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Sync a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
