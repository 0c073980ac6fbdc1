"""Named regular expressions, read from ``data/patterns/*.toml``: each has examples, which it is tested on when read."""

import importlib.resources
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

_FIELDS = {"name", "expression", "examples"}
_OPTIONAL = {"contains"}


@dataclass(frozen=True, slots=True)
class NamedPattern:
    """A regular expression with the name of what it finds.

    Attributes:
        contains: a text that has none of these, in lower case, is not searched: to look for a plain text takes a
            hundredth of the time of most expressions. Empty: every text is searched.
    """

    name: str
    expression: re.Pattern[str]
    contains: tuple[str, ...] = ()

    def may_stand_in(self, lower: str) -> bool:
        """Whether a text, given in lower case, is worth searching."""
        return not self.contains or any(part in lower for part in self.contains)


@cache
def read_patterns(file: str) -> tuple[NamedPattern, ...]:
    """Return the patterns of a file of ``data/patterns``; raises `ValueError` naming the row that is wrong."""
    text = (importlib.resources.files("midthought") / "patterns" / file).read_text(encoding="utf-8")
    return parse_patterns(tomllib.loads(text), file)


def parse_patterns(raw: Mapping[str, object], file: str) -> tuple[NamedPattern, ...]:
    """Return the patterns of the parsed rows; raises `ValueError` naming the row that is wrong."""
    rows = raw.get("pattern")
    if set(raw) != {"pattern"} or not isinstance(rows, list):
        raise ValueError(f"{file}: must have [[pattern]] tables and nothing else")
    return tuple(_read_row(row, f"{file}, pattern {number}") for number, row in enumerate(rows, start=1))


def _read_row(row: Mapping[str, str | Sequence[str]], place: str) -> NamedPattern:
    if set(row) - _OPTIONAL != _FIELDS:
        raise ValueError(f"{place}: must have {', '.join(sorted(_FIELDS))}; got {', '.join(sorted(row))}")
    name, source, examples = row["name"], row["expression"], row["examples"]
    if not (isinstance(name, str) and isinstance(source, str) and isinstance(examples, list) and examples):
        raise ValueError(f"{place}: name and expression are strings, examples a list with at least one")
    try:
        expression = re.compile(source, re.MULTILINE)
    except re.error as error:
        raise ValueError(f"{place}: {error}") from None
    pattern = NamedPattern(name, expression, tuple(row.get("contains", ())))
    for example in examples:
        if not (pattern.may_stand_in(example.lower()) and expression.search(example)):
            raise ValueError(f"{place}: does not find its own example {example!r}")
    return pattern
