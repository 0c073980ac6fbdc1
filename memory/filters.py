"""Which entries may be found: told to the search itself, so that k of them come back where there are k."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
from numpy.typing import NDArray

from midthought.memory.entry import EntryKind
from midthought.memory.namespace import Namespace
from midthought.memory.trajectory import Outcome


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold; an empty one leaves its condition out.

    Attributes:
        kinds: of which kind the entry is.
        domains: its domain.
        tags: it has at least one of these tags.
        outcomes: it was learnt from a trajectory with one of these outcomes.
        sources: it was learnt from one of these sources.
        since, until: when it was first stored, in UTC without a time zone; `until` itself is left out. What was stored
            before format 3 has no such time: it is older than every `since`, and than every `until`.
    """

    kinds: frozenset[EntryKind] = frozenset()
    domains: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    sources: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self != Filter()


EVERYTHING = Filter()


def matching_seqs(connection: duckdb.DuckDBPyConnection, namespace: Namespace, where: Filter) -> NDArray[np.int64]:
    """Return the sequence numbers of the entries that a filter lets through, in order."""
    conditions, values = ["namespace = $namespace"], {"namespace": namespace.name}
    for name, (sql, wanted) in _conditions(where).items():
        if wanted:
            conditions.append(sql)
            values[name] = wanted  # type: ignore[assignment]  # lists and times beside the name
    found = connection.execute(f"SELECT seq FROM entries e WHERE {' AND '.join(conditions)} ORDER BY seq", values)
    seqs: NDArray[np.int64] = found.fetchnumpy()["seq"].astype(np.int64, copy=False)
    return seqs


def _conditions(where: Filter) -> dict[str, tuple[str, object]]:
    """Return the SQL of every condition by the name of its value."""
    return {
        "kinds": ("kind IN (SELECT unnest($kinds::TEXT[]))", _texts(where.kinds)),
        "domains": ("domain IN (SELECT unnest($domains::TEXT[]))", _texts(where.domains)),
        "tags": ("list_has_any(tags, $tags::TEXT[])", _texts(where.tags)),
        "sources": (
            "seq IN (SELECT entry_seq FROM provenance WHERE source IN (SELECT unnest($sources::TEXT[])))",
            _texts(where.sources),
        ),
        "outcomes": (
            """seq IN (SELECT p.entry_seq FROM provenance p JOIN trajectories t
               ON t.namespace = p.namespace AND t.id = p.trajectory_id
               WHERE p.namespace = $namespace AND t.outcome IN (SELECT unnest($outcomes::TEXT[])))""",
            _texts(where.outcomes),
        ),
        "since": ("learnt_at >= $since", where.since),
        "until": ("(learnt_at IS NULL OR learnt_at < $until)", where.until),
    }


def _texts(wanted: Iterable[str]) -> list[str]:
    return sorted(str(one) for one in wanted)
