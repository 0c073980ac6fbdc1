"""The way of one request through the proxy."""

import logging
from dataclasses import replace

from midthought.api.proxy.exchange import ProxyExchange
from midthought.api.proxy.hint_first import put_hint_first
from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyWay
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.receipt_answer import write_receipt
from midthought.api.proxy.relay import relay
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.thoughts.think import think
from midthought.api.proxy.upstream import UpstreamFailed
from midthought.api.proxy.way_choice import choose_way
from midthought.reasoner.thought.arms import Arm

_log = logging.getLogger(__name__)


async def respond(exchange: ProxyExchange) -> ProxyAnswer:
    """Return the answer to a request. Raises `UpstreamFailed`."""
    call, upstream = exchange.call, exchange.service.upstream
    if not call.kind.recalls or call.options.mode is ProxyMode.OFF:
        answer = await relay(call, upstream)
    elif call.options.mode is ProxyMode.SHADOW:
        answer = await _relay_in_shadow(exchange)
    else:
        answer = await write_receipt(await _answer_with_memory(exchange), call, exchange.receipt)
    exchange.note_status(answer.status)
    return replace(answer, headers=[*answer.headers, *exchange.headers()])


async def _relay_in_shadow(exchange: ProxyExchange) -> ProxyAnswer:
    choice = choose_way(exchange.call)
    exchange.receipt.why = choice.why
    exchange.receipt.shadow_way = choice.way
    if choice.way is not ProxyWay.NONE and exchange.call.question.strip():
        exchange.begin_shadow()
    return await relay(exchange.call, exchange.service.upstream)


async def _answer_with_memory(exchange: ProxyExchange) -> ProxyAnswer:
    """Return the answer with what the memory adds to it; whatever goes wrong there, the upstream is asked as before."""
    receipt = exchange.receipt
    try:
        return await _put_hints(exchange)
    except UpstreamFailed:
        raise
    except Exception as error:  # noqa: BLE001  # the memory's part never costs the user an answer
        _log.exception("a request of the proxy goes on without the memory")
        receipt.degraded.append(f"recall failed: {type(error).__name__}: {error}")
        receipt.way = ProxyWay.NONE
        receipt.entries.clear()
        receipt.injections.clear()
        return await relay(exchange.call, exchange.service.upstream)


async def _put_hints(exchange: ProxyExchange) -> ProxyAnswer:
    if exchange.service.salts is not None:
        exchange.call = await exchange.service.salts.salt(exchange.call)
    call, receipt, upstream = exchange.call, exchange.receipt, exchange.service.upstream
    choice = choose_way(call)
    receipt.why = choice.why
    if choice.way is ProxyWay.NONE or not call.question.strip():
        _note_no_thought(exchange)
        return await relay(call, upstream)
    steps = exchange.begin_recall()
    if choice.way is ProxyWay.IN_THOUGHT:
        exchange.arm = Arm.IN_THOUGHT
        answer = await think(call, steps, receipt, table=exchange.service.abilities)
        if answer is not None:
            exchange.settle(may_recall=True)
            return answer
    _note_no_thought(exchange)
    answer = await _put_hint_first(exchange, steps)
    exchange.settle(may_recall=False)
    return answer


def _note_no_thought(exchange: ProxyExchange) -> None:
    """Say that what watches a thought has none to watch."""
    receipt = exchange.receipt
    later = exchange.call.options.session.settings().later_triggers
    receipt.note_left_out(later, f"there is no recall in the thought: {receipt.why or 'there is no question'}")


async def _put_hint_first(exchange: ProxyExchange, steps: ThoughtSteps) -> ProxyAnswer:
    call, receipt, upstream = exchange.call, exchange.receipt, exchange.service.upstream
    if call.kind is ProxyKind.COMPLETIONS:  # a prompt has no place before its end but its end
        return await relay(call, upstream)
    found_place = steps.was_asked
    answer = await put_hint_first(call, upstream, steps, receipt)
    # What the memory had no hint for in a thought was no hint before it either.
    if receipt.way is ProxyWay.HINT_FIRST or not found_place:
        exchange.arm = Arm.HINT_FIRST
    return answer
