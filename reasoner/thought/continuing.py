"""The loop of one sample: the model thinks, a trigger fires, the memory is asked, and the model thinks on."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.stop_strings import cut_at_stop
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.branches import Branch
from midthought.reasoner.thought.events import HintInjected, HintWithheld, QuoteChecked, ThinkEvent
from midthought.reasoner.thought.queries import FormedQuery, QueryWriter
from midthought.reasoner.thought.quoting import QuoteWatch, entry_segments, span_request
from midthought.reasoner.thought.recalling import EntryFinder, Moment, use_of
from midthought.reasoner.thought.receipts import Receipt, ReceiptKind, RunTurn
from midthought.reasoner.thought.sample import OpenSample
from midthought.reasoner.thought.think_settings import ThinkSettings, derive_seed
from midthought.reasoner.thought.token_meter import TokenMeter
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.watcher import Firing, QueryForm, ThoughtWatch
from midthought.retrieval.hits import Hit

Happening = ThinkEvent | Receipt | RunTurn


class SampleWriter:
    """Writes samples; threads may share it, if they may share the engine and what finds entries.

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

    def write(self, branch: Branch, number: int, sample: int) -> Generator[Happening, None, None]:
        """Yield one continuation token by token, every quote when it is complete, and last the whole sample."""
        settings = self._settings
        quotes = QuoteWatch(branch.origins or branch.segments, settings.spans, branch=number, sample=sample)
        state = OpenSample(branch, number, sample, quotes, hint_tokens=branch.hint_tokens, seen=branch.seen)
        lead_in = _lead_in(branch, settings)
        if lead_in:
            # The lead-in is part of the continuation: with it the samples of a branch begin with a quote.
            yield state.write(lead_in)
            quotes.push(lead_in)
        watch = ThoughtWatch(settings.later_triggers, settings.triggering, self._closings)
        goes_on = True
        while goes_on:
            goes_on = yield from self._think_and_ask(state, watch)
        yield from map(QuoteChecked, quotes.finish())
        yield state.finish(settings.max_tokens, self._closings)

    def _think_and_ask(self, state: OpenSample, watch: ThoughtWatch) -> Generator[Happening, None, bool]:
        """Let the model think until it is done or a trigger has its answer; return whether there is more to write."""
        firing = yield from self._think(state, watch)
        if firing is not None:
            yield from self._answer(state, firing)
            watch.restart()
        if not state.ended:  # it goes on behind an answer, unless it had ended by itself and nothing was put in
            return firing is not None and state.ended is None
        # Write again what the model closed its thought with: it goes on with its answer.
        closed, state.ended, state.closed = state.ended, None, True
        yield state.write(closed)
        yield from map(QuoteChecked, state.quotes.push(closed))
        return True

    def _think(self, state: OpenSample, watch: ThoughtWatch) -> Generator[Happening, None, Firing | None]:
        """Let the model write until a trigger fires, or until it is done; return the firing."""
        left = self._settings.max_tokens - state.tokens
        if left < 1:
            return None
        watching = self._may_recall(state) and not watch.is_closed and not state.closed
        waits = watching and Trigger.STOP in self._settings.later_triggers
        meter, written, firing = self._call_engine(state, left), 0, None
        stream = cut_at_stop(meter.stream(), self._closings) if waits else meter.stream()
        with closing(stream):
            for token in stream:
                written += 1
                yield state.add(token)
                yield from map(QuoteChecked, state.quotes.push(token.text))
                fired = watch.read(token) if watching else None
                # Inside a quote nothing is put in: it goes on, and the trigger may fire again.
                if fired and written < left and not state.quotes.is_open:
                    firing = fired
                    break
        state.calls += 1
        yield meter.turn(state.name if state.calls == 1 else f"{state.name} leg {state.calls}")
        if waits and firing is None:
            state.ended = _closing_in(meter.text, self._closings)
            # The marks that end a thought were drawn, but not passed on.
            written = meter.tokens
            firing = watch.end() if written < left and not state.quotes.is_open else None
        state.tokens += written
        return firing

    def _may_recall(self, state: OpenSample) -> bool:
        used_up = state.hint_tokens >= self._settings.hint_tokens
        return bool(self._settings.later_triggers) and state.recalls < self._settings.recalls and not used_up

    def _call_engine(self, state: OpenSample, left: int) -> TokenMeter:
        settings, spans = self._settings, self._settings.spans
        turn = f"{state.number}.{state.sample}" + (f".{state.calls}" if state.calls else "")
        return TokenMeter(
            self._engine.generate(
                state.prompt,
                max_tokens=left,
                temperature=settings.temperature,
                seed=derive_seed(settings.seed, turn),
                spans=span_request(state.branch.segments, spans) if spans.mode is SpanMode.CONSTRAIN else None,
                entries=state.branch.entries,
                log_probs=settings.needs_log_probs,
            )
        )

    def _answer(self, state: OpenSample, firing: Firing) -> Iterator[Happening]:
        """Ask the memory, and put in the first hint that fits; without one the thought stays as it is."""
        state.recalls += 1
        moment = Moment(firing.trigger, state.number, state.sample)
        formed = yield from self._form_query(state, firing, moment)
        hits = yield from self._finder.find(formed.query, moment, tokens=formed.tokens, exclude=state.seen)
        budget = self._settings.hint_tokens - state.hint_tokens
        for hit in hits:
            hint = self._settings.prompts.frame_hint(hit.stored.entry)
            tokens = self._engine.count_tokens(hint)
            if tokens <= budget:
                yield from self._inject(state, formed, hit, (hint, tokens), moment)
                return
        if hits:
            reason = f"no hint of {len(hits)} fits the {budget} tokens that are left for hints"
            yield _receipt(ReceiptKind.RECALL, formed, hits, moment, reason=reason)
        if firing.form is QueryForm.WRITTEN:
            state.put_in(self._settings.prompts.frame_nothing(), ())

    def _form_query(self, state: OpenSample, firing: Firing, moment: Moment) -> Generator[Happening, None, FormedQuery]:
        turn = f"{state.name} query {state.recalls}"
        texts = self._settings.prompts.recalls
        match firing.form:
            case QueryForm.VERBALISED:
                return (yield from self._queries.verbalise(state.prompt, f"\n{texts.opening}", moment, turn))
            case QueryForm.INTERIM:
                return (yield from self._queries.ask_answer(state.prompt, f"\n{texts.interim}", moment, turn))
            case QueryForm.WRITTEN:
                return (yield from self._queries.take(state.prompt, firing.query, moment))

    def _inject(
        self, state: OpenSample, formed: FormedQuery, hit: Hit, hint: tuple[str, int], moment: Moment
    ) -> Iterator[Happening]:
        (text, tokens), use = hint, use_of(hit)
        state.seen = (*state.seen, hit.stored.id)
        if self._withhold:
            yield _receipt(ReceiptKind.WITHHELD, formed, [hit], moment)
            yield HintWithheld(state.number, use.entry_id, use.version, use.source, moment.trigger, state.sample)
            return
        # What the model wrote for the query stays in front of its hint.
        state.put_in(formed.thought[len(state.prompt) :], ())
        position = state.position
        state.put_in(text, entry_segments(hit.stored))
        state.hint_tokens += tokens
        state.ended = None
        yield _receipt(ReceiptKind.INJECTION, formed, [hit], moment, tokens=tokens, position=position)
        where = moment.trigger, state.sample, position
        yield HintInjected(state.number, use.entry_id, use.version, use.source, text, tokens, *where)


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


def _closing_in(text: str, closings: Sequence[str]) -> str:
    """Return the end of the thought in a text, and what was written behind it; empty if it does not end."""
    places = [text.find(one) for one in closings if one in text]
    return text[min(places) :] if places else ""


def _lead_in(branch: Branch, settings: ThinkSettings) -> str:
    """Return what a continuation begins with: the first quote's lead-in, behind the cue of a hint or by itself."""
    first = settings.spans.first_mark
    if branch.prompt.endswith(settings.prompts.cue):
        return first
    sentence = first.lstrip()
    return sentence[:1].upper() + sentence[1:]
