"""How the traces of an ingestion are shortened before a language model reads them."""

from dataclasses import dataclass

from midthought.ingest.compaction.answer_scorer import AnswerScorer
from midthought.memory.records.ids import Canonical


@dataclass(frozen=True, slots=True)
class CompactionOptions:
    """Thoughts longer than `budget_tokens`, by the count of the model that reads them, are shortened to it.

    Attributes:
        scorer: judges the steps; see `compact_trace`.
        budget_tokens: at least 1.
    """

    scorer: AnswerScorer
    budget_tokens: int

    def __post_init__(self) -> None:
        if self.budget_tokens < 1:
            raise ValueError(f"budget_tokens must be >= 1, got {self.budget_tokens}")

    @property
    def choices(self) -> list[Canonical]:
        """What other entries depend on: part of a job's id."""
        return [self.scorer.name, self.budget_tokens]
