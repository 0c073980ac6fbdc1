"""The thought of a run with what the memory did in it, each at its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from midthought.api.explorer.passages import PassageMark, TextPiece, TextWindow, cut_text, window_at
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS
from midthought.reasoner.thought.receipts import EVIDENCE, QuoteRecord, Receipt, ReceiptKind, Run

MAX_MARKS = 200
"""Passages that are marked in the shown part of a thought."""


@dataclass(frozen=True, slots=True)
class ThoughtView:
    """What the chosen continuation of a run looks like.

    Attributes:
        branch, sample: its place.
        before: receipts of what happened before its text begins: the first recall, the hint of its branch, evidence.
        window, pieces: the shown part of its text; hints in its middle and quotes are marked.
        later: receipts of recalls and hints in its middle.
    """

    branch: int
    sample: int
    before: tuple[Receipt, ...]
    window: TextWindow
    pieces: tuple[TextPiece, ...]
    later: tuple[Receipt, ...]


def view_thought(run: Run, *, place: int) -> ThoughtView:
    """Return the chosen continuation around a place of its text."""
    chosen = next(((one.branch, one.sample) for one in run.samples if one.rank == 1), (EVIDENCE, EVIDENCE))
    window = window_at(len(run.text), place)
    before = tuple(one for one in run.receipts if one.sample == EVIDENCE and one.branch in (EVIDENCE, chosen[0]))
    inside = tuple(one for one in run.receipts if (one.branch, one.sample) == chosen and one.sample != EVIDENCE)
    marks = [one for one in _marks(run, inside) if one.start < window.end and one.end > window.start][:MAX_MARKS]
    pieces = tuple(cut_text(run.text, marks, start=window.start, end=window.end))
    return ThoughtView(*chosen, before, window, pieces, tuple(one for one in inside if one.quote is None))


def _marks(run: Run, inside: tuple[Receipt, ...]) -> Iterator[PassageMark]:
    yield from (_quote_mark(one.quote) for one in inside if one.quote)
    places = _hint_places(run)
    hints = [one for one in inside if one.kind is ReceiptKind.INJECTION]
    # The model may have written such marks itself: then nobody knows which hint is which.
    told = [_hint_label(one) for one in hints] if len(hints) == len(places) else ["a recalled hint"] * len(places)
    for (start, end), label in zip(places, told, strict=True):
        yield PassageMark(start, end, "hint", label)


def _quote_mark(quote: QuoteRecord) -> PassageMark:
    if not quote.supported:
        return PassageMark(quote.start, quote.end, "unsupported", f"unsupported quote, {quote.verdict}")
    source = quote.sources[0]
    label = f"{quote.verdict} quote of {source.segment}, characters {source.start} to {source.end}"
    return PassageMark(quote.start, quote.end, "quote", label, source.entry_id)


def _hint_places(run: Run) -> list[tuple[int, int]]:
    """Return where hints stand in the text, by the marks around them."""
    named = dict(run.configuration)
    begin = str(named.get("prompts.hint_begin") or DEFAULT_HINT_MARKS.begin)
    end = str(named.get("prompts.hint_end") or DEFAULT_HINT_MARKS.end)
    found = re.finditer(f"{re.escape(begin)}.*?(?:{re.escape(end)}|$)", run.text, re.DOTALL)
    return [one.span() for one in found]


def _hint_label(receipt: Receipt) -> str:
    used = ", ".join(f"{one.entry_id} version {one.version}" for one in receipt.entries)
    return f"injected by the trigger {receipt.trigger}: {used}"
