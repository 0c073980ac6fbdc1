"""Recognised links: passages in which a known entry was carried out. They are sources of an entry, never new ones."""

from dataclasses import dataclass

from midthought.memory.records.trajectory import Span


@dataclass(frozen=True, slots=True)
class RecognisedLink:
    """A passage of a trajectory in which a known entry was carried out.

    Attributes:
        entry_id: of an entry of the namespace, or of the starter memory.
        trajectory_id: the trajectory, which belongs to the namespace.
        span: where the passage stands in it.
        similarity: the cosine of the step and the entry's key.
        evidence: which rule or words confirmed it; may be empty.
        extractor: who recognised it, with its version.
    """

    entry_id: str
    trajectory_id: str
    span: Span
    similarity: float
    evidence: str = ""
    extractor: str = ""


@dataclass(frozen=True, slots=True)
class Sightings:
    """In how many trajectories of a namespace an entry was seen carried out, and how many of those are right."""

    traces: int = 0
    right: int = 0

    def describe(self) -> str:
        """Return the counts for people: ``seen in 12 traces, 9 right``."""
        return f"seen in {self.traces} trace{'' if self.traces == 1 else 's'}, {self.right} right"


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """How many passages were recognised in a namespace, in how many trajectories, and of how many entries."""

    links: int = 0
    entries: int = 0
    trajectories: int = 0


NO_LINKS = LinkCounts()
