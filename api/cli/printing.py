"""Printing: text without control characters, JSON as one object per line, a picture as one file."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import click

from midthought.api.cli.parameters import Option
from midthought.api.text_validation import printable
from midthought.memory.errors import BadInput


class Output(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, Option(names=("-o", "--output"), help="Print text for people or JSON for programs.")]


def print_text(text: str = "", *, error: bool = False) -> None:
    """Print text for people."""
    click.echo(printable(text), err=error)


def dump_line(record: object) -> str:
    """Return one line of JSON with sorted keys, without its end."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(", ", ": "))


def print_json(record: object) -> None:
    """Print one line of JSON with sorted keys."""
    click.echo(dump_line(record))


def indent(text: str, mark: str = "  ") -> str:
    """Return the text with `mark` before every line."""
    return "\n".join(f"{mark}{line}" for line in text.splitlines())


def shorten(text: str, width: int = 88) -> str:
    """Return the text on one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."


def write_picture(file: Path, drawing: str) -> None:
    """Write a drawing as a file. Raises `BadInput` if the file cannot be written."""
    try:
        file.write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", place=str(file)) from None
