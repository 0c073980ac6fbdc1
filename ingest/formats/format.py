"""The names of the formats a record can have."""

from enum import StrEnum


class Format(StrEnum):
    """How a record is written; `AUTO` decides for each JSON record by its fields."""

    AUTO = "auto"
    OWN = "own"
    TRACE = "trace"
    R1 = "r1"
    CHAT = "chat"
    TEXT = "text"
