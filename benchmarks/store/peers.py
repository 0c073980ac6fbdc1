"""Midthought's store beside other stores, in one run: the same rows, the same queries, texts and fields returned.

    MIDTHOUGHT_DATA=... python benchmarks/store/vectors.py                 # once, with the project's environment
    PEERS/bin/python benchmarks/store/peers.py [--sizes 10000 100000] [--peers NAME ...] [--phases NAME ...]

PEERS is the environment that `requirements.txt` says how to make; a peer that is not installed there is left out, and
said to be. Every phase runs in a process of its own; peers take turns in every round, so that a busy minute hits all
alike. Figures are medians over rounds. A phase that takes longer than `--limit` seconds is stopped and told as such.

Each measurement is a line of `peers.jsonl`, written as soon as it is known; a run that was stopped goes on where it
was. `--again NAME ...` measures these peers anew. `peers.md` is rendered at the end, or with `--render` alone.
"""

import argparse
import itertools
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from children import Child, count_syncs, run_child
from journal import Journal, Key
from report import render
from vectors import CACHE, load_truth

HERE = Path(__file__).parent
PEERS = (
    "midthought_store",
    "chroma",
    "lance",
    "lance_indexed",
    "qdrant",
    "milvus",
    "sqlite_vectors",
    "plain_faiss",
    "plain_faiss_hnsw",
)
LARGE = 500_000
AT_LARGE = ("midthought_store", "sqlite_vectors", "plain_faiss", "plain_faiss_hnsw")
SEARCHES = ("reopen", "query", "tenth", "hundredth", "hybrid")
PHASES = ("load", *SEARCHES, "single", "syncs")
THREADS = (1, 8)
SINGLES_EACH = 100_000  # more than a phase adds in one second
SYNC_ROWS = 2_000
SLOW_SECONDS = 20.0
"""A search phase that took its peer longer in the first round is not repeated."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed peer, and what it can do."""

    name: str
    modes: tuple[str, ...]
    phases: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for."""

    peers: tuple[Peer, ...]
    sizes: tuple[int, ...]
    phases: tuple[str, ...]
    rounds: int
    loads: int
    adds: int
    limit: float
    seconds: float

    def steps(self, size: int) -> Iterator[tuple[Peer, Key]]:
        """Yield what is measured at a size, peers taking turns."""
        peers = [peer for peer in self.peers if size < LARGE or peer.name in AT_LARGE]
        for number in range(1, self.loads + 1):
            yield from ((peer, Key(peer.name, size, "load", number)) for peer in peers)
        for number in range(1, self.rounds + 1):
            for phase in SEARCHES:
                yield from ((peer, Key(peer.name, size, phase, number)) for peer in peers if phase in peer.phases)
        for number, threads in itertools.product(range(1, self.adds + 1), THREADS):
            for peer in peers:
                yield from ((peer, Key(peer.name, size, "single", number, mode, threads)) for mode in peer.modes)
        for peer in peers if size == min(self.sizes) else ():
            yield peer, Key(peer.name, size, "syncs", 1, "load")
            yield from ((peer, Key(peer.name, size, "syncs", 1, mode)) for mode in peer.modes)


def find_peers(names: Sequence[str], journal: Journal) -> Iterator[Peer]:
    """Yield those that can be imported, and say which cannot."""
    for name in names:
        told = run_child(Child("about", name, Path(), 0), limit=120)
        if "error" in told:
            print(f"{name} is left out: {told['error']}", flush=True)
            continue
        journal.keep_about(name, told)
        missing = set() if told["search_domain"] else {"tenth", "hundredth"}
        missing |= set() if told["search_hybrid"] else {"hybrid"}
        yield Peer(name, tuple(str(told["modes"]).split()), frozenset(PHASES) - missing)


def store_of(peer: Peer, size: int) -> Path:
    """Return the folder of a peer's store of a size."""
    return CACHE / "stores" / f"{peer.name}-{size}"


class Runner:
    """Runs steps, and keeps what they found."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        self._plan = plan
        self._journal = journal

    def run(self) -> None:
        """Measure what is not in the journal yet; stores of a size are removed when it is done."""
        for size in self._plan.sizes:
            load_truth(size)
            wanted = [step for step in self._plan.steps(size) if step[1].phase in self._plan.phases]
            for peer, key in wanted:
                if not self._journal.has(key) and not self._was_slow(key):
                    self._measure(peer, key)
            for peer in self._plan.peers:
                shutil.rmtree(store_of(peer, size), ignore_errors=True)

    def _was_slow(self, key: Key) -> bool:
        first = self._journal.find(replace(key, round=1)) if key.phase in SEARCHES and key.round > 1 else None
        return first is not None and first.get("wall_s", 0.0) > SLOW_SECONDS

    def _measure(self, peer: Peer, key: Key) -> None:
        if key.phase == "load":
            self._load(peer, key)
        elif self._ready(peer, key.size):
            self._keep(key, self._count_syncs(peer, key) if key.phase == "syncs" else self._run(peer, key))
        else:
            self._keep(key, {"error": "no store: its load was stopped"})

    def _ready(self, peer: Peer, size: int) -> bool:
        """Whether the peer's store is there, after loading it once more where an earlier run took it away."""
        if not self._is_loaded(peer, size) and not self._journal.stopped(peer.name, size):
            self._load(peer, Key(peer.name, size, "load", 0))
        return self._is_loaded(peer, size)

    def _is_loaded(self, peer: Peer, size: int) -> bool:
        return (store_of(peer, size) / "loaded").exists()

    def _load(self, peer: Peer, key: Key) -> None:
        """Load, as the peer does it first of all; where that takes too long, in its other mode, told apart."""
        for mode in peer.modes or ("unsynced",):
            folder = store_of(peer, key.size)
            shutil.rmtree(folder, ignore_errors=True)
            result = run_child(Child("load", peer.name, folder / "store", key.size, mode), limit=self._plan.limit)
            self._keep(Key(key.peer, key.size, "load", key.round, mode), result)
            if "error" not in result:
                (folder / "loaded").touch()
                return

    def _run(self, peer: Peer, key: Key) -> dict[str, object]:
        folder = store_of(peer, key.size) / "store"
        mode = key.mode or (peer.modes or ("unsynced",))[0]
        child = Child(
            key.phase, peer.name, folder, key.size, mode, key.threads or 1, self._plan.seconds, first=_first_number()
        )
        return run_child(child, limit=self._plan.limit)

    def _count_syncs(self, peer: Peer, key: Key) -> dict[str, object]:
        if key.mode == "load":
            folder = CACHE / "stores" / "syncs"
            shutil.rmtree(folder, ignore_errors=True)
            mode = (peer.modes or ("unsynced",))[0]
            return count_syncs(Child("load", peer.name, folder, SYNC_ROWS, mode), limit=self._plan.limit)
        folder = store_of(peer, key.size) / "store"
        child = Child("single", peer.name, folder, key.size, key.mode, first=_first_number())
        return count_syncs(child, limit=self._plan.limit)

    def _keep(self, key: Key, result: dict[str, object]) -> None:
        self._journal.keep(key, result)
        print(
            f"{key.peer} {key.size} {key.phase} {key.mode} {key.threads or ''} round {key.round}: {result}", flush=True
        )


def _first_number() -> int:
    """Return a row number no add has used: a phase that was killed may have left rows behind."""
    return int(time.time()) * SINGLES_EACH


def main() -> None:
    """Measure what is missing, and render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000])
    parser.add_argument("--phases", nargs="+", choices=PHASES, default=PHASES)
    parser.add_argument("--rounds", type=int, default=3, help="of searches (default 3)")
    parser.add_argument("--loads", type=int, default=1, help="loads of each peer (default 1)")
    parser.add_argument("--adds", type=int, default=1, help="rounds of single adds (default 1)")
    parser.add_argument("--limit", type=float, default=240.0, help="seconds a phase may take (default 240)")
    parser.add_argument("--seconds", type=float, default=4.0, help="a loop of queries or adds is cut here (default 4)")
    parser.add_argument("--again", nargs="+", choices=PEERS, default=(), help="forget what is known of these peers")
    parser.add_argument("--journal", type=Path, default=HERE / "peers.jsonl")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    asked = parser.parse_args()
    journal = Journal(asked.journal)
    journal.forget(asked.again)
    if not asked.render:
        peers = tuple(find_peers([name for name in PEERS if name in asked.peers], journal))
        sizes, phases = tuple(sorted(asked.sizes)), tuple(asked.phases)
        counts = (asked.rounds, asked.loads, asked.adds)
        Runner(Plan(peers, sizes, phases, *counts, asked.limit, asked.seconds), journal).run()
    asked.journal.with_suffix(".md").write_text(render(journal.records), encoding="utf-8")


if __name__ == "__main__":
    main()
