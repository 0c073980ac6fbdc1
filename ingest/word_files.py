"""Word lists as data: the TOML files of a folder read as one table, which must have exactly the fields of a class."""

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def read_folder(name: str) -> dict[str, Any]:
    """Return the lists of all TOML files of ``data/<name>``; raises `ValueError` if a list stands in two files."""
    raw: dict[str, Any] = {}
    for file in (importlib.resources.files("midthought") / name).iterdir():
        if file.name.endswith(".toml"):
            lists = tomllib.loads(file.read_text(encoding="utf-8"))
            if twice := sorted(raw.keys() & lists):
                raise ValueError(f"{file.name}: {', '.join(twice)} stands in another file too")
            raw |= lists
    return raw


def check_lists(raw: Mapping[str, Any], cls: type, *, what: str) -> None:
    """Raise `ValueError` unless the lists are exactly the fields of a class; `what` they are, for the message."""
    if wrong := sorted({field.name for field in fields(cls)} ^ raw.keys()):
        raise ValueError(f"{what} must have each list once: {', '.join(wrong)} is missing or unknown")
