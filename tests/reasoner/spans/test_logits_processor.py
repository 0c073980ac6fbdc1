"""Spans in transformers' own loop: batches, sampling and beams, on a random model."""

from pathlib import Path
from typing import Any

import pytest

from midthought.reasoner.spans.decoding import SpanCoder
from midthought.reasoner.spans.logits_processor import SpanLogitsProcessor, mask_scores
from midthought.reasoner.spans.request import Matching, SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment

_TEXTS = ("The cat sat on the mat, the café was closed.", "One or two dogs ran away; two dogs came back.")
_RULES = SpanRules(max_tokens=9)


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> tuple[Any, Any, SpanCoder]:
    """The random model over bytes, padded on the left, and its coder."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model, padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token
    return AutoModelForCausalLM.from_pretrained(tiny_model).eval(), tokenizer, SpanCoder(tokenizer)


def request(text: str, matching: Matching, **options: Any) -> SpanRequest:
    return SpanRequest((Segment("s", text),), rules=_RULES, matching=matching, **options)


def run(model: tuple[Any, Any, SpanCoder], prompts: list[str], processor: Any, **options: Any) -> list[list[int]]:
    """The tokens after each prompt."""
    import torch

    weights, tokenizer, _ = model
    torch.manual_seed(0)
    batch = tokenizer(prompts, return_tensors="pt", padding=True)
    processors = [processor] if processor else []
    found = weights.generate(**batch, max_new_tokens=40, logits_processor=processors, pad_token_id=256, **options)
    return [row[batch.input_ids.shape[1] :].tolist() for row in found]


@pytest.mark.slow
@pytest.mark.parametrize("matching", Matching)
@pytest.mark.parametrize("options", [{"do_sample": False}, {"do_sample": True}, {"do_sample": False, "num_beams": 3}])
@pytest.mark.parametrize("quote_thought", [False, True])
def test_spans_are_verbatim(
    model: tuple[Any, Any, SpanCoder], matching: Matching, options: dict[str, Any], quote_thought: bool
) -> None:
    """Greedy, sampled, by beams, in a padded batch: what stands between the marks stands in the row's own segment."""
    requests = [request(text, matching, quote_thought=quote_thought) for text in _TEXTS]
    processor = SpanLogitsProcessor(model[2], requests)
    prompts = [f"{_TEXTS[0]} Say: <quote>", f"{_TEXTS[1]} Say a little more: <quote>"]
    for row, written in enumerate(run(model, prompts, processor, **options)):
        text = model[2].vocabulary.join(written).decode(errors="replace")
        spans = processor.spans(row, written)
        assert spans
        assert text.startswith(spans[0].text + "</quote>")
        for span in spans:
            assert all(_TEXTS[row][one.start : one.end] == span.text for one in span.sources if one.segment == "s")
            assert span.sources or not span.text


@pytest.mark.slow
def test_other_rows_are_left_alone(model: tuple[Any, Any, SpanCoder]) -> None:
    """A row without a request gets the tokens it gets without a processor."""
    prompts = [f"{_TEXTS[0]} Say: <quote>", f"{_TEXTS[1]} Say: <quote>"]
    processor = SpanLogitsProcessor(model[2], [request(_TEXTS[0], Matching.TEXT), None])
    constrained, free = run(model, prompts, processor, do_sample=False)
    plain, alone = run(model, prompts, None, do_sample=False)
    assert free == alone
    assert constrained != plain
    assert processor.spans(1, free) == ()


def test_the_mask_is_the_allowed_set(model: tuple[Any, Any, SpanCoder]) -> None:
    """Exactly the allowed tokens keep their score, and it is the score they had; the argument is not changed."""
    import torch

    state = model[2].begin(model[1]("The cat. <quote>").input_ids, request("The cat.", Matching.TEXT))
    scores = torch.arange(257.0)
    masked = mask_scores(scores, state)
    kept = set(torch.nonzero(masked.isfinite()).flatten().tolist())
    assert kept == set(state.allowed() or ())
    assert all(masked[token] == scores[token] for token in kept)
    assert torch.equal(scores, torch.arange(257.0))
    free = model[2].begin(model[1]("The cat.").input_ids, request("The cat.", Matching.TEXT))
    assert mask_scores(scores, free) is scores


def test_rows_must_fit_the_requests(model: tuple[Any, Any, SpanCoder]) -> None:
    """Three rows for two requests, or no request at all, is an error that says so."""
    processor = SpanLogitsProcessor(model[2], [None, None])
    with pytest.raises(ValueError, match="3 rows are no multiple of 2 requests"):
        run(model, ["a", "b", "c"], processor)
    with pytest.raises(ValueError, match="got none"):
        SpanLogitsProcessor(model[2], [])
