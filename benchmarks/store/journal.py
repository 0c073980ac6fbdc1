"""What was measured, one line of JSON each, kept as soon as it is known."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

DISTRIBUTIONS = {
    "midthought_store": ("duckdb", "faiss-cpu", "tantivy"),
    "chroma": ("chromadb",),
    "lance": ("lancedb",),
    "lance_indexed": ("lancedb",),
    "qdrant": ("qdrant-client",),
    "milvus": ("milvus-lite", "pymilvus"),
    "sqlite_vectors": ("sqlite-vec", "apsw"),
    "plain_faiss": ("faiss-cpu",),
    "plain_faiss_hnsw": ("faiss-cpu",),
}


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two measurements the same; `mode` and `threads` are of single adds, and the mode of a load too."""

    peer: str
    size: int
    phase: str
    round: int
    mode: str = ""
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One measurement."""

    key: Key
    result: dict[str, Any]
    versions: str
    machine: str


class Journal:
    """The measurements in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self.records = [_read_record(json.loads(line)) for line in lines if line]

    def has(self, key: Key) -> bool:
        """Whether it is known; a load counts whichever mode it was made in."""
        if key.phase == "load":
            return any((r.key.peer, r.key.size, r.key.phase, r.key.round) == astuple(key)[:4] for r in self.records)
        return any(record.key == key for record in self.records)

    def find(self, key: Key) -> dict[str, Any] | None:
        """Return what was measured, or None."""
        return next((record.result for record in self.records if record.key == key), None)

    def stopped(self, peer: str, size: int) -> bool:
        """Whether every load of a peer at a size failed or was stopped."""
        loads = [r for r in self.records if (r.key.peer, r.key.size, r.key.phase) == (peer, size, "load")]
        return bool(loads) and all("error" in record.result for record in loads)

    def keep(self, key: Key, result: dict[str, Any]) -> None:
        """Append a measurement."""
        record = Record(key, result, describe_versions(key.peer), describe_machine())
        self.records.append(record)
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(_as_line(record))

    def keep_about(self, peer: str, told: dict[str, Any]) -> None:
        """Keep what a peer says of itself, once."""
        key = Key(peer, 0, "about", 0)
        if not self.has(key):
            self.keep(key, told)

    def forget(self, peers: Iterable[str]) -> None:
        """Remove the measurements of some peers."""
        self.records = [record for record in self.records if record.key.peer not in set(peers)]
        if self._file.exists():
            self._file.write_text("".join(map(_as_line, self.records)), encoding="utf-8")


def _as_line(record: Record) -> str:
    rest = {"versions": record.versions, "machine": record.machine}
    return json.dumps({**asdict(record.key), "result": record.result, **rest}) + "\n"


def _read_record(line: dict[str, Any]) -> Record:
    result, versions, machine = line.pop("result"), line.pop("versions"), line.pop("machine")
    return Record(Key(**line), result, versions, machine)


def describe_versions(peer: str) -> str:
    """Return the versions behind a peer; Midthought's own is its commit."""
    named = [f"{name} {importlib.metadata.version(name)}" for name in DISTRIBUTIONS[peer]]
    return ", ".join(([f"commit {_commit()}"] if peer == "midthought_store" else []) + named)


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


def describe_machine() -> str:
    """Return cores, processor, memory and Python."""
    processor = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = processor[1] if processor else platform.processor()
    return f"{os.cpu_count()} cores of {name}, {memory:.0f} GiB, Python {platform.python_version()}"
