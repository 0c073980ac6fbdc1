"""Content-hash identifiers: the same content always has the same id."""

import hashlib
import json
from collections.abc import Sequence

ID_LENGTH = 32
"""Hexadecimal digits kept of the SHA-256 digest: 128 bits."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)

Canonical = str | int | float | bool | None | Sequence["Canonical"]


def content_id(prefix: str, *parts: Canonical) -> str:
    """Return ``prefix-`` and 32 hexadecimal digits that depend on every part and its position."""
    text = _ENCODER.encode(parts)
    # An id must exist for any text, also for one that no database can hold and that is refused later.
    return f"{prefix}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:ID_LENGTH]}"
