"""Where a service is reached: on this machine alone or from others, and the note in its directory that says its URL."""

import ipaddress
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from midthought.memory.errors import StoreInUse

_NAME = "service.json"


@contextmanager
def service_note(home: Path, url: str) -> Iterator[None]:
    """Keep the note in the directory while the service runs."""
    note = home / _NAME
    note.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def read_service_url(home: Path, *, pid: int | None) -> str:
    """Return the URL of the service that process `pid` runs on the directory; empty if that process is no service.

    The note of a service that was killed names a process that does not hold the directory: it is ignored.
    """
    try:
        note = json.loads((home / _NAME).read_text(encoding="utf-8"))
        return str(note["url"]) if pid is not None and note["pid"] == pid else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def describe_use(error: StoreInUse) -> str:
    """Return who has a directory open and what to do: if its holder is a service, the URL to add."""
    if error.here:
        return str(error)
    home = error.path
    holder = f"process {error.pid}" if error.pid else "another process"
    url = read_service_url(Path(home), pid=error.pid)
    if url:
        return f"{home} is in use by {holder}, a service: add --url {url}"
    return f"{home} is in use by {holder}: wait for it, or stop it; 'midthought serve' lets many use one memory"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own loopback.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
