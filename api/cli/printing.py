"""Printing: text is made harmless for the terminal, JSON is one object a line, a picture is one file."""

from pathlib import Path

import typer

from midthought.api.json_lines import dump_line
from midthought.api.text_validation import printable
from midthought.memory.errors import BadInput


def print_text(text: str = "", *, error: bool = False) -> None:
    """Print text for people."""
    typer.echo(printable(text), err=error)


def print_json(record: object) -> None:
    """Print one line of JSON with sorted keys."""
    typer.echo(dump_line(record))


def indent(text: str, mark: str = "  ") -> str:
    """Return the text with a mark before every line."""
    return "\n".join(f"{mark}{line}" for line in text.splitlines())


def shorten(text: str, width: int = 88) -> str:
    """Return the text on one line, cut to a width."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."


def write_picture(file: Path, drawing: str) -> None:
    """Write a drawing as a file; raises `BadInput` where that cannot be."""
    try:
        file.write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", place=str(file)) from None
