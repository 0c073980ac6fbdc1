"""Folders for what is under way: live indexes, files that are written aside, and what is being removed."""

import errno
import os
import secrets
import shutil
import time
from pathlib import Path

_TRIES = 100
_PAUSE = 0.02
"""Seconds between tries: a thread that creates one more file in a folder is done long before a hundred of them."""


class Scratch:
    """Gives out folders inside one folder; no name is given out twice.

    A library's thread may write on by a folder's old name for a moment after its index was let go. Nobody else ever
    gets that name, and what is removed is first renamed, so that such a thread reaches nothing.

    Args:
        folder: where they lie; made at the first need. Whoever opens a store removes what a killed process left there.
        read_only: whether everything else can only be read: it is linked to by name, and never removed.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self.link = os.symlink if read_only else os.link
        """Gives a file a second name in one of the folders: `link(file, name)`."""

    def folder(self) -> Path:
        """Return a new, empty folder."""
        made = self._folder / secrets.token_hex(8)
        made.mkdir(parents=True)
        return made

    def remove(self, path: Path) -> None:
        """Remove a folder with all in it, if it is there; raises `OSError` where that cannot be done."""
        if not path.exists() or (self._read_only and self._folder not in path.parents):
            return
        gone = self.folder()
        path.rename(gone / "gone")
        remove_tree(gone)

    def close(self) -> None:
        """Remove everything that was given out, after its users have let go."""
        if self._folder.exists():
            remove_tree(self._folder)


def remove_tree(path: Path) -> None:
    """Remove a folder that nobody uses any more; a file that appears meanwhile is waited for. Raises `OSError`."""
    for left in reversed(range(_TRIES)):
        try:
            return shutil.rmtree(path)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.ENOENT} or not left:
                raise
            if not path.exists():
                return
            time.sleep(_PAUSE)
