"""A store belongs to the process that opened it: a forked child cannot use it, nor change its files when it ends."""

import ctypes
import os
from typing import Protocol
from weakref import WeakSet


class Opened(Protocol):
    """Something open that a fork copies."""

    def leave_to_opener(self) -> None:
        """Release, in a forked child, what the child would share with its parent."""


def register_opened(opened: Opened) -> None:
    """Call `leave_to_opener` of `opened` in every forked child."""
    _all.add(opened)


def _leave_all() -> None:
    """Release everything, in a forked child, without destroying it.

    Destroyed there, DuckDB would write its log into the parent's file, and tantivy would wait for threads that do not
    exist. So an extra reference keeps each object until the child ends.
    """
    for opened in list(_all):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(opened))
        opened.leave_to_opener()
    _all.clear()


_all: WeakSet[Opened] = WeakSet()
os.register_at_fork(after_in_child=_leave_all)
