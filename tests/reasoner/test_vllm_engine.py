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
