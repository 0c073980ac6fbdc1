"""Recall beside other stores in one run: the same entries with three keys each, the same queries, ready vectors.

    MIDTHOUGHT_DATA=... python benchmarks/store/vectors.py            # once
    python benchmarks/recall/peers.py --setup PEERS                   # once: an environment with the other stores
    python benchmarks/recall/peers.py --peers PEERS [--entries 100000] [--rounds 3] [--kept FOLDER] [--write]

Run it with the project's environment. Each store is a process: loaded once, then all open and measured in turns, so
that a busy minute hits all alike; ``peer_child.py`` says what is asked of it. Figures are over all rounds, `best` is
the lowest median of a round, and *CPU* is processor time of all threads per search. No variable limits threads. A
store that cannot be imported or loaded is named with its reason. `--kept` keeps the loaded stores for the next call.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peer_child import OURS, THREADS
from peer_page import make_page
from peer_rows import KeyRows

HERE = Path(__file__).resolve().parent
STORE = HERE.parent / "store"
UV_FIND_LINKS = "PIP_FIND_LINKS"
"""Where pip looks for wheels besides the index; uv reads it by another name."""
NAMES = {
    OURS: "Midthought",
    "chroma": "chromadb",
    "lance_indexed": "lancedb",
    "qdrant": "qdrant-client, local",
    "milvus": "milvus-lite",
    "txtai_content": "txtai",
    "sqlite_vectors": "sqlite-vec",
    "plain_faiss_hnsw": "faiss, HNSW",
    "plain_faiss": "faiss, exact",
}
ALONE = ("dense", "tenth", "hundredth", "hybrid", "recall")
TOGETHER = ("dense", "hybrid", "recall")
FREE_MIB = 3_000
"""Memory that must be free before another store is opened: qdrant-client's takes 7 GB with 100,000 entries."""


@dataclass
class Measured:
    """A store, its process, and what was measured."""

    name: str
    title: str
    note: str = ""
    missing: str = ""
    mib: float = 0.0
    can: tuple[str, ...] = ()
    known: float | None = None
    alone: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    together: dict[str, list[float]] = field(default_factory=dict)
    process: "subprocess.Popen[str] | None" = None

    def ask(self, **question: Any) -> dict[str, Any]:
        """Return the answer of the process; a process that ended makes the store a missing one."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Return the next line of JSON that the process prints; empty if it ended."""
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        self.missing = f"its process ended with {self.process.wait()}"
        return {}


class Run:
    """One run: stores of a size in a folder, loaded, opened and measured in turns."""

    def __init__(self, peers: Path, folder: Path, entries: int, *, seconds: float) -> None:
        self._peers = peers
        self._folder = folder
        self._entries = entries
        self._seconds = seconds

    def start(self, name: str, what: str) -> "subprocess.Popen[str]":
        """Start `peer_child.py` in the environment of the store."""
        python = sys.executable if name == OURS else str(self._peers / "bin" / "python")
        options = ["--folder", self._store(name), "--rows", self._folder, "--entries", self._entries]
        paths = [HERE, STORE, HERE.parents[1] / "src"]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "LANCEDB_LOG": "error",
            "TOKENIZERS_PARALLELISM": "false",
        }
        command = [python, str(HERE / "peer_child.py"), what, name, *map(str, options)]
        errors = (self._folder / f"{name}.log").open("w")
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )

    def _store(self, name: str) -> Path:
        return self._folder / f"{'memory' if name == OURS else name}-{self._entries}"

    def prepare(self, name: str) -> Measured:
        """Import the store, and load it unless an earlier call did."""
        peer = Measured(name, NAMES[name])
        peer.process = self.start(name, "about")
        peer.note = peer.answer().get("note", "")
        loaded = self._folder / f"{name}-{self._entries}.loaded"
        if not peer.missing and not loaded.exists():
            shutil.rmtree(self._store(name), ignore_errors=True)  # of a call that was stopped
            peer.process = self.start(name, "load")
            if peer.answer():
                loaded.touch()
        if peer.missing:
            log = (self._folder / f"{name}.log").read_text().strip().splitlines() or ["no word"]
            peer.missing = log[-1][:200]
        print(f"{time.strftime('%H:%M:%S')} {peer.title}: {peer.missing or 'loaded'}", flush=True)
        return peer

    def open(self, peer: Measured) -> None:
        """Open a loaded store in a process that stays."""
        if free_mib() < FREE_MIB:
            peer.missing = f"not opened: {free_mib():,.0f} MiB of memory were free"
            return
        peer.process = self.start(peer.name, "serve")
        told = peer.answer()
        peer.can, peer.mib = tuple(told.get("can", ())), told.get("mib", 0.0)
        if "hybrid" in peer.can:
            peer.known = peer.ask(what="known", name="", seconds=3 * self._seconds, start=0).get("known")

    def measure(self, peers: list[Measured], rounds: int) -> None:
        """Measure everything, stores taking turns."""
        for number in range(rounds):
            for what, names in (("alone", ALONE), ("together", TOGETHER)):
                for name in names:
                    for peer in peers:
                        if name in peer.can and not peer.missing:
                            self._measure(peer, what, name, start=67 * number)
            print(f"round {number + 1} of {rounds}, load {os.getloadavg()[0]:.1f}", flush=True)

    def _measure(self, peer: Measured, what: str, name: str, *, start: int) -> None:
        answer = peer.ask(what=what, name=name, seconds=self._seconds, start=start)
        if answer and what == "alone":
            peer.alone.setdefault(name, []).append(answer)
        elif answer:
            peer.together.setdefault(name, []).append(answer["per_second"])


def free_mib() -> float:
    """Return the memory that is available."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 1024


def set_up(folder: Path) -> None:
    """Make the environment of the other stores."""
    uv = str(Path(sys.executable).parent / "uv")
    links = ["--find-links", os.environ[UV_FIND_LINKS]] if UV_FIND_LINKS in os.environ else []
    python = str(folder / "bin" / "python")
    subprocess.run([uv, "venv", str(folder), "--python", "3.11"], check=True)
    wanted = ["--requirement", str(HERE / "requirements.txt")]
    subprocess.run([uv, "pip", "install", "--python", python, *links, *wanted], check=True)


def main() -> None:
    """Measure, print the page, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setup", type=Path, metavar="DIR", help="make the environment of the other stores, and end")
    parser.add_argument("--peers", type=Path, help="the folder that --setup made")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="a measurement of a round is cut here (default 2)")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=tuple(NAMES))
    parser.add_argument("--kept", type=Path, help="a folder in which the loaded stores are kept for the next call")
    parser.add_argument("--write", action="store_true", help="write peers.md")
    given = parser.parse_args()
    if given.setup:
        set_up(given.setup)
        return
    if given.peers is None:
        parser.error("--peers is needed: the folder that --setup made")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.kept or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        KeyRows(folder, given.entries).make()
        run = Run(given.peers.absolute(), folder.absolute(), given.entries, seconds=given.seconds)
        peers = [run.prepare(name) for name in given.only]
        present = [peer for peer in peers if not peer.missing]
        for peer in present:
            run.open(peer)
        loads = [os.getloadavg()[0]]
        run.measure(present, given.rounds)
        loads.append(os.getloadavg()[0])
        for peer in present:
            if peer.process is not None:
                peer.process.communicate()
    page = make_page(peers, given.entries, rounds=given.rounds, seconds=given.seconds, loads=loads, threads=THREADS)
    print(page)
    if given.write:
        (HERE / "peers.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
