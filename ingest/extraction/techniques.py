"""The table of techniques: what recognises each in a passage, and how it is worded once it has been recognised.

The rows are data, in ``data/techniques/*.toml``, one file per field. A file begins with ``order``, its place in the
table; each row is a ``[[technique]]`` with the attributes of `Technique`.
"""

import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

RELATION = r"=|≈|\\approx|\\equiv|\\boxed"


@dataclass(frozen=True, slots=True)
class Technique:
    """A named way of working, with its evidence and its wording (no digits, letters or names of any one problem).

    Attributes:
        name: a short key, unique in the table.
        domain: the field it belongs to.
        step: what it does, as an imperative clause for a list of steps.
        ask: the general question it answers.
        where: the problems it applies to.
        method: how to do it, in whole sentences.
        cues: lower-case phrases; one of them must occur in the text.
        work: what must be found near the cue to show that it was carried out, as a pattern on lower-case text.
        pitfall: what goes wrong most often; may be empty.
        rank: 3 for a technique that says much about a problem, 1 for a routine step, 0 for a habit of careful work.
    """

    name: str
    domain: str
    step: str
    ask: str
    where: str
    method: str
    cues: tuple[str, ...]
    work: str = RELATION
    pitfall: str = ""
    rank: int = 2

    def is_carried_out(self, passage: str) -> bool:
        """Whether a passage (lower case) shows the work, not just the mention."""
        return re.search(self.work, passage) is not None


def both(first: str, other: str) -> str:
    """Return a pattern that asks for a pair of patterns, in any order."""
    return rf"(?s)\A(?=.*(?:{first}))(?=.*(?:{other}))"


@cache
def load_techniques() -> tuple[Technique, ...]:
    """Return all techniques, in the order of the table; raises `ValueError` naming the file and row of a fault."""
    tables = [
        (file.name, tomllib.loads(file.read_text(encoding="utf-8")))
        for file in (importlib.resources.files("midthought") / "techniques").iterdir()
        if file.name.endswith(".toml")
    ]
    tables.sort(key=lambda table: table[1]["order"])
    return tuple(technique for name, table in tables for technique in read_table(name, table))


def read_table(file: str, table: Mapping[str, Any]) -> Iterator[Technique]:
    """Yield the techniques of one file; ``work`` as a pair of patterns asks for both, in any order."""
    known = {field.name for field in fields(Technique)}
    for number, row in enumerate(table["technique"], start=1):
        if unknown := sorted(set(row) - known):
            raise ValueError(f"{file}, technique {number}: unknown {', '.join(unknown)}; known are {sorted(known)}")
        work = row.get("work", RELATION)
        values = {**row, "cues": tuple(row["cues"]), "work": work if isinstance(work, str) else both(*work)}
        try:
            yield Technique(**values)
        except TypeError as error:  # one is missing
            raise ValueError(f"{file}, technique {number}: {error}") from error
