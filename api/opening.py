"""Opens what settings name: encoder, engine, and the memory in a directory or behind a URL."""

import os
from dataclasses import fields
from functools import partial
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING, TypeGuard

from midthought.api.settings import Settings, expand_user
from midthought.memory.errors import BadInput, BadSettings, NotFound
from midthought.reasoner.zoom.zoom_settings import KvMode

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory
    from midthought.ingest.compaction.options import CompactionOptions
    from midthought.ingest.decomposition.options import DecompositionOptions
    from midthought.ingest.language_model import LanguageModel
    from midthought.memory.store import Store
    from midthought.reasoner.engines.base import Engine
    from midthought.reasoner.engines.model_endpoint import ModelEndpoint
    from midthought.reasoner.thought.think_settings import ThinkSettings
    from midthought.retrieval.encoders.base import Encoder
    from midthought.retrieval.query_reasoning.base import QueryReasoner
    from midthought.retrieval.rerank.base import Reranker


def make_encoder(settings: Settings) -> "Encoder":
    """Return the encoder the settings name; weights are loaded at its first text."""
    from midthought.retrieval.encoders import registry

    endpoint = registry.EncoderEndpoint(
        url=settings.encoder_url,
        model=settings.encoder_model,
        key=settings.encoder_key,
        dimension=settings.encoder_dimension,
        query_prefix=settings.encoder_query_prefix,
        document_prefix=settings.encoder_document_prefix,
        batch=settings.encoder_batch,
        timeout=settings.encoder_timeout,
        retries=settings.encoder_retries,
    )
    return registry.make_encoder(settings.encoder, endpoint)


def make_engine(settings: Settings) -> "Engine":
    """Return what the settings name to continue a thought; the model is loaded at its first use.

    Raises `BadSettings` if that completes prompts alone, or if the settings ask for zoom and it has none.
    """
    engine = _load_engine(settings)
    if not _continues(engine):
        raise BadSettings(
            f"engine {settings.engine_name!r} completes prompts for `midthought ingest`, but cannot continue a "
            f"thought: give --engine transformers, and a --model that this process can load"
        )
    # An engine that does not say that it zooms would leave the setting without effect.
    if settings.kv is KvMode.ZOOM and not engine.capabilities.zoom:
        raise BadSettings(
            f"engine {settings.engine_name!r} cannot zoom, and kv is 'zoom': give --kv full, or --engine transformers"
        )
    return engine


def make_decomposition(settings: Settings) -> "DecompositionOptions | None":
    """Return how traces are decomposed; None if no model is configured. The model is made at its first use."""
    if not settings.model:
        return None
    from midthought.ingest.decomposition.model_calls import Budget
    from midthought.ingest.decomposition.options import DecompositionOptions
    from midthought.ingest.decomposition.prompts import load_prompts
    from midthought.ingest.language_model import LazyLanguageModel

    budget = Budget(
        settings.model_budget_tokens,
        settings.model_budget,
        settings.model_price_in,
        settings.model_price_cached,
        settings.model_price_out,
    )
    model = LazyLanguageModel(lambda: make_language_model(settings))
    return DecompositionOptions(
        model,
        load_prompts(settings.prompts),
        budget,
        judges_support=settings.judge_support,
        judges_duplicates=settings.judge_duplicates,
        compaction=_make_compaction(settings),
    )


def _make_compaction(settings: Settings) -> "CompactionOptions | None":
    """Return how long traces are shortened; None if they are not. The scorer is loaded at its first use."""
    if settings.compact_tokens is None:
        return None
    from midthought.ingest.compaction.options import CompactionOptions
    from midthought.reasoner.engines.answer_scorer import TransformersScorer

    return CompactionOptions(TransformersScorer(cache=settings.cache), settings.compact_tokens)


def make_language_model(settings: Settings) -> "LanguageModel":
    """Return the model that ingestion asks. Raises `BadSettings` if the engine completes no prompts."""
    engine = _load_engine(settings)
    if not _completes(engine):
        raise BadSettings(f"engine {settings.engine_name!r} cannot complete prompts: give --engine transformers")
    return engine


def _continues(engine: "Engine | LanguageModel") -> "TypeGuard[Engine]":
    return hasattr(engine, "generate")


def _completes(engine: "Engine | LanguageModel") -> "TypeGuard[LanguageModel]":
    return hasattr(engine, "complete")


def _load_engine(settings: Settings) -> "Engine | LanguageModel":
    from midthought.reasoner.engines.registry import ENGINES, EngineRequest
    from midthought.reasoner.zoom.zoom_settings import ZoomSettings

    zoom = ZoomSettings(
        policy=settings.zoom_policy,
        index=settings.zoom_index,
        schedule=settings.zoom_schedule,
        segments=settings.zoom_segments,
        boundary=settings.zoom_boundary,
        voting=settings.zoom_voting,
    )
    request = EngineRequest(
        _model(settings.model),
        settings.cache,
        settings.kv,
        settings.visible,
        zoom,
        endpoint=_make_endpoint(settings),
        context=settings.model_context,
        structured=settings.model_structured,
        thinking=settings.thinking,
    )
    return ENGINES.load(settings.engine_name)(request)


def _make_endpoint(settings: Settings) -> "ModelEndpoint | None":
    """Return where the settings say that a model is served; None without a URL."""
    if not settings.model_url:
        return None
    from midthought.reasoner.engines.model_endpoint import ModelEndpoint
    from midthought.retrieval.json_endpoint import EndpointAccess

    access = EndpointAccess(settings.model_url, settings.model_key, settings.model_timeout, settings.model_retries)
    return ModelEndpoint(
        access,
        settings.model,
        concurrency=settings.model_concurrency,
        context=settings.model_context,
        structured=settings.model_structured,
        continue_by=settings.model_continue,
        thinking=settings.thinking,
        tokenizer=expand_user(settings.model_tokenizer) if settings.model_tokenizer else None,
    )


def _model(name: str) -> "str | Path | None":
    """Return what is spelled as a path as one, so that a missing directory is not looked for on the hub."""
    if name.startswith(("/", "./", "../", "~")) or name in {".", ".."}:
        return expand_user(Path(name))
    return name or None


def make_think_settings(settings: Settings) -> "ThinkSettings":
    """Return how a thought is run. Raises `BadSettings` for numbers that cannot be together."""
    from midthought.reasoner.spans.delimiters import Delimiters
    from midthought.reasoner.spans.span_settings import SpanSettings
    from midthought.reasoner.thought.arms import Arm
    from midthought.reasoner.thought.selection.selector import Selector
    from midthought.reasoner.thought.think_settings import ThinkSettings
    from midthought.reasoner.thought.triggers.trigger import split_names
    from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

    if settings.procedures and settings.procedures > settings.branches:
        both = max(1, settings.branches)
        raise BadSettings(
            f"branches must be at least procedures, got --branches {settings.branches} and --procedures "
            f"{settings.procedures}: give both, as in --branches {both} --procedures {both}"
        )
    try:
        return ThinkSettings(
            arm=Arm(settings.arm),
            triggers=split_names(settings.trigger),
            triggering=TriggerSettings(**{one.name: getattr(settings, one.name) for one in fields(TriggerSettings)}),
            recalls=settings.recalls,
            hint_tokens=settings.hint_tokens,
            max_hint_tokens=settings.max_hint_tokens,
            later_margin=settings.later_margin,
            holdout=settings.holdout,
            samples=settings.branches,
            procedures=settings.procedures or 0,
            keep=settings.keep,
            selector=Selector(settings.selector),
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
        # The settings call branches what the thought calls samples.
        raise BadSettings(str(error).replace("samples", "branches")) from None


def make_reranker(settings: Settings) -> "Reranker | None":
    """Return the reranker of the settings; None for none. Raises `BadSettings` and `MissingExtra`."""
    if not settings.reranker:
        return None
    from midthought.retrieval.rerank.cross_encoder import CrossEncoderReranker

    return CrossEncoderReranker(settings.reranker)


def make_query_reasoner(settings: Settings) -> "QueryReasoner | None":
    """Return the query reasoner of the settings; None for none. Raises `BadSettings`."""
    if not settings.query_reasoner_url:
        return None
    from midthought.api.chat_query_reasoner import ChatQueryReasoner

    return ChatQueryReasoner(
        settings.query_reasoner_url,
        settings.query_reasoner_model,
        key=settings.query_reasoner_key,
        timeout=settings.query_reasoner_timeout,
    )


def open_directory(settings: Settings, *, read_only: bool = False) -> "Memory":
    """Open the memory in the settings' home; close it after use."""
    from midthought.api.python.memory import open_memory

    return open_memory(
        settings.home_directory,
        encoder=make_encoder(settings),
        fusion=settings.fusion,
        min_similarity=settings.min_similarity,
        min_score=settings.min_score,
        shadow=settings.shadow,
        reranker=make_reranker(settings),
        query_reasoner=make_query_reasoner(settings),
        query_reasoner_timeout=settings.query_reasoner_timeout,
        kind_margin=settings.kind_margin,
        copy_cosine=settings.copy_cosine,
        prior_weight=settings.prior_weight,
        expansion=settings.expansion,
        inject_flagged=settings.inject_flagged,
        starter=settings.starter,
        receipts=settings.receipts,
        index=settings.index,
        milvus=settings.milvus,
        extractor=settings.extractor,
        held_out=settings.held_out,
        cues=settings.cues,
        min_novelty=settings.min_novelty,
        decomposition=make_decomposition(settings),
        concepts=settings.concepts,
        concept_prompts=settings.concept_prompts,
        engine=partial(make_engine, settings),
        read_only=read_only,
    )


def open_memory_for(settings: Settings) -> "Memory | Client":
    """Open the memory that settings name: the service at their URL, or else the directory; close it after use.

    A line on standard error says so if a memory is created with the starter memory, or in a directory that was named.
    """
    from midthought.api.cli.global_options import home_was_named
    from midthought.api.cli.printing import print_text

    if settings.url:
        from midthought.api.python.client import Client  # httpx: 0.2 s

        return Client(settings.url, api_key=settings.api_key)
    from midthought.memory.database.opening_checks import DATABASE

    home = settings.home_directory
    check_home(home)
    if not (home / DATABASE).exists():
        if settings.starter:
            print_text(f"making a memory in {home} with the starter memory", error=True)
        elif home_was_named():  # a directory that was typed may be mistyped
            print_text(f"making a new memory in {home}", error=True)
    return open_directory(settings)


def open_memory_to_read(settings: Settings) -> "Memory | Client":
    """Open the memory as `open_memory_for` does, for a command that only reads.

    Raises `NotFound` if the home is another than the default and has no memory: a directory that was mistyped is not
    made, and nothing is answered from the starter memory alone.
    """
    if not settings.url and settings.home_directory != Settings().home_directory:
        _check_memory(
            settings.home_directory,
            "check the path, or make one there: `midthought ingest`, `add`, `import`, `restore` and `serve` do",
        )
    return open_memory_for(settings)


def _check_memory(home: Path, way_on: str) -> None:
    """Raise `NotFound` if there is no memory in a directory, and `StoreDamaged` if there was one."""
    from midthought.memory.database.opening_checks import DATABASE, refuse_loss

    check_home(home)
    if not (home / DATABASE).exists():
        refuse_loss(home)
        raise NotFound(f"there is no memory in {home}: {way_on}")


def open_store(settings: Settings, *, command: str) -> "Store":
    """Open the memory in the home directory of the settings; close it after use.

    Raises `BadSettings` if a URL is given, and `NotFound` if there is no memory yet: none is created.
    """
    from midthought.memory.store import Store

    refuse_url(settings, command=command)
    _check_memory(settings.home_directory, "give its directory with --home")
    return Store(settings.home_directory, milvus=settings.milvus)


def refuse_url(settings: Settings, *, command: str) -> None:
    """Raise `BadSettings` if the settings name a URL."""
    if settings.url:
        raise BadSettings(f"{command} works on a directory: leave out --url and MIDTHOUGHT_URL")


def check_home(home: Path) -> None:
    """Raise `BadSettings` if `home` is a file, or a name that no directory can have. It need not exist."""
    try:
        str(home).encode()
        found = S_ISDIR(home.stat().st_mode)
    except FileNotFoundError:
        return
    except UnicodeEncodeError:
        raise BadSettings(f"home {str(home)!r} is not UTF-8: choose a directory with a UTF-8 name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadSettings(f"home {_shown(home)} cannot be opened ({reason}): choose another directory") from None
    if not found:
        raise BadSettings(f"home {_shown(home)} is not a directory: choose another directory")


def _shown(home: Path) -> str:
    text = repr(str(home))
    return text if len(text) <= 100 else f"{text[:100]}..."


def check_path(path: str | Path, *, place: str = "path") -> Path:
    """Return `path` as a `Path`. Raises `BadInput` for a name that no file can have, or that may not be read."""
    try:
        if b"\0" in os.fsencode(path):
            raise BadInput(f"{place} {_shown(Path(path))} holds a NUL character: give another")
        Path(path).exists()
    except UnicodeEncodeError:
        raise BadInput(f"{place} {_shown(Path(path))} cannot be written as bytes: give another") from None
    except OSError as error:
        raise BadInput(f"{place} {_shown(Path(path))} cannot be opened ({error.strerror}): give another") from None
    return Path(path)
