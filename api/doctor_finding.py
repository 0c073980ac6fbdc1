"""What a check of the doctor found, and how the cause of an error is repaired."""

from collections.abc import Callable
from dataclasses import dataclass

from midthought.memory.errors import EncoderMismatch, IndexUnavailable, MidthoughtError, MissingExtra, StoreFull

MEND_MILVUS = "start Milvus, or check milvus_uri and milvus_token"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it passed, what was seen, and what to do about it (empty if nothing).

    `unchecked` if it could not be done, as another process has the store open, or a server is slow: this is no fault,
    and not `well`.
    """

    name: str
    well: bool
    detail: str
    mend: str = ""
    unchecked: bool = False


def check_one(name: str, look: Callable[[], str], mend: str) -> Finding:
    """Return what `look` saw, or its error with how to repair that; `mend` if the error has no repair of its own."""
    try:
        return Finding(name, True, look())
    except MidthoughtError as error:
        return Finding(name, False, str(error), mend_of(error) or mend)


def mend_of(error: MidthoughtError) -> str:
    """Return how to repair the cause of an error whose message does not say it."""
    match error:
        case EncoderMismatch():
            return "set encoder to the one it was built with, or move it to this one: midthought reindex --encoder NAME"
        case StoreFull():
            return "free some disk, or make the directory writable"
        case MissingExtra():
            return str(error).rpartition(": ")[2]
        case IndexUnavailable():
            return MEND_MILVUS
    return ""
