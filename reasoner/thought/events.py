"""What happens in a thought with recall, step by step: for a terminal, a service or a test to render."""

from dataclasses import dataclass

from midthought.reasoner.thought.receipts import FinishReason, QuoteRecord, Run, ZoomRecord
from midthought.retrieval.hits import Abstention, Hit


@dataclass(frozen=True, slots=True)
class ThoughtOpened:
    """The thinking channel is open; `prompt` is the whole text so far."""

    question: str
    engine: str
    prompt: str


@dataclass(frozen=True, slots=True)
class QueryToken:
    """The model writes its query."""

    text: str


@dataclass(frozen=True, slots=True)
class QueryFormed:
    """The query is complete.

    Attributes:
        query: what is searched for.
        tokens: generated for it.
        fell_back: the model wrote none, and the question is searched for instead.
    """

    query: str
    tokens: int
    fell_back: bool


@dataclass(frozen=True, slots=True)
class EntriesRecalled:
    """Entries were found, best first: one branch each."""

    query: str
    hits: tuple[Hit, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class RecallAbstained:
    """Nothing good enough was found: one branch without a hint follows."""

    query: str
    abstention: Abstention
    seconds: float


@dataclass(frozen=True, slots=True)
class HintInjected:
    """The hint of one entry was written into the thought of one branch.

    Attributes:
        branch: counts from 0, in the order of the hits.
        source: where the entry was learnt: the first of its provenance.
        text: what was put in, marks, lead-in and cue included.
        tokens: its length.
    """

    branch: int
    entry_id: str
    version: int
    source: str
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class EntriesPlaced:
    """Recalled entries are in the cache of the one branch, hidden until attention votes for them; no hint is written.

    Attributes:
        entry_ids: of the entries, in the order of the hits.
        tokens: of all of them.
    """

    entry_ids: tuple[str, ...]
    tokens: int


@dataclass(frozen=True, slots=True)
class EvidenceToken:
    """The model copies evidence before it thinks: passage `number`, counted from 0."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class BranchToken:
    """The model thinks on, in one sample of one branch. If quotes are on, the first text is the lead-in."""

    branch: int
    sample: int
    text: str


@dataclass(frozen=True, slots=True)
class QuoteChecked:
    """A quote is complete and has been looked up."""

    quote: QuoteRecord


@dataclass(frozen=True, slots=True)
class SampleFinished:
    """One sample of a branch is complete; `zoom` says what was visible meanwhile, if the cache was zoomed."""

    branch: int
    sample: int
    text: str
    tokens: int
    finish: FinishReason
    zoom: ZoomRecord | None = None


@dataclass(frozen=True, slots=True)
class SamplesChosen:
    """The samples were compared by length.

    Attributes:
        chosen: (branch, sample), best first.
        scores: of every branch: the mean relative length of its samples.
        kept: the branches above the threshold.
    """

    chosen: tuple[tuple[int, int], ...]
    scores: tuple[float, ...]
    kept: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event: the record of the whole run, with its receipts."""

    run: Run


ThinkEvent = (
    ThoughtOpened
    | QueryToken
    | QueryFormed
    | EntriesRecalled
    | RecallAbstained
    | HintInjected
    | EntriesPlaced
    | EvidenceToken
    | BranchToken
    | QuoteChecked
    | SampleFinished
    | SamplesChosen
    | RunFinished
)
"""Everything `InThoughtRecall.think` yields."""
