"""A recall in the middle of a thought: the query, the answer of the memory, and the hint that is put in."""

from collections.abc import Generator, Iterator, Sequence

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.events import HintInjected, HintWithheld, ThinkEvent
from midthought.reasoner.thought.hint_size import FramedHint, frame_within
from midthought.reasoner.thought.queries import FormedQuery, QueryRequest, QueryWriter
from midthought.reasoner.thought.quoting import entry_segments
from midthought.reasoner.thought.recalling import EntryFinder, Moment, run_through, use_of
from midthought.reasoner.thought.receipts import Receipt, ReceiptKind, RunTurn
from midthought.reasoner.thought.sample import OpenSample
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.watcher import Firing, QueryForm
from midthought.retrieval.hits import Hit

Happening = ThinkEvent | Receipt | RunTurn
"""What happens in a thought: an event for the caller, or what is noted for the record of the run."""


class LaterRecall:
    """Answers triggers, and questions of a model that asks by a tool.

    Args:
        engine: the model that thinks.
        settings: how many recalls there may be, and how much may be put in.
        finder: asks the memory.
        queries: lets the model write queries.
        withhold: nothing that is recalled is put in.
    """

    def __init__(
        self,
        engine: Engine,
        settings: ThinkSettings,
        *,
        finder: EntryFinder,
        queries: QueryWriter,
        withhold: bool,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._finder = finder
        self._queries = queries
        self._withhold = withhold

    def is_left(self, sample: OpenSample) -> bool:
        """Whether a sample may have one more recall."""
        used_up = sample.hint_tokens >= self._settings.hint_tokens
        return sample.recalls < self._settings.recalls and not used_up

    def answer(self, fired: Sequence[tuple[OpenSample, Firing]]) -> Iterator[Happening]:
        """Ask the memory for each sample that a trigger stopped, and put in the first hint that fits.

        Without one the thought stays as it is.
        """
        requests = [self._request(sample, firing) for sample, firing in fired]
        queries = yield from self._queries.form(requests)
        for (sample, firing), formed in zip(fired, queries, strict=True):
            yield from self._put_in(sample, firing, formed)

    def _request(self, sample: OpenSample, firing: Firing) -> QueryRequest:
        sample.recalls += 1
        moment = Moment(firing.trigger, sample.number, sample.sample)
        turn = f"{sample.name} query {sample.recalls}"
        return QueryRequest(sample.prompt, moment, turn, firing.form, firing.query)

    def _put_in(self, sample: OpenSample, firing: Firing, formed: FormedQuery) -> Iterator[Happening]:
        moment = Moment(firing.trigger, sample.number, sample.sample)
        found = yield from self._find_hint(sample, formed, moment)
        if found and not self._withhold:
            # What the model wrote for the query stays in front of its hint.
            sample.put_in(formed.thought[len(sample.prompt) :], ())
            position = sample.position
            sample.put_in(found.text, entry_segments(found.hit.stored, body=found.body))
            sample.ended = None
            yield from self._tell(sample, formed, found, moment, position)
        elif not found and firing.form is QueryForm.WRITTEN:
            sample.put_in(self._settings.prompts.frame_nothing(), ())

    def answer_tool(self, sample: OpenSample, told: list[Happening], query: str) -> str:
        """Return the answer to a query of the model by its tool; `told` takes what happened meanwhile."""
        return run_through(self._find_for_tool(sample, query), told)

    def _find_for_tool(self, sample: OpenSample, query: str) -> Generator[Happening, None, str]:
        prompts = self._settings.prompts
        if not self.is_left(sample):
            return prompts.recalls.nothing
        sample.recalls += 1
        moment = Moment(Trigger.TAG, sample.number, sample.sample)
        request = QueryRequest(sample.prompt, moment, "", QueryForm.WRITTEN, query)
        (formed,) = yield from self._queries.form([request])
        found = yield from self._find_hint(sample, formed, moment, runs_on=False)
        if found is None or self._withhold:
            return prompts.recalls.nothing
        yield from self._tell(sample, formed, found, moment, sample.position)
        return found.text

    def _find_hint(
        self, sample: OpenSample, formed: FormedQuery, moment: Moment, *, runs_on: bool = True
    ) -> Generator[Happening, None, FramedHint | None]:
        """Ask the memory; return the first hint that fits the budget. One that is withheld is told here."""
        hits = yield from self._finder.find(formed.query, moment, tokens=formed.tokens, exclude=sample.seen)
        budget = self._settings.hint_tokens - sample.hint_tokens
        found = next((hint for hint in self._frame(hits, runs_on) if hint.text and hint.tokens <= budget), None)
        if found is None:
            if hits:
                reason = f"no hint of {len(hits)} fits the {budget} tokens that are left for hints"
                yield _receipt(ReceiptKind.RECALL, formed, hits, moment, reason=reason)
            return None
        sample.seen = (*sample.seen, found.hit.stored.id)
        if self._withhold:
            use = use_of(found.hit)
            position = len(formed.thought) - sample.branch.start
            yield _receipt(ReceiptKind.WITHHELD, formed, [found.hit], moment, position=position)
            yield HintWithheld(sample.number, use.entry_id, use.version, use.source, moment.trigger, sample.sample)
        return found

    def _frame(self, hits: Sequence[Hit], runs_on: bool) -> Iterator[FramedHint]:
        count, most = self._engine.count_tokens, self._settings.max_hint_tokens
        for hit in hits:
            yield frame_within(self._settings.prompts, hit, count_tokens=count, max_tokens=most, runs_on=runs_on)

    def _tell(
        self, sample: OpenSample, formed: FormedQuery, found: FramedHint, moment: Moment, position: int
    ) -> Iterator[Happening]:
        """Yield the receipt and the event of a hint that was put in."""
        use = use_of(found.hit)
        sample.hint_tokens += found.tokens
        yield _receipt(ReceiptKind.INJECTION, formed, [found.hit], moment, tokens=found.tokens, position=position)
        where = moment.trigger, sample.sample, position
        yield HintInjected(sample.number, use.entry_id, use.version, use.source, found.text, found.tokens, *where)


def asks_by_tool(engine: Engine, settings: ThinkSettings) -> bool:
    """Whether recall in the thought is by a tool: the engine cannot be continued, and its model can ask."""
    recalls = settings.arm is Arm.IN_THOUGHT and Trigger.NEVER not in settings.triggers
    return recalls and engine.capabilities.continuation is Continuation.RECALL_TOOL


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
