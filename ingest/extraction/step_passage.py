"""A passage that may become the example of a step."""

from dataclasses import dataclass

from midthought.ingest.extraction.units import TextUnit


@dataclass(frozen=True, slots=True)
class StepPassage:
    """A goal, the units that reach it, and their text."""

    goal: str
    units: tuple[TextUnit, ...]
    text: str
    score: float = 0.0
