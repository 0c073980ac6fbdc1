"""Hints before the thought: the way for every model, server and route."""

from midthought.api.proxy.asked_texts import append_text
from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyReceipt, ProxyWay
from midthought.api.proxy.proxy_call import ProxyCall, write_body
from midthought.api.proxy.relay import relay
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.upstream import Upstream
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS
from midthought.reasoner.thought.thought_session import SessionAction
from midthought.retrieval.packing import count_tokens

_MAY_BE_OURS = frozenset({400, 413, 422})
"""Statuses of a refusal that may be because of the hint, such as a prompt that is too long."""


async def put_hint_first(
    call: ProxyCall, upstream: Upstream, steps: ThoughtSteps, receipt: ProxyReceipt
) -> ProxyAnswer:
    """Return the answer to a request with a hint behind its question; without one if the memory has none.

    Raises:
        UpstreamFailed: there is no answer.
    """
    found = await steps.step("", position=0)
    receipt.note_step(found)
    if found.action is not SessionAction.INJECT:
        return await relay(call, upstream)
    hint = cut_hint(found.text)
    body = append_text(call.kind, call.body, hint)
    answer = await relay(call, upstream, content=write_body(body))
    if answer.status in _MAY_BE_OURS:
        await answer.aclose()
        receipt.degraded.append(f"the model server refused the request with a hint in it (status {answer.status})")
        receipt.entries.clear()
        return await relay(call, upstream)
    receipt.way = ProxyWay.HINT_FIRST
    receipt.note_injection(found, position=0, tokens=count_tokens(hint))
    return answer


def cut_hint(text: str) -> str:
    """Return a hint of a session without what lets a running thought go on behind it."""
    head, found, _ = text.rpartition(DEFAULT_HINT_MARKS.end)
    return f"{head}{found}".strip() if found else text.strip()
