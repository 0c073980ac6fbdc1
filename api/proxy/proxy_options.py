"""How recall is to happen in one request: the setting, the header, and ``extra_body={"midthought": {...}}``."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.api.operations.sessions import OpenSession


class ProxyMode(StrEnum):
    """What the memory does in a request."""

    ON = "on"
    """What is recalled is put in."""
    SHADOW = "shadow"
    """Recall runs and is recorded; nothing is put in, and the bytes of the upstream are relayed."""
    OFF = "off"
    """The bytes of both sides are relayed unread."""


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """How recall is to happen in one request.

    Attributes:
        mode: what the memory does.
        session: how a session with this request's question recalls; None if nothing is recalled.
        question: searched for in place of the last text of the user; empty for that text.
    """

    mode: ProxyMode = ProxyMode.ON
    session: OpenSession | None = None
    question: str = ""
