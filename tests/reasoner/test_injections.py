"""What a text costs that is put into a running thought: its tokens, and nothing that was read or written before."""

from pathlib import Path
from typing import Any

import pytest

from midthought.reasoner.engines.base import PromptRead, Token
from midthought.reasoner.engines.branch_streams import generate_together
from midthought.reasoner.engines.decoder import Decoder
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.segments import Segment

QUESTION = "A train leaves at noon and another at one; the second is faster. When do they meet?\n"
LONG_QUESTION = "Explain in detail how to solve a quadratic equation, step by step, with three examples."
HINT = "\n[hint] Write both distances as functions of time. [/hint]\nNow,"


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each step of the model was fed, all rows together."""
    counts: list[int] = []
    step = Decoder.step

    def count(self: Decoder, rows: list[list[int]], cache: Any, **more: Any) -> Any:
        counts.append(sum(map(len, rows)))
        return step(self, rows, cache, **more)

    monkeypatch.setattr(Decoder, "step", count)
    return counts


def _engine(model: Path, **options: Any) -> TransformersEngine:
    return TransformersEngine(model, options=EngineOptions(dtype="float32", chunk=8, device="cpu", **options))


def _text(tokens: list[Token]) -> str:
    return "".join(token.text for token in tokens)


def _fresh_ids(engine: TransformersEngine, ids: list[int], written: list[int]) -> list[int]:
    """The greedy token behind `ids` and behind each prefix of `written`, by one pass over everything, without a cache.

    The model is causal: if these are `written`, a pass over the whole text at every step would have written the same.
    """
    import torch

    with torch.inference_mode():
        logits = engine._loaded.model(torch.tensor([ids + written]), use_cache=False).logits[0]
    return [int(one) for one in logits[len(ids) - 1 : -1].argmax(dim=-1)]


def _inject(engine: TransformersEngine, prompt: str, *, first: int, then: int) -> tuple[list[int], list[Token]]:
    """Write, inject a hint, write on; return all ids before the second leg, and its tokens."""
    before = list(engine.generate(prompt, max_tokens=first))
    text = prompt + _text(before) + HINT
    ids = engine._encode_known(text)
    return ids, list(engine.generate(text, max_tokens=then))


def test_decoding_after_an_injection_equals_a_fresh_pass(tiny_model: Path) -> None:
    """Greedy in fp32, 200 tokens after a hint are those of a fresh pass over the same tokens."""
    engine = _engine(tiny_model)
    ids, tokens = _inject(engine, "A train leaves at noon. ", first=20, then=200)
    assert len(tokens) == 200
    written = [token.id for token in tokens]
    assert written == _fresh_ids(engine, ids, written)


@pytest.mark.slow
def test_smollm2_after_an_injection_equals_a_fresh_pass(smollm2_cache: Path) -> None:
    """The same with the weights of the default model."""
    engine = TransformersEngine(cache=smollm2_cache, options=EngineOptions(dtype="float32", device="cpu"))
    ids, tokens = _inject(engine, engine.open_thought(LONG_QUESTION), first=40, then=200)
    assert len(tokens) == 200
    written = [token.id for token in tokens]
    assert written == _fresh_ids(engine, ids, written)


def test_an_injection_costs_its_tokens(tiny_model: Path, fed: list[int]) -> None:
    """After 20 written tokens a hint is read, with the one token that was drawn and never read; both are said."""
    engine = _engine(tiny_model)
    before = list(engine.generate(QUESTION, max_tokens=20))
    assert before[0].read == PromptRead(len(QUESTION), 0)
    assert {token.read for token in before[1:]} == {None}
    assert sum(fed) == len(QUESTION) + 19
    fed.clear()
    first = next(engine.generate(QUESTION + _text(before) + HINT, max_tokens=1))
    assert first.read is not None
    assert first.read.tokens - first.read.cached == sum(fed) == _unread(engine, before) + len(HINT)


def _unread(engine: TransformersEngine, written: list[Token]) -> int:
    """1 if the token that was drawn last, and never read, is part of the text; 0 if its character is unfinished."""
    whole = max(place for place, token in enumerate(written) if token.text)
    return 1 if whole == len(written) - 1 else 0


def test_branches_read_what_they_share_once(tiny_model: Path, fed: list[int]) -> None:
    """Two hints behind one thought: the second branch reads only from where they differ, alone and in a batch."""
    for together in (False, True):
        engine, prompts = _engine(tiny_model), ["a" * 83 + "first branch", "a" * 83 + "second branch"]
        fed.clear()
        if together:
            reads = [token.read for _, token in generate_together(engine, prompts, seeds=[0, 0], max_tokens=1)]
        else:
            reads = [token.read for prompt in prompts for token in engine.generate(prompt, max_tokens=1)]
        assert reads == [PromptRead(95, 0), PromptRead(96, 83)]
        assert sum(fed) == 95 + 13


def test_a_stream_that_is_closed_early_is_not_read_again(tiny_model: Path, fed: list[int]) -> None:
    """What was read and written until then is kept."""
    engine = _engine(tiny_model)
    stream = engine.generate(QUESTION, max_tokens=20)
    taken = [next(stream) for _ in range(5)]
    stream.close()
    fed.clear()
    next(engine.generate(QUESTION + _text(taken) + HINT, max_tokens=1))
    assert sum(fed) <= len(HINT) + 5 < len(QUESTION)


def test_every_branch_of_a_batch_is_kept(tiny_model: Path, fed: list[int]) -> None:
    """Each of three branches, one of which was closed before the others, goes on for the price of a hint."""
    engine = _engine(tiny_model)
    prompts = [QUESTION, QUESTION + "First. ", QUESTION + "I count them one after the other. "]
    written: dict[int, list[Token]] = {0: [], 1: [], 2: []}
    closed: set[int] = set()
    for place, token in generate_together(engine, prompts, seeds=[0] * 3, max_tokens=12, closed=closed):
        written[place].append(token)
        if place == 1 and len(written[1]) == 5:
            closed.add(1)
    assert [len(one) for one in written.values()] == [12, 5, 12]
    for place, tokens in written.items():
        fed.clear()
        next(engine.generate(prompts[place] + _text(tokens) + HINT, max_tokens=1))
        assert sum(fed) <= len(HINT) + 3


@pytest.mark.parametrize("lengths", [(0, 0, 0), (0, 9, 40)])
def test_a_batch_writes_what_each_branch_writes_alone(tiny_model: Path, lengths: tuple[int, ...]) -> None:
    """Greedy in fp32, for 60 tokens, with prompts of equal and of very different lengths."""
    prompts = [QUESTION + "abcdefgh " * length for length in lengths]
    ids: dict[int, list[int | None]] = {place: [] for place in range(len(prompts))}
    for place, token in generate_together(_engine(tiny_model), prompts, seeds=[0] * len(prompts), max_tokens=60):
        ids[place].append(token.id)
    for place, prompt in enumerate(prompts):
        alone = _engine(tiny_model, reuse_prefix=False)
        assert ids[place] == [token.id for token in alone.generate(prompt, max_tokens=60)]


def test_each_branch_of_a_batch_has_its_own_constraint(tiny_model: Path) -> None:
    """One branch copies from the question, one from a hint, one writes freely: each as it does alone."""
    segments = Segment("question", QUESTION.strip()), Segment("hint", "Write both distances as functions of time.")
    prompts = [QUESTION + "<quote>", QUESTION + HINT + "<quote>", QUESTION]
    spans = [SpanRequest(segments[:1]), SpanRequest(segments[1:]), None]
    engine, texts = _engine(tiny_model), ["", "", ""]
    for place, token in generate_together(engine, prompts, seeds=[0] * 3, max_tokens=50, spans=spans):
        texts[place] += token.text
    for place, (prompt, wanted) in enumerate(zip(prompts, spans, strict=True)):
        assert texts[place] == _text(list(_engine(tiny_model).generate(prompt, max_tokens=50, spans=wanted)))
    for segment, text in zip(segments, texts, strict=False):
        quote, mark, _ = text.partition("</quote>")
        assert mark
        assert quote in segment.text


def test_log_probs_are_those_of_the_model(tiny_model: Path) -> None:
    """Log-probability and entropy of each token are those of a forward pass over the text; temperature is no matter."""
    import torch

    engine = _engine(tiny_model)
    tokens = list(engine.generate(QUESTION, max_tokens=9, temperature=0.7, seed=4, log_probs=True))
    ids = engine._encode(QUESTION)
    with torch.inference_mode():
        logs = engine._loaded.model(torch.tensor([[*ids, *(token.id for token in tokens)]])).logits[0].double()
    for place, token in enumerate(tokens, start=len(ids) - 1):
        expected = logs[place].log_softmax(-1)
        assert token.log_prob == pytest.approx(float(expected[token.id]), abs=1e-4)
        assert token.entropy == pytest.approx(float(-(expected.exp() * expected).sum()), abs=1e-4)
    together = generate_together(engine, [QUESTION], seeds=[4], max_tokens=9, temperature=0.7, log_probs=True)
    assert [token.log_prob for _, token in together] == pytest.approx([token.log_prob for token in tokens], abs=1e-4)


def test_what_is_kept_is_bounded(tiny_model: Path) -> None:
    """The texts used last are held, no more than the bound and at least one; the bound is bytes of keys and values."""
    engine = _engine(tiny_model, kept_mb=1)
    store = engine._loaded.prefixes
    store._max_bytes = 40_000
    for number in range(6):
        list(engine.generate(f"{number} " + QUESTION, max_tokens=2))
        assert 0 < store.held_bytes <= 40_000
    list(engine.generate("9 " + QUESTION * 5, max_tokens=2))
    assert len(store._held) == 1
    assert store.held_bytes > 40_000


def test_ids_are_not_made_again(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that the model wrote with unusual tokens keeps them in the next prompt."""
    engine = _engine(tiny_model)
    tokens = list(engine.generate(QUESTION, max_tokens=12))
    whole = _text(tokens)
    asked: list[str] = []
    encode = engine._loaded.tokenizer.__class__.__call__
    monkeypatch.setattr(
        engine._loaded.tokenizer.__class__,
        "__call__",
        lambda self, text, **more: asked.append(text) or encode(self, text, **more),
    )
    ids = engine._encode_known(QUESTION + whole + HINT)
    assert not any(QUESTION in text for text in asked)
    assert engine._loaded.decode(ids) == QUESTION + whole + HINT
