"""The loop of the samples: the model thinks, a trigger fires, the memory is asked, and the model thinks on."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.branch_streams import generate_together, is_parallel
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.branches import Branch
from midthought.reasoner.thought.events import QuoteChecked
from midthought.reasoner.thought.later_recall import Happening, LaterRecall, asks_by_tool
from midthought.reasoner.thought.legs import Leg
from midthought.reasoner.thought.quoting import QuoteWatch, span_request
from midthought.reasoner.thought.sample import OpenSample
from midthought.reasoner.thought.think_settings import ThinkSettings, derive_seed
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.watcher import ThoughtWatch


class SampleWriter:
    """Writes the samples of all branches.

    Args:
        engine: the model that thinks.
        settings: how long, and when to recall.
        recall: answers the triggers.
        closings: each of these ends a thought; the first is the one to write.
    """

    def __init__(
        self, engine: Engine, settings: ThinkSettings, *, recall: LaterRecall, closings: Sequence[str]
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._recall = recall
        self._closings = tuple(closings)
        self._answers_tool = asks_by_tool(engine, settings)

    def write(self, branches: Sequence[Branch], share: int) -> Generator[Happening, None, None]:
        """Yield `share` continuations of each branch token by token, each quote and each sample when it is complete.

        An engine that gains by it writes all at once, in rounds: the triggers of a round have their answers before the
        next begins. The others write one sample after the other.
        """
        samples = [
            self._open(branch, number, sample) for number, branch in enumerate(branches) for sample in range(share)
        ]
        # Several at once have neither a tool nor entries in their cache.
        alone = self._answers_tool or any(branch.entries for branch in branches)
        together = is_parallel(self._engine) and not alone
        for group in [samples] if together else [[sample] for sample in samples]:
            for sample in group:
                yield from self._lead_in(sample)
            while group:
                group = yield from self._write_round(group)

    def _open(self, branch: Branch, number: int, sample: int) -> OpenSample:
        settings = self._settings
        quotes = QuoteWatch(branch.origins or branch.segments, settings.spans, branch=number, sample=sample)
        watch = ThoughtWatch(settings.later_triggers, settings.triggering, self._closings)
        return OpenSample(branch, number, sample, quotes, watch, hint_tokens=branch.hint_tokens, seen=branch.seen)

    def _lead_in(self, sample: OpenSample) -> Iterator[Happening]:
        """Begin with a quote, if quotes are on: the lead-in is part of the continuation."""
        text = _lead_in(sample.branch, self._settings)
        if text:
            yield sample.write(text)
            sample.quotes.push(text)

    def _write_round(self, samples: Sequence[OpenSample]) -> Generator[Happening, None, list[OpenSample]]:
        """Let the engine write each sample until a trigger fires or it is done; return those that go on."""
        legs = [self._begin_leg(sample) for sample in samples]
        writing = [leg for leg in legs if leg.left > 0]
        if writing:
            with closing(self._call_engine(writing)) as happenings:
                yield from happenings
        for leg in writing:
            yield from leg.finish()
        fired = [(leg.sample, leg.firing) for leg in legs if leg.firing]
        if fired:
            yield from self._recall.answer(fired)
        going_on = []
        for leg in legs:
            if (yield from self._goes_on(leg)):
                going_on.append(leg.sample)
            else:
                yield from map(QuoteChecked, leg.sample.quotes.finish())
                yield leg.sample.finish(self._settings.max_tokens, self._closings)
        return going_on

    def _begin_leg(self, sample: OpenSample) -> Leg:
        settings = self._settings
        waits = Trigger.STOP in settings.later_triggers
        may_fire = bool(settings.later_triggers) and not self._answers_tool and self._recall.is_left(sample)
        watches = may_fire and not (sample.closed or sample.watch.is_closed)
        return Leg(sample, settings.max_tokens - sample.tokens, self._closings, watches=watches, waits=waits)

    def _call_engine(self, legs: Sequence[Leg]) -> Generator[Happening, None, None]:
        """Yield what the engine writes for each leg."""
        if len(legs) == 1:
            yield from self._write_one(legs[0])
            return
        settings, samples = self._settings, [leg.sample for leg in legs]
        over = set[int]()
        stream = generate_together(
            self._engine,
            [sample.prompt for sample in samples],
            seeds=[self._seed(sample) for sample in samples],
            max_tokens=max(leg.left for leg in legs),
            temperature=settings.temperature,
            spans=[self._spans(sample) for sample in samples] if settings.spans.mode is SpanMode.CONSTRAIN else (),
            log_probs=settings.needs_log_probs,
            closed=over,
        )
        with closing(stream):
            for place, token in stream:
                if place in over:  # written before the engine knew
                    continue
                yield from legs[place].read(token)
                if legs[place].is_over:
                    over.add(place)

    def _write_one(self, leg: Leg) -> Generator[Happening, None, None]:
        settings, sample = self._settings, leg.sample
        told: list[Happening] = []
        stream = self._engine.generate(
            sample.prompt,
            max_tokens=leg.left,
            temperature=settings.temperature,
            seed=self._seed(sample),
            spans=self._spans(sample),
            entries=sample.branch.entries,
            log_probs=settings.needs_log_probs,
            on_recall=partial(self._recall.answer_tool, sample, told) if self._answers_tool else None,
        )
        # Closing the stream stops the model: when a trigger fires, and when the caller stops listening.
        with closing(stream):
            for token in stream:
                yield from _take_out(told)
                yield from leg.read(token)
                if leg.is_over:
                    break
        yield from _take_out(told)

    def _seed(self, sample: OpenSample) -> int:
        turn = f"{sample.number}.{sample.sample}" + (f".{sample.calls}" if sample.calls else "")
        return derive_seed(self._settings.seed, turn)

    def _spans(self, sample: OpenSample) -> SpanRequest | None:
        spans = self._settings.spans
        return span_request(sample.branch.segments, spans) if spans.mode is SpanMode.CONSTRAIN else None

    def _goes_on(self, leg: Leg) -> Generator[Happening, None, bool]:
        """Return whether a sample goes on behind a leg, whose trigger has its answer if one fired."""
        sample = leg.sample
        if leg.firing is not None:
            sample.watch.restart()
        if not sample.ended:  # it goes on behind an answer, unless it had ended by itself and nothing was put in
            return leg.firing is not None and sample.ended is None
        # Write again what the model closed its thought with: it goes on with its answer.
        closed, sample.ended, sample.closed = sample.ended, None, True
        yield sample.write(closed)
        yield from map(QuoteChecked, sample.quotes.push(closed))
        return not sample.is_cut


def _take_out(told: list[Happening]) -> Iterator[Happening]:
    while told:
        yield told.pop(0)


def _lead_in(branch: Branch, settings: ThinkSettings) -> str:
    """Return what a continuation begins with: the first quote's lead-in, behind the cue of a hint or by itself."""
    first = settings.spans.first_mark
    if branch.prompt.endswith(settings.prompts.cue):
        return first
    sentence = first.lstrip()
    return sentence[:1].upper() + sentence[1:]
