"""What changing a memory did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `Memory.forget` removed: an entry, or a trajectory with the entries that came from it alone.

    An entry of the starter memory is shared, so it is not removed, but `hidden` from the namespace.
    """

    id: str
    trajectories: int
    entries: int
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Added:
    """What `Memory.add_entries` stored: an id for every entry given, in order, and how many were new."""

    ids: tuple[str, ...]
    new: int
