"""How large the files of a store are."""

import os
from contextlib import suppress
from pathlib import Path

from midthought.memory.database.opening_checks import DATABASE


def measure_files(home: Path) -> dict[str, int]:
    """Return the bytes of the parts of a store's directory: ``database``, ``log``, ``indexes`` and ``uploads``."""
    return {
        "database": _size(home / DATABASE),
        "log": _size(home / f"{DATABASE}.wal"),
        "indexes": _sum(home / "derived"),
        "uploads": _sum(home / "uploads"),
    }


def _sum(folder: Path) -> int:
    return sum(_size(Path(place) / name) for place, _, names in os.walk(folder) for name in names)


def _size(file: Path) -> int:
    with suppress(OSError):  # it may be removed at any moment
        return file.stat().st_size
    return 0
