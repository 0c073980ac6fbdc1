"""The judged queries over the starter memory, and queries that it has nothing for.

``queries/fit.jsonl``, ``test.jsonl`` and ``held_out.jsonl`` are by three writers who had not seen the memory. `right`
holds the ids of the entries that help directly. Readers judged who had the whole list of entries before them and did
not know how recall works; other readers then judged the first five hits of every system that had not been named, by
which one query in five gained an entry. Everything is chosen and fitted on the first; the last was only measured.
Queries in ``queries/none_*.jsonl`` were written so that there is no such entry; `group` says what they are.
``held_out`` has those of ``test``. When 514 entries were added, one reader judged those of them that were among the
first three hits or the three nearest main keys, by their keys: 72 queries gained an entry, four of them written so
that there is none.

``queries/problems.jsonl`` names problems of ``traces/sky_t1.jsonl.gz`` by the SHA-256 of their text, with the entries
that help among the first five of five systems over what the traces taught and the starter memory. Readers judged them
who did not know which system had returned what. Weights were chosen on the half ``fit``; ``test`` was judged later.
"""

import json
from dataclasses import dataclass
from pathlib import Path

HALVES = ("fit", "test", "held_out")
QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query, the style it is written in or the group it belongs to, and the ids of the entries that help."""

    id: str
    group: str
    text: str
    right: frozenset[str]


def read_queries(half: str) -> list[JudgedQuery]:
    """Return the queries of ``fit``, ``test`` or ``held_out``: those of the styles, then those with nothing to find."""
    return [*read_styles(half), *read_none(half)]


def read_styles(half: str) -> list[JudgedQuery]:
    """Return the judged queries of one half; for some of them the readers found no entry that helps."""
    return _read(f"{half}.jsonl")


def read_none(half: str) -> list[JudgedQuery]:
    """Return the queries that were written so that the memory has nothing for them."""
    return _read(f"none_{'test' if half == 'held_out' else half}.jsonl")


def read_problems(half: str) -> dict[str, frozenset[str]]:
    """Return the ids that help with each judged problem of ``fit`` or ``test``, by the SHA-256 of its text in hex."""
    rows = map(json.loads, (QUERIES / "problems.jsonl").read_text("utf-8").splitlines())
    return {row["problem"]: frozenset(row["right"]) for row in rows if row["half"] == half}


def _read(name: str) -> list[JudgedQuery]:
    rows = map(json.loads, (QUERIES / name).read_text("utf-8").splitlines())
    return [
        JudgedQuery(row["id"], row.get("style") or row["group"], row["query"], frozenset(row.get("right", ())))
        for row in rows
    ]
