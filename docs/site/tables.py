"""Brings the tables of the hand-written pages up to the definitions: ``python docs/site/tables.py``.

What a row means is written by hand and kept. What repeats a definition is written here: the calls of methods with their
arguments and defaults, the routes, the names and the defaults of settings. A row of what is gone goes; of what is new,
one is put in with the first words of its docstring, to be worded for readers.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from md_parts import attributes_of
from reference_python import first_words
from reference_rest import description
from reference_settings import meaning_of
from signatures import public_methods, show_call

from midthought import Memory
from midthought.api.settings import Settings

DOCS = Path(__file__).parents[1]
Rows = dict[str, str]


def update_python(page: str) -> str:
    """Return docs/python.md with a row per method of a memory, which begins with its call."""
    head, mark, rest = page.partition("\n## All methods\n")
    body, end, errors = rest.partition("\n## Errors\n")
    methods = dict(public_methods(Memory))
    new = {name: f"| `{show_call(name, one)}` | {first_words(one)} |" for name, one in methods.items()}
    calls = {name: show_call(name, one) for name, one in methods.items()}
    body = merge_rows(body, r"^\| `([a-z_]+)\([^`]*\)` \|", new, lambda name, row: recall_row(row, calls[name]))
    return f"{head}{mark}{body}{end}{errors}"


def recall_row(row: str, call: str) -> str:
    """Return a row with another call in its first cell.

    >>> recall_row("| `get(id)` | one `id` |", "get(entry_id)")
    '| `get(entry_id)` | one `id` |'
    """
    return re.sub(r"^\| `[^`]*`", lambda _: f"| `{call}`", row)


def update_rest(page: str) -> str:
    """Return docs/rest.md with a row per route, in the order that the page has."""
    head, mark, rest = page.partition("\n## Endpoints\n")
    body, end, others = rest.partition("\n## ")
    new = {
        f"{method.upper()} {path}": f"| `{method.upper()} {path}` | {_first(route.get('description', ''))} |"
        for path, methods in description()["paths"].items()
        for method, route in methods.items()
    }
    body = merge_rows(body, r"^\| `([A-Z]+ [^`]*)` \|", new)
    return f"{head}{mark}{body}{end}{others}"


def update_settings(page: str) -> str:
    """Return docs/settings.md with a row per setting, in the order of the definition, with the defaults of the code."""
    meanings = attributes_of(Settings.__doc__)
    ours = {one.name: one for one in fields(Settings)}
    new = {name: f"| `{name}` | {default_of(one) or 'none'} | {meaning_of(name, meanings).rstrip('.')} |"
           for name, one in ours.items()}  # fmt: skip
    body, mark, rest = page.partition("\n## ")
    body = merge_rows(body, r"^\| `([a-z_]+)` \| ", new, lambda name, row: default_row(row, ours[name]), ordered=True)
    return f"{body}{mark}{rest}"


def default_row(row: str, field: "Field[Any]") -> str:
    """Return a row of a setting with the default of the code, if that can be said in one word."""
    shown = default_of(field)
    return re.sub(r"^(\| `[^`]*` \|) [^|]* \|", lambda found: f"{found[1]} {shown} |", row) if shown else row


def default_of(field: "Field[Any]") -> str:
    """Return a number or a truth value as code; others are said in words on the page."""
    plain = isinstance(field.default, bool | int | float)
    return f"`{str(field.default).lower()}`" if plain else ""


def merge_rows(
    text: str, pattern: str, new: Rows, renew: Callable[[str, str], str] = lambda _, row: row, *, ordered: bool = False
) -> str:
    r"""Return a text in which the rows of tables that begin as `pattern` says are those of `new`, known ones renewed.

    A row that is new stands behind that of the definition before it.

    >>> merge_rows("| `a` | by hand |\n| `c` | gone |\n", r"^\| `(.)`", {"a": "| `a` | A |", "b": "| `b` | B |"})
    '| `a` | by hand |\n| `b` | B |\n'
    """
    lines = text.split("\n")
    known = {found[1]: line for line in lines if (found := re.match(pattern, line))}
    kept = [line for line in lines if not (found := re.match(pattern, line)) or found[1] in new]
    renewed = [renew(found[1], line) if (found := re.match(pattern, line)) else line for line in kept]
    for before, name in _behind(new):
        if name not in known:
            place = next((i for i, line in enumerate(renewed) if _names(pattern, line) == before), None)
            renewed.insert(_first_row(pattern, renewed) if place is None else place + 1, new[name])
    return "\n".join(_in_order(renewed, pattern, new) if ordered else renewed)


def _behind(new: Iterable[str]) -> Iterator[tuple[str, str]]:
    names = list(new)
    yield from zip(["", *names], names, strict=False)


def _names(pattern: str, line: str) -> str:
    found = re.match(pattern, line)
    return found[1] if found else ""


def _first_row(pattern: str, lines: list[str]) -> int:
    return next(i for i, line in enumerate(lines) if re.match(pattern, line))


def _in_order(lines: list[str], pattern: str, new: Rows) -> list[str]:
    rows = sorted(
        (line for line in lines if re.match(pattern, line)), key=lambda row: [*new].index(_names(pattern, row))
    )
    left = iter(rows)
    return [next(left) if re.match(pattern, line) else line for line in lines]


def _first(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


PAGES: dict[str, Callable[[str], str]] = {
    "python.md": update_python,
    "rest.md": update_rest,
    "settings.md": update_settings,
}
"""The pages, and what brings each up to date."""


if __name__ == "__main__":
    for name, update in PAGES.items():
        file = DOCS / name
        file.write_text(update(file.read_text(encoding="utf-8")), encoding="utf-8")
