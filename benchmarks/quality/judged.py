"""The judged queries over the starter memory, and queries that it has nothing for.

``queries/fit.jsonl`` and ``queries/test.jsonl`` are by two writers who had not seen the memory. `right` holds the ids
of the entries that help directly, as readers judged who had the whole list of entries before them and did not know how
recall works. Queries in ``queries/none_*.jsonl`` have no such entry; `group` says what they are.
"""

import json
from dataclasses import dataclass
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query, the style it is written in or the group it belongs to, and the ids of the entries that help."""

    id: str
    group: str
    text: str
    right: frozenset[str]


def read_queries(half: str) -> list[JudgedQuery]:
    """Return the queries of one half, ``fit`` or ``test``: those of the styles, then those with nothing to find."""
    return [*read_styles(half), *read_none(half)]


def read_styles(half: str) -> list[JudgedQuery]:
    """Return the judged queries of one half; for some of them the readers found no entry that helps."""
    return _read(f"{half}.jsonl")


def read_none(half: str) -> list[JudgedQuery]:
    """Return the queries of one half that were written so that the memory has nothing for them."""
    return _read(f"none_{half}.jsonl")


def _read(name: str) -> list[JudgedQuery]:
    rows = map(json.loads, (QUERIES / name).read_text("utf-8").splitlines())
    return [
        JudgedQuery(row["id"], row.get("style") or row["group"], row["query"], frozenset(row.get("right", ())))
        for row in rows
    ]
