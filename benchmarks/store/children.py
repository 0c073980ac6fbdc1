"""Phases as child processes: started, bounded, read, and traced for syncs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TRACED = "fsync,fdatasync,msync,sync_file_range,syncfs"
TRACED_ADDS = 50


@dataclass(frozen=True, slots=True)
class Child:
    """The arguments of `phase.py`."""

    phase: str
    peer: str
    folder: Path
    size: int
    mode: str = "synced"
    threads: int = 1
    seconds: float = 4.0
    most: int = 20_000
    first: int = 0

    def command(self) -> list[str]:
        """Return the command line."""
        options = {
            "folder": self.folder,
            "size": self.size,
            "mode": self.mode,
            "threads": self.threads,
            "seconds": self.seconds,
            "most": self.most,
            "first": self.first,
        }
        named = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        return [sys.executable, str(HERE / "phase.py"), self.phase, self.peer, *named]


def run_child(child: Child, *, limit: float, before: Sequence[str] = ()) -> dict[str, Any]:
    """Return the last line a phase printed; with ``error`` where it failed or was stopped after `limit` seconds."""
    paths = os.pathsep.join([str(HERE.parents[1] / "src"), os.environ.get("PYTHONPATH", "")])
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(
            [*before, *child.command(), "--limit", str(limit)],
            stdout=out,
            stderr=told,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": paths, "LANCEDB_LOG": "error"},
        )
        stopped = _wait(process, limit)
        wall = round(time.perf_counter() - began, 2)
        out.seek(0)
        told.seek(0)
        lines = [line for line in out.read().splitlines() if line.startswith("{")]
        result: dict[str, Any] = {**(json.loads(lines[-1]) if lines else {}), "wall_s": wall}
        if stopped:
            return {**result, "error": f"stopped after {limit:.0f} s"}
        if process.returncode:
            return {**result, "error": (told.read().strip().splitlines() or ["no word"])[-1][:300]}
        return result


def _wait(process: subprocess.Popen[Any], limit: float) -> bool:
    """Wait, kill the child with its own children after `limit` seconds, and return whether that was needed."""
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def count_syncs(child: Child, *, limit: float) -> dict[str, Any]:
    """Return how many syncs a load asks of the system, or how many each of `TRACED_ADDS` single adds asks."""
    if shutil.which("strace") is None:
        return {"error": "strace is not installed"}
    if child.phase == "load":
        return _trace(child, limit)
    idle = _trace(replace(child, most=0), limit)
    busy = _trace(replace(child, most=TRACED_ADDS, first=child.first + 1, seconds=limit), limit)
    if "error" in idle or "error" in busy:
        return {**idle, **busy}
    return {"syncs": (busy["syncs"] - idle["syncs"]) / TRACED_ADDS}


def _trace(child: Child, limit: float) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("r") as log:
        before = ["strace", "-f", "-qq", "-e", f"trace={TRACED}", "-e", "signal=none", "-o", log.name]
        result = run_child(child, limit=limit, before=before)
        calls = re.findall(rf"\b({TRACED.replace(',', '|')})\(", log.read())
    return result if "error" in result else {"syncs": len(calls)}
