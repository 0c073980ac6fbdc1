"""The engines by name: what the setting `engine` may say. A new engine is one file, one row and one line of docs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from midthought.memory.registry import Choice, Registry
from midthought.reasoner.engines.model_endpoint import ModelEndpoint, Structured

if TYPE_CHECKING:
    from midthought.ingest.language_model import LanguageModel
    from midthought.reasoner.engines.base import Engine
    from midthought.reasoner.zoom.zoom_settings import KvMode, ZoomSettings


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What settings say of an engine; each engine takes what concerns it.

    Attributes:
        model: a directory or a hub name; None for the default model.
        cache: where the default model lies and is converted to; None for the user's cache directory.
        kv: what attention sees of the KV cache.
        visible: of all tokens, the share that a zoomed step sees.
        zoom: the zoom policy.
        endpoint: where a model is served; None if no URL is set.
        context: how many tokens a prompt and its answer may have together; None for what the engine finds.
        structured: whether answers are constrained to a JSON schema.
        thinking: the name of a thinking format, or ``auto``.
    """

    model: str | Path | None
    cache: Path | None
    kv: "KvMode"
    visible: float
    zoom: "ZoomSettings"
    endpoint: ModelEndpoint | None = None
    context: int | None = None
    structured: Structured = Structured.AUTO
    thinking: str = "auto"


EngineFactory = Callable[[EngineRequest], "Engine | LanguageModel"]
"""Makes what continues a thought, what completes prompts, or what does both."""


def _load_transformers() -> EngineFactory:
    from midthought.reasoner.engines.transformers import make_transformers_engine

    return make_transformers_engine


def _load_scripted() -> EngineFactory:
    from midthought.reasoner.engines.scripted import make_demo_engine

    return lambda _: make_demo_engine()


def _load_openai() -> EngineFactory:
    from midthought.reasoner.engines.openai import make_openai_engine

    return make_openai_engine


def _load_vllm() -> EngineFactory:
    from midthought.reasoner.engines.vllm import make_vllm_engine

    return make_vllm_engine


ENGINES: Registry[EngineFactory] = Registry(
    "engine",
    Choice("transformers", "any decoder-only model, in this process; has spans and zoom", _load_transformers),
    Choice("openai", "a model behind an OpenAI-compatible server; continues thoughts as that can", _load_openai),
    Choice("vllm", "vLLM in this process, many thoughts and prompts at once", _load_vllm),
    Choice("scripted", "one recited thought, for trying commands without a model", _load_scripted),
)
