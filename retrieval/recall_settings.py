"""How one memory recalls: what its settings say, and what a caller may change for one recall."""

from dataclasses import dataclass

from midthought.memory.errors import BadInput
from midthought.retrieval.fusion.registry import FUSIONS
from midthought.retrieval.query_reasoning.timed import TimedReasoner
from midthought.retrieval.rerank.timed import TimedReranker


@dataclass(frozen=True, slots=True)
class RecallSettings:
    """How a memory recalls.

    Attributes:
        fusion: a name of the registry `FUSIONS`.
        spelling: search for misspelt words as the memory spells them, too; needs an encoder that knows words.
        all_keys: rank by all keys of an entry, not by the best alone; see `read_nearness`.
        min_similarity: abstain if the best cosine is below this, and ask no calibration. None: by the calibration of
            the encoder, or by `MIN_SIMILARITY` if it has none.
        min_score: abstain if the calibrated probability is below this; None for the calibration's own threshold.
        shadow: answer even if recall would abstain, and say what would have been withheld and why.
        reranker: reorders the first 20 hits; None for none.
        reasoner: writes texts that are searched as well; None for none.
        kind_margin: the best hit of every kind is among the first three if its score is at least ``1 - kind_margin``
            times the best score; 0 for no such places.
        copy_cosine: hits whose key has at least this cosine to the key of a better hit come last; 0: nothing moves.
        prior_weight: share of the best score that is added at most to an entry for the right traces it was learnt from.
        expansion: the last of three or more hits is the concept of the first, if that is a procedure, or its best
            procedure, if that is a concept; if there is one that is linked well enough.
        inject_flagged: imported entries that look like instructions may be put into a thought; see `find_flags`.
        prefer_domain: entries of this domain score higher, and no other is left out; empty for none.
    """

    fusion: str = "convex"
    spelling: bool = True
    all_keys: bool = True
    min_similarity: float | None = None
    min_score: float | None = None
    shadow: bool = False
    reranker: TimedReranker | None = None
    reasoner: TimedReasoner | None = None
    kind_margin: float = 0.0
    copy_cosine: float = 0.0
    prior_weight: float = 0.0
    expansion: bool = False
    inject_flagged: bool = False
    prefer_domain: str = ""

    def __post_init__(self) -> None:
        FUSIONS.check(self.fusion)
        for name, low in (("min_similarity", -1), ("min_score", 0), *((part, 0) for part in _PARTS)):
            value = getattr(self, name)
            if value is not None and not low <= value <= 1:
                raise BadInput(f"{name} must be from {low} to 1, got {value}")

    @property
    def arranges(self) -> bool:
        """Whether any part orders more hits than are returned."""
        return any(getattr(self, name) for name in (*_PARTS, "prefer_domain"))


_PARTS = ("kind_margin", "copy_cosine", "prior_weight")
"""The parts that order hits beyond the ranking; each is from 0, which is off, to 1."""
DEFAULT_RECALL = RecallSettings()
