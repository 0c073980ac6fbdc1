"""Giving memory that is no longer used back to the system."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def return_free_memory() -> None:
    """Give free memory back to the system, if the C library can: glibc keeps what lies between blocks in use.

    A batch of traces is read, split and encoded in many small blocks, by several threads that each have a heap. Without
    this, ingesting 4,315 traces kept 170 MiB more than it used. It takes some 10 ms: call it once per batch.
    """
    trim = _find_trim()
    if trim is not None:
        trim(0)


@cache
def _find_trim() -> Callable[[int], int] | None:
    """Return glibc's `malloc_trim`; None with another C library."""
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
