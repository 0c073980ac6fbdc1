"""How the value of a setting is read from text, TOML or Python, by the type of its field."""

from collections.abc import Callable
from dataclasses import Field
from enum import StrEnum
from pathlib import Path
from typing import Any

from midthought.api.keyring import Keyring, read_keyring
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.traffic.policies import TrafficPolicies, read_policies
from midthought.api.watch.log_choices import LogFormat, LogLevel
from midthought.memory.registry import Registry
from midthought.reasoner.engines.model_endpoint import ContinueBy, Structured
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.zoom.zoom_settings import KvMode

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def read_value(field: "Field[Any]", given: object) -> object:
    """Return `given` as the field's type. Raises `ValueError` saying what was expected; secrets are not repeated."""
    if "registry" in field.metadata and not field.metadata.get("open"):
        return _one_of(choices_of(field))(given)
    return _READERS[field.type](given)


def choices_of(field: "Field[Any]") -> tuple[str, ...]:
    """Return what a setting that names a row of a registry may say."""
    registry: Registry[Any] = field.metadata["registry"]
    return *field.metadata.get("others", ()), *registry


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError(f"expected text, got {type(given).__name__}")
    return given


def _whole(given: object) -> int:
    try:
        if isinstance(given, str | int) and not isinstance(given, bool):
            return int(given)
    except ValueError:
        pass
    raise ValueError(f"expected a whole number, got {given!r}")


def _number(given: object) -> float:
    try:
        if isinstance(given, str | int | float) and not isinstance(given, bool):
            return float(given)
    except ValueError:
        pass
    raise ValueError(f"expected a number, got {given!r}")


def _boolean(given: object) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in _BOOLEANS:
        return _BOOLEANS[given.lower()]
    raise ValueError(f"expected true or false, got {given!r}")


def _path(given: object) -> Path:
    if isinstance(given, Path) or (isinstance(given, str) and given):
        return Path(given)
    raise ValueError(f"expected a directory, got {given!r}")


def _choice(choices: type[StrEnum]) -> Callable[[object], StrEnum]:
    read_name = _one_of(tuple(choices))
    return lambda given: choices(read_name(given))


def _one_of(names: tuple[str, ...]) -> Callable[[object], str]:
    def read(given: object) -> str:
        if str(given) not in names:
            raise ValueError(f"expected one of {', '.join(filter(None, names))}, got {given!r}")
        return str(given)

    return read


_READERS: dict[object, Callable[[object], object]] = {
    str: _text,
    int: _whole,
    int | None: _whole,
    float: _number,
    float | None: _number,
    bool: _boolean,
    Path: _path,
    Path | None: _path,
    SpanMode: _choice(SpanMode),
    Matching: _choice(Matching),
    KvMode: _choice(KvMode),
    Structured: _choice(Structured),
    ProxyMode: _choice(ProxyMode),
    ContinueBy: _choice(ContinueBy),
    LogFormat: _choice(LogFormat),
    LogLevel: _choice(LogLevel),
    Keyring: read_keyring,
    TrafficPolicies: read_policies,
}
