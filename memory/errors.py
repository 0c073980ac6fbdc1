"""Every error a user can meet, in one tree.

::

    MidthoughtError
    ├── BadInput            a record, file or argument that cannot be used: names the place
    │   └── TooLarge        more than a setting allows: names the setting
    ├── NotFound            no such entry, trajectory, run or namespace
    │   └── SessionGone     no such session, or it expired
    ├── NotAllowed          the key of the caller is not accepted, or has not the right: names what is needed
    ├── TooManySessions     as many sessions are open as there may be
    ├── Overloaded          as much waits as may: names what, and how much
    ├── BadSettings         an unknown or impossible setting
    ├── MissingExtra        an optional package or model is absent: names the exact command
    ├── EngineFailed        the language model could not answer
    ├── Unreachable         the service behind a URL did not answer, or refused
    └── StoreError          something about the directory on disk
        ├── StoreInUse      another process holds it: names its pid
        ├── WrongProcess    used in a process forked from the one that opened it: names both
        ├── StoreTooNew     written by a later version of Midthought
        ├── EncoderMismatch built with another encoder: names both
        ├── IndexUnavailable the server that holds the index does not answer: writing goes on
        ├── StoreFull       no space, or read-only media: nothing was written
        └── StoreDamaged    an invariant does not hold: names it

Domain errors know nothing of HTTP; ``api/rest/problems.py`` maps them to status codes.
"""

import os


class MidthoughtError(Exception):
    """The root: catch this to catch everything Midthought raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and pickle by attributes, without `__init__`: some errors take keyword arguments only."""
        return (_restore, (type(self), self.args, dict(vars(self))))


def _restore(error_class: type[MidthoughtError], arguments: tuple[object, ...], fields: dict[str, object]) -> object:
    error = error_class.__new__(error_class, *arguments)
    vars(error).update(fields)
    return error


class BadInput(MidthoughtError):
    """Input that cannot be used. `place` says where it is, e.g. ``traces.jsonl.gz:17``."""

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.reason = message


class TooLarge(BadInput):
    """Input that is larger than a setting allows."""


class NotFound(MidthoughtError):
    """The namespace does not hold what the caller named."""


class SessionGone(NotFound):
    """There is no such session: it was never opened, it was closed, or it expired."""


class NotAllowed(MidthoughtError):
    """The key of the caller is not accepted, or has not the right that this needs."""


class TooManySessions(MidthoughtError):
    """As many sessions are open as there may be; it is free again when one is closed or expires."""


class Overloaded(MidthoughtError):
    """As much waits as may, and nothing was accepted; it is less after a while."""


class BadSettings(MidthoughtError):
    """A setting that does not exist or has an impossible value."""


class MissingExtra(MidthoughtError):
    """Something optional is not installed: a package of an extra, or what another `command` brings."""

    def __init__(self, package: str, *, purpose: str, extra: str = "", command: str = "") -> None:
        needed = f"the package {package!r}" if extra else package
        command = command or f"pip install 'midthought[{extra}]'"
        super().__init__(f"{purpose} needs {needed}: {command}")


class EngineFailed(MidthoughtError):
    """The language model could not answer; the cause is chained."""


class Unreachable(MidthoughtError):
    """The service behind a URL did not answer, or refused the request."""


class StoreError(MidthoughtError):
    """Something is wrong with the directory of the memory."""


class StoreInUse(StoreError):
    """The directory is open in another process, or in this one (`here`)."""

    def __init__(self, path: str, *, pid: int | None, here: bool = False) -> None:
        holder = f"process {pid}" if pid else "another process"
        todo = "close it there first; if it is `midthought serve`, go through it with --url"
        if here:
            holder, todo = "this process", "it has it open already: share that Memory, or close it first"
        super().__init__(f"{path} is in use by {holder}: {todo}")
        self.path = path
        self.pid = pid
        self.here = here


class WrongProcess(StoreError):
    """Used in a process that was forked from the one that opened the directory."""

    def __init__(self, path: str, *, opener: int) -> None:
        super().__init__(
            f"{path} was opened by process {opener}, and this is process {os.getpid()}, forked from it: a memory "
            f"belongs to the process that opened it; open it after forking, in one process, or let that one run "
            f"`midthought serve` and go through it with --url"
        )
        self.opener = opener


class StoreTooNew(StoreError):
    """The directory was written by a later version of Midthought."""


class EncoderMismatch(StoreError):
    """The directory was built with another encoder than the one it is opened with."""


class IndexUnavailable(StoreError):
    """The server that holds the derived index did not answer; what is written meanwhile is found once it does."""


class StoreFull(StoreError):
    """No space left, or a read-only disk: nothing was written."""


class StoreDamaged(StoreError):
    """An invariant of the stored data does not hold."""
