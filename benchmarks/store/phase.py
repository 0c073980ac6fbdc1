"""One phase on one peer, in a process of its own: `peers.py` starts it, and reads one line of JSON from its output."""

import argparse
import importlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from adapters.base import FilteredPeer, Hit, HybridPeer, Peer, SinglePeer
from vectors import HUNDREDTH, TENTH, Corpus, K, Row, load_query_texts, load_truth, load_vectors

LOADED_AT_ONCE, WARM_UP, FEWEST, CHECKED = 5_000, 2, 5, 5
RSS_AFTER, RSS_PATIENCE = 100, 3.0
TOO_LONG = 2.0
"""A load that would take so many times the limit is not waited for."""
FIELDS = ("kind", "domain", "outcome", "time")

Result = dict[str, float | int | str | bool]


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured: `seconds` bounds a loop, `limit` the phase.

    Single adds are of at most `most` rows, numbered from `first` on.
    """

    peer: str
    folder: Path
    size: int
    mode: str
    threads: int
    seconds: float
    most: int
    first: int
    limit: float


def open_peer(task: Task) -> Peer:
    """Import the adapter and open its folder."""
    task.folder.mkdir(parents=True, exist_ok=True)
    peer: Peer = importlib.import_module(f"adapters.{task.peer}").PEER(task.folder, task.mode)
    return peer


def resident_bytes() -> int:
    """Return the resident set of this process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def measure_load(task: Task) -> Result:
    """Load every row; making the rows is not counted, everything up to a closed and durable store is."""
    corpus, spent = Corpus(), 0.0
    started = time.perf_counter()
    peer = open_peer(task)
    spent += time.perf_counter() - started
    for start in range(0, task.size, LOADED_AT_ONCE):
        rows = corpus.rows(start, min(start + LOADED_AT_ONCE, task.size))
        spent += _timed(partial(peer.add, rows))
        loaded, whole = start + len(rows), spent / (start + len(rows)) * task.size
        if loaded < task.size and whole > TOO_LONG * task.limit:
            error = f"stopped: it would take {whole / 60:.0f} minutes"
            return {"loaded": loaded, "seconds": spent, "error": error}
        print(json.dumps({"loaded": loaded, "seconds": spent}), flush=True)
    finishing = _timed(peer.finish) + _timed(peer.close)
    seconds = spent + finishing
    return {"rows_s": task.size / seconds, "seconds": seconds, "finish_s": finishing, "bytes": _bytes_in(task.folder)}


def measure_reopen(task: Task) -> Result:
    """Open a store that another process left, and wait for the first answer; importing the library is told apart."""
    vector = load_vectors("queries")[0]
    imported = _timed(partial(importlib.import_module, f"adapters.{task.peer}"))
    started = time.perf_counter()
    peer = open_peer(task)
    found = peer.search(vector, K)
    return {"seconds": time.perf_counter() - started, "import_s": imported, "found": len(found)}


def measure_query(task: Task) -> Result:
    """Search for the held-out questions, one after another, texts and fields returned."""
    queries, truth = load_vectors("queries"), load_truth(task.size)["all"]
    importlib.import_module(f"adapters.{task.peer}")
    before = resident_bytes()
    peer = open_peer(task)
    first = [partial(peer.search, v, K) for v in queries[:RSS_AFTER]]
    searched = len(list(_until(RSS_PATIENCE * task.seconds, first)))
    rss = resident_bytes()
    result = _measure_searches(task, [partial(peer.search, v, K) for v in queries], truth)
    _check_rows(peer.search(queries[0], K))
    return {**result, "rss": rss, "rss_after": searched, "rss_before": before}


def measure_tenth(task: Task) -> Result:
    """The same among a tenth of the rows, chosen by a field."""
    return _measure_filtered(task, "tenth", TENTH)


def measure_hundredth(task: Task) -> Result:
    """The same among a hundredth of the rows, chosen by a field."""
    return _measure_filtered(task, "hundredth", HUNDREDTH)


def _measure_filtered(task: Task, name: str, domain: str) -> Result:
    peer = cast("FilteredPeer", open_peer(task))
    queries, truth = load_vectors("queries"), load_truth(task.size)[name]
    searches = [partial(peer.search_domain, v, K, domain) for v in queries]
    for search in searches[:WARM_UP]:
        _require(search(), domain)
    return _measure_searches(task, searches, truth)


def _require(hits: Sequence[Hit], domain: str) -> None:
    if any(hit.domain != domain for hit in hits):
        raise SystemExit(f"a search among {domain} returned {sorted({hit.domain for hit in hits})}")


def measure_hybrid(task: Task) -> Result:
    """Search by vector and words of the held-out questions together."""
    peer = cast("HybridPeer", open_peer(task))
    pairs = list(zip(load_vectors("queries"), load_query_texts(), strict=True))
    searches = [partial(peer.search_hybrid, v, t, K) for v, t in pairs]
    for search in searches[:WARM_UP]:
        if len(search()) != K:
            raise SystemExit(f"a hybrid search returned {len(search())} rows instead of {K}")
    return _measure_searches(task, searches, None)


def measure_single(task: Task) -> Result:
    """Add one row at a time from several threads for a while; every return is an acknowledged add."""
    corpus, peer = Corpus(), cast("SinglePeer", open_peer(task))
    peer.search(load_vectors("queries")[0], K)
    rows = corpus.rows(task.first, task.first + task.most + 1)
    peer.add_one(rows[0])
    if task.most == 0:
        peer.close()
        return {"adds": 0}
    seconds, added = _add_from_threads(peer, rows[1:], task)
    last = max(added, key=lambda row: row.number)
    found = any(hit.number == last.number for hit in peer.search(last.vector, K))
    peer.close()
    return {"adds_s": len(added) / seconds, "adds": len(added), "seconds": seconds, "found_at_once": found}


def _add_from_threads(peer: SinglePeer, rows: Sequence[Row], task: Task) -> tuple[float, list[Row]]:
    began = time.perf_counter()

    def work(number: int) -> list[Row]:
        added = []
        for row in rows[number :: task.threads]:
            if time.perf_counter() - began > task.seconds:
                break
            peer.add_one(row)
            added.append(row)
        return added

    with ThreadPoolExecutor(task.threads) as pool:
        shares = list(pool.map(work, range(task.threads)))
    return time.perf_counter() - began, [row for share in shares for row in share]


def _measure_searches(task: Task, searches: Sequence[Callable[[], list[Hit]]], truth: np.ndarray | None) -> Result:
    took, found = [], []
    for search, hits in _until(task.seconds, searches):
        took.append(search)
        found.append([hit.number for hit in hits])
    p50, p99 = np.percentile(np.asarray(took) * 1000, [50, 99])
    result: Result = {"p50_ms": float(p50), "p99_ms": float(p99), "queries": len(took)}
    if truth is not None:
        shares = [len(set(numbers) & set(true.tolist())) / K for numbers, true in zip(found, truth, strict=False)]
        result["recall"] = float(np.mean(shares))
    return result


def _until(seconds: float, searches: Sequence[Callable[[], list[Hit]]]) -> Iterator[tuple[float, list[Hit]]]:
    """Run searches, and stop early once `seconds` are over; `FEWEST` are always run."""
    began = time.perf_counter()
    for number, search in enumerate(searches):
        if number >= FEWEST and time.perf_counter() - began > seconds:
            return
        started = time.perf_counter()
        hits = search()
        yield time.perf_counter() - started, hits


def _check_rows(hits: Sequence[Hit]) -> None:
    """Stop unless texts and fields came back as they were written."""
    corpus = Corpus()
    for hit in hits[:CHECKED]:
        row = corpus.rows(hit.number, hit.number + 1)[0]
        told, written = [getattr(hit, name) for name in FIELDS], [getattr(row, name) for name in FIELDS]
        if told != written or hit.text != row.text:
            raise SystemExit(f"row {row.number} came back as {hit}, written as {row.text!r}, {written}")


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def tell_about(task: Task) -> Result:
    """Import the adapter and say what it can do."""
    kind: type[Peer] = importlib.import_module(f"adapters.{task.peer}").PEER
    can = {name: hasattr(kind, name) for name in ("search_domain", "search_hybrid")}
    return {"modes": " ".join(kind.modes), "note": kind.note, **can}


PHASES = {
    "about": tell_about,
    "load": measure_load,
    "reopen": measure_reopen,
    "query": measure_query,
    "tenth": measure_tenth,
    "hundredth": measure_hundredth,
    "hybrid": measure_hybrid,
    "single": measure_single,
}


def main() -> None:
    """Run one phase and print its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phase", choices=PHASES)
    parser.add_argument("peer")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--mode", default="synced")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--most", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--limit", type=float, default=240.0)
    asked = vars(parser.parse_args())
    print(json.dumps(PHASES[asked.pop("phase")](Task(**asked))), flush=True)


if __name__ == "__main__":
    main()
