"""What attention sees of the KV cache."""

from enum import StrEnum


class KvMode(StrEnum):
    """All of it, or the pages that matter; see docs/zoom.md."""

    FULL = "full"
    ZOOM = "zoom"
