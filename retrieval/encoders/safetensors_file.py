"""Reading a safetensors file into NumPy: a JSON header, then the raw numbers of each tensor, little-endian.

Read by hand, because the package `safetensors` copies what it reads: mapped weights are shared by all processes that
use them, and a row of the word table that no text needs is never read from disk.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from midthought.memory.errors import BadSettings

_LENGTH = 8
"""Bytes of the number at the start of a file: the length of its header."""


def read_tensors(file: Path) -> dict[str, NDArray[np.float32]]:
    """Return the float32 tensors of a file by name, mapped into memory for reading only.

    Raises `BadSettings` if the file cannot be read or is not such a file.
    """
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(_LENGTH), "little")
            header = json.loads(stream.read(length))
        raw = np.memmap(file, np.uint8, "r", _LENGTH + length)
        return {
            name: np.asarray(raw[slice(*one["data_offsets"])]).view("<f4").reshape(one["shape"])
            for name, one in header.items()
            if one.get("dtype") == "F32"
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise BadSettings(f"{file} is no safetensors file that can be read ({error}): install it again") from error
