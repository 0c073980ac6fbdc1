"""What the request that is being answered is called, for whatever is done for it."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestNames:
    """What a request is called: its id, and its ``traceparent`` header, empty if there is no good one."""

    id: str
    traceparent: str = ""


_current: ContextVar[RequestNames | None] = ContextVar("midthought_request", default=None)
enter_request = _current.set
leave_request = _current.reset


def current_request() -> RequestNames | None:
    """Return the names of the request that is being answered; None outside of a request. Threads of it know them."""
    return _current.get()
