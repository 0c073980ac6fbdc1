"""How long a search waits while a store grows past the sizes at which it takes another kind of vector index.

    python benchmarks/store/switch.py [--note TEXT] [--write]

Rows and queries are those of `vectors.py`, whose cache must have been made. A store is filled with ready vectors and
searched by vector. *First* is the first search after the rows were added: it brings the word index and the vector index
up to them (of 90,000 rows, a tenth of that is for the vectors), and builds no index of another kind. *Meanwhile* are
the searches while the next kind is built, each after one more addition if the phase is *growing*; *after* are those of
the kind that was switched to. Times are on the clock.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import faiss
import numpy as np
from adapters.midthought_store import MidthoughtStore
from vectors import Corpus, K, load_vectors

from midthought.memory.records.namespace import DEFAULT_NAMESPACE

_FILLED, _CROSSED = 19_900, 20_200
_AT_ONCE = (110_000, 200_200)
"""Additions without a search between them: 90,000, and as many again past 200,000."""
_SEARCHES = 200
_RESULT = Path(__file__).parent / "switch.md"


class Phases:
    """The lines of the result, measured on one store."""

    def __init__(self, folder: Path) -> None:
        self._peer = MidthoughtStore(folder, "synced")
        self._searcher = self._peer._store.searcher
        self._queries = cycle(load_vectors("queries"))
        self._corpus, self._count = Corpus(), 0

    def add(self, upto: int) -> None:
        """Add rows up to a number of them."""
        for start in range(self._count, upto, 5_000):
            self._peer.add(self._corpus.rows(start, min(upto, start + 5_000)))
        self._count = upto

    def measure(self, name: str, *, growing: bool) -> str:
        """Search once, then until no index is being built, then `_SEARCHES` times; return a row of the table."""
        first = self._wait()
        began, meanwhile = time.perf_counter(), []
        while self._notes():
            if growing and self._count < _CROSSED:
                self.add(self._count + 1)
            meanwhile.append(self._wait())
        built = time.perf_counter() - began
        after = [self._wait() for _ in range(_SEARCHES)]
        kind = self._kind()
        return f"| {name} | {first:,.0f} | {_told(meanwhile)} | {built:.0f} | {kind} | {_told(after)} |"

    def cross(self) -> str:
        """Add one row after the other, each followed by a search, up to the limit and past it."""
        waits = []
        while not self._notes():
            self.add(self._count + 1)
            waits.append(self._wait())
        line = f"| before it, growing | | {_told(waits)} | | {self._kind()} | |"
        return line + "\n" + self.measure("20,001, growing", growing=True)

    def _wait(self) -> float:
        return _milliseconds(lambda: self._searcher.search_vectors(DEFAULT_NAMESPACE, next(self._queries), K))

    def _notes(self) -> object:
        return self._searcher.index_notes(DEFAULT_NAMESPACE)

    def _kind(self) -> str:
        indexes = self._peer._store.state.indexes
        assert indexes is not None
        return indexes.get(DEFAULT_NAMESPACE).vectors.kinds["main"]

    def close(self) -> float:
        """Close the store; return the milliseconds that it took."""
        return _milliseconds(self._peer.close)


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


def _told(waits: list[float]) -> str:
    p50, p99 = np.percentile(waits, [50, 99]) if waits else (0, 0)
    return f"{len(waits)}: {p50:.2f} / {p99:.2f} / {max(waits, default=0):.0f}"


def run(folder: Path) -> Iterator[str]:
    """Yield the rows of the table."""
    phases = Phases(folder)
    phases.add(_FILLED)
    phases._wait()
    yield phases.cross()
    for count in _AT_ONCE:
        phases.add(count)
        yield phases.measure(f"{count:,}, {count - _CROSSED if count < 150_000 else 90_200:,} at once", growing=False)
    phases.close()


def main() -> None:
    """Measure all phases, print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--write", action="store_true", help=f"write {_RESULT.name}")
    arguments = parser.parse_args()
    lines = [
        "# Growing past the size of an index kind\n",
        f"`benchmarks/store/switch.py`, whose docstring says what is measured. faiss {faiss.__version__}, Python",
        f"{platform.python_version()}, {os.cpu_count()} cores. {arguments.note}\n",
        "Searches: how many, then p50 / p99 / the longest, in milliseconds.\n",
        "| rows | first search, ms | searches meanwhile | build, s | kind then | searches after |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for line in run(Path(folder)):
            print(line, flush=True)
            lines.append(line)
    if arguments.write:
        _RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
