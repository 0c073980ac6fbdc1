"""What recall returns: typed hits with scores, source and provenance, or an abstention."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.records.entry import Origin, StoredEntry

MIN_SIMILARITY = 0.40
"""Below this best cosine recall abstains. Measured for all-MiniLM-L6-v2 in ``benchmarks/recall/``: it answers 93 % of
near queries, 5 % of XQuAD's and 8 % of Cranfield's questions, and none of 300 strings of invented words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry found.

    Attributes:
        stored: the entry with its version and provenance.
        score: reciprocal-rank fusion of the two searches; larger is better.
        similarity: cosine between query and key, -1 to 1; None where dense search did not return it.
        bm25: BM25 score of the key; None where lexical search did not return it.
    """

    stored: StoredEntry
    score: float
    similarity: float | None
    bm25: float | None

    @property
    def origin(self) -> Origin:
        """Whose the entry is: the namespace's own, or of the starter memory."""
        return self.stored.origin


class AbstentionReason(StrEnum):
    """Why nothing was returned."""

    EMPTY_QUERY = "the query is empty"
    EMPTY_MEMORY = "the memory holds no entries"
    NOTHING_CLOSE = "nothing in the memory is close enough to the query"


@dataclass(frozen=True, slots=True)
class Abstention:
    """Recall found nothing worth handing on. `detail` gives the figures it was decided by."""

    reason: AbstentionReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RecallResult:
    """The answer to one query: hits in order, or an abstention (then no hits).

    Attributes:
        query: the query as searched.
        hits: best first.
        abstention: set exactly when `hits` is empty.
        encode_seconds: time spent encoding the query.
        search_seconds: time spent searching, fusing and fetching.
        unrecorded: why no receipt was left, though recalls are recorded; empty where one was, or none was wanted.
    """

    query: str
    hits: tuple[Hit, ...]
    abstention: Abstention | None
    encode_seconds: float
    search_seconds: float
    unrecorded: str = ""
