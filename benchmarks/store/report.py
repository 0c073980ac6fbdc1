"""The journal as tables: medians over rounds, and ratios."""

import statistics
from collections.abc import Iterable, Sequence

from journal import Record
from vectors import K

OURS = "midthought_store"
TITLES = {
    OURS: "Midthought",
    "chroma": "chromadb",
    "lance": "lancedb, no index",
    "lance_indexed": "lancedb, indexed",
    "qdrant": "qdrant-client, local",
    "milvus": "milvus-lite",
    "sqlite_vectors": "sqlite-vec",
    "plain_faiss": "faiss, exact",
    "plain_faiss_hnsw": "faiss, HNSW",
}
_BASIS = "plain_faiss"
_NOTHING = "-"
_INTRODUCTION = f"""# The store beside other stores

`benchmarks/store/peers.py`; every measurement is a line of `peers.jsonl`. Rows: real questions encoded by MiniLM (384
dimensions), beyond the first 11 thousand at a cosine of .8 to .9 to one of them; each with its question, a body of 300
to 500 characters of real reasoning, and kind, domain, outcome and time. Queries: 200 held-out questions, encoded
beforehand. Every search returns its {K} rows with text and fields.

* *load*: from an empty folder to a closed, durable store with its indexes; making the rows is not counted.
* *reopen*: a new process opens the store and has its first answer; importing the library is told apart. Files are in
  the system's cache.
* *RSS*: of the process after 100 queries (fewer where they take minutes); *before* is with the library imported and
  nothing opened. *store* is the difference.
* *recall@{K}*: against comparing every vector. *10 %*, *1 %*: among rows of a domain that so many have.
* *hybrid*: vector and words together; its quality is not measured here.
* *single adds*: acknowledged one by one for some seconds in the loaded store. *syncs an add*: fsync, fdatasync,
  msync and their like, counted by strace over 50 adds of one thread. *found at once*: the last one added is
  the answer to its own vector.
* Figures are medians over rounds in which the stores take turns. *x* is the figure divided by Midthought's.
"""


class Table:
    """The measurements of one size."""

    def __init__(self, records: Iterable[Record], size: int) -> None:
        self._everywhere = list(records)
        self._records = [record for record in self._everywhere if record.key.size == size]
        self.peers = [name for name in TITLES if any(r.key.peer == name for r in self._records)]

    def median(self, peer: str, phase: str, value: str, mode: str = "", threads: int = 0) -> float | None:
        """Return the median of a value over rounds, or None where there is none."""
        found = [r.result[value] for r in self._of(peer, phase, mode, threads) if value in r.result]
        return statistics.median(found) if found else None

    def error(self, peer: str, phase: str, mode: str = "", threads: int = 0) -> str:
        """Return why there is no figure: the first error, or nothing."""
        return next((str(r.result["error"]) for r in self._of(peer, phase, mode, threads) if "error" in r.result), "")

    def syncs(self, peer: str, mode: str) -> float | None:
        """Return the syncs counted, at whichever size they were."""
        keys = (peer, "syncs", mode)
        counted = [r for r in self._everywhere if (r.key.peer, r.key.phase, r.key.mode) == keys]
        found = [r.result["syncs"] for r in counted if "syncs" in r.result]
        return statistics.median(found) if found else None

    def modes(self, peer: str, phase: str) -> list[str]:
        """Return the modes a peer was measured in, in order."""
        return list(dict.fromkeys(r.key.mode for r in self._records if (r.key.peer, r.key.phase) == (peer, phase)))

    def _of(self, peer: str, phase: str, mode: str, threads: int) -> list[Record]:
        keys = (peer, phase, mode, threads)
        return [r for r in self._records if (r.key.peer, r.key.phase, r.key.mode, r.key.threads) == keys]


def render(records: Sequence[Record]) -> str:
    """Return the page."""
    parts = [_INTRODUCTION, _describe_setup(records)]
    for size in sorted({record.key.size for record in records} - {0}):
        table = Table(records, size)
        parts += [f"## {size:,} rows\n", _load_table(table, size), _search_table(table), _single_table(table)]
    return "\n".join(parts)


def _describe_setup(records: Sequence[Record]) -> str:
    machines = sorted({record.machine for record in records})
    lines = [f"Machine: {machine}." for machine in machines] + [""]
    for peer, title in TITLES.items():
        versions = sorted({record.versions for record in records if record.key.peer == peer})
        notes = [str(r.result["note"]) for r in records if r.key.peer == peer and "note" in r.result]
        lines += [f"* {title}: {'; '.join(versions)}" + (f". {notes[-1]}" if notes else "")] if versions else []
    return "\n".join(lines) + "\n"


def _load_table(table: Table, size: int) -> str:
    head = ("store", "load, rows/s", "x", "bytes an entry", "reopen, s", "import, s", "RSS, MiB", "before", "store")
    rows = []
    for peer in table.peers:
        rows += [_load_row(table, size, peer, mode) for mode in table.modes(peer, "load")]
    return _lines((*head, "store, x exact faiss"), rows)


def _load_row(table: Table, size: int, peer: str, mode: str) -> list[str]:
    name = TITLES[peer] + (f" ({mode})" if len(table.modes(peer, "load")) > 1 else "")
    rate = table.median(peer, "load", "rows_s", mode)
    if rate is None:
        return [name, _stopped(table, peer, mode), *[_NOTHING] * 8]
    ours = next((table.median(OURS, "load", "rows_s", own) for own in table.modes(OURS, "load")), None)
    taken, before = table.median(peer, "query", "rss"), table.median(peer, "query", "rss_before")
    store = taken - before if taken and before else None
    return [
        name,
        _number(rate, ",.0f"),
        _ratio(rate, ours),
        _number(_divided(table.median(peer, "load", "bytes", mode), size), ",.0f"),
        _number(table.median(peer, "reopen", "seconds"), ".2f"),
        _number(table.median(peer, "reopen", "import_s"), ".2f"),
        *(_number(_divided(value, 2**20), ",.0f") for value in (taken, before, store)),
        _ratio(store, _store_bytes(table, _BASIS)),
    ]


def _store_bytes(table: Table, peer: str) -> float | None:
    taken, before = table.median(peer, "query", "rss"), table.median(peer, "query", "rss_before")
    return taken - before if taken and before else None


def _stopped(table: Table, peer: str, mode: str) -> str:
    rows, seconds = table.median(peer, "load", "loaded", mode), table.median(peer, "load", "seconds", mode)
    rate = f" ({rows:,.0f} rows at {rows / seconds:,.0f}/s)" if rows and seconds else ""
    return table.error(peer, "load", mode) + rate


def _search_table(table: Table) -> str:
    head = ["store", f"recall@{K}", "p50, ms", "p99", "x"]
    head += [f"{share}: {what}" for share in ("10 %", "1 %") for what in ("recall", "p50", "x")]
    return _lines((*head, "hybrid: p50", "x"), [_search_row(table, peer) for peer in table.peers])


def _search_row(table: Table, peer: str) -> list[str]:
    p99 = _number(table.median(peer, "query", "p99_ms"), ".2f")
    recall, p50, ratio = _search_cells(table, peer, "query")
    filtered = [cell for phase in ("tenth", "hundredth") for cell in _search_cells(table, peer, phase)]
    return [TITLES[peer], recall, p50, p99, ratio, *filtered, *_search_cells(table, peer, "hybrid")[1:]]


def _search_cells(table: Table, peer: str, phase: str) -> tuple[str, str, str]:
    p50, ours = table.median(peer, phase, "p50_ms"), table.median(OURS, phase, "p50_ms")
    if p50 is None:
        return _NOTHING, table.error(peer, phase) or _NOTHING, _NOTHING
    return _number(table.median(peer, phase, "recall"), ".3f"), _number(p50, ".2f"), _ratio(p50, ours)


def _single_table(table: Table) -> str:
    head = ("store", "syncs a load of 2,000", "mode", "syncs an add", "adds/s, 1 thread", "8 threads", "found at once")
    rows = [_single_row(table, peer, mode) for peer in table.peers for mode in table.modes(peer, "single")]
    return _lines(head, rows)


def _single_row(table: Table, peer: str, mode: str) -> list[str]:
    found = [table.median(peer, "single", "found_at_once", mode, threads) for threads in (1, 8)]
    told = _NOTHING if None in found else "yes" if all(found) else "no"
    rates = [
        _number(table.median(peer, "single", "adds_s", mode, threads), ",.0f")
        if not table.error(peer, "single", mode, threads)
        else table.error(peer, "single", mode, threads)
        for threads in (1, 8)
    ]
    loads = _number(table.syncs(peer, "load"), ",.0f")
    return [TITLES[peer], loads, mode, _number(table.syncs(peer, mode), ".1f"), *rates, told]


def _divided(value: float | None, by: float) -> float | None:
    return None if value is None else value / by


def _number(value: float | None, form: str) -> str:
    return _NOTHING if value is None else format(value, form)


def _ratio(value: float | None, other: float | None) -> str:
    return _NOTHING if value is None or not other else f"{value / other:.2f}"


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:

    return "\n".join([_cells(head), "|---" * len(head) + "|", *(_cells(row) for row in rows)]) + "\n"


def _cells(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |"
