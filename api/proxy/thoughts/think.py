"""Recall in the middle of the thought of one proxied request."""

from dataclasses import dataclass, replace

import httpx

from midthought.api.proxy.asked_texts import append_text
from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyReceipt, ProxyWay
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.relay import answer_with
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.thoughts.ability_table import AbilityTable
from midthought.api.proxy.thoughts.chat_prefill import ChatPrefill
from midthought.api.proxy.thoughts.choice_shapes import Json
from midthought.api.proxy.thoughts.id_legs import ChatCompletions
from midthought.api.proxy.thoughts.legs import OpenLeg
from midthought.api.proxy.thoughts.opened_completions import OpenedCompletions
from midthought.api.proxy.thoughts.server_tokenizer import NotKnown
from midthought.api.proxy.thoughts.thought_place import ThoughtPlace, find_place
from midthought.api.proxy.thoughts.thought_relay import RelayPlan, ThoughtRelay
from midthought.api.proxy.thoughts.thought_watch import WatchedThought
from midthought.api.proxy.thoughts.whole_answer import answer_in_one, fold_answer, is_in_one, stream_answer
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_session import SessionAction, SessionAnswer
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.retrieval.packing import count_tokens

_RETRIED = frozenset({400, 404, 405, 413, 422, 501})
"""Statuses of a refusal that may be of what was changed here; the client's own request says whether it is."""


async def think(
    call: ProxyCall, steps: ThoughtSteps, receipt: ProxyReceipt, *, table: AbilityTable
) -> ProxyAnswer | None:
    """Return the answer to a request, with hints in its thought; None if recall has to happen in another way, or not.

    The receipt then says why. Nothing has been sent to the client, and the client's own request can still be sent. The
    answer at the start of the thought can be had again by the same first step.

    Args:
        call: a chat or a completion of one prompt, that continues no message itself.
        steps: recalls.
        receipt: is told what is done, as long as the answer streams.
        table: what is known of the upstream's models.

    Raises:
        UpstreamFailed: the upstream is away, or breaks off an answer that is wanted in one piece.
    """
    settings = call.options.session.settings()
    watches = bool(settings.later_triggers) and all(call.body.get(name) in (None, 1) for name in ("n", "best_of"))
    if settings.later_triggers and not watches:
        receipt.note_left_out(settings.later_triggers, "recall in the middle of a thought needs n = 1")
    asked = _with_instruction(call, settings) if watches else call
    place = await find_place(asked, table, stats=watches)
    if isinstance(place, str):
        receipt.why = place
        return None
    start = SessionAnswer(SessionAction.NONE)
    if Trigger.START in settings.triggers:
        start = await steps.step("", position=0)
        receipt.note_step(start)
    if not start.text and not watches:
        receipt.why = "nothing is put in"
        return None
    answer = await _Thought(asked, place, start, watches, steps, receipt).answer()
    if isinstance(answer, ProxyAnswer):
        receipt.way, receipt.why = ProxyWay.IN_THOUGHT, place.name
        return answer
    table.note_refusal(call.model, call.body, answer)
    receipt.why = f"{place.name}: {answer}"
    receipt.entries.clear()
    return None


def _with_instruction(call: ProxyCall, settings: ThinkSettings) -> ProxyCall:
    """Return the request with what tells the model how to ask (`tag`), behind the question."""
    instruction = settings.explain_tag()
    return replace(call, body=append_text(call.kind, call.body, instruction)) if instruction else call


@dataclass(frozen=True, slots=True)
class _Thought:
    """One thought, before its first request."""

    call: ProxyCall
    place: ThoughtPlace
    start: SessionAnswer
    watches: bool
    steps: ThoughtSteps
    receipt: ProxyReceipt

    async def answer(self) -> ProxyAnswer | str:
        """Return the answer, or why the upstream refused what was changed here. Raises `UpstreamFailed`."""
        place, text = self.place, self.start.text
        in_one = not (self.call.streams or self.watches)
        written = place.prefix + text if text else None
        try:
            if in_one and written is not None and isinstance(place.legs, ChatPrefill | OpenedCompletions):
                leg = await place.legs.whole(written)
            else:
                in_one = False
                leg = await place.legs.open(written, spent=0)
        except NotKnown as error:
            return str(error)
        if leg.response.status_code != httpx.codes.OK:
            return await _refused(leg)
        if text:
            self.receipt.note_injection(self.start, position=0, tokens=count_tokens(text))
        plan = self._plan()
        if in_one or is_in_one(leg):
            if self.watches:
                later = self.call.options.session.settings().later_triggers
                self.receipt.note_left_out(later, "recall in the middle of a thought needs a server that streams")
            return await answer_in_one(leg, plan, self.receipt, self._as_asked)
        relay = ThoughtRelay(plan, place.legs, leg, self.steps, self.receipt, self._watch())
        return stream_answer(relay) if self.call.streams else await fold_answer(relay, self.call.kind)

    def _as_asked(self, content: Json) -> Json:
        """Return an answer in one piece in the shape that the client asked for."""
        legs = self.place.legs
        return legs.as_chat(content) if isinstance(legs, ChatCompletions) else content

    def _plan(self) -> RelayPlan:
        place = self.place
        shown = place.opening if place.shows else ""
        return RelayPlan(place.shape, self.call.body, self.start.text, place.field, shown, place.window)

    def _watch(self) -> WatchedThought | None:
        place, text = self.place, self.start.text
        if not self.watches:
            return None
        lead = place.prefix if text or place.opened else None
        watch = WatchedThought(place.thinking, place.field, place.shape.text_field, lead)
        if text:
            watch.put_in(text)
        return watch


async def _refused(leg: OpenLeg) -> ProxyAnswer | str:
    """Return why a request was refused, or the refusal itself if it is not of what was changed here."""
    if leg.response.status_code not in _RETRIED:
        return answer_with(leg.response)
    try:
        said = (await leg.response.aread()).decode("utf-8", "replace")[:200]
    except httpx.HTTPError as error:
        said = type(error).__name__
    await leg.aclose()
    return f"status {leg.response.status_code}: {said}"
