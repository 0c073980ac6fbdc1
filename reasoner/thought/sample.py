"""One sample while it is written: the model's words, the hints in its middle, and what was counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from midthought.reasoner.engines.base import Token
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.answer import extract_answer
from midthought.reasoner.thought.branches import Branch
from midthought.reasoner.thought.events import BranchToken, SampleFinished
from midthought.reasoner.thought.quoting import QuoteWatch
from midthought.reasoner.thought.receipts import FinishReason, ZoomRecord
from midthought.reasoner.thought.triggers.watcher import ThoughtWatch
from midthought.reasoner.zoom.zoom_step import ZoomStep


@dataclass(slots=True)
class OpenSample:
    """A sample that is being written.

    Attributes:
        branch: what it continues; grows with what may be quoted.
        number, sample: its place.
        quotes: looks its quotes up.
        watch: its triggers.
        text: its continuation so far, hints included.
        own: the same without what was put in.
        tokens: generated for it, those of queries apart.
        calls: of the engine for it, those of queries apart.
        recalls: in its middle so far.
        hint_tokens: of all hints in it, that at the start included.
        seen: ids of the entries that it has seen.
        ended: the model has ended its thought, and what it wrote to close it, if it did.
        closed: its thought is over; it is not interrupted any more.
        is_cut: the engine had no room for more.
    """

    branch: Branch
    number: int
    sample: int
    quotes: QuoteWatch
    watch: ThoughtWatch
    text: str = ""
    own: str = ""
    tokens: int = 0
    calls: int = 0
    recalls: int = 0
    hint_tokens: int = 0
    seen: tuple[str, ...] = ()
    ended: str | None = None
    closed: bool = False
    is_cut: bool = False
    steps: list[ZoomStep] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)

    @property
    def prompt(self) -> str:
        """The whole text so far."""
        return self.branch.prompt + self.text

    @property
    def position(self) -> int:
        """Characters of the thought so far."""
        return len(self.prompt) - self.branch.start

    @property
    def name(self) -> str:
        """Names it in turns."""
        return f"branch {self.number} sample {self.sample}"

    def add(self, token: Token) -> BranchToken:
        """Take a token of the model; return its event."""
        self.steps += [token.zoom] if token.zoom else []
        self.entropies += [] if token.entropy is None else [token.entropy]
        self.log_probs += [] if token.log_prob is None else [token.log_prob]
        return self.write(token.text)

    def write(self, text: str) -> BranchToken:
        """Take words that count as the model's own; return their event."""
        self.text += text
        self.own += text
        return BranchToken(self.number, self.sample, text)

    def put_in(self, text: str, segments: Sequence[Segment]) -> None:
        """Take what was put in; `segments` may be quoted from there on."""
        self.text += text
        self.branch = replace(self.branch, segments=(*self.branch.segments, *segments))
        self.quotes.pass_over(text, segments)

    def finish(self, max_tokens: int, closings: Sequence[str]) -> SampleFinished:
        """Return the event of its end."""
        branch = self.branch
        prompt = branch.entries.insert_into(branch.prompt) if branch.entries else branch.prompt
        return SampleFinished(
            self.number,
            self.sample,
            self.text,
            self.tokens,
            FinishReason.LENGTH if self.is_cut or self.tokens >= max_tokens else FinishReason.DONE,
            ZoomRecord(prompt + self.text, tuple(self.steps)) if self.steps else None,
            extract_answer(self.own, thought_end=next((one for one in closings if one in self.own), "</think>")),
            _mean(self.entropies),
            _mean(self.log_probs),
            self.recalls,
        )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
