"""The names of what can be imported."""

from enum import StrEnum


class ImportFormat(StrEnum):
    """What lies at the path of an import; `AUTO` looks at its content."""

    AUTO = "auto"
    MIDTHOUGHT = "midthought"
    MEM0 = "mem0"
    ACE = "ace"
    SKILL = "skill"
