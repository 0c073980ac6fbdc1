"""A running service leaves its URL in the directory it holds, so that whoever finds it in use is told the way."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "service.json"


@contextmanager
def service_note(home: Path, url: str) -> Iterator[None]:
    """Leave the note while the service runs."""
    note = home / _NAME
    note.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def read_service_url(home: Path, *, pid: int | None) -> str:
    """Return the URL of the service that process `pid` runs on the directory; empty where that is no service.

    A note left behind by a service that was killed names another process than the holder, and does not count.
    """
    try:
        note = json.loads((home / _NAME).read_text(encoding="utf-8"))
        return str(note["url"]) if pid is not None and note["pid"] == pid else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
