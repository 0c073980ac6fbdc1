"""In-thought recall: the model asks itself for a simpler problem, and thinks on with the way to solve it."""

import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Protocol

from midthought.memory.errors import BadSettings, EngineFailed
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.recalled_entries import RecalledEntries, write_entry
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought import events as thought_events
from midthought.reasoner.thought.answer import extract_answer
from midthought.reasoner.thought.branches import Branch, continue_branch
from midthought.reasoner.thought.events import ThinkEvent
from midthought.reasoner.thought.evidence import EvidenceFirst
from midthought.reasoner.thought.first_sentence import as_query, first_sentence
from midthought.reasoner.thought.length_choice import LengthChoice, choose_shortest
from midthought.reasoner.thought.quoting import asked_segments, entry_segments, pose_question
from midthought.reasoner.thought.receipts import EntryUse, QuoteRecord, Receipt, ReceiptKind, Run, RunTurn, SampleRecord
from midthought.reasoner.thought.think_settings import PUBLISHED_8, PUBLISHED_30, ThinkSettings, Trigger
from midthought.retrieval.hits import Hit, RecallResult

__all__ = [
    "PUBLISHED_8",
    "PUBLISHED_30",
    "FindsEntries",
    "InThoughtRecall",
    "ThinkEvent",
    "ThinkSettings",
    "Trigger",
    "last_run",
]


class FindsEntries(Protocol):
    """Finds entries for a query: ``memory.recall`` as it is, or any function of this shape."""

    def __call__(self, query: str, *, k: int) -> RecallResult:
        """Return at most `k` hits, best first, or an abstention."""
        ...


@dataclass(slots=True)
class _Notes:
    """What is recorded while a thought runs."""

    started: float
    query: str = ""
    query_tokens: int = 0
    evidence_tokens: int = 0
    hits: tuple[Hit, ...] = ()
    receipts: list[Receipt] = field(default_factory=list)
    finished: list[thought_events.SampleFinished] = field(default_factory=list)


class InThoughtRecall:
    """Answers questions with a memory, as arXiv 2604.01348 does: one recall at the start, one branch per procedure.

    Args:
        engine: the model that thinks.
        recall: finds entries; more than k hits are ignored.
        settings: how many branches and samples, how long, when to recall.
        clock: seconds from any start, for the record.

    Raises:
        BadSettings: the settings want quotes under constraint, and the engine cannot constrain its tokens.
    """

    def __init__(
        self,
        engine: Engine,
        recall: FindsEntries,
        *,
        settings: ThinkSettings | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._engine = engine
        self._recall = recall
        self._settings = settings or ThinkSettings()
        self._clock = clock
        if self._settings.needs_constraint and not engine.capabilities.spans:
            raise BadSettings(
                f"the engine {engine.name!r} cannot constrain its tokens to spans: take spans = verify and evidence = 0"
            )

    def think(self, question: str, *, context: Sequence[Segment] = ()) -> Generator[ThinkEvent, None, None]:
        """Yield what happens, token by token; the last event is `RunFinished`.

        Every hint continues the same thought in a separate branch: hints are never put together. On abstention, and
        with `Trigger.NEVER`, the one branch is the thought without query and hint, as if there were no memory. Closing
        the generator stops the model. Raises `EngineFailed`, and what `recall` raises.

        Args:
            question: the problem to solve.
            context: additional texts; they are in the prompt and may be quoted.
        """
        notes = _Notes(started=self._clock())
        with closing(self._run(question, context, notes)) as events:
            for event in events:
                self._note(event, notes)
                yield event

    def _note(self, event: ThinkEvent, notes: _Notes) -> None:
        match event:
            case thought_events.EvidenceToken():
                notes.evidence_tokens += 1
            case thought_events.QuoteChecked():
                notes.receipts.append(self._quote_receipt(event.quote, notes))
            case thought_events.SampleFinished():
                notes.finished.append(event)

    def _run(self, question: str, context: Sequence[Segment], notes: _Notes) -> Generator[ThinkEvent, None, None]:
        prompt = self._engine.open_thought(pose_question(question, context, self._settings.spans))
        yield thought_events.ThoughtOpened(question, self._engine.name, prompt)
        plain = Branch(prompt, asked_segments(question, context))
        if self._settings.evidence:
            branches = yield from self._evidence_branch(question, context, plain, notes)
        else:
            branches = yield from self._recall_branches(question, plain, notes)
        share = self._settings.samples_a_branch(len(branches))
        for number, branch in enumerate(branches):
            yield from self._think_branch(number, branch, share)
        choice = self._choose(notes, len(branches))
        yield thought_events.SamplesChosen(choice.chosen, choice.scores, choice.kept)
        yield thought_events.RunFinished(self._write_run(question, branches, notes, choice))

    def _recall_branches(
        self, question: str, plain: Branch, notes: _Notes
    ) -> Generator[ThinkEvent, None, list[Branch]]:
        if self._settings.trigger is Trigger.NEVER:
            return [plain]
        thought = yield from self._form_query(question, plain.prompt, notes)
        yield from self._find_entries(notes)
        if not notes.hits:
            return [plain]
        going_on = replace(plain, prompt=thought)
        if self._engine.capabilities.entries:
            return (yield from self._place_entries(going_on, notes))
        return (yield from self._inject_hints(going_on, notes))

    def _evidence_branch(
        self, question: str, context: Sequence[Segment], plain: Branch, notes: _Notes
    ) -> Generator[ThinkEvent, None, list[Branch]]:
        """Retrieve, then reason: passages are copied from the context and the entries found for the question."""
        if self._settings.trigger is Trigger.START:
            notes.query = question
            yield from self._find_entries(notes)
        seed = _derive_seed(self._settings.seed, "evidence")
        copying = EvidenceFirst(self._engine, self._settings)
        branch = yield from copying.gather(question, context, notes.hits, seed=seed)
        return [branch or plain]

    def _find_entries(self, notes: _Notes) -> Iterator[thought_events.EntriesRecalled | thought_events.RecallAbstained]:
        result = self._recall(notes.query, k=self._settings.procedures)
        # A function in place of `memory.recall` may return more than `k` hits.
        notes.hits = result.hits[: self._settings.procedures]
        seconds = result.usage.seconds
        reason = str(result.abstention or "")
        uses = tuple(_use(hit) for hit in notes.hits)
        notes.receipts.append(Receipt(ReceiptKind.RECALL, notes.query, uses, reason, notes.query_tokens, seconds))
        if result.abstention:
            yield thought_events.RecallAbstained(notes.query, result.abstention, seconds)
        else:
            yield thought_events.EntriesRecalled(notes.query, notes.hits, seconds)

    def _form_query(self, question: str, prompt: str, notes: _Notes) -> Generator[ThinkEvent, None, str]:
        """Let the model complete the fixed sentence; return the thought up to the end of its query."""
        settings = self._settings
        opened = prompt + settings.prompts.opening
        text, sentence = "", ""
        tokens = self._engine.generate(
            opened,
            stop=(settings.prompts.thought_end,),
            max_tokens=settings.query_tokens,
            temperature=settings.query_temperature,
            seed=_derive_seed(settings.seed, "query"),
        )
        with closing(tokens):
            for token in tokens:
                notes.query_tokens += 1
                text += token.text
                yield thought_events.QueryToken(token.text)
                sentence, complete = first_sentence(text)
                if complete:
                    break
        query = as_query(settings.spans.without_marks(sentence))
        notes.query = query or question
        yield thought_events.QueryFormed(notes.query, notes.query_tokens, fell_back=not query)
        return f"{opened} {sentence}" if query else opened

    def _inject_hints(self, thought: Branch, notes: _Notes) -> Generator[ThinkEvent, None, list[Branch]]:
        branches = []
        for number, hit in enumerate(notes.hits):
            hint = self._settings.prompts.frame_hint(hit.stored.entry)
            tokens, use = self._engine.count_tokens(hint), _use(hit)
            notes.receipts.append(Receipt(ReceiptKind.INJECTION, notes.query, (use,), "", tokens, 0.0))
            yield thought_events.HintInjected(number, use.entry_id, use.version, use.source, hint, tokens)
            segments = (*thought.segments, *entry_segments(hit.stored))
            branches.append(Branch(thought.prompt + hint, segments, hit))
        return branches

    def _place_entries(self, thought: Branch, notes: _Notes) -> Generator[ThinkEvent, None, list[Branch]]:
        """Let all entries stand in the cache of one branch: attention chooses among them."""
        entries = tuple(hit.stored for hit in notes.hits)
        counts = [self._engine.count_tokens("".join(write_entry(stored))) for stored in entries]
        uses = tuple(map(_use, notes.hits))
        for use, count in zip(uses, counts, strict=True):
            notes.receipts.append(Receipt(ReceiptKind.INJECTION, notes.query, (use,), "", count, 0.0))
        yield thought_events.EntriesPlaced(tuple(use.entry_id for use in uses), sum(counts))
        segments = (*thought.segments, *(segment for stored in entries for segment in entry_segments(stored)))
        # The entries are read at the end of the thought, so only the cue follows them in the text.
        prompt = f"{thought.prompt}\n{self._settings.prompts.cue}"
        return [Branch(prompt, segments, entries=RecalledEntries(entries, place=len(thought.prompt)))]

    def _think_branch(self, number: int, branch: Branch, share: int) -> Iterator[ThinkEvent]:
        for sample in range(share):
            seed = _derive_seed(self._settings.seed, f"{number}.{sample}")
            yield from continue_branch(self._engine, branch, self._settings, number=number, sample=sample, seed=seed)

    def _quote_receipt(self, quote: QuoteRecord, notes: _Notes) -> Receipt:
        quoted = {source.entry_id for source in quote.sources}
        uses = tuple(_use(hit) for hit in notes.hits if hit.stored.id in quoted)
        reason = "" if quote.supported else f"{quote.verdict}: no source says this"
        return Receipt(ReceiptKind.QUOTE, quote.text, uses, reason, self._engine.count_tokens(quote.text), 0.0, quote)

    def _choose(self, notes: _Notes, branches: int) -> LengthChoice:
        lengths = [[one.tokens for one in notes.finished if one.branch == number] for number in range(branches)]
        return choose_shortest(lengths, keep=self._settings.keep, threshold=self._settings.threshold)

    def _write_run(self, question: str, branches: list[Branch], notes: _Notes, choice: LengthChoice) -> Run:
        best = next(one for one in notes.finished if (one.branch, one.sample) == choice.chosen[0])
        turns = [RunTurn("query", notes.query_tokens)] if notes.query else []
        turns += [RunTurn("evidence", notes.evidence_tokens)] if self._settings.evidence else []
        turns += [RunTurn(f"branch {one.branch} sample {one.sample}", one.tokens) for one in notes.finished]
        return Run(
            question=question,
            engine=self._engine.name,
            configuration=(*self._settings.named_values(), *self._engine.settings),
            query=notes.query,
            receipts=tuple(notes.receipts),
            samples=tuple(_record_sample(one, branches[one.branch], choice) for one in notes.finished),
            text=best.text,
            answer=extract_answer(best.text, thought_end=self._settings.prompts.thought_end),
            turns=tuple(turns),
            seconds=self._clock() - notes.started,
            zoom=best.zoom,
        )


def last_run(events: Iterable[ThinkEvent]) -> Run:
    """Follow the events of one thought to their end and return its run."""
    for event in events:
        if isinstance(event, thought_events.RunFinished):
            return event.run
    raise EngineFailed("the thought ended without a run: its events are not complete")


def _record_sample(finished: thought_events.SampleFinished, branch: Branch, choice: LengthChoice) -> SampleRecord:
    place = (finished.branch, finished.sample)
    return SampleRecord(
        branch=finished.branch,
        sample=finished.sample,
        entry_id=branch.stored.id if branch.stored else "",
        version=branch.stored.version if branch.stored else 0,
        tokens=finished.tokens,
        finish=finished.finish,
        score=choice.relative[finished.branch][finished.sample],
        rank=choice.chosen.index(place) + 1 if place in choice.chosen else 0,
    )


def _use(hit: Hit) -> EntryUse:
    stored = hit.stored
    source = stored.provenance[0].source if stored.provenance else ""
    return EntryUse(stored.id, stored.version, hit.score, hit.similarity, source)


def _derive_seed(seed: int, turn: str) -> int:
    """Return a separate seed for one turn, so that neighbouring seeds share no samples."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{turn}".encode()).digest()[:4])
