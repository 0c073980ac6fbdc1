"""Receipts as rows of the store: of single recalls, and of the recalls and injections of a run."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from midthought.memory.records.ids import content_id
from midthought.memory.records.run import EntryRole, ReceiptRow, RunEntry, RunRow
from midthought.reasoner.thought.receipts import EntryUse, Receipt, ReceiptKind, Run
from midthought.retrieval.hits import Hit, RecallResult


def recall_row(result: RecallResult, arguments: Mapping[str, object]) -> ReceiptRow:
    """Return the receipt of one recall that belongs to no run; its id is that of the request.

    `arguments` of recall ask the same again.
    """
    uses = tuple(_use(hit) for hit in result.hits)
    withheld = f"would abstain: {result.would_abstain}" if result.would_abstain else ""
    reason = str(result.abstention or withheld)
    receipt = Receipt(ReceiptKind.RECALL, result.query, uses, reason, 0, result.usage.seconds)
    content = json.dumps(
        {**asdict(receipt), "arguments": arguments}, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return ReceiptRow(result.request_id, receipt.kind.value, receipt.query, content)


def run_rows(run: Run) -> tuple[RunRow, list[ReceiptRow]]:
    """Return a run and its receipts. Equal injections of two runs stay two receipts."""
    row = RunRow(
        run.id,
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
    return row, [_receipt_row(run.id, number, one) for number, one in enumerate(run.receipts)]


def _holdout(run: Run) -> float:
    """Return the probability by which the run could have withheld what it recalled."""
    value = dict(run.configuration).get("holdout", 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def _run_entries(run: Run) -> Iterator[RunEntry]:
    """Yield what became of the entries of a run: first the injected or withheld ones, then what was recalled alone.

    A run that withholds says what it would have injected by receipts of injections, or else by what it recalled.
    """
    chosen = {(one.branch, one.entry_id) for one in run.samples if one.rank}
    used = [one for one in run.receipts if one.kind is ReceiptKind.INJECTION]
    recalled = [one for one in run.receipts if one.kind is ReceiptKind.RECALL]
    if run.withheld and not used:
        used, recalled = recalled, []
    role = EntryRole.WITHHELD if run.withheld else EntryRole.INJECTED
    told: dict[tuple[str, int, int], RunEntry] = {}
    for receipt in used:
        for use in receipt.entries:
            place = (use.entry_id, receipt.position, receipt.branch)
            is_chosen = not run.withheld and (receipt.branch, use.entry_id) in chosen
            told.setdefault(place, RunEntry(use.entry_id, use.version, role, *place[1:], is_chosen))
    yield from told.values()
    ids = {one.entry_id for one in told.values()}
    others = {use.entry_id: use for receipt in recalled for use in receipt.entries if use.entry_id not in ids}
    for use in others.values():
        yield RunEntry(use.entry_id, use.version, EntryRole.RECALLED)


def _receipt_row(run_id: str, number: int, receipt: Receipt) -> ReceiptRow:
    content = receipt.to_json()
    return ReceiptRow(
        content_id("receipt", run_id, number, content), receipt.kind.value, receipt.query, content, run_id
    )


def _use(hit: Hit) -> EntryUse:
    stored = hit.stored
    source = stored.provenance[0].source if stored.provenance else ""
    return EntryUse(stored.id, stored.version, hit.score, hit.similarity, source)
