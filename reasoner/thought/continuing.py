"""The loop of the samples: the model thinks, a trigger fires, the memory is asked, and the model thinks on."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.branch_streams import generate_together, is_parallel
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.branches import Branch
from midthought.reasoner.thought.events import HintInjected, HintWithheld, QuoteChecked, ThinkEvent
from midthought.reasoner.thought.legs import Leg
from midthought.reasoner.thought.queries import FormedQuery, QueryWriter
from midthought.reasoner.thought.quoting import QuoteWatch, entry_segments, span_request
from midthought.reasoner.thought.recalling import EntryFinder, Moment, use_of
from midthought.reasoner.thought.receipts import Receipt, ReceiptKind, RunTurn
from midthought.reasoner.thought.sample import OpenSample
from midthought.reasoner.thought.think_settings import ThinkSettings, derive_seed
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.watcher import Firing, QueryForm, ThoughtWatch
from midthought.retrieval.hits import Hit

Happening = ThinkEvent | Receipt | RunTurn


class SampleWriter:
    """Writes the samples of all branches.

    Args:
        engine: the model that thinks.
        settings: how long, when to recall, and how much may be put in.
        finder: asks the memory.
        queries: lets the model write queries.
        closings: each of these ends a thought; the first is the one to write.
        withhold: nothing that is recalled is put in.
    """

    def __init__(
        self,
        engine: Engine,
        settings: ThinkSettings,
        *,
        finder: EntryFinder,
        queries: QueryWriter,
        closings: Sequence[str],
        withhold: bool,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._finder = finder
        self._queries = queries
        self._closings = tuple(closings)
        self._withhold = withhold

    def write(self, branches: Sequence[Branch], share: int) -> Generator[Happening, None, None]:
        """Yield `share` continuations of each branch token by token, each quote and each sample when it is complete.

        An engine that gains by it writes all at once, in rounds: the triggers of a round have their answers before the
        next begins. The others write one sample after the other.
        """
        samples = [
            self._open(branch, number, sample) for number, branch in enumerate(branches) for sample in range(share)
        ]
        together = is_parallel(self._engine) and not any(branch.entries for branch in branches)
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
        going_on = []
        for leg in legs:
            if leg.left > 0:
                yield from leg.finish()
            if (yield from self._follow(leg)):
                going_on.append(leg.sample)
            else:
                yield from map(QuoteChecked, leg.sample.quotes.finish())
                yield leg.sample.finish(self._settings.max_tokens, self._closings)
        return going_on

    def _begin_leg(self, sample: OpenSample) -> Leg:
        settings = self._settings
        waits = Trigger.STOP in settings.later_triggers
        watches = self._may_recall(sample) and not sample.watch.is_closed and not sample.closed
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
        stream = self._engine.generate(
            sample.prompt,
            max_tokens=leg.left,
            temperature=settings.temperature,
            seed=self._seed(sample),
            spans=self._spans(sample),
            entries=sample.branch.entries,
            log_probs=settings.needs_log_probs,
        )
        # Closing the stream stops the model: when a trigger fires, and when the caller stops listening.
        with closing(stream):
            for token in stream:
                yield from leg.read(token)
                if leg.is_over:
                    break

    def _seed(self, sample: OpenSample) -> int:
        turn = f"{sample.number}.{sample.sample}" + (f".{sample.calls}" if sample.calls else "")
        return derive_seed(self._settings.seed, turn)

    def _spans(self, sample: OpenSample) -> SpanRequest | None:
        spans = self._settings.spans
        return span_request(sample.branch.segments, spans) if spans.mode is SpanMode.CONSTRAIN else None

    def _follow(self, leg: Leg) -> Generator[Happening, None, bool]:
        """Answer the trigger that ended a leg, if one did; return whether the sample goes on."""
        sample = leg.sample
        if leg.firing is not None:
            yield from self._answer(sample, leg.firing)
            sample.watch.restart()
        if not sample.ended:  # it goes on behind an answer, unless it had ended by itself and nothing was put in
            return leg.firing is not None and sample.ended is None
        # Write again what the model closed its thought with: it goes on with its answer.
        closed, sample.ended, sample.closed = sample.ended, None, True
        yield sample.write(closed)
        yield from map(QuoteChecked, sample.quotes.push(closed))
        return True

    def _may_recall(self, sample: OpenSample) -> bool:
        used_up = sample.hint_tokens >= self._settings.hint_tokens
        return bool(self._settings.later_triggers) and sample.recalls < self._settings.recalls and not used_up

    def _answer(self, sample: OpenSample, firing: Firing) -> Iterator[Happening]:
        """Ask the memory, and put in the first hint that fits; without one the thought stays as it is."""
        sample.recalls += 1
        moment = Moment(firing.trigger, sample.number, sample.sample)
        formed = yield from self._form_query(sample, firing, moment)
        hits = yield from self._finder.find(formed.query, moment, tokens=formed.tokens, exclude=sample.seen)
        budget = self._settings.hint_tokens - sample.hint_tokens
        for hit in hits:
            hint = self._settings.prompts.frame_hint(hit.stored.entry)
            tokens = self._engine.count_tokens(hint)
            if tokens <= budget:
                yield from self._inject(sample, formed, hit, (hint, tokens), moment)
                return
        if hits:
            reason = f"no hint of {len(hits)} fits the {budget} tokens that are left for hints"
            yield _receipt(ReceiptKind.RECALL, formed, hits, moment, reason=reason)
        if firing.form is QueryForm.WRITTEN:
            sample.put_in(self._settings.prompts.frame_nothing(), ())

    def _form_query(
        self, sample: OpenSample, firing: Firing, moment: Moment
    ) -> Generator[Happening, None, FormedQuery]:
        turn = f"{sample.name} query {sample.recalls}"
        texts = self._settings.prompts.recalls
        match firing.form:
            case QueryForm.VERBALISED:
                return (yield from self._queries.verbalise(sample.prompt, f"\n{texts.opening}", moment, turn))
            case QueryForm.INTERIM:
                return (yield from self._queries.ask_answer(sample.prompt, f"\n{texts.interim}", moment, turn))
            case QueryForm.WRITTEN:
                return (yield from self._queries.take(sample.prompt, firing.query, moment))

    def _inject(
        self, sample: OpenSample, formed: FormedQuery, hit: Hit, hint: tuple[str, int], moment: Moment
    ) -> Iterator[Happening]:
        (text, tokens), use = hint, use_of(hit)
        sample.seen = (*sample.seen, hit.stored.id)
        if self._withhold:
            yield _receipt(ReceiptKind.WITHHELD, formed, [hit], moment)
            yield HintWithheld(sample.number, use.entry_id, use.version, use.source, moment.trigger, sample.sample)
            return
        # What the model wrote for the query stays in front of its hint.
        sample.put_in(formed.thought[len(sample.prompt) :], ())
        position = sample.position
        sample.put_in(text, entry_segments(hit.stored))
        sample.hint_tokens += tokens
        sample.ended = None
        yield _receipt(ReceiptKind.INJECTION, formed, [hit], moment, tokens=tokens, position=position)
        where = moment.trigger, sample.sample, position
        yield HintInjected(sample.number, use.entry_id, use.version, use.source, text, tokens, *where)


def _receipt(
    kind: ReceiptKind,
    formed: FormedQuery,
    hits: Sequence[Hit],
    moment: Moment,
    *,
    reason: str = "",
    tokens: int = 0,
    position: int = 0,
) -> Receipt:
    uses = tuple(map(use_of, hits))
    place = moment.trigger, moment.branch, moment.sample, position
    return Receipt(kind, formed.query, uses, reason, tokens, 0.0, None, *place)


def _lead_in(branch: Branch, settings: ThinkSettings) -> str:
    """Return what a continuation begins with: the first quote's lead-in, behind the cue of a hint or by itself."""
    first = settings.spans.first_mark
    if branch.prompt.endswith(settings.prompts.cue):
        return first
    sentence = first.lstrip()
    return sentence[:1].upper() + sentence[1:]
