"""The answer to one request whose thought is written in one or more requests to the upstream."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from midthought.api.proxy.proxy_answer import ProxyReceipt
from midthought.api.proxy.relay import UpstreamBroke
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.thoughts.answer_events import AnswerEvents
from midthought.api.proxy.thoughts.choice_shapes import ChoiceShape, Json, ReadChoice, choices_in
from midthought.api.proxy.thoughts.leg_stream import LegBroke, LegEvent, write_event
from midthought.api.proxy.thoughts.legs import OpenLeg, ThoughtLegs, room_left
from midthought.api.proxy.thoughts.server_tokenizer import NotKnown
from midthought.api.proxy.thoughts.thought_watch import Cut, WatchedThought
from midthought.api.proxy.thoughts.token_counts import LegCount
from midthought.api.proxy.upstream import UpstreamFailed
from midthought.retrieval.packing import count_tokens

_SAYS_MORE = re.compile(rb'"(?:role|usage|error)"\s*:\s*["{]|"finish_reason"\s*:\s*"|^data:\s*\[DONE\]', re.MULTILINE)
"""What an event may hold that is more than a piece of text. In a text of the model the quotation marks are escaped."""

_PAUSES = (0.1, 0.5, 2.0)
"""Seconds between the tries to go on with a thought that has begun: an upstream that is busy then ends no answer."""


@dataclass(frozen=True, slots=True)
class RelayPlan:
    """How one answer is written.

    Attributes:
        shape: of its choices.
        body: of the client.
        hint: what was put in before the first request; empty for nothing.
        field: where a thought comes; empty if it is not known.
        shown_opening: stands before the hint if the thought comes in the text, and nothing else shows its opening.
        window: the maximum number of tokens of prompt and answer; 0 if it is not known.
    """

    shape: ChoiceShape
    body: Mapping[str, Any]
    hint: str = ""
    field: str = ""
    shown_opening: str = ""
    window: int = 0

    def first_hint(self, read: ReadChoice, role: str) -> Json:
        """Return the choice that shows the hint, before the first one that says something."""
        field = read.thought_field or self.field or self.shape.text_field
        opening = self.shown_opening if field == self.shape.text_field else ""
        return self.shape.make(read.index, field, opening + self.hint, role=role)


@dataclass(slots=True)
class ThoughtRelay:
    """Relays what the upstream sends, with hints in the thought.

    Args:
        plan: how the answer is written.
        legs: continues the thought.
        leg: the first request; it was not refused.
        steps: recalls.
        receipt: says what was done.
        watch: reads the thought for later triggers; None for none.

    Attributes:
        broke: why the answer has no end; empty if it has one.
    """

    plan: RelayPlan
    legs: ThoughtLegs
    leg: OpenLeg
    steps: ThoughtSteps
    receipt: ProxyReceipt
    watch: WatchedThought | None = None
    broke: str = ""
    _events: AnswerEvents = field(init=False)
    _begun: set[int] = field(default_factory=set)
    _roles: set[int] = field(default_factory=set)
    _over: bool = False
    _cut: Cut | None = None

    def __post_init__(self) -> None:
        self._events = AnswerEvents(self.plan.body, self.receipt)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the events of the answer; closing it closes the connection to the upstream.

        Raises `UpstreamBroke`, between two events.
        """
        try:
            while not self._over:
                async with aclosing(self.leg.events) as events:
                    async for event in events:
                        if self._passes(event):
                            yield event.raw
                            continue
                        for chunk in await self._read(event):
                            yield chunk
                        if self._cut or self._over:
                            break
                await self.leg.aclose()
                for chunk in await self._go_on(self._cut) if self._cut else self._end():
                    yield chunk
        except LegBroke as error:
            self.broke = f"the model server broke off: {error}"
            raise UpstreamBroke(is_between_events=True) from error
        finally:
            self._events.note_legs()
            await self.leg.aclose()

    def _passes(self, event: LegEvent) -> bool:
        """Whether an event goes on as it came, unread: it is one more piece of an answer in which all is said."""
        if len(self._begun) < self._choices or len(self._events.counts) > 1 or not event.raw:
            return False
        if (self.watch is not None and not self.watch.is_over) or _SAYS_MORE.search(event.raw):
            return False
        self._events.counts[-1].events += 1
        return True

    @property
    def _choices(self) -> int:
        number = self.plan.body.get("n")
        return number if type(number) is int else 1

    async def aclose(self) -> None:
        """End the connection to the upstream."""
        await self.leg.aclose()

    async def _read(self, event: LegEvent) -> list[bytes]:
        """Return what the client gets for one event."""
        if event.is_done:
            return [*self._end(is_said=True), event.raw]
        if event.content is None:
            return [event.raw]
        if event.content.get("error"):
            self.broke = f"the model server reports an error: {event.content['error']}"
            return [event.raw or write_event(event.content)]
        choices = choices_in(event.content)
        read = [self.plan.shape.read(one) for one in choices]
        self._events.note(event.content, read)
        if not choices:
            return self._events.keep_usage(event)
        before: list[Json] = []
        shown = [await self._show(choice, told, before) for choice, told in zip(choices, read, strict=True)]
        kept = [one for one in shown if one is not None]
        chunks = [self._events.make(one) for one in before]
        whole = [self._events.write(event, kept)] if kept else []
        if whole and any(one.finish for one in read):
            return [*chunks, *self._events.hold(whole[0])]
        return [*chunks, *whole]

    async def _show(self, choice: Mapping[str, Any], read: ReadChoice, before: list[Json]) -> Json | None:
        """Return the choice as the client gets it; None for nothing. What comes before it is put into `before`."""
        shown, has_role = dict(choice), read.index in self._roles
        if read.role:
            self._roles.add(read.index)
        if read.is_empty:
            return None if read.role and has_role else shown
        if read.role and has_role:
            shown = self.plan.shape.without_role(shown)
        if self.plan.hint and read.index not in self._begun:
            role = "" if has_role else read.role
            before.append(self.plan.first_hint(read, role))
            shown = self.plan.shape.without_role(shown) if role else shown
        self._begun.add(read.index)
        if self.watch is None or self.watch.is_over:
            return shown
        return await self._watch(self.watch, shown, read)

    async def _watch(self, watch: WatchedThought, choice: Json, read: ReadChoice) -> Json | None:
        # Behind the last token that the client allows nothing can follow.
        may_cut = room_left(self.plan.body, self._events.spent) != 0
        watched = await watch.read(read, self.steps, self.receipt, may_cut=may_cut)
        self._cut = watched.cut
        if watched.text is None:
            return choice
        if watched.cut and read.has_other:  # what the model calls behind the place, it calls again
            return self.plan.shape.make(read.index, watched.field, watched.text) if watched.text else None
        if watched.text or (watched.cut is None and (read.finish or read.has_other or read.role)):
            return self.plan.shape.with_text(choice, watched.field, watched.text)
        return None

    async def _go_on(self, cut: Cut) -> list[bytes]:
        """Begin the next request, behind the hint; without it if the upstream refuses."""
        watch, shape, text = self.watch, self.plan.shape, cut.answer.text
        assert watch is not None
        self._cut = None
        spent = self._events.spent
        field = watch.thought_field if watch.is_apart else watch.text_field
        why = self._why_no_room(text, spent) or await self._open(watch.written + text, spent)
        if not why:
            self.receipt.note_injection(cut.answer, position=watch.length, tokens=count_tokens(text))
            watch.put_in(text)
            return [self._events.make(shape.make(0, field, text))]
        self.receipt.degraded.append(f"a hint was left out: {why}")
        watch.give_up()
        await self._go_on_without(watch.written + cut.dropped, spent)
        return [self._events.make(shape.make(0, field, cut.dropped))] if cut.dropped else []

    async def _go_on_without(self, written: str, spent: int) -> None:
        """Begin a request again until the upstream takes it: it may be busy. Raises `LegBroke` in the end."""
        why = await self._open(written, spent)
        for pause in _PAUSES:
            if not why:
                return
            await asyncio.sleep(pause)
            why = await self._open(written, spent)
        if why:
            raise LegBroke(f"it does not go on: {why}")

    def _why_no_room(self, text: str, spent: int) -> str:
        prompt, window = self._events.counts[0].prompt, self.plan.window
        if not window or prompt is None or prompt + spent + count_tokens(text) < window:
            return ""
        return f"{prompt + spent} of the {window} tokens of the model are used"

    async def _open(self, written: str, spent: int) -> str:
        """Begin a request; return why it was refused, empty if it was not."""
        await self.leg.aclose()
        try:
            self.leg = await self.legs.open(written, spent=spent)
        except (UpstreamFailed, NotKnown) as error:
            return str(error)
        if self.leg.response.status_code != 200:
            said = (await self.leg.response.aread()).decode("utf-8", "replace")[:200]
            return f"status {self.leg.response.status_code}: {said}"
        self._events.counts.append(LegCount())
        return ""

    def _end(self, *, is_said: bool = False) -> list[bytes]:
        """Return the last events, once: the body is at its end. Raises `LegBroke` if the answer is not.

        Some servers give no reason for the end; if one says that it is there (`is_said`), that is enough.
        """
        if self._over:
            return []
        if not (self._events.finished or self.broke or is_said):
            raise LegBroke("the answer ended before its end")
        self._over = True
        return self._events.finish()
