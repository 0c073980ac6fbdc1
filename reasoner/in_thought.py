"""In-thought recall: the model asks itself for a simpler problem, and thinks on with the way to solve it."""

import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

from midthought.memory.entry import StoredEntry
from midthought.memory.errors import EngineFailed
from midthought.reasoner.answer import extract_answer
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.events import (
    BranchToken,
    EntriesRecalled,
    HintInjected,
    QueryFormed,
    QueryToken,
    RecallAbstained,
    RunFinished,
    SampleFinished,
    SamplesChosen,
    ThinkEvent,
    ThoughtOpened,
)
from midthought.reasoner.first_sentence import as_query, first_sentence
from midthought.reasoner.length_choice import LengthChoice, choose_shortest
from midthought.reasoner.receipts import EntryUse, FinishReason, Receipt, ReceiptKind, Run, SampleRecord
from midthought.reasoner.think_settings import PUBLISHED_8, PUBLISHED_30, ThinkSettings, Trigger
from midthought.retrieval.hits import Hit, RecallResult

__all__ = [
    "PUBLISHED_8",
    "PUBLISHED_30",
    "InThoughtRecall",
    "Recall",
    "ThinkEvent",
    "ThinkSettings",
    "Trigger",
    "last_run",
]


class Recall(Protocol):
    """Finds entries for a query: ``memory.recall`` as it is, or any function of this shape."""

    def __call__(self, query: str, *, k: int) -> RecallResult:
        """Return at most `k` hits, best first, or an abstention."""
        ...


@dataclass(frozen=True, slots=True)
class _Branch:
    """A thought to be continued: the whole text so far, and the entry whose hint is in it (None without)."""

    prompt: str
    stored: StoredEntry | None = None


@dataclass(slots=True)
class _Notes:
    """What is written down while a thought runs."""

    query: str = ""
    query_tokens: int = 0
    receipts: list[Receipt] = field(default_factory=list)
    finished: list[SampleFinished] = field(default_factory=list)


class InThoughtRecall:
    """Answers questions with a memory, as arXiv 2604.01348 does: one recall at the start, one branch a procedure.

    Args:
        engine: the model that thinks.
        recall: finds entries; hits beyond the k asked for are left out.
        settings: how many branches and samples, how long, when to recall.
        clock: seconds from any start, for the record.
    """

    def __init__(
        self,
        engine: Engine,
        recall: Recall,
        *,
        settings: ThinkSettings | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._engine = engine
        self._recall = recall
        self._settings = settings or ThinkSettings()
        self._clock = clock

    def think(self, question: str) -> Generator[ThinkEvent, None, None]:
        """Yield what happens, token by token; the last event is `RunFinished`.

        Every hint continues the same thought in a branch of its own: hints are never put together. On abstention, and
        with `Trigger.NEVER`, the one branch is the thought without query and hint, as if there were no memory. Closing
        the generator stops the model. Raises `EngineFailed`, and what `recall` raises.
        """
        started = self._clock()
        notes = _Notes()
        prompt = self._engine.open_thought(question)
        yield ThoughtOpened(question, self._engine.name, prompt)
        branches = [_Branch(prompt)]
        if self._settings.trigger is Trigger.START:
            branches = yield from self._recall_branches(question, prompt, notes)
        share = self._settings.samples_a_branch(len(branches))
        for number, branch in enumerate(branches):
            yield from self._think_branch(number, branch, share, notes)
        choice = self._choose(notes, len(branches))
        yield SamplesChosen(choice.chosen, choice.scores, choice.kept)
        yield RunFinished(self._write_run(question, branches, notes, choice, self._clock() - started))

    def _recall_branches(self, question: str, prompt: str, notes: _Notes) -> Generator[ThinkEvent, None, list[_Branch]]:
        thought = yield from self._form_query(question, prompt, notes)
        result = self._recall(notes.query, k=self._settings.procedures)
        hits = result.hits[: self._settings.procedures]
        seconds = result.encode_seconds + result.search_seconds
        reason = _describe_abstention(result)
        uses = tuple(_use(hit) for hit in hits)
        notes.receipts.append(Receipt(ReceiptKind.RECALL, notes.query, uses, reason, notes.query_tokens, seconds))
        if result.abstention:
            yield RecallAbstained(notes.query, result.abstention, seconds)
            return [_Branch(prompt)]
        yield EntriesRecalled(notes.query, hits, seconds)
        return (yield from self._inject_hints(thought, hits, notes))

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
                yield QueryToken(token.text)
                sentence, complete = first_sentence(text)
                if complete:
                    break
        query = as_query(sentence)
        notes.query = query or question
        yield QueryFormed(notes.query, notes.query_tokens, fell_back=not query)
        return f"{opened} {sentence}" if query else opened

    def _inject_hints(
        self, thought: str, hits: tuple[Hit, ...], notes: _Notes
    ) -> Generator[ThinkEvent, None, list[_Branch]]:
        branches = []
        for number, hit in enumerate(hits):
            hint = self._settings.prompts.frame_hint(hit.stored.entry)
            tokens, use = self._engine.count_tokens(hint), _use(hit)
            notes.receipts.append(Receipt(ReceiptKind.INJECTION, notes.query, (use,), "", tokens, 0.0))
            yield HintInjected(number, use.entry_id, use.version, use.source, hint, tokens)
            branches.append(_Branch(thought + hint, hit.stored))
        return branches

    def _think_branch(self, number: int, branch: _Branch, share: int, notes: _Notes) -> Iterator[ThinkEvent]:
        for sample in range(share):
            finished = yield from self._think_on(number, sample, branch.prompt)
            notes.finished.append(finished)
            yield finished

    def _think_on(self, number: int, sample: int, prompt: str) -> Generator[ThinkEvent, None, SampleFinished]:
        settings = self._settings
        pieces: list[str] = []
        tokens = self._engine.generate(
            prompt,
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            seed=_derive_seed(settings.seed, f"{number}.{sample}"),
        )
        with closing(tokens):
            for token in tokens:
                pieces.append(token.text)
                yield BranchToken(number, sample, token.text)
        finish = FinishReason.LENGTH if len(pieces) >= settings.max_tokens else FinishReason.DONE
        return SampleFinished(number, sample, "".join(pieces), len(pieces), finish)

    def _choose(self, notes: _Notes, branches: int) -> LengthChoice:
        lengths = [[one.tokens for one in notes.finished if one.branch == number] for number in range(branches)]
        return choose_shortest(lengths, keep=self._settings.keep, threshold=self._settings.threshold)

    def _write_run(
        self, question: str, branches: list[_Branch], notes: _Notes, choice: LengthChoice, seconds: float
    ) -> Run:
        text = next(one.text for one in notes.finished if (one.branch, one.sample) == choice.chosen[0])
        turns = [("query", notes.query_tokens)] if notes.query else []
        turns += [(f"branch {one.branch} sample {one.sample}", one.tokens) for one in notes.finished]
        return Run(
            question=question,
            engine=self._engine.name,
            configuration=self._settings.named_values(),
            query=notes.query,
            receipts=tuple(notes.receipts),
            samples=tuple(_record_sample(one, branches[one.branch], choice) for one in notes.finished),
            text=text,
            answer=extract_answer(text, thought_end=self._settings.prompts.thought_end),
            tokens_by_turn=tuple(turns),
            seconds=seconds,
        )


def last_run(events: Iterable[ThinkEvent]) -> Run:
    """Follow the events of one thought to their end and return its run."""
    for event in events:
        if isinstance(event, RunFinished):
            return event.run
    raise EngineFailed("the thought ended without a run: its events are not complete")


def _record_sample(finished: SampleFinished, branch: _Branch, choice: LengthChoice) -> SampleRecord:
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


def _describe_abstention(result: RecallResult) -> str:
    if result.abstention is None:
        return ""
    return ": ".join(part for part in (result.abstention.reason.value, result.abstention.detail) if part)


def _derive_seed(seed: int, turn: str) -> int:
    """Return a seed of its own for one turn, so that neighbouring seeds share no samples."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{turn}".encode()).digest()[:4])
