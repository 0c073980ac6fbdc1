"""What a compaction did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compacted:
    """The bytes of all files of a memory, before and after it was compacted."""

    bytes_before: int
    bytes_after: int
