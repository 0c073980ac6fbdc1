"""One store of `peers.py` in its process: it loads the rows, or answers one measurement per line that it reads.

    peer_child.py about|load|serve NAME --folder FOLDER --rows FOLDER --entries N

Every answer is a line of JSON. Every store but Midthought holds one row per key; it is asked for `KEYS` times as many
rows as entries are wanted, which always hold enough entries, and of the rows of an entry the first counts.
"""

import argparse
import importlib
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from peer_rows import FILTERS, KEYS, K, KeyRows, entries_of
from vectors import load_query_texts, load_vectors

OURS = "midthought"
THREADS = 8
LOADED_AT_ONCE, FEWEST, WARM_UP, KNOWN = 5_000, 5, 3, 50

Search = Callable[[], list[int]]
"""Returns the entries that were found, best first."""


class Served:
    """An open store, and the searches that are measured."""

    def __init__(self, name: str, folder: Path, rows: KeyRows) -> None:
        self._peer = open_peer(name, folder, "unsynced")
        self._rows = rows
        self._limit = K if name == OURS else K * KEYS
        self._queries = list(zip(load_vectors("queries"), load_query_texts(), strict=True))

    def can(self) -> list[str]:
        """Return the measurements that the store offers."""
        offered = {"dense": "search", **dict.fromkeys(FILTERS, "search_domain"), "hybrid": "search_hybrid"}
        return [name for name, method in {**offered, "recall": "recall"}.items() if hasattr(self._peer, method)]

    def searches(self, name: str) -> list[Search]:
        """Return one search per query."""
        return [self._search(name, *query) for query in self._queries]

    def find_known(self, seconds: float) -> float:
        """Return the share of stored keys whose entry is among the first `K` of a hybrid search for that key."""
        every = self._rows.entries // KNOWN
        wanted = list(self._rows.rows(KEYS * every))[:KNOWN]
        searches = [self._search("hybrid", row.vector, row.question) for row in wanted]
        found = [entries for _, entries in until(seconds, searches)]
        hits = [row.number // KEYS in entries for row, entries in zip(wanted, found, strict=False)]
        return float(np.mean(hits))

    def _search(self, name: str, vector: Any, text: str) -> Search:
        if name == "dense":
            return lambda: self._entries(self._peer.search(vector, self._limit))
        if name in FILTERS:
            return lambda: self._entries(self._peer.search_domain(vector, self._limit, FILTERS[name]), FILTERS[name])
        method = {"hybrid": "search_hybrid", "recall": "recall"}[name]
        return lambda: self._entries(getattr(self._peer, method)(vector, text, self._limit))

    def _entries(self, hits: Sequence[Any], domain: str = "") -> list[int]:
        if domain and any(hit.domain != domain for hit in hits):
            raise SystemExit(f"a search among {domain} returned others")
        return entries_of([hit.number for hit in hits])

    def measure_alone(self, name: str, seconds: float, start: int) -> dict[str, Any]:
        """Search by one thread for some seconds, beginning with query number `start`."""
        searches = self.searches(name)
        order = [*range(start, len(searches)), *range(start)]
        for number in order[:WARM_UP]:
            searches[number]()
        took, found = [], []
        processor = time.process_time()
        for spent, entries in until(seconds, [searches[number] for number in order]):
            took.append(spent)
            found.append(entries)
        processor = (time.process_time() - processor) / len(took)
        result = {"seconds": took, "processor": processor}
        if name in ("dense", *FILTERS):
            truth = self._rows.truth("all" if name == "dense" else name)[order]
            shares = [len(set(own) & set(true.tolist())) / K for own, true in zip(found, truth, strict=False)]
            result["recall"] = float(np.mean(shares))
        return result

    def measure_together(self, name: str, seconds: float) -> dict[str, Any]:
        """Search by `THREADS` threads for some seconds; each finishes the search that it began."""
        searches = self.searches(name)
        began = time.perf_counter()

        def work(thread: int) -> int:
            for done in itertools.count():
                if time.perf_counter() - began > seconds:
                    return done
                searches[(thread * len(searches) // THREADS + done) % len(searches)]()
            return 0

        with ThreadPoolExecutor(THREADS) as threads:
            done = sum(threads.map(work, range(THREADS)))
        return {"per_second": done / (time.perf_counter() - began)}


def open_peer(name: str, folder: Path, mode: str) -> Any:
    """Import the store and open its folder."""
    if name == OURS:
        return importlib.import_module("midthought_peer").MidthoughtPeer(folder)
    kind = importlib.import_module(f"adapters.{name}").PEER
    folder.mkdir(parents=True, exist_ok=True)
    return kind(folder, mode if mode in kind.modes or not kind.modes else kind.modes[0])


def until(seconds: float, searches: Sequence[Search]) -> Iterator[tuple[float, list[int]]]:
    """Run searches, and stop early once `seconds` are over; `FEWEST` are always run."""
    began = time.perf_counter()
    for number, search in enumerate(searches):
        if number >= FEWEST and time.perf_counter() - began > seconds:
            return
        started = time.perf_counter()
        entries = search()
        yield time.perf_counter() - started, entries


def tell(**answer: Any) -> None:
    """Print an answer."""
    print(json.dumps(answer), flush=True)


def load(name: str, folder: Path, rows: KeyRows) -> None:
    """Load every row, and close the store."""
    started, source = time.perf_counter(), rows.rows()
    if name == OURS:
        from large_memory import make_memory

        make_memory(folder, rows.entries)
    else:
        peer = open_peer(name, folder, "unsynced")
        for part in iter(lambda: list(itertools.islice(source, LOADED_AT_ONCE)), []):
            peer.add(part)
        peer.finish()
        peer.close()
    tell(seconds=time.perf_counter() - started)


def serve(name: str, folder: Path, rows: KeyRows) -> None:
    """Answer measurements until the input ends."""
    served = Served(name, folder, rows)
    status = Path("/proc/self/status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    tell(can=served.can(), mib=resident / 1024)
    for line in sys.stdin:
        asked = json.loads(line)
        act = {
            "alone": partial(served.measure_alone, asked["name"], asked["seconds"], asked["start"]),
            "together": partial(served.measure_together, asked["name"], asked["seconds"]),
            "known": lambda: {"known": served.find_known(asked["seconds"])},  # noqa: B023
        }
        tell(**act[asked["what"]]())


def main() -> None:
    """Do one of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["about", "load", "serve"])
    parser.add_argument("name")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--entries", type=int, required=True)
    given = parser.parse_args()
    if given.what == "about":
        module = "midthought_peer" if given.name == OURS else f"adapters.{given.name}"
        found = importlib.import_module(module)
        tell(note=(found.MidthoughtPeer if given.name == OURS else found.PEER).note)
        return
    act = load if given.what == "load" else serve
    act(given.name, given.folder, KeyRows(given.rows, given.entries))


if __name__ == "__main__":
    main()
