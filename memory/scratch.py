"""Temporary folders: for live indexes, for files before they are renamed, and for what is being removed."""

import errno
import os
import secrets
import shutil
import time
from pathlib import Path

_TRIES = 100
_PAUSE = 0.02
"""Seconds between tries: a thread that creates one more file in a folder needs far less than a hundred of them."""


class Scratch:
    """Gives out folders inside one folder; no name is given out twice.

    A thread of a library may write under a folder's old name for a moment after its index was closed. No other index
    ever gets that name, and a folder is renamed before it is removed, so that such a thread changes nothing.

    Args:
        folder: contains the folders; made at the first use. Opening a store removes what a killed process left there.
        read_only: whether all other files can only be read: they are linked symbolically, and never removed.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self.link = os.symlink if read_only else os.link
        """Gives a file another name in one of the folders: `link(file, name)`."""

    def folder(self) -> Path:
        """Return a new, empty folder."""
        made = self._folder / secrets.token_hex(8)
        made.mkdir(parents=True)
        return made

    def remove(self, path: Path) -> None:
        """Remove a folder and its contents if it exists; raises `OSError` if that fails."""
        if not path.exists() or (self._read_only and self._folder not in path.parents):
            return
        gone = self.folder()
        path.rename(gone / "gone")
        remove_tree(gone)

    def close(self) -> None:
        """Remove all folders, after their users have closed their files."""
        if self._folder.exists():
            remove_tree(self._folder)


def remove_tree(path: Path) -> None:
    """Remove a folder that is no longer used, retrying while files still appear in it. Raises `OSError`."""
    for left in reversed(range(_TRIES)):
        try:
            return shutil.rmtree(path)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.ENOENT} or not left:
                raise
            if not path.exists():
                return
            time.sleep(_PAUSE)
