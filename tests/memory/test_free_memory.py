"""Free memory is given back to the system."""

import ctypes
import resource
import sys
from pathlib import Path

import pytest

from midthought.memory.free_memory import return_free_memory

BLOCKS, SIZE = 60_000, 1_000


def resident_bytes() -> int:
    """The memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc"
)
def test_free_memory_between_blocks_in_use_is_given_back() -> None:
    """The C library keeps it, as long as a later block is in use."""
    blocks = [bytes(SIZE) for _ in range(BLOCKS)]
    last = bytes(SIZE)
    full = resident_bytes()
    del blocks
    kept = resident_bytes()
    return_free_memory()
    assert full - kept < BLOCKS * SIZE / 2 < full - resident_bytes()
    assert len(last) == SIZE
