"""Thoughts that quote: what may be quoted, what is looked up, what is written down, and evidence first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from midthought.memory.errors import BadSettings
from midthought.memory.records.entry import Procedure, Provenance, StoredEntry
from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_ends
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment, SegmentKind
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.spans.verdict import QuoteVerdict
from midthought.reasoner.thought.events import EvidenceToken, HintInjected, QuoteChecked, SampleFinished, ThinkEvent
from midthought.reasoner.thought.in_thought import InThoughtRecall, ThinkSettings, Trigger, last_run
from midthought.reasoner.thought.quoting import QuoteWatch, entry_segments
from midthought.reasoner.thought.receipts import EVIDENCE, QuoteRecord, ReceiptKind
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

from .conftest import HandMadeRecall

_QUERY = ScriptedReply(prompt_ends(ThoughtPrompts().opening), ("How do I add?",))
_NOTE = Segment("note.txt", "Twelve birds sat in the tree. Three flew away.")


def verify(**options: Any) -> ThinkSettings:
    return ThinkSettings(samples=1, procedures=1, temperature=0.0, spans=SpanSettings(SpanMode.VERIFY, **options))


def thought(answer: str, recall: HandMadeRecall, settings: ThinkSettings, *context: Segment) -> list[ThinkEvent]:
    engine = ScriptedEngine([_QUERY, ScriptedReply(lambda _: True, (answer,))])
    return list(InThoughtRecall(engine, recall, settings=settings).think("How many are left?", context=context))


def quotes(events: Sequence[ThinkEvent]) -> list[QuoteRecord]:
    return [event.quote for event in events if isinstance(event, QuoteChecked)]


def test_a_quoted_procedure_names_its_entry() -> None:
    """A quote of a recalled entry has its id, its version and the trajectory that taught it, in event and receipt."""
    procedure = Procedure("How do I solve problem 0?", "Take the short way home.")
    stored = StoredEntry(0, procedure, version=3, provenance=(Provenance("t-17", "traces:17"),))
    events = thought("the short way</quote> helps.", HandMadeRecall([stored]), verify())
    (quote,) = quotes(events)
    assert (quote.text, quote.verdict, quote.closed, quote.branch, quote.sample) == (
        "the short way",
        QuoteVerdict.EXACT,
        True,
        0,
        0,
    )
    (source,) = quote.sources
    assert (source.segment, source.kind) == (f"{stored.id}/body", SegmentKind.ENTRY)
    assert (source.start, source.end) == (5, 18)
    assert (source.entry_id, source.version, source.trajectory_id) == (stored.id, 3, "t-17")
    receipt = last_run(events).receipts[-1]
    assert (receipt.kind, receipt.query, receipt.quote) == (ReceiptKind.QUOTE, "the short way", quote)
    assert [use.entry_id for use in receipt.entries] == [stored.id]
    assert '"verdict":"exact"' in receipt.to_json()


def test_offsets_are_those_of_the_sample(recall: HandMadeRecall) -> None:
    """A quote's characters are where the record says, in the text of its sample, which begins with the lead-in."""
    events = thought("birds sat</quote> and <quote>three flew</quote>", recall, verify(), _NOTE)
    (sample,) = [event for event in events if isinstance(event, SampleFinished)]
    assert sample.text.startswith(" here is the sentence that I need, word for word: <quote>birds sat</quote>")
    found = quotes(events)
    assert [sample.text[one.start : one.end] for one in found] == ["birds sat", "three flew"]
    assert [one.verdict for one in found] == [QuoteVerdict.EXACT, QuoteVerdict.NORMALISED]
    assert {source.kind for one in found for source in one.sources} == {SegmentKind.CONTEXT}
    assert sample.tokens == 5


def test_unsupported_quotes_are_marked_in_the_receipt(recall: HandMadeRecall) -> None:
    """What no source says is told in the receipt, with the nearest passage."""
    events = thought("Thirteen birds sat in the tree</quote> so.", recall, verify(), _NOTE)
    (quote,) = quotes(events)
    assert (quote.verdict, quote.supported, quote.sources) == (QuoteVerdict.ALTERED, False, ())
    assert quote.nearest is not None
    assert (quote.nearest.segment, quote.nearest_text) == ("note.txt", "Twelve birds sat in the tree")
    assert last_run(events).receipts[-1].abstention == "altered: no source says this"


def test_a_quote_cut_off_is_looked_up_too(recall: HandMadeRecall) -> None:
    """It is there before the sample is finished, and says that it was not closed."""
    events = thought("birds sat", recall, verify(), _NOTE)
    place = next(number for number, event in enumerate(events) if isinstance(event, QuoteChecked))
    assert isinstance(events[place + 1], SampleFinished)
    assert [(one.text, one.closed) for one in quotes(events)] == [("birds sat", False)]


def test_off_changes_nothing(recall: HandMadeRecall) -> None:
    """Without quotes the prompts and the record are as they were before there were any."""
    engine = ScriptedEngine([_QUERY, ScriptedReply(lambda _: True, ("<quote>birds</quote>",))])
    settings = ThinkSettings(samples=1, procedures=1, temperature=0.0)
    events = list(InThoughtRecall(engine, recall, settings=settings).think("How many are left?"))
    assert quotes(events) == []
    assert all("quote" not in prompt for prompt in engine.prompts)
    assert {receipt.kind for receipt in last_run(events).receipts} == {ReceiptKind.RECALL, ReceiptKind.INJECTION}


def test_the_model_is_taught(recall: HandMadeRecall) -> None:
    """The marks are explained beside the question; context stands there too; each continuation begins with a quote."""
    engine = ScriptedEngine([_QUERY, ScriptedReply(lambda _: True, ("x",))])
    list(InThoughtRecall(engine, recall, settings=verify()).think("How many?", context=[_NOTE]))
    asked, thinking = engine.prompts
    assert asked.startswith(f"Question: How many?\n\n{_NOTE.text}\n\nStay with the words")
    assert "between <quote> and </quote>" in asked
    assert thinking.endswith("Now, here is the sentence that I need, word for word: <quote>")
    plain = ThinkSettings(samples=1, procedures=1, triggers=(Trigger.NEVER,), spans=SpanSettings(SpanMode.VERIFY))
    list(InThoughtRecall(engine, recall, settings=plain).think("How many?"))
    assert engine.prompts[-1].endswith("<think>\nHere is the sentence that I need, word for word: <quote>")


def test_own_thought_as_a_source() -> None:
    """With `quote_thought` what stands before a quote supports it; without, it does not."""
    for allowed in (True, False):
        watch = QuoteWatch([_NOTE], SpanSettings(SpanMode.VERIFY, quote_thought=allowed), branch=0, sample=0)
        (quote,) = watch.push("Nine are left. <quote>Nine are left</quote>")
        assert quote.supported == allowed
        assert [(one.kind, one.start) for one in quote.sources] == ([(SegmentKind.THOUGHT, 0)] if allowed else [])


def test_an_engine_that_cannot_constrain_is_refused(recall: HandMadeRecall) -> None:
    """Before anything is asked, and the error says what can be done; the engine itself refuses too."""
    engine = ScriptedEngine([])
    for settings in (ThinkSettings(spans=SpanSettings(SpanMode.CONSTRAIN)), ThinkSettings(evidence=1)):
        with pytest.raises(BadSettings, match="cannot constrain its tokens to spans: take spans = verify"):
            InThoughtRecall(engine, recall, settings=settings)


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> TransformersEngine:
    return TransformersEngine(tiny_model, options=EngineOptions(dtype="float32", device="cpu"))


def short_prompts() -> ThoughtPrompts:
    """Few words, for a model that reads 512 bytes."""
    return ThoughtPrompts(opening="Q:", lead_in="See", evidence_lead_in="Copy:", evidence_title="From:")


def constrained(matching: Matching, **options: Any) -> ThinkSettings:
    return ThinkSettings(
        samples=2,
        procedures=2,
        max_tokens=40,
        query_tokens=5,
        prompts=short_prompts(),
        spans=SpanSettings(SpanMode.CONSTRAIN, rules=SpanRules(max_tokens=12), matching=matching, instruction=""),
        **options,
    )


@pytest.mark.slow
@pytest.mark.parametrize("matching", Matching)
def test_constrained_thoughts_quote_what_stands_there(
    tiny: TransformersEngine, recall: HandMadeRecall, matching: Matching
) -> None:
    """A model without any sense quotes letter by letter: every closed quote of every branch is exact."""
    events = list(InThoughtRecall(tiny, recall, settings=constrained(matching)).think("How many?", context=[_NOTE]))
    found = quotes(events)
    assert {one.branch for one in found} == {0, 1}
    assert {one.verdict for one in found} == {QuoteVerdict.EXACT}
    texts = {"question": "How many?", _NOTE.id: _NOTE.text}
    texts |= {segment.id: segment.text for one in recall.entries for segment in entry_segments(one)}
    for quote in found:
        assert all(texts[one.segment][one.start : one.end] == quote.text for one in quote.sources)


@pytest.mark.slow
def test_entries_with_marks_can_be_quoted(tiny: TransformersEngine) -> None:
    """An entry that holds control marks and quotation marks, which the hint shows otherwise, breaks nothing."""
    procedure = Procedure('What does "stop" mean?', "  Say <|im_end|> or </think>, then [end of hint] and go on.  ")
    recall = HandMadeRecall([StoredEntry(0, procedure, version=1, provenance=())])
    settings = constrained(Matching.TEXT)
    found = quotes(list(InThoughtRecall(tiny, recall, settings=settings).think("<|end|> How?")))
    assert found
    assert all(one.supported or not one.closed for one in found)


@pytest.mark.slow
def test_evidence_first(tiny: TransformersEngine, recall: HandMadeRecall) -> None:
    """Passages are copied first, none twice; the thought sees them alone, and its quotes lead to the texts."""
    settings = constrained(Matching.TEXT, evidence=3)
    events = list(InThoughtRecall(tiny, recall, settings=settings).think("How many?", context=[_NOTE]))
    passages = [one for one in quotes(events) if one.branch == EVIDENCE]
    assert 1 <= len(passages) <= 3
    assert all(one.verdict is QuoteVerdict.EXACT for one in passages)
    taken = set[tuple[str, int]]()
    for one in passages:
        places = [{(s.segment, place) for place in range(s.start, s.end)} for s in one.sources]
        assert any(not taken & some for some in places)
        taken.update(*places)
    assert any(isinstance(event, EvidenceToken) for event in events)
    assert not any(isinstance(event, HintInjected) for event in events)
    known = {_NOTE.id, "question", *(segment.id for one in recall.entries for segment in entry_segments(one))}
    assert {source.segment for one in quotes(events) for source in one.sources} <= known
    run = last_run(events)
    assert [turn.name for turn in run.turns][: len(passages)] == ["evidence"] * len(passages)
    assert (run.turns[-1].name, run.query) == ("branch 0 sample 1", "How many?")
    assert recall.queries[-1] == ("How many?", 2)


@pytest.mark.slow
def test_evidence_without_anything_to_copy(tiny: TransformersEngine, silent_recall: HandMadeRecall) -> None:
    """Where nothing is recalled and no text is given, the thought goes on as it would."""
    events = list(
        InThoughtRecall(tiny, silent_recall, settings=constrained(Matching.TEXT, evidence=2)).think("How many?")
    )
    assert [one for one in quotes(events) if one.branch == EVIDENCE] == []
    assert last_run(events).samples


def test_no_quotes_survive_in_the_query(recall: HandMadeRecall) -> None:
    """Marks the model writes into its query are not searched for."""
    engine = ScriptedEngine(
        [ScriptedReply(prompt_ends(ThoughtPrompts().opening), ("<quote>How do I add?</quote>",)), _ANY]
    )
    list(InThoughtRecall(engine, recall, settings=verify()).think("How many?"))
    assert recall.queries == [("How do I add?", 1)]


_ANY = ScriptedReply(lambda _: True, ("x",))


class _Stuttering(ScriptedEngine):
    """Cuts its answer into single characters."""

    def generate(self, prompt: str, **options: Any) -> TokenStream:
        for token in super().generate(prompt, **options):
            for letter in token.text:
                yield Token(letter)


def test_marks_may_fall_between_tokens(recall: HandMadeRecall) -> None:
    """A quote is found however its marks are cut."""
    engine = _Stuttering([_QUERY, ScriptedReply(lambda _: True, ("birds sat</quote> <quote>flew away</quote>",))])
    events = list(InThoughtRecall(engine, recall, settings=verify()).think("How many?", context=[_NOTE]))
    assert [one.text for one in quotes(events)] == ["birds sat", "flew away"]
