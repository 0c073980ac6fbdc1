"""How concepts and lessons are learnt: with which prompts, in how many passes."""

from dataclasses import dataclass, field

from midthought.ingest.concepts.prompts import ConceptPrompts, load_concept_prompts
from midthought.memory.records.ids import Canonical

MAX_PASSES = 3
"""Over the problems of one source: the published continual mode has up to three (arXiv 2509.04439)."""
BATCH = 16
"""Trajectories between two updates of the memory: what one teaches is in view of the next batch, not of its own."""


@dataclass(frozen=True, slots=True)
class ConceptOptions:
    """How concepts and lessons are learnt.

    Attributes:
        prompts: what the model is asked.
        passes: how often the problems are gone through, 1 to `MAX_PASSES`; entries are made in the first pass, later
            ones revise and add concepts.
        batch: trajectories between two updates of the memory.
    """

    prompts: ConceptPrompts = field(default_factory=load_concept_prompts)
    passes: int = 1
    batch: int = BATCH

    def __post_init__(self) -> None:
        if not 1 <= self.passes <= MAX_PASSES:
            raise ValueError(f"passes must be 1..{MAX_PASSES}, got {self.passes}")
        if self.batch < 1:
            raise ValueError(f"batch must be >= 1, got {self.batch}")

    @property
    def choices(self) -> list[Canonical]:
        """What other entries depend on: part of a job's id."""
        return ["concepts", self.prompts.digest, self.passes, self.batch]
