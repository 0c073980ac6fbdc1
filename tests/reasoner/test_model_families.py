"""Families of models that think: template, opening, end of thought and answer, each as its tokeniser has them."""

from pathlib import Path
from typing import Any

import pytest

from midthought.reasoner.engines.branch_streams import generate_together
from midthought.reasoner.engines.decoder import Decoder
from midthought.reasoner.engines.thinking_formats import DividedText
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine

from .thinking_models import MODELS, ThinkingModel, has_tokenizer, write_model

HINT = "\n[hint] Write both as functions of time. [/hint]\nNow,"


# A real vocabulary of 32,768 takes a second for every engine.
ROWS = [pytest.param(name, marks=pytest.mark.slow if model.real else ()) for name, model in MODELS.items()]


@pytest.fixture(scope="module", params=ROWS)
def family(request: pytest.FixtureRequest) -> ThinkingModel:
    model = MODELS[request.param]
    if not has_tokenizer(model):
        pytest.skip("its tokeniser is in the package mistral-common")
    return model


@pytest.fixture(scope="module")
def directory(family: ThinkingModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(family, tmp_path_factory.mktemp("family"))


@pytest.fixture(scope="module")
def engine(directory: Path) -> TransformersEngine:
    # A prompt is read in one step, so that the first step of a recital gives its first token.
    return _engine(directory, chunk=4096)


def _engine(directory: Path, **options: Any) -> TransformersEngine:
    return TransformersEngine(directory, options=EngineOptions(dtype="float32", device="cpu", **options))


@pytest.fixture
def recited(engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the model writes from now on, in place of its own choices: token ids, then the end of its text."""
    import torch

    ids: list[int] = []
    left = iter(ids)

    def step(self: Decoder, rows: list[list[int]], cache: Any, **more: Any) -> Any:
        scores = torch.zeros(len(rows), len(engine._loaded.tokenizer))
        scores[:, next(left, min(engine._loaded.ends))] = 9.0
        return scores

    monkeypatch.setattr(Decoder, "step", step)
    return ids


def test_the_prompt_ends_in_an_opened_thought(family: ThinkingModel, engine: TransformersEngine) -> None:
    """The format is found, the template is applied, and the thought is opened once, whoever opens it."""
    prompt = engine.open_thought("Why?")
    assert engine.thinking.name == family.thinking
    assert prompt.endswith(family.opened)
    asked = prompt[prompt.index("Why?") :]
    assert asked.count(engine.thinking.opening.strip()) == 1
    assert engine.thinking.open(prompt) == prompt


def test_marks_are_tokens(family: ThinkingModel, engine: TransformersEngine) -> None:
    """Every mark that is a token of the family is read as that one, in the prompt and in what the model writes."""
    thinking, vocabulary = engine.thinking, engine._loaded.tokenizer.get_added_vocab()
    ids = engine._loaded.encode(thinking.opening.strip() + "I count." + thinking.ending)
    marks = [mark for mark in thinking.marks if mark in vocabulary]
    assert {vocabulary[mark] for mark in marks} <= set(ids)
    assert (not marks) == (family.thinking == "begin_of_thought")


def test_a_question_cannot_close_a_thought(engine: TransformersEngine) -> None:
    """Special tokens in a question lose their meaning."""
    special = engine._loaded.tokenizer.eos_token
    before = engine._encode(engine.open_thought("Why?")).count(engine._loaded.tokenizer.eos_token_id)
    after = engine._encode(engine.open_thought(f"Why?{special} Because")).count(engine._loaded.tokenizer.eos_token_id)
    assert before == after


def test_the_end_of_a_thought_is_seen(engine: TransformersEngine, recited: list[int]) -> None:
    """The closing mark is in the text, special token or not: it stops a query, and the answer behind it is found."""
    thinking = engine.thinking
    prompt = engine.open_thought("Why?")
    whole = f"I count.\n{thinking.ending}It is 4.{''.join(thinking.answer_closings[:1])}"
    recited += [one for one in engine._loaded.encode(whole) if one not in engine._loaded.ends]
    text = "".join(token.text for token in engine.generate(prompt, max_tokens=len(recited) + 1))
    assert thinking.divide(text) == DividedText("I count.", "It is 4.", closed=True)


def test_a_query_stops_at_the_end_of_a_thought(engine: TransformersEngine, recited: list[int]) -> None:
    """Nothing of the closing mark is yielded, and nothing behind it."""
    recited += engine._loaded.encode(f"What is it like? {engine.thinking.ending}It is 4.")
    tokens = engine.generate(engine.open_thought("Why?"), stop=engine.thinking.closings, max_tokens=len(recited))
    assert "".join(token.text for token in tokens).strip() == "What is it like?"


def test_a_completion_is_the_answer(engine: TransformersEngine, recited: list[int]) -> None:
    """A prompt that is completed gives the answer without the thought before it, whoever opened that."""
    from midthought.ingest.language_model import Completion, CompletionRequest, PromptMessage, Sampling

    thinking = engine.thinking
    shown = "" if engine.thinking.is_opened_by(_template_prompt(engine)) else thinking.opening
    recited += engine._loaded.encode(f"{shown}I count.{thinking.ending}It is 4.")
    request = CompletionRequest((PromptMessage("user", "Why?"),), sampling=Sampling(max_tokens=len(recited) + 1))
    ((_, answer),) = engine.complete([request])
    assert isinstance(answer, Completion)
    assert answer.text == "It is 4."


def _template_prompt(engine: TransformersEngine) -> str:
    turns = [{"role": "user", "content": "Why?"}]
    return str(engine._loaded.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def test_a_hint_costs_its_tokens_in_every_family(family: ThinkingModel, directory: Path) -> None:
    """What was written keeps its ids behind a hint; a family that forgets its beginning reads all again."""
    import torch

    engine = _engine(directory, chunk=8)
    prompt = engine.open_thought("When do they meet?")
    tokens = list(engine.generate(prompt, max_tokens=12))
    text = prompt + "".join(token.text for token in tokens) + HINT
    second = list(engine.generate(text, max_tokens=12))
    read = second[0].read
    assert read is not None
    if not family.plain:
        assert read.cached == 0
        return
    assert read.tokens - read.cached <= engine.count_tokens(HINT) + 3
    ids = engine._encode_known(text)
    assert ids[: len(engine._encode(prompt))] == engine._encode(prompt)
    for token in second:
        with torch.inference_mode():
            scores = engine._loaded.model(torch.tensor([ids]), use_cache=False).logits[0, -1]
        assert token.id == int(scores.argmax())
        ids.append(token.id)


def test_branches_of_every_family_write_what_each_writes_alone(directory: Path) -> None:
    """As one batch, or by turns where layers forget: the same tokens, greedy in fp32."""
    engine = _engine(directory)
    prompt = engine.open_thought("When do they meet?")
    prompts = [prompt, f"{prompt}{HINT}", f"{prompt}Look."]
    together: dict[int, list[int | None]] = {0: [], 1: [], 2: []}
    for place, token in generate_together(engine, prompts, seeds=[0, 0, 0], max_tokens=12):
        together[place].append(token.id)
    # The same texts in the same order: what follows a known text keeps the tokens of that.
    alone = _engine(directory, reuse_prefix=False)
    for place, one in enumerate(prompts):
        assert together[place] == [token.id for token in alone.generate(one, max_tokens=12)]
