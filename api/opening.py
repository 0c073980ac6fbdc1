"""From settings to the things they name: encoder, engine, the memory in a directory or behind a URL."""

from pathlib import Path
from typing import TYPE_CHECKING

from midthought.api.home import write_out
from midthought.api.settings import EngineName, Settings
from midthought.memory.errors import BadSettings

if TYPE_CHECKING:
    from midthought.api.client import Client
    from midthought.api.library import Memory
    from midthought.reasoner.engines.base import Engine
    from midthought.reasoner.thought.think_settings import ThinkSettings
    from midthought.retrieval.encoders.base import Encoder


def make_encoder(settings: Settings) -> "Encoder":
    """Return the encoder the settings name; weights are loaded at its first text."""
    from midthought.retrieval.encoders import registry

    return registry.make_encoder(settings.encoder)


def make_engine(settings: Settings) -> "Engine":
    """Return the engine the settings name; the model is loaded at its first use."""
    if settings.engine is EngineName.SCRIPTED:
        from midthought.api.demo_engine import make_recital

        return make_recital()
    from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine

    options = EngineOptions(kv=settings.kv, visible=settings.visible)
    return TransformersEngine(_model(settings.model), options=options, cache=settings.cache)


def _model(name: str) -> "str | Path | None":
    """Return what is spelled as a path as one, so that a missing directory is not looked for on the hub."""
    if name.startswith(("/", "./", "../", "~")) or name in {".", ".."}:
        return write_out(Path(name))
    return name or None


def make_think_settings(settings: Settings) -> "ThinkSettings":
    """Return how a thought is run. Raises `BadSettings` for numbers that cannot be together."""
    from midthought.reasoner.spans.delimiters import Delimiters
    from midthought.reasoner.spans.span_settings import SpanSettings
    from midthought.reasoner.thought.think_settings import ThinkSettings

    if settings.procedures > settings.branches:
        least = max(1, settings.branches)
        raise BadSettings(
            f"branches must be at least procedures, got --branches {settings.branches} and --procedures "
            f"{settings.procedures}: give both, as in --branches {least} --procedures {least}"
        )
    try:
        return ThinkSettings(
            samples=settings.branches,
            procedures=settings.procedures,
            keep=settings.keep,
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            seed=settings.seed,
            spans=SpanSettings(
                mode=settings.spans,
                delimiters=Delimiters(settings.quote_open, settings.quote_close),
                matching=settings.matching,
            ),
            evidence=settings.evidence,
        )
    except ValueError as error:
        raise BadSettings(str(error).replace("samples", "branches")) from None


def open_directory(settings: Settings, *, read_only: bool = False) -> "Memory":
    """Open the memory in the settings' home; close it after use."""
    from midthought.api.library import open_memory

    return open_memory(
        settings.home_directory,
        encoder=make_encoder(settings),
        min_similarity=settings.min_similarity,
        starter=settings.starter,
        receipts=settings.receipts,
        index=settings.index,
        read_only=read_only,
    )


def open_library(settings: Settings) -> "Memory | Client":
    """Open the memory the settings name: the service at their URL, or else the directory; close it after use."""
    if not settings.url:
        return open_directory(settings)
    from midthought.api.client import Client

    return Client(settings.url, api_key=settings.api_key)
