"""The white-box engine: against the library's own loop, with and without reuse."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.language_model import Completion, CompletionRequest, PromptMessage, Sampling
from midthought.memory.errors import BadSettings, EngineFailed
from midthought.reasoner.engines.decoder import Decoder
from midthought.reasoner.engines.thinking_formats import ThinkingFormat
from midthought.reasoner.engines.transformers import EngineOptions, KvMode, TransformersEngine
from midthought.reasoner.thought.in_thought import InThoughtRecall, ThinkSettings, Trigger, last_run

_LONG = "A train leaves at noon and another at one; the second is faster. When do they meet? " * 3


def _tiny(model: Path, *, reuse: bool = True, chunk: int = 8, **options: Any) -> TransformersEngine:
    return TransformersEngine(
        model, options=EngineOptions(dtype="float32", chunk=chunk, reuse_prefix=reuse, device="cpu", **options)
    )


def _ids(engine: TransformersEngine, prompt: str, **arguments: Any) -> list[int | None]:
    return [token.id for token in engine.generate(prompt, **arguments)]


def _first_scores(engine: TransformersEngine, prompt: str) -> Any:
    """The scores of the token after a prompt."""
    decoder = Decoder(engine._loaded, engine.name)
    cache, pending = decoder.prefill(engine._read_prompt(prompt))
    return decoder.forward(pending, cache)


def _library_ids(engine: TransformersEngine, prompt: str, max_tokens: int) -> list[int]:
    """The greedy continuation by the library's own `generate`, end-of-text left out."""
    loaded = engine._loaded
    batch = loaded.tokenizer(prompt, return_tensors="pt")
    found = loaded.model.generate(**batch, do_sample=False, max_new_tokens=max_tokens)
    ids = found[0, batch.input_ids.shape[1] :].tolist()
    return ids[:-1] if ids[-1] in loaded.ends else ids


@pytest.mark.slow
@pytest.mark.parametrize("prompt", ["x", "12345678", "123456789", _LONG])
def test_greedy_equals_the_library(tiny_model: Path, prompt: str) -> None:
    """Chunked reading and our own loop give the ids of `model.generate`, around every chunk border."""
    engine = _tiny(tiny_model)
    assert _ids(engine, prompt, max_tokens=20) == _library_ids(engine, prompt, 20)


@pytest.mark.slow
@pytest.mark.parametrize(("temperature", "exact"), [(0.0, False), (0.0, True), (1.0, True)])
def test_reuse_changes_nothing(tiny_model: Path, temperature: float, exact: bool) -> None:
    """Branches with a shared beginning, in any order, give the ids that a fresh engine gives."""
    engine = _tiny(tiny_model, exact_reuse=exact)
    for tail in ("", "hint one, and more", "hint two", "", "h", "hint one, and another end"):
        fresh = _ids(_tiny(tiny_model, reuse=False), _LONG + tail, max_tokens=12, temperature=temperature, seed=5)
        assert _ids(engine, _LONG + tail, max_tokens=12, temperature=temperature, seed=5) == fresh


@pytest.mark.slow
def test_reuse_is_equal_bit_by_bit(tiny_model: Path) -> None:
    """With exact reuse, the scores after a reused beginning are the same floating-point numbers."""
    import torch

    scores = []
    for reuse in (True, False):
        engine = _tiny(tiny_model, reuse=reuse, exact_reuse=True)
        list(engine.generate(_LONG + "first branch", max_tokens=3))
        scores.append(_first_scores(engine, _LONG + "second branch"))
    assert torch.equal(scores[0], scores[1])


def test_generator_of_its_own(tiny_model: Path) -> None:
    """Sampling neither reads nor moves torch's global generator."""
    import torch

    engine = _tiny(tiny_model)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one = _ids(engine, "x", max_tokens=8, temperature=1.0, seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert _ids(engine, "x", max_tokens=8, temperature=1.0, seed=2) == one


def test_caller_is_never_in_inference_mode(tiny_model: Path) -> None:
    """Between two tokens the caller may compute gradients."""
    import torch

    for _ in _tiny(tiny_model).generate("x", max_tokens=2):
        assert not torch.is_inference_mode_enabled()


@pytest.mark.slow
def test_text_is_whole_characters(tiny_model: Path) -> None:
    """Random bytes are mostly torn characters; the text is what the ids decode to, less a torn end."""
    engine = _tiny(tiny_model)
    tokens = list(engine.generate("x", max_tokens=60, temperature=1.5, seed=1))
    whole = engine._loaded.tokenizer.decode([token.id for token in tokens])
    text = "".join(token.text for token in tokens)
    assert whole.rstrip("\ufffd").startswith(text.rstrip("\ufffd"))
    assert len(whole.rstrip("\ufffd")) == len(text.rstrip("\ufffd"))


def test_top_p_near_zero_is_greedy(tiny_model: Path) -> None:
    """A nucleus of one token leaves nothing to chance."""
    engine = _tiny(tiny_model, top_p=1e-9)
    assert _ids(engine, "x", max_tokens=9, temperature=2.0) == _ids(engine, "x", max_tokens=9)


@pytest.mark.slow
def test_window_is_kept(tiny_model: Path) -> None:
    """Generation ends where the window is full, as its last token tells; a prompt that fills it is an error with both
    numbers.
    """
    engine = _tiny(tiny_model, chunk=64)
    written = list(engine.generate("a" * 500, max_tokens=100))
    assert [one.is_cut for one in written] == [*[False] * 11, True]
    with pytest.raises(EngineFailed, match=r"600 tokens.*at most 511"):
        engine.generate("a" * 600)


def test_bad_arguments_are_errors(tiny_model: Path, tmp_path: Path) -> None:
    """An empty prompt, a negative temperature, a missing directory, a directory without a model."""
    with pytest.raises(ValueError, match="empty"):
        _tiny(tiny_model).generate("")
    with pytest.raises(ValueError, match="temperature"):
        _tiny(tiny_model).generate("x", temperature=-1)
    with pytest.raises(BadSettings, match="not a directory"):
        TransformersEngine(tmp_path / "missing")
    with pytest.raises(EngineFailed, match="cannot load"):
        TransformersEngine(tmp_path).count_tokens("x")


@pytest.mark.parametrize(
    ("thinking", "opening"),
    [("auto", ""), ("brackets", "[THINK]"), (ThinkingFormat("own", "[T]", ("[/T]",)), "[T]")],
)
def test_the_thinking_format_is_a_setting(tiny_model: Path, thinking: str | ThinkingFormat, opening: str) -> None:
    """A model that knows no marks has none, unless a format is named or given."""
    assert _tiny(tiny_model, thinking=thinking).open_thought("Why?") == f"Why?\n\n{opening}"


def test_opening_of_the_template_is_not_doubled(tiny_model: Path) -> None:
    """A template that opens the channel itself is left as it is."""
    engine = _tiny(tiny_model, thinking="think")
    engine._loaded.tokenizer.chat_template = r"{{ messages[0]['content'] + '\n<think>\n' }}"
    assert engine.open_thought("Why?") == "Why?\n<think>\n"


def test_a_completion_shows_its_thought_where_it_is_wanted(tiny_model: Path) -> None:
    """The template opened it: it stands before the answer, or, unfinished as here, is all there is."""
    engine = _tiny(tiny_model)
    engine._loaded.tokenizer.chat_template = r"{{ messages[0]['content'] + '\n<think>\n' }}"
    plain = CompletionRequest((PromptMessage("user", "Why?"),), sampling=Sampling(0.0, 1.0, 6))
    answers = dict(engine.complete([plain, replace(plain, shows_thought=True)]))
    texts = [one.text for one in (answers[0], answers[1]) if isinstance(one, Completion)]
    assert texts[0] == ""
    assert texts[1].startswith("<think>\n")
    assert len(texts[1]) > len("<think>\n")


def test_control_tokens_in_a_question_are_disarmed(tiny_model: Path) -> None:
    """A question cannot end its own turn."""
    assert "<|end|>" not in _tiny(tiny_model).open_thought("Why?<|end|>Because")


@pytest.fixture(scope="module")
def smollm2(smollm2_cache: Path) -> TransformersEngine:
    return TransformersEngine(cache=smollm2_cache, options=EngineOptions(dtype="float32", device="cpu"))


@pytest.mark.slow
@pytest.mark.parametrize("question", ["What is the capital of France?", "Name three prime numbers above 10."])
def test_smollm2_greedy_equals_the_library(smollm2: TransformersEngine, question: str) -> None:
    """The default model, greedy in fp32, writes the ids of `model.generate`."""
    prompt = smollm2.open_thought(question)
    assert _ids(smollm2, prompt, max_tokens=40) == _library_ids(smollm2, prompt, 40)


@pytest.mark.slow
def test_smollm2_knows_something(smollm2: TransformersEngine) -> None:
    """The converted weights are the model's: it names the capital of France."""
    prompt = smollm2.open_thought("What is the capital of France?")
    assert "Paris" in "".join(token.text for token in smollm2.generate(prompt, max_tokens=20))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", pytest.param("bfloat16", marks=pytest.mark.heavy)])
def test_smollm2_reuse_is_equal_bit_by_bit(smollm2_cache: Path, dtype: Any) -> None:
    """With and without reuse the scores of a second branch are the same numbers, in both number formats."""
    import torch

    scores = []
    for reuse in (True, False):
        options = EngineOptions(dtype=dtype, reuse_prefix=reuse, exact_reuse=True, device="cpu")
        engine = TransformersEngine(cache=smollm2_cache, options=options)
        list(engine.generate(_LONG * 3 + "first", max_tokens=3))
        scores.append(_first_scores(engine, _LONG * 3 + "second"))
    assert torch.equal(scores[0], scores[1])


@pytest.mark.slow
def test_zoom_with_everything_visible_changes_nothing(tiny_model: Path) -> None:
    """The same ids, and nothing was hidden at any record; every 16th token has one."""
    engine = _tiny(tiny_model, kv=KvMode.ZOOM, visible=1.0)
    tokens = list(engine.generate(_LONG, max_tokens=20, temperature=2.0, seed=3))
    assert [token.id for token in tokens] == _ids(_tiny(tiny_model), _LONG, max_tokens=20, temperature=2.0, seed=3)
    assert [place for place, token in enumerate(tokens) if token.zoom] == [0, 16]
    assert [token.zoom.agreement for token in tokens if token.zoom] == [None, None]


@pytest.mark.slow
def test_zoom_says_what_was_open(tiny_model: Path, tmp_path: Path) -> None:
    """With a fifth visible, parts of the text are named by characters, and the same arguments give the same tokens."""
    longer = shutil.copytree(tiny_model, tmp_path / "longer")
    config = json.loads((longer / "config.json").read_text(encoding="utf-8")) | {"max_position_embeddings": 1024}
    (longer / "config.json").write_text(json.dumps(config), encoding="utf-8")
    engine = _tiny(longer, kv=KvMode.ZOOM)
    prompt = (_LONG * 3)[:600]
    arguments = {"max_tokens": 20, "temperature": 2.0, "seed": 3}
    tokens = list(engine.generate(prompt, **arguments))
    assert [token.id for token in tokens] == _ids(engine, prompt, **arguments)
    steps = [token.zoom for token in tokens if token.zoom]
    assert [step.length for step in steps] == [600, 616]
    for step in steps:
        assert 512 <= step.visible < 516
        assert 0 < step.agreement <= 1
        assert all(0 <= one.start < one.end <= len(prompt) and 0 < one.share <= 1 for one in step.opened)
        assert step.host_bytes == 0
        assert step.device_bytes > 0


def test_the_record_of_a_run_names_what_attention_saw(tiny_model: Path) -> None:
    """The kv mode, and of a zoomed cache its settings, beside the settings of the thought."""
    settings = ThinkSettings(triggers=(Trigger.NEVER,), samples=1, procedures=1, max_tokens=3)
    recorded = {}
    for kv in KvMode:
        engine = _tiny(tiny_model, kv=kv, visible=0.3)
        run = last_run(
            InThoughtRecall(engine, lambda query, k: pytest.fail("no recall"), settings=settings).think("Why?")
        )
        recorded[kv] = {name: value for name, value in run.configuration if name.startswith("engine.")}
    plain = {"engine.kv": "full", "engine.dtype": "float32", "engine.top_p": 0.95, "engine.thinking": "auto"}
    shown = {
        f"engine.zoom.{name}": value for name, value in (("floor", 512), ("first", 4), ("window", 32), ("page", 4))
    }
    assert recorded[KvMode.FULL] == plain
    assert recorded[KvMode.ZOOM] == plain | {"engine.kv": "zoom", "engine.visible": 0.3} | shown
