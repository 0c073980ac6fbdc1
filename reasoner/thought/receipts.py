"""The records of a recall, an injection and a solved problem: plain values, written as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from midthought.memory.records.ids import content_id
from midthought.memory.records.trajectory import Outcome
from midthought.memory.records.trust import Trust
from midthought.reasoner.spans.segments import SegmentKind
from midthought.reasoner.spans.verdict import QuoteVerdict
from midthought.reasoner.zoom.zoom_step import OpenPart, ZoomStep

Value = str | int | float | bool


class ReceiptKind(StrEnum):
    """A receipt is of a recall, of the injection of one entry, or of one quote in a thought."""

    RECALL = "recall"
    INJECTION = "injection"
    WITHHELD = "withheld"
    """An injection that would have been, in a run that holds out."""
    QUOTE = "quote"


class FinishReason(StrEnum):
    """Why a sample ended: the model was done, or it was cut.

    It is cut by the number of tokens that it may have, by the window of the model, or by a limit of a server.
    """

    DONE = "done"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class EntryUse:
    """One entry in a receipt: which, in which version, found how near, learnt where, and how far it can be trusted.

    Attributes:
        flags: what of it looks like instructions to a model.
        not_injected: why it is not put into a thought, although it was found; empty if it may be.
    """

    entry_id: str
    version: int
    score: float
    similarity: float | None
    source: str
    trust: Trust = Trust.LEARNT
    flags: tuple[str, ...] = ()
    not_injected: str = ""


@dataclass(frozen=True, slots=True)
class QuoteSource:
    """One place of a quote: characters ``[start, end)`` of a segment, with its entry, version and trajectory."""

    segment: str
    kind: SegmentKind
    start: int
    end: int
    entry_id: str
    version: int
    trajectory_id: str


@dataclass(frozen=True, slots=True)
class QuoteRecord:
    """One quote in a thought, looked up in what could be quoted.

    Attributes:
        branch, sample: its continuation; `EVIDENCE` for both in the evidence stage.
        text: the text between the marks: characters ``[start, end)`` of the continuation.
        closed: the closing mark was written.
        verdict: ``exact`` and ``normalised`` quotes are supported, ``altered`` and ``invented`` ones are not.
        sources: every place where it occurs; none if it is not supported.
        nearest: the most similar place, for a quote that is not supported; None if nothing is similar.
        nearest_text: the characters there.
        similarity: of the two, 0 to 1; 0 without `nearest`.
    """

    branch: int
    sample: int
    text: str
    start: int
    end: int
    closed: bool
    verdict: QuoteVerdict
    sources: tuple[QuoteSource, ...]
    nearest: QuoteSource | None
    nearest_text: str
    similarity: float

    @property
    def supported(self) -> bool:
        """Whether the quote has a source."""
        return self.verdict in (QuoteVerdict.EXACT, QuoteVerdict.NORMALISED)


EVIDENCE = -1
"""Branch and sample of a quote that was copied before the thought (evidence first)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a recall or an injection returned, or where a quote comes from; why, and at what cost.

    Attributes:
        query: what was searched for; the quoted text.
        entries: what was returned, best first; the one entry of an injection; those a quote stands in.
        abstention: why nothing was returned; empty otherwise.
        tokens: generated for the query (recall), put into the thought (injection), or quoted.
        seconds: spent in recall; 0 otherwise.
        quote: set for a quote alone.
        trigger: why a recall or an injection happened: a trigger, or the arm that puts texts before the thought; empty
            for a quote, and for a recall outside of a thought.
        branch, sample: the continuation it happened in; `EVIDENCE` for both before there is one.
        position: the place of an injection, or where one is withheld: so many characters of the thought stand before
            it. 0 before the thought.
    """

    kind: ReceiptKind
    query: str
    entries: tuple[EntryUse, ...]
    abstention: str
    tokens: int
    seconds: float
    quote: QuoteRecord | None = None
    trigger: str = ""
    branch: int = EVIDENCE
    sample: int = EVIDENCE
    position: int = 0

    @property
    def id(self) -> str:
        """The content hash of the receipt."""
        return content_id("receipt", self.to_json())

    def to_json(self) -> str:
        """Return the receipt as one line of JSON with sorted keys."""
        return _to_json(asdict(self))


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One continuation of a run: the entry it was given (empty without a hint), its cost, and how it was judged.

    `score` is that of the selector; `rank` counts the chosen from 1, 0 for the others.
    """

    branch: int
    sample: int
    entry_id: str
    version: int
    tokens: int
    finish: FinishReason
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class RunTurn:
    """One call of the engine in a run: what it wrote and what it had to read.

    Attributes:
        name: ``query``, ``evidence``, ``branch 0 sample 0``; behind a recall in its middle ``branch 0 sample 0 leg 2``,
            and for the query of that recall ``branch 0 sample 0 query 1``.
        tokens: that were generated.
        prompt_tokens: of the prompt; 0 if the engine does not say.
        cached_tokens: those of the prompt that came from a cache.
    """

    name: str
    tokens: int
    prompt_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ZoomRecord:
    """What of the cache was visible while a continuation was written.

    Attributes:
        text: all of it, the prompt included; the places of `steps` are characters of it.
        steps: some of them, in order.
    """

    text: str
    steps: tuple[ZoomStep, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One solved problem.

    Attributes:
        question: as it was asked.
        engine: the engine's name.
        configuration: the settings by name.
        query: what was searched for; empty if nothing was.
        receipts: of the recall, of every injection and of every quote, in order.
        samples: every continuation, in the order they were written.
        text: what the chosen continuation added to the thought, hints in its middle included, and the answer after it.
        answer: the final answer marked in the model's own words of `text`; empty if none is.
        turns: every call of the engine, in order.
        seconds: wall time, the caller's pauses between events included.
        outcome: whether the answer was right, as the user or a checker says later.
        arm: how the memory was used: in the thought, before it, not at all.
        withheld: by chance nothing that was recalled was injected, so that the effect of entries can be measured.
        degraded: what could not be done, one reason each: recalls that failed, without which the thought went on.
        zoom: what was visible while the chosen continuation was written; None if the cache was not zoomed.
    """

    question: str
    engine: str
    configuration: tuple[tuple[str, Value], ...]
    query: str
    receipts: tuple[Receipt, ...]
    samples: tuple[SampleRecord, ...]
    text: str
    answer: str
    turns: tuple[RunTurn, ...]
    seconds: float
    outcome: Outcome = Outcome.UNKNOWN
    zoom: ZoomRecord | None = None
    arm: str = "in-thought"
    withheld: bool = False
    degraded: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The content hash of the run, its outcome apart: learning that later does not make it another run."""
        return content_id("run", _to_json(self._as_dict() | {"outcome": None}))

    @property
    def tokens(self) -> int:
        """Every generated token."""
        return sum(turn.tokens for turn in self.turns)

    def prefill_token_equivalents(self, decode_constant: float) -> float:
        """Return the cost in tokens of a prompt that is read: those read, and each generated one for several.

        Tokens that came from a cache cost nothing. Where the engine does not say what it read, only the generated ones
        count.

        Args:
            decode_constant: how many tokens of a prompt cost as much as one generated token; see docs/cost.md.

        Raises:
            ValueError: it is not above 0.
        """
        if not decode_constant > 0:
            raise ValueError(f"decode_constant must be above 0, got {decode_constant}")
        read = sum(turn.prompt_tokens - turn.cached_tokens for turn in self.turns)
        return read + decode_constant * self.tokens

    @property
    def entries_used(self) -> tuple[str, ...]:
        """The ids of the entries behind the chosen samples, best first, each once."""
        chosen = sorted((one for one in self.samples if one.rank), key=lambda one: one.rank)
        return tuple(dict.fromkeys(one.entry_id for one in chosen if one.entry_id))

    def to_json(self) -> str:
        """Return the run as one line of JSON with sorted keys; the configuration becomes an object."""
        return _to_json(self._as_dict() | {"entries_used": list(self.entries_used), "tokens": self.tokens})

    def _as_dict(self) -> dict[str, object]:
        return asdict(self) | {"configuration": dict(self.configuration)}


def read_zoom_record(run: str) -> ZoomRecord | None:
    """Return what a run, as `Run.to_json` writes it, says of its cache; None if that was not zoomed."""
    found = json.loads(run).get("zoom")
    if found is None:
        return None
    steps = [step | {"opened": tuple(OpenPart(**part) for part in step["opened"])} for step in found["steps"]]
    return ZoomRecord(found["text"], tuple(ZoomStep(**step) for step in steps))


def _to_json(content: Mapping[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
