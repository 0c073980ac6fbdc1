"""The answer of a thought as the client wants it: in events, or in one piece."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from midthought.api.proxy.folding import begin_fold
from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyReceipt
from midthought.api.proxy.proxy_call import ProxyKind, write_body
from midthought.api.proxy.proxy_headers import decode_headers, headers_down, without
from midthought.api.proxy.relay import UpstreamBroke
from midthought.api.proxy.thoughts.choice_shapes import Json, choices_in
from midthought.api.proxy.thoughts.leg_stream import LegEvent
from midthought.api.proxy.thoughts.legs import OpenLeg
from midthought.api.proxy.thoughts.thought_relay import RelayPlan, ThoughtRelay
from midthought.api.proxy.thoughts.token_counts import LegCount
from midthought.api.proxy.upstream import Headers, UpstreamFailed
from midthought.reasoner.engines.served.chat_stream import THOUGHT_FIELDS


def stream_answer(relay: ThoughtRelay) -> ProxyAnswer:
    """Return an answer in events."""
    return ProxyAnswer(200, _headers(relay.leg.response), relay.chunks(), relay.aclose)


def is_in_one(leg: OpenLeg) -> bool:
    """Whether a server answers in one piece, whatever it was asked for."""
    return bool(leg.response.headers.get("content-type", "").startswith("application/json"))


async def answer_in_one(
    leg: OpenLeg, plan: RelayPlan, receipt: ProxyReceipt, as_asked: Callable[[Json], Json]
) -> ProxyAnswer:
    """Return the answer that one request brings in one piece, in the shape that `as_asked` gives it.

    Raises:
        UpstreamFailed: it breaks off.
    """
    try:
        raw = await leg.response.aread()
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise _broke(f"{type(error).__name__}: {error}") from error
    finally:
        await leg.aclose()
    headers = _headers(leg.response)
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not choices_in(content):
        return _whole(headers, raw)
    count = LegCount()
    count.note(content.get("usage"), has_text=False)
    receipt.legs.append(count.as_leg())
    return _whole(headers, write_body(add_hint(as_asked(content), plan)))


async def fold_answer(relay: ThoughtRelay, kind: ProxyKind) -> ProxyAnswer:
    """Return an answer in one piece that comes in events. Raises `UpstreamFailed` if it breaks off."""
    folding = begin_fold(kind)
    try:
        async for chunk in relay.chunks():
            event = LegEvent(chunk)
            if event.content is not None:
                folding.add(event.content)
    except UpstreamBroke:
        raise _broke(relay.broke) from None
    finally:
        await relay.aclose()
    if relay.broke:
        raise _broke(relay.broke)
    headers = [*without(_headers(relay.leg.response), "content-type"), ("content-type", "application/json")]
    return _whole(headers, write_body(folding.whole().answer))


def add_hint(content: Mapping[str, Any], plan: RelayPlan) -> Json:
    """Return an answer whose every choice has the hint before what the model wrote."""
    return {**content, "choices": [_with_hint(one, plan) for one in choices_in(content)]}


def _with_hint(choice: Mapping[str, Any], plan: RelayPlan) -> Json:
    message = choice.get("message")
    if not isinstance(message, dict):
        return {**choice, plan.shape.text_field: plan.hint + str(choice.get(plan.shape.text_field) or "")}
    field = next((name for name in THOUGHT_FIELDS if message.get(name)), plan.field) or plan.shape.text_field
    opening = plan.shown_opening if field == plan.shape.text_field else ""
    text = message.get(field)
    return {**choice, "message": {**message, field: f"{opening}{plan.hint}{text if isinstance(text, str) else ''}"}}


def _whole(headers: Headers, content: bytes) -> ProxyAnswer:
    async def chunks() -> Any:
        yield content

    return ProxyAnswer(200, [*headers, ("content-length", str(len(content)))], chunks())


def _headers(response: httpx.Response) -> Headers:
    """Return the headers of an answer whose body is made anew."""
    return without(headers_down(decode_headers(response.headers.raw)), "content-length", "content-encoding")


def _broke(reason: str) -> UpstreamFailed:
    return UpstreamFailed(reason, code="upstream-broke", status=502)
