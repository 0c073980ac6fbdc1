"""From what a flag, variable or file gives to a value of a setting's type."""

from collections.abc import Callable
from dataclasses import Field
from enum import StrEnum
from pathlib import Path
from typing import Any

from midthought.api.keyring import EVERY, Key, Keyring
from midthought.memory.errors import BadInput
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.zoom.zoom_settings import KvMode

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def read_value(field: "Field[Any]", given: object) -> object:
    """Return `given` as the field's type. Raises `ValueError` saying what was expected; secrets are not repeated."""
    choices = field.metadata.get("choices")
    return _one_of(choices)(given) if choices else _READERS[field.type](given)


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


def _truth(given: object) -> bool:
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


def _keyring(given: object) -> Keyring:
    try:
        match given:
            case Keyring():
                return given
            case str():
                return Keyring(tuple(_key_from_text(part) for part in given.split(",") if part.strip()))
            case list():
                return Keyring(tuple(Key(_text(secret)) for secret in given))
            case dict():
                return Keyring(tuple(Key(secret, _names(names)) for secret, names in given.items()))
    except BadInput as error:
        raise ValueError(str(error)) from None
    raise ValueError("expected a list of keys, or a table from key to namespaces")


def _key_from_text(part: str) -> Key:
    secret, equals, names = part.strip().rpartition("=")
    return Key(secret, tuple(names.split("+"))) if equals else Key(names, (EVERY,))


def _names(names: object) -> tuple[str, ...]:
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError("expected a namespace or a list of namespaces for each key")
    return tuple(listed)


_READERS: dict[object, Callable[[object], object]] = {
    str: _text,
    int: _whole,
    int | None: _whole,
    float: _number,
    bool: _truth,
    Path: _path,
    Path | None: _path,
    SpanMode: _choice(SpanMode),
    Matching: _choice(Matching),
    KvMode: _choice(KvMode),
    Keyring: _keyring,
}
