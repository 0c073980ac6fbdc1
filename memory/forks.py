"""What a forked child does before anything else: let go of what its parent has open, and forget the parent's threads.

A child is a copy of its parent without the parent's other threads. A lock that one of them held stays locked there, a
queue that one of them served is served by no thread, and an open file or connection is shared with the parent.
"""

import ctypes
import os
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

Owner = TypeVar("Owner")


def call_in_children(owner: Owner, act: Callable[[Owner], object]) -> None:
    """Call ``act(owner)`` in every child that is forked while `owner` exists.

    `act` is a function of the class and not a bound method, which would keep `owner` alive.
    """
    _acts[owner] = act


def leave_in_children(owner: Owner, act: Callable[[Owner], object] | None = None) -> None:
    """Keep `owner` in every forked child until the child ends; `act`, if given, is called with it first.

    For what belongs to the process that opened it. Destroyed in a child, DuckDB would write its log into the parent's
    file, and tantivy would wait for threads that do not exist.
    """

    def leave(opened: Owner) -> None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(opened))
        if act is not None:
            act(opened)

    call_in_children(owner, leave)


def _call_all() -> None:
    for owner, act in list(_acts.items()):
        act(owner)


_acts: WeakKeyDictionary[Any, Callable[[Any], object]] = WeakKeyDictionary()
os.register_at_fork(after_in_child=_call_all)
