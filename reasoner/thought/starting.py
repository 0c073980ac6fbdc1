"""The beginning of a thought: what is recalled at its start or before it, and one branch for each hint."""

from collections.abc import Generator, Sequence
from dataclasses import replace

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.recalled_entries import RecalledEntries, write_entry
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought import events as thought_events
from midthought.reasoner.thought.arms import Arm, FindsTraces, TraceText
from midthought.reasoner.thought.branches import Branch
from midthought.reasoner.thought.events import BEFORE
from midthought.reasoner.thought.evidence import EvidenceFirst
from midthought.reasoner.thought.hint_size import FramedHint, frame_within
from midthought.reasoner.thought.later_recall import asks_by_tool
from midthought.reasoner.thought.queries import QueryRequest, QueryWriter
from midthought.reasoner.thought.quoting import asked_segments, entry_segments, pose_question
from midthought.reasoner.thought.recalling import EntryFinder, Moment, use_of
from midthought.reasoner.thought.receipts import EntryUse, Receipt, ReceiptKind, RunTurn
from midthought.reasoner.thought.think_settings import ThinkSettings, derive_seed
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.retrieval.hits import Hit

Beginning = Generator[thought_events.ThinkEvent | Receipt | RunTurn, None, list[Branch]]
"""Events, receipts and turns as they happen; returns the branches."""


class ThoughtStart:
    """Begins the thought about one question.

    Args:
        engine: the model that thinks.
        settings: when to recall, and how many.
        arm: how the memory is used with this engine.
        finder: asks the memory.
        traces: finds parts of traces, for the arms that read them.
        withhold: nothing that is recalled is put into the thought.
    """

    def __init__(
        self,
        engine: Engine,
        settings: ThinkSettings,
        *,
        arm: Arm,
        finder: EntryFinder,
        traces: FindsTraces | None,
        withhold: bool,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._arm = arm
        self._finder = finder
        self._traces = traces
        self._withhold = withhold

    def begin(self, question: str, context: Sequence[Segment], writer: QueryWriter) -> Beginning:
        """Yield what happens; return the branches: one for each hint, or the thought without any."""
        plain = self._open(question, context)
        yield thought_events.ThoughtOpened(question, self._engine.name, plain.prompt, self._describe_fallback())
        if self._settings.evidence:
            return (yield from self._gather_evidence(question, context, plain))
        if self._arm.reads_traces:
            return (yield from self._put_traces_first(question, context, plain))
        if not self._recalls_at_start:
            return [plain]
        if self._arm is Arm.HINT_FIRST:
            return (yield from self._put_hints_first(question, context, plain))
        return (yield from self._recall_in_thought(plain, writer))

    def _describe_fallback(self) -> str:
        """Return what takes the place of recall in the thought; empty if the engine can be continued."""
        if self._arm is not self._settings.arm:
            return "hints stand before the thought: this server cannot continue one; see midthought doctor"
        if asks_by_tool(self._engine, self._settings):
            return "the model asks the memory by a tool: this server cannot continue a thought; see midthought doctor"
        return ""

    @property
    def _recalls_at_start(self) -> bool:
        if self._arm is Arm.HINT_FIRST:
            return Trigger.NEVER not in self._settings.triggers
        # Without continuing, the arm in the thought means that the model asks by a tool.
        in_thought = self._arm is Arm.IN_THOUGHT and self._engine.capabilities.continues
        return in_thought and Trigger.START in self._settings.triggers

    def _open(self, question: str, context: Sequence[Segment], *before: str) -> Branch:
        """Return the thought without a recall in it; `before` are texts that stand behind the question."""
        asked = pose_question(question, context, self._settings.spans)
        parts = (asked, self._explain_tag(), *before)
        prompt = self._engine.open_thought("\n\n".join(part for part in parts if part))
        return Branch(prompt, len(prompt), asked_segments(question, context))

    def _explain_tag(self) -> str:
        """Return how the model asks by marks; empty if it does not, or has a tool."""
        told = self._settings.explain_tag()
        return told if told and self._engine.capabilities.continues else ""

    def _recall_in_thought(self, plain: Branch, writer: QueryWriter) -> Beginning:
        moment = Moment(Trigger.START)
        (formed,) = yield from writer.form([QueryRequest(plain.prompt, moment, "query")])
        hits = yield from self._finder.find(formed.query, moment, tokens=formed.tokens)
        if not hits:
            return [plain]
        if self._withhold:
            position = len(formed.thought) - plain.start
            return (yield from self._withhold_hints(formed.query, hits, plain, Trigger.START, position))
        going_on = replace(plain, prompt=formed.thought)
        if self._engine.capabilities.entries:
            return (yield from self._place_entries(formed.query, hits, going_on))
        return (yield from self._inject_hints(formed.query, hits, going_on, plain))

    def _inject_hints(self, query: str, hits: Sequence[Hit], thought: Branch, plain: Branch) -> Beginning:
        branches = []
        for number, hint in enumerate(self._frame(hits)):
            position = len(thought.prompt) - thought.start
            tokens = yield from self._tell(query, use_of(hint.hit), hint.text, number, Trigger.START, position)
            branch = replace(thought, prompt=thought.prompt + hint.text, hint_tokens=tokens)
            branches.append(_with_hint(branch, hint))
        return branches or [plain]

    def _frame(self, hits: Sequence[Hit], *, runs_on: bool = True) -> list[FramedHint]:
        """Return the hints of hits, but of those of which not even the first words fit."""
        count, most = self._engine.count_tokens, self._settings.max_hint_tokens
        prompts = self._settings.prompts
        framed = (frame_within(prompts, hit, count_tokens=count, max_tokens=most, runs_on=runs_on) for hit in hits)
        return [one for one in framed if one.text]

    def _put_hints_first(self, question: str, context: Sequence[Segment], plain: Branch) -> Beginning:
        hits = yield from self._finder.find(question, Moment(Arm.HINT_FIRST))
        if not hits:
            return [plain]
        if self._withhold:
            return (yield from self._withhold_hints(question, hits, plain, Arm.HINT_FIRST))
        branches = []
        for number, hint in enumerate(self._frame(hits, runs_on=False)):
            tokens = yield from self._tell(question, use_of(hint.hit), hint.text, number, Arm.HINT_FIRST)
            branch = replace(self._open(question, context, hint.text), hint_tokens=tokens)
            branches.append(_with_hint(branch, hint))
        return branches or [plain]

    def _put_traces_first(self, question: str, context: Sequence[Segment], plain: Branch) -> Beginning:
        most = self._settings.max_branches
        texts = self._traces(question, k=most)[:most] if self._traces else ()
        branches = []
        for number, text in enumerate(texts):
            framed = self._settings.prompts.frame_trace(text.text)
            use = _use_of_trace(text)
            tokens = yield from self._tell(question, use, framed, number, self._arm)
            branches.append(replace(self._open(question, context, framed), use=use, hint_tokens=tokens))
        return branches or [plain]

    def _tell(
        self, query: str, use: EntryUse, text: str, number: int, cause: str, position: int = 0
    ) -> Generator[thought_events.HintInjected | Receipt, None, int]:
        """Yield the receipt and the event of what is put in; return its tokens."""
        tokens = self._engine.count_tokens(text)
        yield Receipt(
            ReceiptKind.INJECTION, query, (use,), "", tokens, 0.0, trigger=cause, branch=number, position=position
        )
        yield thought_events.HintInjected(
            number, use.entry_id, use.version, use.source, text, tokens, trigger=cause, position=position
        )
        return tokens

    def _withhold_hints(
        self, query: str, hits: Sequence[Hit], plain: Branch, cause: str, position: int = 0
    ) -> Beginning:
        for number, use in enumerate(map(use_of, hits)):
            place = cause, number, BEFORE, position
            yield Receipt(ReceiptKind.WITHHELD, query, (use,), "", 0, 0.0, None, *place)
            yield thought_events.HintWithheld(number, use.entry_id, use.version, use.source, cause)
        return [plain]

    def _place_entries(self, query: str, hits: Sequence[Hit], thought: Branch) -> Beginning:
        """Let all entries stand in the cache of one branch: attention chooses among them."""
        entries = tuple(hit.stored for hit in hits)
        counts = [self._engine.count_tokens("".join(write_entry(stored))) for stored in entries]
        uses = tuple(map(use_of, hits))
        position = len(thought.prompt) - thought.start
        for use, count in zip(uses, counts, strict=True):
            yield Receipt(
                ReceiptKind.INJECTION, query, (use,), "", count, 0.0, trigger=Trigger.START, branch=0, position=position
            )
        ids = tuple(use.entry_id for use in uses)
        yield thought_events.EntriesPlaced(ids, sum(counts))
        branch = replace(
            thought,
            # The entries are read at the end of the thought, so only the cue follows them in the text.
            prompt=f"{thought.prompt}\n{self._settings.prompts.cue}",
            segments=(*thought.segments, *(segment for stored in entries for segment in entry_segments(stored))),
            entries=RecalledEntries(entries, place=len(thought.prompt)),
            hint_tokens=sum(counts),
            seen=ids,
        )
        return [branch]

    def _gather_evidence(self, question: str, context: Sequence[Segment], plain: Branch) -> Beginning:
        """Retrieve, then reason: passages are copied from the context and the entries found for the question."""
        hits: tuple[Hit, ...] = ()
        if self._recalls_at_start:
            hits = yield from self._finder.find(question, Moment(Trigger.START))
            if hits and self._withhold:
                yield from self._withhold_hints(question, hits, plain, Trigger.START)
                hits = ()
        seed = derive_seed(self._settings.seed, "evidence")
        copying = EvidenceFirst(self._engine, self._settings)
        branch = yield from copying.gather(question, context, hits, seed=seed)
        return [branch or plain]


def _with_hint(branch: Branch, hint: FramedHint) -> Branch:
    hit = hint.hit
    segments = (*branch.segments, *entry_segments(hit.stored, body=hint.body))
    return replace(branch, segments=segments, hit=hit, use=use_of(hit), seen=(hit.stored.id,))


def _use_of_trace(text: TraceText) -> EntryUse:
    return EntryUse(text.id, 0, text.score, None, text.source)
