"""What the memory does in a request to the proxy."""

from enum import StrEnum


class ProxyMode(StrEnum):
    """What the memory does in a request."""

    ON = "on"
    """What is recalled is put in."""
    SHADOW = "shadow"
    """Recall runs and is recorded; nothing is put in, and the bytes of the upstream are relayed."""
    OFF = "off"
    """The bytes of both sides are relayed unread."""
