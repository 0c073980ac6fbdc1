"""vLLM in this process, loaded once: its settings, and a step that fails."""

import importlib.util
from pathlib import Path

import pytest

from midthought.ingest.language_model import Completion, CompletionRequest, PromptMessage, Sampling
from midthought.memory.errors import BadSettings, EngineFailed, Unreachable
from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.engines.vllm import VllmEngine

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
    pytest.mark.filterwarnings("ignore"),  # vLLM warns of what PyTorch will not have any more
]


def ask(text: str, *, max_tokens: int = 200, schema: str = "") -> CompletionRequest:
    """Return a greedy request."""
    return CompletionRequest((PromptMessage("user", text),), schema, Sampling(0.0, 1.0, max_tokens))


def test_a_step_that_fails_ends_all_calls(smollm2_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window is as set, and a schema that is none fails its request alone. When vLLM breaks, all that is asked, in
    two calls, is unreachable with the reason, and so is what is asked later.
    """
    engine = VllmEngine(convert_smollm2(smollm2_cache), context=512)
    assert engine.context_tokens == 512
    failed, found = (
        answer for _, answer in engine.complete([ask("a", schema='{"type": "no"}'), ask("a", max_tokens=2)])
    )
    assert (type(failed), type(found)) == (EngineFailed, Completion)

    def break_down() -> None:
        raise RuntimeError("no memory left")

    first, second = (
        engine.complete([ask("Hello.", max_tokens=1), ask("Tell a story."), ask("Tell two.")]) for _ in "ab"
    )
    assert isinstance(next(first)[1], Completion)
    assert isinstance(next(second)[1], Completion)
    monkeypatch.setattr(engine._loaded.llm_engine, "step", break_down)
    rest = [answer for _, answer in (*first, *second, *engine.complete([ask("Hello.")]))]
    assert [type(answer) for answer in rest] == [Unreachable] * 5
    assert {"no memory left" in str(answer) for answer in rest} == {True}


def test_a_directory_without_a_model_ends_the_call(tmp_path: Path) -> None:
    """No request can succeed: the setting is named."""
    with pytest.raises(BadSettings, match="see the setting 'model'"):
        list(VllmEngine(tmp_path).complete([ask("a")]))


def test_it_thinks(smollm2_cache: Path) -> None:
    """Tokens with ids, log-probs and entropy; a longer prompt keeps its ids, and its beginning comes from the cache;
    several thoughts run as one batch, beside a completion, and one that is closed early disturbs none.
    """
    engine = VllmEngine(convert_smollm2(smollm2_cache), context=2048)
    story = "The river Ilmen freezes from late November to early April. " * 90
    prompt = engine.open_thought(f"{story}When?")
    tokens = list(engine.generate(prompt, max_tokens=12, log_probs=True))
    assert all(one.id is not None and one.log_prob is not None and one.entropy is not None for one in tokens)
    written = "".join(one.text for one in tokens)
    read = next(engine.generate(f"{prompt}{written}\n[hint] Look.\n", max_tokens=8)).read
    assert read is not None
    assert read.cached >= (read.tokens - 20) // 128 * 128 - 128
    alone = "".join(one.text for one in engine.generate(prompt, max_tokens=20))
    assert alone.startswith(written)
    cut = "".join(one.text for one in engine.generate(prompt, max_tokens=20, stop=[alone[5:8]]))
    assert cut == alone[: alone.index(alone[5:8])]
    closed: set[int] = set()
    texts = dict.fromkeys(range(5), "")
    for place, token in engine.generate_many([prompt] * 5, seeds=range(5), max_tokens=20, closed=closed):
        texts[place] += token.text
        if not closed:
            closed.add(4)
            ((_, answer),) = engine.complete([ask("Hello.", max_tokens=4)])
            assert isinstance(answer, Completion)
    assert [texts[place] for place in range(4)] == [alone] * 4
    assert len(texts[4]) < len(alone)
    assert list(engine.generate(prompt, max_tokens=0)) == []
    for arguments, reason in (({"temperature": -1}, "temperature"), ({"on_recall": str}, "no recall tool")):
        with pytest.raises(ValueError, match=reason):
            engine.generate(prompt, **arguments)  # type: ignore[arg-type]
    with pytest.raises(EngineFailed, match="reads at most 2047"):
        list(engine.generate(prompt * 3))
