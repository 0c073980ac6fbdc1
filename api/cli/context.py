"""What every command is told before its own options: the settings, and how to print."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from midthought.api.settings import Settings
from midthought.api.settings_sources import load_settings


class Output(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("-o", "--output", help="Print text for people or JSON for programs.")]


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """The options before (or after) the command: settings given as flags, and the settings file."""

    flags: Mapping[str, object]
    config: str | None


def read_settings(context: typer.Context, **flags: object) -> Settings:
    """Return the settings of this call; flags of the command itself come on top of the global ones."""
    given: GlobalOptions = context.obj
    return load_settings({**given.flags, **flags}, config=given.config)
