"""Recall in the thought of a model that another program runs: the session is fed text, and answers with hints."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from midthought.memory.errors import BadInput
from midthought.reasoner.engines.base import Token
from midthought.reasoner.thought.events import EntriesRecalled, RecallAbstained, RecallFailed
from midthought.reasoner.thought.hint_size import FramedHint, frame_within
from midthought.reasoner.thought.recalling import EntryFinder, FindsEntries, Moment, RecallEvent, run_through, use_of
from midthought.reasoner.thought.receipts import EntryUse, Receipt, ReceiptKind
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.watcher import Firing, QueryForm, ThoughtWatch
from midthought.retrieval.hits import Hit

_PIECE = re.compile(r"\s*\S+|\s+")
_TAIL = 2000
"""Characters of the thought that are kept: the last paragraph, of which a longer one is cut at its beginning."""
_NEW_PARAGRAPH = re.compile(r"\n[ \t]*\n")


class SessionAction(StrEnum):
    """What an application does with an answer."""

    NONE = "none"
    """Let the model think on."""
    INJECT = "inject"
    """Cut the thought at the position, append the text, and let the model think on."""


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """The answer to one piece of a thought.

    Attributes:
        action: whether there is something to put in.
        text: what is put in; empty for `none`.
        entries: whose text it is; none if the memory found nothing for a question between the marks of `tag`. With
            `none` those whose text was held back, in a session that withholds.
        position: so many characters of the thought remain, and the text is put in behind them. For `none`: so many
            were read when recall happened; 0 without a recall.
        trigger: what caused the last recall of this step; empty if there was none.
        query: what was searched for.
        reason: why nothing that is useful was found; empty otherwise.
        degraded: what could not be done, one reason each: the thought goes on without.
        not_injected: what was found and may not be put in, each with the reason.
        examples_left_out: how many worked examples of the question, or of a near copy of it, recall left out.
    """

    action: SessionAction
    text: str = ""
    entries: tuple[EntryUse, ...] = ()
    position: int = 0
    trigger: str = ""
    query: str = ""
    reason: str = ""
    degraded: tuple[str, ...] = ()
    not_injected: tuple[EntryUse, ...] = ()
    examples_left_out: int = 0


class ThoughtSession:
    """Watches one thought, and answers its triggers. What it keeps does not grow with the thought.

    Args:
        question: what is thought about.
        settings: when to recall, how often, and how much may be put in; `procedures` entries are asked for each time.
        recall: finds entries.
        count_tokens: counts those of a hint.
        on_injection: records the receipt of each hint; returns why that failed, or nothing.
        on_recall: is told the receipt of each recall.
        withhold: nothing is put in; `on_injection` is told what would have been.
    """

    def __init__(
        self,
        question: str,
        settings: ThinkSettings,
        *,
        recall: FindsEntries,
        count_tokens: Callable[[str], int],
        on_injection: Callable[[Receipt], str],
        on_recall: Callable[[Receipt], None] | None = None,
        withhold: bool = False,
    ) -> None:
        self._question = question
        self._settings = settings
        self._finder = EntryFinder(recall, settings, later_hits=settings.max_branches)
        self._count_tokens = count_tokens
        self._on_injection = on_injection
        self._on_recall = on_recall
        self._withhold = withhold
        self._watch = ThoughtWatch(settings.later_triggers, settings.triggering, (settings.prompts.thought_end,))
        self._begins = Trigger.START in settings.triggers
        self._recalls = 0
        self._hint_tokens = 0
        self._seen: tuple[str, ...] = ()
        self._length = 0
        self._tail = ""
        self._last = b""
        self._answer = SessionAnswer(SessionAction.NONE)

    def step(self, text: str, *, position: int, ended: bool = False) -> SessionAnswer:
        """Read the next piece of the thought; the same piece sent again has the same answer, and changes nothing.

        Args:
            text: the piece.
            position: characters (Unicode code points) of the thought before it, what was put in included.
            ended: the model is about to end its thought behind it.

        Raises:
            BadInput: the piece is neither the next nor the last one again.
        """
        step = hashlib.sha256(f"{position} {ended} {text}".encode()).digest()
        if step == self._last:
            return self._answer
        if position != self._length:
            raise BadInput(
                f"position must be {self._length}, the characters of the thought that this session has, or that of the "
                f"last step sent again, got {position}"
            )
        self._answer = self._read(text, ended)
        self._last = step
        return self._answer

    def _read(self, text: str, ended: bool) -> SessionAnswer:
        answer = SessionAnswer(SessionAction.NONE)
        if self._begins:
            self._begins = False
            answer = self._answer_firing(Firing(Trigger.START))
        for piece in _PIECE.findall(text):
            if answer.action is SessionAction.INJECT:
                return answer
            self._take(piece)
            if self._is_left and (firing := self._watch.read(Token(piece))):
                answer = self._answer_firing(firing)
        if ended and answer.action is SessionAction.NONE and self._is_left and (firing := self._watch.end()):
            answer = self._answer_firing(firing)
        return answer

    @property
    def _is_left(self) -> bool:
        settings = self._settings
        return self._recalls < settings.recalls and self._hint_tokens < settings.hint_tokens

    def _take(self, text: str) -> None:
        self._length += len(text)
        self._tail = (self._tail + text)[-_TAIL:]

    def _answer_firing(self, firing: Firing) -> SessionAnswer:
        """Ask the memory, and put in the first hint that fits."""
        is_start, asked = firing.trigger is Trigger.START, firing.form is QueryForm.WRITTEN
        moment = Moment(firing.trigger) if is_start else Moment(firing.trigger, 0, 0)
        self._recalls += not is_start
        query = self._question if is_start else firing.query if asked else self._form_query()
        hits, events = self._find(query, moment)
        # As in a thought of an engine of ours, the hint at the start is never left out.
        framed = (one for one in map(self._frame, hits) if one.text)
        hint = next((one for one in framed if is_start or one.tokens <= self._budget), None)
        self._watch.restart()
        reason, degraded = _describe(events)
        told = _kept_out(events), _count_left_out(events)
        if hits and hint is None:
            reason = f"no hint of {len(hits)} fits the {self._budget} tokens that are left for hints"
        if hint is not None:
            return replace(self._put_in(hint, moment, query), not_injected=told[0], examples_left_out=told[1])
        why = firing.trigger.value, query, reason, degraded
        if not asked:
            return SessionAnswer(SessionAction.NONE, "", (), self._length, *why, *told)
        # A question of the model always has an answer.
        nothing, position = self._settings.prompts.frame_nothing(), self._length
        self._length += len(nothing)
        return SessionAnswer(SessionAction.INJECT, nothing, (), position, *why, *told)

    @property
    def _budget(self) -> int:
        return self._settings.hint_tokens - self._hint_tokens

    def _find(self, query: str, moment: Moment) -> tuple[tuple[Hit, ...], list[RecallEvent | Receipt]]:
        """Return what is found, and what happened; the receipt is that of the recall itself."""
        events = list[RecallEvent | Receipt]()
        hits = run_through(self._finder.find(query, moment, exclude=self._seen), events)
        for one in events:
            if self._on_recall is not None and isinstance(one, Receipt):
                self._on_recall(one)
        return hits, events

    def _form_query(self) -> str:
        """Return the question and the last paragraph of the thought: no model is at hand to write a query."""
        paragraphs = [one.strip() for one in _NEW_PARAGRAPH.split(self._tail) if one.strip()]
        return "\n".join([self._question, *paragraphs[-1:]])

    def _frame(self, hit: Hit) -> FramedHint:
        most = self._settings.max_hint_tokens
        return frame_within(self._settings.prompts, hit, count_tokens=self._count_tokens, max_tokens=most)

    def _put_in(self, hint: FramedHint, moment: Moment, query: str) -> SessionAnswer:
        use, position = use_of(hint.hit), self._length
        self._seen = (*self._seen, use.entry_id)
        text = "" if self._withhold else hint.text
        tokens = 0 if self._withhold else hint.tokens
        action = SessionAction.NONE if self._withhold else SessionAction.INJECT
        self._hint_tokens += tokens
        self._length += len(text)  # not kept in the tail: what the memory said is no part of what it is asked next
        place = moment.trigger, moment.branch, moment.sample, position
        kind = ReceiptKind.WITHHELD if self._withhold else ReceiptKind.INJECTION
        failed = self._on_injection(Receipt(kind, query, (use,), "", tokens, 0.0, None, *place))
        degraded = (failed,) if failed else ()
        return SessionAnswer(action, text, (use,), position, moment.trigger, query, degraded=degraded)


def _kept_out(events: Sequence[RecallEvent | Receipt]) -> tuple[EntryUse, ...]:
    """Return the entries that were found and may not be put in."""
    found = [use for one in events if isinstance(one, Receipt) for use in one.entries]
    return tuple(use for use in found if use.not_injected)


def _count_left_out(events: Sequence[RecallEvent | Receipt]) -> int:
    return sum(one.examples_left_out for one in events if isinstance(one, EntriesRecalled | RecallAbstained))


def _describe(events: Sequence[RecallEvent | Receipt]) -> tuple[str, tuple[str, ...]]:
    """Return why nothing was found that may be put in, and what failed."""
    reason = next((str(one.abstention) for one in events if isinstance(one, RecallAbstained)), "")
    reason = reason or "; ".join(f"{one.entry_id}: {one.not_injected}" for one in _kept_out(events))
    return reason, tuple(one.reason for one in events if isinstance(one, RecallFailed))
