"""A store belongs to the process that opened it: a forked child can neither use it nor, by ending, change its files."""

import ctypes
import os
from typing import Protocol
from weakref import WeakSet


class Opened(Protocol):
    """What a process has open and a fork copies."""

    def leave_to_opener(self) -> None:
        """Let go, in a forked child, of what the child would hold on to beside its parent."""


def register_opened(opened: Opened) -> None:
    """Have `opened` left to its opener in every forked child."""
    _all.add(opened)


def _leave_all() -> None:
    """In a forked child.

    Destroyed there, DuckDB would write its log into the parent's file, and tantivy would wait for threads that do not
    exist. So a reference is kept that nothing gives back, and the memory goes when the child's does.
    """
    for opened in list(_all):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(opened))
        opened.leave_to_opener()
    _all.clear()


_all: WeakSet[Opened] = WeakSet()
os.register_at_fork(after_in_child=_leave_all)
