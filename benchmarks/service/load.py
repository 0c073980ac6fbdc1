"""A service under load: ``python benchmarks/service/load.py [--seconds 180] [--clients 32]``.

Clients recall, add entries, give feedback and follow jobs at the same time, while traces are ingested; a tenth of the
writes is sent twice with one key, because the first answer was lost. Another process asks `/health/live` ten times a
second. Then everything that was acknowledged must be there, once. A second crowd works for some seconds, the service is
killed with -9, started again, and again everything must be there. Exits 1 if something is lost or doubled, if an answer
was a server's error other than a deliberate 503, or if `/health/live` was slow.

The service is `midthought serve` with its settings as they are: the default encoder, the starter memory, receipts.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from service_process import Connection, Service
from verify import find_losses
from workload import Journal, at_work

RUNS = 4
"""Runs of each client, on which it gives feedback."""
MAX_LIVE = 50.0
"""Milliseconds in which 99 of 100 answers of `/health/live` must come."""
_PROBE_SECONDS = 0.1


@dataclass(slots=True)
class Report:
    """What was measured and found.

    Attributes:
        live: milliseconds of each answer of `/health/live` during the first crowd.
        lost: what was not there once before the kill, and after it.
    """

    journal: Journal
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    live: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    lost_by_kill: list[str] = field(default_factory=list)

    def faults(self) -> list[str]:
        """Return why the load test fails; empty if it passes."""
        slow = [f"/health/live: p99 {p99:.0f} ms"] if (p99 := late(self.live)) > MAX_LIVE else []
        found = {"lost or doubled": self.lost, "lost by the kill": self.lost_by_kill, "answers": self.journal.faults}
        told = [f"{len(some)} {name}: {', '.join(some[:3])}" for name, some in found.items() if some]
        return [*told, *slow]

    def rows(self) -> Iterator[str]:
        """Yield a table of the calls."""
        yield "| call | number | per second | p50 ms | p99 ms |\n|---|---|---|---|---|"
        for name, took in [*sorted(self.journal.took.items()), ("/health/live", self.live)]:
            half = quantiles(took, n=2)[0] if len(took) > 1 else 0.0
            yield f"| {name} | {len(took)} | {len(took) / self.seconds:.1f} | {half:.1f} | {late(took):.1f} |"
        calls = sum(map(len, self.journal.took.values()))
        yield f"\nprocessor time of the service: {1000 * self.cpu_seconds / max(1, calls):.1f} ms per call"
        written = {"entries": self.journal.entries, "feedback": self.journal.notes, "receipts": self.journal.receipts}
        yield "acknowledged: " + ", ".join(f"{len(some)} {name}" for name, some in written.items())
        yield f"jobs: {len(self.journal.jobs)}; refused for now: {dict(self.journal.refused) or 'none'}"


def late(took: Sequence[float]) -> float:
    """Return the time within which 99 of 100 ended."""
    return quantiles(took, n=100)[-1] if len(took) > 1 else 0.0


def run_load(service: Service, runs: Sequence[Sequence[str]], *, seconds: float, burst: float) -> Report:
    """Let one client per group of runs work for some seconds, then during a burst that ends with a kill."""
    report = Report(Journal())
    half = len(runs) // 2
    began, before = time.monotonic(), service.cpu_seconds
    with probed(service.port) as live, at_work(service.port, report.journal, runs):
        time.sleep(seconds)
        report.seconds, report.cpu_seconds = time.monotonic() - began, service.cpu_seconds - before
    report.live = live
    report.lost = find_losses(service.port, report.journal)
    uploads = len(report.journal.jobs)
    with at_work(service.port, report.journal, runs[half:], first=len(runs), uploads=uploads) as crowd:
        time.sleep(burst)
        crowd.killed.set()
        service.kill()
    service.start()
    report.lost_by_kill = find_losses(service.port, report.journal)
    return report


@contextmanager
def probed(port: int) -> Iterator[list[float]]:
    """Ask `/health/live` from another process meanwhile; the list holds the milliseconds in the end."""
    command = [sys.executable, __file__, "--probe", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    took: list[float] = []
    try:
        yield took
    finally:
        process.terminate()
        took += [float(line) for line in process.communicate()[0].splitlines()[1:]]  # the first opens the connection


def probe(port: int) -> None:
    """Print the milliseconds of each answer, until ended."""
    connection = Connection(port)
    while True:
        began = time.perf_counter()
        connection.call("GET", "/health/live")
        took = time.perf_counter() - began
        print(f"{took * 1000:.2f}", flush=True)
        time.sleep(max(0.0, _PROBE_SECONDS - took))


def plant_runs(home: Path, clients: int, **opening: object) -> list[list[str]]:
    """Make a memory with solved problems, for feedback; return the ids of each client's."""
    from midthought.api.python.memory import open_memory
    from midthought.memory.records.namespace import DEFAULT_NAMESPACE
    from midthought.memory.records.run import RunRow

    groups = [[f"run-{client}-{n}" for n in range(RUNS)] for client in range(clients)]
    with open_memory(home, **opening) as memory:  # type: ignore[arg-type]
        for name in (one for group in groups for one in group):
            row = RunRow(name, f"What is {name}?", "unknown", 10, 0.1, "{}")
            memory.store.writer.record_run(DEFAULT_NAMESPACE, row)
    return groups


def main() -> int:
    """Plant, serve, load, kill and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--burst", type=float, default=5.0, help="seconds of load before the kill")
    parser.add_argument("--probe", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.probe:
        probe(given.probe)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "memory"
        runs = plant_runs(home, given.clients)
        service = Service(home)
        try:
            report = run_load(service, runs, seconds=given.seconds, burst=given.burst)
        finally:
            service.stop()
    print(f"{given.clients} clients, {given.seconds:.0f} s, {os.cpu_count()} processors\n")
    print("\n".join(report.rows()))
    faults = report.faults()
    print("\n".join(faults) or "nothing lost, nothing doubled")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
