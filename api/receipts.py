"""Receipts as rows of the store: of single recalls, and of the recalls and injections of a run."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from midthought.memory.records.ids import content_id
from midthought.memory.records.run import EntryRole, ReceiptRow, RunEntry, RunRow
from midthought.reasoner.thought.receipts import EVIDENCE, EntryUse, Receipt, ReceiptKind, Run
from midthought.retrieval.hits import Hit, RecallResult


def recall_row(result: RecallResult, arguments: Mapping[str, object]) -> ReceiptRow:
    """Return the receipt of one recall that belongs to no run; its id is that of the request.

    `arguments` of recall ask the same again; `probability` is what the calibration said of the best hit.
    """
    uses = tuple(_use(hit) for hit in result.hits)
    withheld = f"would abstain: {result.would_abstain}" if result.would_abstain else ""
    reason = str(result.abstention or withheld)
    receipt = Receipt(ReceiptKind.RECALL, result.query, uses, reason, 0, result.usage.seconds)
    record = {**_fields(receipt), "arguments": arguments, "probability": result.probability}
    content = json.dumps(record, default=_fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return ReceiptRow(result.request_id, receipt.kind.value, receipt.query, content)


def _fields(record: Any) -> dict[str, object]:
    """Return the fields of a dataclass as they are; `asdict` would copy each value, for a fifth of a millisecond."""
    return {one.name: getattr(record, one.name) for one in fields(record)}


def run_rows(run: Run, run_id: str = "") -> tuple[RunRow, list[ReceiptRow]]:
    """Return a run and its receipts. Equal injections of two runs stay two receipts.

    The id is that of its content, unless it had to be told before the run had ended.
    """
    run_id = run_id or run.id
    row = RunRow(
        run_id,
        run.question,
        run.outcome.value,
        run.tokens,
        run.seconds,
        run.to_json(),
        arm=run.arm,
        withheld=run.withheld,
        holdout=_holdout(run),
        engine=run.engine,
        cached_tokens=sum(turn.cached_tokens for turn in run.turns),
        entries=tuple(_run_entries(run)),
    )
    return row, [_receipt_row(run_id, number, one) for number, one in enumerate(run.receipts)]


def _holdout(run: Run) -> float:
    """Return the probability by which the run could have withheld what it recalled."""
    value = dict(run.configuration).get("holdout", 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


_ROLES = {ReceiptKind.INJECTION: EntryRole.INJECTED, ReceiptKind.WITHHELD: EntryRole.WITHHELD}


def _run_entries(run: Run) -> Iterator[RunEntry]:
    """Yield what became of the entries of a run: the injected or withheld ones, then what was recalled alone."""
    chosen = {(one.branch, one.sample) for one in run.samples if one.rank}
    branches, ids = {branch for branch, _ in chosen}, set[str]()
    hinted: dict[tuple[int, int], int] = {}
    for receipt in run.receipts:
        if receipt.kind not in _ROLES:
            continue
        place = (receipt.branch, receipt.sample)
        of_branch = receipt.sample == EVIDENCE  # a hint at the start is in every continuation of its branch
        is_chosen = receipt.branch in branches if of_branch else place in chosen
        begin = hinted.setdefault(place, receipt.position)  # hints at one place were put in together
        is_first = begin == receipt.position and (of_branch or (receipt.branch, EVIDENCE) not in hinted)
        for use in receipt.entries:
            ids.add(use.entry_id)
            role = _ROLES[receipt.kind]
            told = is_chosen and role is EntryRole.INJECTED
            yield RunEntry(use.entry_id, use.version, role, receipt.position, receipt.branch, told, is_first)
    others = {use.entry_id: use for one in run.receipts if one.kind is ReceiptKind.RECALL for use in one.entries}
    for use in others.values():
        if use.entry_id not in ids:
            yield RunEntry(use.entry_id, use.version, EntryRole.RECALLED)


def _receipt_row(run_id: str, number: int, receipt: Receipt) -> ReceiptRow:
    content = receipt.to_json()
    return ReceiptRow(
        content_id("receipt", run_id, number, content), receipt.kind.value, receipt.query, content, run_id
    )


def injection_row(session_id: str, receipt: Receipt) -> ReceiptRow:
    """Return the receipt of a hint that was put into the thought of a session; a session puts no entry in twice."""
    content = receipt.to_json()
    return ReceiptRow(content_id("receipt", session_id, content), receipt.kind.value, receipt.query, content)


def _use(hit: Hit) -> EntryUse:
    stored = hit.stored
    source = stored.provenance[0].source if stored.provenance else ""
    told = hit.trust, hit.flags, hit.not_injected
    return EntryUse(stored.id, stored.version, hit.score, hit.similarity, source, *told)
