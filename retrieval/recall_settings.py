"""How one memory recalls: what its settings say, and what a caller may change for one recall."""

from dataclasses import dataclass

from midthought.memory.errors import BadInput
from midthought.retrieval.rerank.timed import TimedReranker


@dataclass(frozen=True, slots=True)
class RecallSettings:
    """How a memory recalls.

    Attributes:
        fusion: a name of the registry `FUSIONS`.
        spelling: search for misspelt words as the memory spells them, too; needs an encoder that knows words.
        min_similarity: abstain if the best cosine is below this, and ask no calibration. None: by the calibration of
            the encoder, or by `MIN_SIMILARITY` if it has none.
        min_score: abstain if the calibrated probability is below this; None for the calibration's own threshold.
        shadow: answer even if recall would abstain, and say what would have been withheld and why.
        reranker: reorders the first 20 hits; None for none.
    """

    fusion: str = "convex"
    spelling: bool = True
    min_similarity: float | None = None
    min_score: float | None = None
    shadow: bool = False
    reranker: TimedReranker | None = None

    def __post_init__(self) -> None:
        if self.min_similarity is not None and not -1 <= self.min_similarity <= 1:
            raise BadInput(f"min_similarity must be from -1 to 1, got {self.min_similarity}")
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise BadInput(f"min_score must be from 0 to 1, got {self.min_score}")


DEFAULT_RECALL = RecallSettings()
