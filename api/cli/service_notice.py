"""Tells the program that started a service how it stands, as systemd asks for with ``Type=notify``."""

import os
import socket
from contextlib import suppress

READY, STOPPING = "READY=1", "STOPPING=1"
_VARIABLE = "NOTIFY_SOCKET"


def notify(state: str) -> None:
    """Send a state to the socket that the environment names; do nothing if it names none, or nobody listens."""
    place = os.environ.get(_VARIABLE, "")
    if not place:
        return
    address = f"\0{place[1:]}" if place.startswith("@") else place  # Linux has names that are no files
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.sendto(state.encode(), address)
