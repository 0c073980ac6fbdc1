"""A thought that is continued: its text so far, what may be quoted in it, and the continuing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from midthought.memory.records.entry import StoredEntry
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.events import BranchToken, QuoteChecked, SampleFinished
from midthought.reasoner.thought.quoting import QuoteWatch, span_request
from midthought.reasoner.thought.receipts import FinishReason, ZoomRecord
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.zoom.zoom_step import ZoomStep
from midthought.retrieval.hits import Hit


@dataclass(frozen=True, slots=True)
class Branch:
    """A thought to be continued.

    Attributes:
        prompt: the whole text so far.
        segments: the texts in it that may be quoted.
        hit: the entry whose hint is in it, or from which most evidence came; None without.
        origins: what quotes are looked up in, if that is not `segments`: the texts the evidence was copied from.
        entries: recalled entries that stand in the cache; None if there are none, or hints in the text instead.
    """

    prompt: str
    segments: tuple[Segment, ...]
    hit: Hit | None = None
    origins: tuple[Segment, ...] = ()
    entries: RecalledEntries | None = None

    @property
    def stored(self) -> StoredEntry | None:
        """The entry of `hit`."""
        return self.hit.stored if self.hit else None


def continue_branch(
    engine: Engine, branch: Branch, settings: ThinkSettings, *, number: int, sample: int, seed: int
) -> Iterator[BranchToken | QuoteChecked | SampleFinished]:
    """Yield one continuation token by token, every quote when it is complete, and last the whole sample."""
    spans = settings.spans
    watch = QuoteWatch(branch.origins or branch.segments, spans, branch=number, sample=sample)
    lead_in = _lead_in(branch, settings)
    tokens = engine.generate(
        branch.prompt + lead_in,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        seed=seed,
        spans=span_request(branch.segments, spans) if spans.mode is SpanMode.CONSTRAIN else None,
        entries=branch.entries,
    )
    pieces, steps = [lead_in], list[ZoomStep]()
    if lead_in:
        # The lead-in is part of the continuation: with it the samples of a branch begin with a quote.
        yield BranchToken(number, sample, lead_in)
        watch.push(lead_in)
    # Closing the generator stops the model when the caller stops listening.
    with closing(tokens):
        for token in tokens:
            pieces.append(token.text)
            steps += [token.zoom] if token.zoom else []
            yield BranchToken(number, sample, token.text)
            yield from map(QuoteChecked, watch.push(token.text))
    yield from map(QuoteChecked, watch.finish())
    count = len(pieces) - 1
    finish = FinishReason.LENGTH if count >= settings.max_tokens else FinishReason.DONE
    text = "".join(pieces)
    prompt = branch.entries.insert_into(branch.prompt) if branch.entries else branch.prompt
    zoom = ZoomRecord(prompt + text, tuple(steps)) if steps else None
    yield SampleFinished(number, sample, text, count, finish, zoom)


def _lead_in(branch: Branch, settings: ThinkSettings) -> str:
    """Return what a continuation begins with: the first quote's lead-in, behind the cue of a hint or by itself."""
    first = settings.spans.first_mark
    if branch.prompt.endswith(settings.prompts.cue):
        return first
    sentence = first.lstrip()
    return sentence[:1].upper() + sentence[1:]
