"""The run of one request of the proxy, as every other run is recorded."""

from collections.abc import Iterator
from dataclasses import dataclass

from midthought.api.operations.recall import MAX_QUESTION
from midthought.api.operations.request import MemoryCore
from midthought.api.proxy.asked_numbers import list_asked
from midthought.api.proxy.proxy_answer import ProxyInjection, ProxyReceipt
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.proxy_session import RecallNotes, think_settings_of
from midthought.api.receipts import run_rows
from midthought.memory.errors import NotFound
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.receipts import (
    EVIDENCE,
    FinishReason,
    Receipt,
    ReceiptKind,
    Run,
    RunTurn,
    SampleRecord,
    Value,
)

ENGINE = "proxy"
_CUT = frozenset({"length", "max_tokens", "incomplete", "model_length"})
"""What the kinds of upstreams say of an answer that was cut by a limit."""
_ALWAYS = frozenset({"triggers", "hint_tokens", "max_hint_tokens", "holdout"})
_LATER = frozenset({"recalls", "later_margin"})
"""Settings of recalls behind the start."""


@dataclass(frozen=True, slots=True)
class FinishedRequest:
    """What is known of a request when it has ended.

    Attributes:
        call: the request.
        receipt: what the memory did.
        notes: what was recalled, and held back.
        withheld: by chance nothing was put in.
        arm: how the memory was used.
        seconds: from the request to the end of its answer.
    """

    call: ProxyCall
    receipt: ProxyReceipt
    notes: RecallNotes
    withheld: bool
    arm: Arm
    seconds: float


def record_run(done: FinishedRequest, memory: MemoryCore, holdout: float) -> None:
    """Write the run into the store; a namespace that does not exist has no runs. Raises what the store raises."""
    owner = done.call.namespace
    try:
        memory.store.reader.get_namespace(owner)
    except NotFound:
        return
    row, receipts = run_rows(make_run(done, holdout=holdout), done.receipt.run)
    memory.store.writer.record_run(owner, row, receipts)


def make_run(done: FinishedRequest, *, holdout: float) -> Run:
    """Return the record of a request. It has no text of the answer: that is the client's."""
    receipts = tuple(_list_receipts(done))
    turns = (
        RunTurn(f"branch 0 sample 0 leg {number}", one.completion_tokens, one.prompt_tokens, one.cached_tokens)
        for number, one in enumerate(done.receipt.legs, start=1)
    )
    return Run(
        question=done.call.question[:MAX_QUESTION],
        engine=f"{ENGINE}:{done.call.model}",
        configuration=tuple(_describe(done, holdout)),
        query=next((one.query for one in receipts), ""),
        receipts=receipts,
        samples=(_make_sample(done),),
        text="",
        answer="",
        turns=tuple(turns),
        seconds=done.seconds,
        arm=done.arm.value,
        withheld=done.withheld,
        degraded=tuple(done.receipt.degraded),
    )


def _describe(done: FinishedRequest, holdout: float) -> Iterator[tuple[str, Value]]:
    """Yield what had a part in the request. A default of the upstream is its own, and is not recorded."""
    receipt, settings = done.receipt, think_settings_of(done.call, holdout=holdout)
    later = {one.value for one in settings.later_triggers}
    for name, value in settings.named_values():
        owner, _, parameter = name.rpartition(".")
        of_trigger = owner == "triggering" and parameter.partition("_")[0] in later
        if name in _ALWAYS or (later and name in _LATER) or of_trigger:
            yield name, value
    yield "k", done.call.options.session.k
    yield from (("mode", receipt.mode.value), ("way", receipt.way.value), ("why", receipt.why))
    yield from (("path", done.call.kind.value), ("model", done.call.model))
    yield from list_asked(done.call.body).items()
    if receipt.mode is ProxyMode.SHADOW:
        yield "shadow.way", receipt.shadow_way.value
        yield "shadow.entries", ",".join(f"{one.entry_id} version {one.version}" for one in receipt.entries)


def _make_sample(done: FinishedRequest) -> SampleRecord:
    receipt = done.receipt
    first = next((use for one in receipt.injections for use in one.entries), None)
    tokens = sum(one.completion_tokens for one in receipt.legs)
    finish = FinishReason.LENGTH if receipt.finish in _CUT else FinishReason.DONE
    entry, version = (first.entry_id, first.version) if first else ("", 0)
    return SampleRecord(0, 0, entry, version, tokens, finish, 0.0, 1)


def _list_receipts(done: FinishedRequest) -> Iterator[Receipt]:
    """Yield the recalls, each with what was put in or held back because of it behind it."""
    # In the shadow nothing is put in, and that is not by chance.
    withheld = done.notes.withheld if done.withheld else ()
    left = [*map(_write_injection, done.receipt.injections), *map(_of_branch, withheld)]
    for recall in done.notes.recalls:
        yield recall
        for one in [one for one in left if (one.query, one.trigger) == (recall.query, recall.trigger)]:
            left.remove(one)
            yield one
    yield from left


def _write_injection(one: ProxyInjection) -> Receipt:
    sample = 0 if one.position else EVIDENCE
    return Receipt(
        ReceiptKind.INJECTION,
        one.query,
        one.entries,
        "",
        one.tokens,
        0.0,
        trigger=one.trigger,
        branch=0,
        sample=sample,
        position=one.position,
    )


def _of_branch(receipt: Receipt) -> Receipt:
    """Return a receipt of what was held back in the one branch that there is."""
    place = receipt.trigger, 0, receipt.sample, receipt.position
    return Receipt(receipt.kind, receipt.query, receipt.entries, "", 0, 0.0, None, *place)
