"""Receipts as rows of the store: of single recalls, and of the recalls and injections of a run."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from midthought.memory.records.ids import content_id
from midthought.memory.records.run import ReceiptRow, RunRow
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
    row = RunRow(run.id, run.question, run.outcome.value, run.tokens, run.seconds, run.to_json())
    return row, [_receipt_row(run.id, number, one) for number, one in enumerate(run.receipts)]


def _receipt_row(run_id: str, number: int, receipt: Receipt) -> ReceiptRow:
    content = receipt.to_json()
    return ReceiptRow(
        content_id("receipt", run_id, number, content), receipt.kind.value, receipt.query, content, run_id
    )


def _use(hit: Hit) -> EntryUse:
    stored = hit.stored
    source = stored.provenance[0].source if stored.provenance else ""
    return EntryUse(stored.id, stored.version, hit.score, hit.similarity, source)
