"""What changing a memory did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `Memory.forget` removed: an entry, or a trajectory with the entries that came from it alone."""

    id: str
    trajectories: int
    entries: int


@dataclass(frozen=True, slots=True)
class Added:
    """What `Memory.add_entries` stored: an id for every entry given, in order, and how many were new."""

    ids: tuple[str, ...]
    new: int
