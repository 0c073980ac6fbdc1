"""Every setting as it is now, and where it came from, for people who wonder; secrets are masked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from midthought.api.proxy.traffic.policies import TrafficPolicies
from midthought.api.redaction import clean_text
from midthought.api.settings import MASK, Settings
from midthought.api.settings_sources import GivenSetting, SettingOrigin, find_settings, read_given
from midthought.memory.errors import BadSettings

ShownValue = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting.

    Attributes:
        value: as JSON has it; masked if it is secret, and as it was given if it cannot be.
        origin: where it came from.
        place: the file or the variable; empty for a default.
    """

    name: str
    value: ShownValue
    origin: SettingOrigin
    place: str = ""


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """All settings, in their order, and what is wrong with them.

    Attributes:
        file: the settings file that was read; empty for none.
        problems: names that are no settings, values that cannot be, and values that cannot be together.
    """

    settings: tuple[ShownSetting, ...]
    file: str
    problems: tuple[str, ...]


def show_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    config: str | Path | None = None,
    folder: str | Path | None = None,
) -> ShownSettings:
    """Return every setting that these places give; see `load_settings`. What is wrong is told and not raised.

    Raises `BadSettings` for a file that cannot be read.
    """
    given = find_settings(flags, environment=environment, config=config, folder=folder)
    problems, values = list(given.unknown), dict[str, object]()
    for name, one in given.settings.items():
        try:
            values[name] = read_given(name, one)
        except BadSettings as error:
            problems.append(str(error))
    try:
        Settings(**values)  # type: ignore[arg-type]  # each read to its field's type
    except BadSettings as error:
        problems.append(str(error))
    defaults = {one.name: getattr(Settings(), one.name) for one in fields(Settings)}
    secret = {one.name for one in fields(Settings) if one.metadata.get("secret")}
    return ShownSettings(
        tuple(
            _show(name, values.get(name, default), given.settings.get(name), is_secret=name in secret)
            for name, default in defaults.items()
        ),
        str(given.file or ""),
        tuple(problems),
    )


def _show(name: str, value: object, given: GivenSetting | None, *, is_secret: bool) -> ShownSetting:
    if given is None:
        return ShownSetting(name, _plain(value, is_secret=is_secret), SettingOrigin.DEFAULT)
    return ShownSetting(name, _plain(value, is_secret=is_secret), given.origin, given.place)


def _plain(value: object, *, is_secret: bool) -> ShownValue:
    """Return a value as JSON has it. What looks like a secret is masked as well: a URL may hold a password."""
    if is_secret:
        return MASK if value else ""
    match value:
        case StrEnum():
            return value.value
        case None | bool() | int() | float():
            return value
        case TrafficPolicies(named=named):
            return ",".join(f"{name}={policy.value}" for name, policy in named)
    return clean_text(str(value))
