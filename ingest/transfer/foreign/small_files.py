"""Files of other tools are read whole, so they must be files, and of a size that fits."""

from pathlib import Path

from midthought.memory.errors import BadInput
from midthought.memory.transfer.regular_files import check_regular

MAX_BYTES = 256 << 20
"""The largest file: 256 MiB. A mem0 export of that size has about half a million memories."""


def read_small(path: Path, *, within: Path | None = None) -> bytes:
    """Return a file's bytes. Raises `BadInput` for what is no regular file in `within`, too large, or not readable."""
    try:
        real = check_regular(path, within=within)
        size = real.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(f"has {size:,} bytes, at most {MAX_BYTES:,} are read: split it", place=str(path))
        with real.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(path)) from None
