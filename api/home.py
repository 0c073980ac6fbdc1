"""Paths as they are given: written out, and whether one can be the directory of a memory."""

import os
from pathlib import Path
from stat import S_ISDIR

from midthought.memory.errors import BadInput, BadSettings


def write_out(path: Path) -> Path:
    """Return a path with ``~`` written out. Raises `BadSettings` for the home of a user who is not there."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise BadSettings(f"{str(path)!r}: no such user's home directory, write the path out") from None


def check_home(home: Path) -> None:
    """Raise `BadSettings` where `home` is a file, or a name that no directory can have; it need not exist."""
    try:
        str(home).encode()
        found = S_ISDIR(home.stat().st_mode)
    except FileNotFoundError:
        return
    except UnicodeEncodeError:
        raise BadSettings(f"home {str(home)!r} is not UTF-8: choose a directory with a UTF-8 name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadSettings(f"home {_shown(home)} cannot be opened ({reason}): choose another directory") from None
    if not found:
        raise BadSettings(f"home {_shown(home)} is not a directory: choose another directory")


def _shown(home: Path) -> str:
    text = repr(str(home))
    return text if len(text) <= 100 else f"{text[:100]}..."


def check_path(path: str | Path, *, place: str = "path") -> Path:
    """Return a path as one; raises `BadInput` for a name that no file can have, and where nobody may look."""
    try:
        if b"\0" in os.fsencode(path):
            raise BadInput(f"{place} {_shown(Path(path))} holds a NUL character: give another")
        Path(path).exists()
    except UnicodeEncodeError:
        raise BadInput(f"{place} {_shown(Path(path))} cannot be written as bytes: give another") from None
    except OSError as error:
        raise BadInput(f"{place} {_shown(Path(path))} cannot be opened ({error.strerror}): give another") from None
    return Path(path)
