"""The thought of a run: hints, quotes and what was open, each at the characters where the record has it."""

from dataclasses import replace

from midthought.api.explorer.run_pages import read_run
from midthought.api.explorer.thoughts import view_thought
from midthought.api.receipts import run_rows
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.spans.segments import SegmentKind
from midthought.reasoner.spans.verdict import QuoteVerdict
from midthought.reasoner.thought.receipts import (
    EntryUse,
    FinishReason,
    QuoteRecord,
    QuoteSource,
    Receipt,
    ReceiptKind,
    Run,
    SampleRecord,
    ZoomRecord,
)
from midthought.reasoner.zoom.zoom_step import OpenPart, ZoomStep

from .conftest import SHARPER, Pages

TEXT = "First <b>I</b> try. [recalled hint] cut away [end of hint] So <quote>cut away</quote>, or <quote>gold</quote>."
HINT = (TEXT.index("[recalled"), TEXT.index(" So"))
QUOTE = (TEXT.index("cut away</"), TEXT.index("</quote>"))
INVENTED = (TEXT.index("gold"), TEXT.index("gold") + 4)
USE = EntryUse(SHARPER.id, 2, 0.9, 0.8, "own")


def quote(place: tuple[int, int], verdict: QuoteVerdict) -> Receipt:
    """The receipt of a quote of the chosen continuation."""
    sources = (QuoteSource("hint", next(iter(SegmentKind)), 3, 11, SHARPER.id, 2, ""),)
    found = sources if verdict is QuoteVerdict.EXACT else ()
    record = QuoteRecord(1, 0, TEXT[slice(*place)], *place, True, verdict, found, None, "", 0.0)
    return Receipt(ReceiptKind.QUOTE, record.text, (USE,), "", 2, 0.0, record, "", 1, 0)


RUN = Run(
    question="How do I sharpen <i>it</i>?",
    engine="tests",
    configuration=(("samples", 2),),
    query="sharpen",
    receipts=(
        Receipt(ReceiptKind.RECALL, "How to sharpen?", (USE,), "", 3, 0.1, trigger="start"),
        Receipt(ReceiptKind.INJECTION, "How to sharpen?", (USE,), "", 9, 0.0, trigger="start", branch=0, position=50),
        Receipt(ReceiptKind.INJECTION, "How to sharpen?", (USE,), "", 9, 0.0, trigger="start", branch=1, position=50),
        Receipt(ReceiptKind.INJECTION, "And then?", (USE,), "", 5, 0.0, None, "tag", 1, 0, position=80),
        quote(QUOTE, QuoteVerdict.EXACT),
        quote(INVENTED, QuoteVerdict.INVENTED),
    ),
    samples=(
        SampleRecord(0, 0, SHARPER.id, 2, 30, FinishReason.DONE, 0.5, 0),
        SampleRecord(1, 0, SHARPER.id, 2, 20, FinishReason.DONE, 1.0, 1),
    ),
    text=TEXT,
    answer="cut",
    turns=(),
    seconds=1.0,
    zoom=ZoomRecord(
        "Prompt. " + TEXT,
        (
            ZoomStep(10, 8.0, 0.5, 1000, 2000, (OpenPart(0, 7, 1.0),)),
            ZoomStep(20, 9.0, None, 1000, 2000, (OpenPart(0, 7, 0.2), OpenPart(8, 13, 0.6))),
        ),
    ),
)


def test_a_thought_is_marked_where_the_record_says() -> None:
    """The hint between its marks, the quotes at their characters; nothing of other continuations."""
    view = view_thought(RUN, place=0)
    assert (view.branch, view.sample, len(view.before), len(view.later)) == (1, 0, 2, 1)
    marks = {(one.start, one.end): one for piece in view.pieces for one in piece.begun}
    assert {place: one.kind for place, one in marks.items()} == {
        HINT: "hint",
        QUOTE: "quote",
        INVENTED: "unsupported",
    }
    assert SHARPER.id in marks[HINT].label
    assert marks[QUOTE].target == SHARPER.id


def test_hints_that_the_model_wrote_itself_are_given_to_no_entry() -> None:
    """If there are more marks than receipts, nobody knows which is which."""
    view = view_thought(replace(RUN, text=TEXT + " [recalled hint] my own"), place=0)
    labels = [one.label for piece in view.pieces for one in piece.begun if one.kind == "hint"]
    assert labels == ["a recalled hint"] * 2


def test_the_page_of_a_run_shows_the_same(pages: Pages) -> None:
    """Its text, unchanged, with the passages as marks, the hint that stands before it, and what was open."""
    row, receipts = run_rows(RUN)
    pages.memory.store.writer.record_run(Namespace("default"), row, receipts)
    assert read_run(row) == RUN
    page = pages.show(f"/runs/{row.id}")
    thought = page.section("thought")
    hint, text = (one for one in thought.find_all("div") if one.attributes["class"] == "text")
    assert SHARPER.subroutine in hint.text
    shown = {one.attributes["class"]: one.text for one in text.find_all("mark")}
    assert shown == {
        kind: TEXT[slice(*place)] for kind, place in (("hint", HINT), ("quote", QUOTE), ("unsupported", INVENTED))
    }
    zoom = page.section("zoom")
    assert "Step 2 of 2, at token 20" in zoom.text
    assert [one.attributes["class"] for one in zoom.find_all("mark")] == ["open open-1", "open open-3"]
    assert page.find("h1").text == RUN.question
    first = pages.show(f"/runs/{row.id}?step=0").section("zoom")
    assert [(one.attributes["class"], one.text) for one in first.find_all("mark")] == [("open open-4", "Prompt.")]
    assert "100.0%" in first.find_all("table")[0].text
