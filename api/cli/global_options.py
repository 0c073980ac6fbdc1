"""The options of the whole program: they may stand anywhere on the line, and every command reads its settings here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from midthought.api.settings import Settings

_WITH_VALUE = ("--home", "--url", "--namespace", "--config")
_ALONE = ("--debug",)


def hoist_globals(arguments: list[str]) -> list[str]:
    """Return the arguments with the global options first, whichever side of the command they stood on.

    What follows ``--`` stays where it is.

    >>> hoist_globals(["recall", "why?", "--home", "/tmp/m"])
    ['--home', '/tmp/m', 'recall', 'why?']
    """
    first: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        one = waiting.pop(0)
        if one == "--":
            return [*first, *rest, one, *waiting]
        if one in _WITH_VALUE and waiting:
            first += [one, waiting.pop(0)]
        elif one in _ALONE or one.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            first.append(one)
        else:
            rest.append(one)
    return first + rest


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """The options before (or after) the command: settings given as flags, and the settings file."""

    flags: Mapping[str, object]
    config: str | None


def read_settings(context: click.Context, **flags: object) -> "Settings":
    """Return the settings of this call; flags of the command itself come on top of the global ones."""
    from midthought.api.settings_sources import load_settings

    given: GlobalOptions = context.obj
    return load_settings({**given.flags, **flags}, config=given.config)


def home_was_named() -> bool:
    """Whether the command that runs now was given ``--home``."""
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.obj, GlobalOptions) and bool(context.obj.flags.get("home"))
