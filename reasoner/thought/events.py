"""What happens in a thought with recall, step by step: for a terminal, a service or a test to render.

Events of a recall say where it happens: `trigger`, and the branch and sample in whose middle it is.
Both are `BEFORE` if there is none yet.
"""

from dataclasses import dataclass

from midthought.reasoner.thought.receipts import EVIDENCE, FinishReason, QuoteRecord, Run, ZoomRecord
from midthought.retrieval.hits import Abstention, Hit

BEFORE = EVIDENCE
"""Branch and sample of what happens before the thought has branches."""


@dataclass(frozen=True, slots=True)
class ThoughtOpened:
    """The thinking channel is open.

    Attributes:
        prompt: the whole text so far.
        fallback: how recall differs from what the settings ask for, because the engine cannot continue a thought;
            empty if it does not differ.
    """

    question: str
    engine: str
    prompt: str
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class QueryToken:
    """The model writes its query, or the answer it has so far."""

    text: str
    trigger: str = "start"
    branch: int = BEFORE
    sample: int = BEFORE


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
    trigger: str = "start"
    branch: int = BEFORE
    sample: int = BEFORE


@dataclass(frozen=True, slots=True)
class EntriesRecalled:
    """Entries were found, best first: one branch each at the start, the first that fits in the middle of a thought.

    `examples_left_out` counts what `RecallResult.examples_left_out` counts.
    """

    query: str
    hits: tuple[Hit, ...]
    seconds: float
    trigger: str = "start"
    branch: int = BEFORE
    sample: int = BEFORE
    examples_left_out: int = 0


@dataclass(frozen=True, slots=True)
class RecallAbstained:
    """Nothing good enough was found: the thought goes on as if it had not been searched for.

    `examples_left_out` counts what `RecallResult.examples_left_out` counts.
    """

    query: str
    abstention: Abstention
    seconds: float
    trigger: str = "start"
    branch: int = BEFORE
    sample: int = BEFORE
    examples_left_out: int = 0


@dataclass(frozen=True, slots=True)
class RecallFailed:
    """The memory could not answer: the thought goes on without it; `reason` says why."""

    query: str
    reason: str
    trigger: str = "start"
    branch: int = BEFORE
    sample: int = BEFORE


@dataclass(frozen=True, slots=True)
class HintInjected:
    """The hint of one entry, or a text of a trace, was written into or before the thought.

    Attributes:
        branch: counts from 0, in the order of the hits.
        entry_id: of the entry; for a text of a trace the id of that.
        source: where the entry was learnt: the first of its provenance.
        text: what was put in, marks, lead-in and cue included.
        tokens: its length.
        trigger: as in `Receipt`.
        sample: the one in whose middle it is; `BEFORE` for all of the branch.
        position: so many characters of the thought stand before it; 0 before the thought.
    """

    branch: int
    entry_id: str
    version: int
    source: str
    text: str
    tokens: int
    trigger: str = "start"
    sample: int = BEFORE
    position: int = 0


@dataclass(frozen=True, slots=True)
class HintWithheld:
    """The hint of one entry would have been written, but this run holds out; see `HintInjected`."""

    branch: int
    entry_id: str
    version: int
    source: str
    trigger: str = "start"
    sample: int = BEFORE


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
    """One sample of a branch is complete.

    Attributes:
        text: what it added to the thought, hints in its middle included.
        tokens: that the model generated for it, those of queries apart.
        zoom: what was visible meanwhile; None if the cache was not zoomed.
        answer: the final answer marked in the model's own words; empty if none is.
        entropy: the mean entropy of its tokens, in nats; None if the engine was not asked for it.
        log_prob: the mean natural logarithm of their probability; None likewise.
        recalls: how many recalls there were in its middle.
    """

    branch: int
    sample: int
    text: str
    tokens: int
    finish: FinishReason
    zoom: ZoomRecord | None = None
    answer: str = ""
    entropy: float | None = None
    log_prob: float | None = None
    recalls: int = 0


@dataclass(frozen=True, slots=True)
class SamplesChosen:
    """The samples were compared.

    Attributes:
        chosen: (branch, sample), best first.
        scores: of every branch: the mean score of its samples; with the selector `length`, of their relative lengths.
        kept: the branches whose samples could be chosen; with the selector `length`, those above the threshold.
        selector: how they were compared.
    """

    chosen: tuple[tuple[int, int], ...]
    scores: tuple[float, ...]
    kept: tuple[int, ...]
    selector: str = "length"


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
    | RecallFailed
    | HintInjected
    | HintWithheld
    | EntriesPlaced
    | EvidenceToken
    | BranchToken
    | QuoteChecked
    | SampleFinished
    | SamplesChosen
    | RunFinished
)
"""Everything `InThoughtRecall.think` yields."""
