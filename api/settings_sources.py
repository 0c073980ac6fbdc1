"""Where settings are read from: flags, the environment, a file, and the defaults, in this order."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from midthought.api.setting_values import read_value
from midthought.api.settings import Settings
from midthought.memory.errors import BadSettings

PREFIX = "MIDTHOUGHT_"
FILE_NAME = "midthought.toml"
_CONFIG = "MIDTHOUGHT_CONFIG"
_NOT_SETTINGS = {_CONFIG, "MIDTHOUGHT_DATA"}
"""``MIDTHOUGHT_CONFIG`` names the file; ``MIDTHOUGHT_DATA`` belongs to the tests."""
_IN_SECTION = {"name": "model", "engine": "engine"}
"""What two settings are called in the table ``[model]`` of the file; the others lose their ``model_``."""
_TYPES = {one.name: one for one in fields(Settings)}


class SettingOrigin(StrEnum):
    """Where a setting can come from; the first that gives one wins."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class GivenSetting:
    """One value as it was given, and where.

    Attributes:
        place: for people: the file, or the variable.
    """

    value: object
    origin: SettingOrigin
    place: str


@dataclass(frozen=True, slots=True)
class GivenSettings:
    """All that was given.

    Attributes:
        settings: by name; of two places the one that wins.
        unknown: what is wrong with each name that is no setting.
        file: the settings file that was read; None if there is none.
    """

    settings: Mapping[str, GivenSetting]
    unknown: tuple[str, ...]
    file: Path | None


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    config: str | Path | None = None,
    folder: str | Path | None = None,
) -> Settings:
    """Return the settings; a flag that is None was not given.

    Args:
        flags: values given on the command line, by setting.
        environment: ``os.environ`` if None.
        config: the file; if None ``MIDTHOUGHT_CONFIG``, else ``./midthought.toml``, else the one in ``~/.config``.
        folder: where ``./`` is; the working directory if None.

    Raises:
        BadSettings: an unknown key, an impossible value, or a file that cannot be read; names key and place.
    """
    given = find_settings(flags, environment=environment, config=config, folder=folder)
    if given.unknown:
        raise BadSettings(given.unknown[0])
    return Settings(**{name: read_given(name, one) for name, one in given.settings.items()})  # type: ignore[arg-type]  # each read to its field's type


def find_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    config: str | Path | None = None,
    folder: str | Path | None = None,
) -> GivenSettings:
    """Return what `load_settings` reads, as it was given. Raises `BadSettings` for a file that cannot be read."""
    environment = os.environ if environment is None else environment
    file = _find_file(config or environment.get(_CONFIG), Path(folder or "."))
    given = _from_file(file) if file else {}
    given |= _from_environment(environment)
    # A flag that was not given must not hide the environment or the file.
    flag = SettingOrigin.FLAG
    given |= {n: GivenSetting(one, flag, "the command line") for n, one in (flags or {}).items() if one is not None}
    unknown = [_describe_unknown(name, one) for name, one in given.items() if name not in _TYPES]
    return GivenSettings({name: one for name, one in given.items() if name in _TYPES}, tuple(unknown), file)


def _find_file(config: str | Path | None, folder: Path) -> Path | None:
    if config:
        return Path(config).expanduser()
    usual = (folder / FILE_NAME, Path.home() / ".config" / "midthought" / FILE_NAME)
    return next((file for file in usual if file.is_file()), None)


def _from_file(file: Path) -> dict[str, GivenSetting]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} is not TOML: {error}") from error
    origin = SettingOrigin.FILE
    flat = _flatten_model(file, found)
    return {name: GivenSetting(_beside(file, name, value), origin, str(file)) for name, value in flat.items()}


def _flatten_model(file: Path, found: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a file with those of its table ``[model]`` by the names that they have elsewhere.

    Raises `BadSettings` for a setting that is given both in the table and outside.
    """
    section = found.get("model")
    if not isinstance(section, dict):
        return found
    named = {_IN_SECTION.get(name, f"model_{name}"): value for name, value in section.items()}
    outside = {name: value for name, value in found.items() if name != "model"}
    for name in section:
        if (full := _IN_SECTION.get(name, f"model_{name}")) in outside:
            raise BadSettings(f"setting {full!r} is given twice in {file}: as {full!r}, and as {name!r} under [model]")
    return outside | named


def _beside(file: Path, name: str, value: object) -> object:
    """Return a value of a file; a relative directory is taken from the folder of the file."""
    if name in {"home", "cache", "model_tokenizer"} and isinstance(value, str):
        return str(file.parent / Path(value).expanduser())
    return value


def _from_environment(environment: Mapping[str, str]) -> dict[str, GivenSetting]:
    return {
        variable.removeprefix(PREFIX).lower(): GivenSetting(
            environment[variable], SettingOrigin.ENVIRONMENT, f"the environment ({variable})"
        )
        for variable in sorted(environment)
        if variable.startswith(PREFIX) and variable not in _NOT_SETTINGS
    }


def _describe_unknown(name: str, given: GivenSetting) -> str:
    near = get_close_matches(name, _TYPES, n=1)
    is_variable = given.origin is SettingOrigin.ENVIRONMENT
    spelled, place = (PREFIX + name.upper(), "the environment") if is_variable else (name, given.place)
    guess = f": did you mean {PREFIX + near[0].upper() if is_variable else near[0]!r}?" if near else ""
    known = "" if near else f": known are {', '.join(_TYPES)}"
    return f"unknown setting {spelled!r} in {place}{guess}{known}"


def read_given(name: str, given: GivenSetting) -> object:
    """Return the value of a setting as its type. Raises `BadSettings` that names setting and place."""
    try:
        return read_value(_TYPES[name], given.value)
    except ValueError as error:
        raise BadSettings(f"setting {name!r} in {given.place}: {error}") from None
