"""What an import or a restore may open: regular files, and inside a folder only those that lie in it."""

import os
import stat
from pathlib import Path

from midthought.memory.errors import BadInput

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_regular(path: Path, *, within: Path | None = None) -> Path:
    """Return the real path of a regular file, with links followed, before it is opened.

    Reading a pipe would wait, and reading a device such as ``/dev/zero`` would never end. With `within`, the real path
    must be inside that folder: an import reads what its folder holds, and nothing else of the machine.

    Raises:
        BadInput: it is no regular file, or leads out of `within`.
        OSError: it does not exist, or may not be read.
    """
    real = Path(os.path.realpath(path, strict=True))
    mode = real.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no file")
        raise BadInput(f"is {kind}, expected a regular file: save what it holds as a file first", place=str(path))
    if within is not None and not real.is_relative_to(os.path.realpath(within, strict=True)):
        wrong = f"leads out of {within}, to {real}: put the file itself there, or import it by its own path"
        raise BadInput(wrong, place=str(path))
    return real
