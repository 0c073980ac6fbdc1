"""A thought that runs now: what a person who looks on may see of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from midthought.api.live.live_pieces import LivePart, LivePiece, NamedEntry, PieceKind
from midthought.memory.records.entry import readable_key
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.engines.thinking_formats import load_formats
from midthought.reasoner.thought import events as thought_events
from midthought.reasoner.thought.events import BEFORE, ThinkEvent
from midthought.reasoner.thought.receipts import EntryUse, Receipt, ReceiptKind

MAX_PARTS = 64
"""Continuations whose text is kept while they are written."""
_NAMED = 10
"""Entries that are named of one recall."""
_TAIL = 40
"""Characters in which the mark that ends a thought is looked for: it may come in several tokens."""


class LiveState(StrEnum):
    """What a thought, or one of its continuations, does."""

    STARTING = "starting"
    RECALLING = "asking the memory"
    THINKING = "thinking"
    ANSWERING = "answering"
    PASSING = "thinking or answering"
    """It passes through the proxy, which does not look into it."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PartNews:
    """What is new of one continuation.

    Attributes:
        branch, sample, cut, length: see `LivePart`.
        first: the number of the first piece behind what is cut; 0 if nothing is.
        pieces: those that are new or have grown.
    """

    branch: int
    sample: int
    state: LiveState
    cut: int
    length: int
    first: int
    pieces: tuple[LivePiece, ...]


@dataclass(frozen=True, slots=True)
class LiveNews:
    """What is new of a thought.

    Attributes:
        change: its newest change; what is asked for next is what came after it.
        left_out: continuations of which nothing is kept, because there are too many.
    """

    change: int
    state: LiveState
    parts: tuple[PartNews, ...]
    left_out: int = 0


class LiveThought:
    """Hears the events of one thought in its thread, and tells them to watchers in theirs.

    Nobody waits for anybody: there is no lock and no queue. A watcher that comes late, or seldom, gets what is kept.

    Args:
        thought_id: see `midthought.api.live.thought_ids`.
        begun: in UTC without a time zone.

    Attributes:
        engine, fallback: see `ThoughtOpened`; empty before that.
        change: the number of its newest change.
        has_ended: nothing more comes.
        has_text: its text is held; that of an answer that passes through the proxy is not: it is the client's.
        run_id: of its run, when that is recorded; empty before, and if there is none.
    """

    def __init__(self, thought_id: str, namespace: Namespace, question: str, begun: datetime) -> None:
        self.id, self.namespace, self.question, self.begun = thought_id, namespace, question, begun
        self.engine = self.fallback = self.run_id = ""
        self.change, self.has_ended, self.has_text = 0, False, True
        self._state = LiveState.STARTING
        self._parts: dict[tuple[int, int], LivePart] = {}
        self._states: dict[tuple[int, int], LiveState] = {}
        self._tails: dict[tuple[int, int], str] = {}
        self._names: dict[str, str] = {}
        self._left_out = set[tuple[int, int]]()
        self._closings = tuple({one for known in load_formats() for one in known.closings})

    @property
    def state(self) -> LiveState:
        """What the thought does: what a continuation that is written does, if there is one."""
        if self.has_ended:
            return LiveState.ENDED
        written = self._states.copy().values()
        for one in (LiveState.THINKING, LiveState.ANSWERING, LiveState.ENDED):
            if one in written:
                return one
        return self._state

    @property
    def length(self) -> int:
        """Characters that were written so far."""
        return sum(one.length for one in self._parts.copy().values())

    def news(self, since: int = 0) -> LiveNews:
        """Return what came after a change; all that is kept if it is 0."""
        change = self.change  # first: what comes while the rest is read is told again the next time
        found = self._parts.copy()
        parts = [self._part_news(place, found[place], since) for place in sorted(found)]
        return LiveNews(change, self.state, tuple(one for one in parts if one), len(self._left_out))

    def _part_news(self, place: tuple[int, int], part: LivePart, since: int) -> PartNews | None:
        pieces = part.copy_pieces()
        new = tuple(one for one in pieces if one.change > since)
        if not new and self._states.get(place) is not LiveState.ENDED:
            return None
        first = next((two.number for one, two in pairwise(pieces) if two.number > one.number + 1), 0)
        state = self._states.get(place, LiveState.RECALLING)
        return PartNews(*place, state, part.cut, part.length, first, new)

    def hear(self, event: ThinkEvent) -> None:
        """Take in what happened."""
        self._take_in(event)
        self.change += 1  # behind what it counts: a watcher who has read it before gets that the next time

    def pass_on(self, engine: str) -> None:
        """Take in that an answer passes through the proxy from now on, or that its model is asked first."""
        self.engine, self.has_text, self._state = engine, False, LiveState.PASSING
        self.change += 1

    def hear_receipt(self, receipt: Receipt) -> None:
        """Take in a recall, or a hint that is held back, of an answer that passes through the proxy."""
        named = self._name((one.entry_id, one.version) for one in receipt.entries[:_NAMED])
        told = f"for \u201c{receipt.query}\u201d ({receipt.trigger})"
        if receipt.kind is ReceiptKind.WITHHELD:
            self._note(f"Withheld by chance, {told}", BEFORE, BEFORE, named)
        elif receipt.abstention:
            self._note(f"Nothing recalled {told}: {receipt.abstention}", BEFORE, BEFORE)
        else:
            self._note(f"Recalled {told}", BEFORE, BEFORE, named)
        self.change += 1

    def hear_injection(self, text: str, trigger: str, position: int, entries: Sequence[EntryUse]) -> None:
        """Take in a hint that is put into an answer that passes through the proxy, behind so many characters."""
        named = self._name((one.entry_id, one.version) for one in entries)
        label = f"injected ({trigger}) " + (f"behind {position:,} characters" if position else "before the text")
        self._put(PieceKind.HINT, text, label, named, BEFORE, BEFORE)
        self.change += 1

    def _take_in(self, event: ThinkEvent) -> None:
        match event:
            case thought_events.ThoughtOpened():
                self.engine, self.fallback = event.engine, event.fallback
            case thought_events.QueryToken():
                self._state = LiveState.RECALLING
                self._write(PieceKind.QUERY, event.text, event.branch, event.sample)
            case thought_events.EvidenceToken():
                self._write(PieceKind.EVIDENCE, event.text, BEFORE, BEFORE)
            case thought_events.BranchToken():
                self._hear_token(event)
            case thought_events.SampleFinished():
                self._states[event.branch, event.sample] = LiveState.ENDED
            case thought_events.RunFinished():
                self.run_id, self.has_ended = event.run.id, True
            case _:
                self._hear_recall(event)

    def _hear_token(self, event: thought_events.BranchToken) -> None:
        place = event.branch, event.sample
        self._write(PieceKind.TEXT, event.text, *place)
        if self._states.get(place) is LiveState.ANSWERING:
            return
        tail = self._tails.get(place, "") + event.text
        is_closed = any(one in tail for one in self._closings)
        self._states[place] = LiveState.ANSWERING if is_closed else LiveState.THINKING
        self._tails[place] = tail[-_TAIL:]

    def _hear_recall(self, event: ThinkEvent) -> None:
        match event:
            case thought_events.EntriesRecalled():
                self._names |= {one.id: readable_key(one.stored.entry) for one in event.hits}
                named = self._name((one.id, one.stored.version) for one in event.hits[:_NAMED])
                self._note(f"Recalled for \u201c{event.query}\u201d", event.branch, event.sample, named)
            case thought_events.RecallAbstained():
                told = f"Nothing recalled for \u201c{event.query}\u201d: {event.abstention}"
                self._note(told, event.branch, event.sample)
            case thought_events.RecallFailed():
                self._note(f"The memory could not be asked: {event.reason}", event.branch, event.sample)
            case thought_events.HintInjected():
                named = self._name([(event.entry_id, event.version)])
                self._put(PieceKind.HINT, event.text, f"injected ({event.trigger})", named, event.branch, event.sample)
            case thought_events.HintWithheld():
                named = self._name([(event.entry_id, event.version)])
                self._note(f"Withheld by chance ({event.trigger})", event.branch, event.sample, named)
            case thought_events.EntriesPlaced():
                named = self._name((one, 0) for one in event.entry_ids[:_NAMED])
                self._note("In the cache, hidden until attention asks for them", BEFORE, BEFORE, named)

    def _name(self, uses: Iterable[tuple[str, int]]) -> tuple[NamedEntry, ...]:
        return tuple(NamedEntry(entry_id, version, self._names.get(entry_id, "")) for entry_id, version in uses)

    def _note(self, told: str, branch: int, sample: int, entries: tuple[NamedEntry, ...] = ()) -> None:
        self._put(PieceKind.NOTE, told, "", entries, branch, sample)

    def _put(
        self, kind: PieceKind, text: str, label: str, entries: tuple[NamedEntry, ...], branch: int, sample: int
    ) -> None:
        if part := self._part(branch, sample):
            part.put(kind, text, label, entries, change=self.change + 1)

    def _write(self, kind: PieceKind, text: str, branch: int, sample: int) -> None:
        if text and (part := self._part(branch, sample)):
            part.write(kind, text, change=self.change + 1)

    def _part(self, branch: int, sample: int) -> LivePart | None:
        place = branch, sample
        found = self._parts.get(place)
        if found is None and len(self._parts) < MAX_PARTS:
            found = self._parts[place] = LivePart(branch, sample)
        elif found is None:
            self._left_out.add(place)
        return found
