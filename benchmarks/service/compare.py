"""Recalls per second beside other services: ``python benchmarks/service/compare.py --chroma PATH/TO/chroma``.

Three services answer the same queries of the same number of clients, on the same two processors, in turns: Midthought;
a chromadb server (`chroma run`); and `plain_service.py`, FastAPI over one FAISS index. All hold the same entries, and
all use the same encoder. chromadb's server encodes nothing: its clients do, here with the encoder and in the batches
that Midthought's server has, and the processor time of that is counted. The other two take the query as text.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from recalls import Ask, Rate, ask_recall, encoder_name, fill, measure_rate, queries
from service_process import NS, Connection, Refused, Service, free_port, read_cpu_seconds

from midthought.memory.records.entry import readable_key
from midthought.memory.records.entry_json import stored_from_dict
from midthought.retrieval.encoders.minilm import MiniLMEncoder
from midthought.retrieval.encoders.query_batching import QueryBatching

HITS = 5
_CHROMA = "/api/v2/tenants/default_tenant/databases/default_database/collections"


class Served(Protocol):
    """A running service."""

    port: int

    @property
    def cpu_seconds(self) -> float: ...
    def stop(self) -> None: ...


class Other:
    """Another service, started by a command that ends with its port."""

    def __init__(self, command: list[str], ready: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen([*command, str(self.port)], stdout=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.poll() is None:
            with closing(Connection(self.port)) as connection, suppress(OSError, Refused):
                connection.call("GET", ready)
                return
            time.sleep(0.1)
        raise SystemExit(f"{command[0]} did not start")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()

    @property
    def cpu_seconds(self) -> float:
        """Seconds of the processor it has taken."""
        return read_cpu_seconds(self.process.pid)


def read_entries(service: Service) -> list[dict[str, Any]]:
    """Return the entries that Midthought searches, with the vector of the main key of each."""
    with closing(Connection(service.port)) as connection:
        found = [one for origin in ("own", "starter") for one in _list(connection, origin)]
    stored = [stored_from_dict(one) for one in found]
    vectors = MiniLMEncoder().encode_documents([readable_key(one.entry) for one in stored])
    return [
        {"id": one.id, "text": f"{readable_key(one.entry)}\n{one.entry.body}", "vector": vector.tolist()}
        for one, vector in zip(stored, vectors, strict=True)
    ]


def _list(connection: Connection, origin: str) -> Iterable[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        page = connection.call("GET", f"{NS}/entries?origin={origin}&limit=1000&after={after}")
        yield from page["items"]
        after = page["next"]


def start_chroma(command: str, folder: Path, entries: list[dict[str, Any]]) -> tuple[Other, Ask]:
    """Start a chromadb server with the entries; return it, and how it is asked."""
    served = Other([command, "run", "--path", str(folder), "--port"], "/api/v2/heartbeat")
    with closing(Connection(served.port)) as connection:
        made = connection.call("POST", _CHROMA, {"name": "entries", "metadata": {"hnsw:space": "ip"}})
        place = f"{_CHROMA}/{made['id']}"
        for start in range(0, len(entries), 500):
            some = entries[start : start + 500]
            names = {"ids": "id", "documents": "text", "embeddings": "vector"}
            connection.call(
                "POST", f"{place}/add", {field: [one[name] for one in some] for field, name in names.items()}
            )
    encoder = QueryBatching(MiniLMEncoder())

    def ask(connection: Connection, query: object) -> object:
        vector = encoder.encode_queries([str(query)])[0].tolist()
        wanted = ["documents", "distances", "metadatas"]
        return connection.call(
            "POST", f"{place}/query", {"query_embeddings": [vector], "n_results": HITS, "include": wanted}
        )

    return served, ask


def start_plain(file: Path, entries: list[dict[str, Any]]) -> tuple[Other, Ask]:
    """Start the plain service with the entries; return it, and how it is asked."""
    file.write_text("\n".join(map(json.dumps, entries)), "utf-8")
    served = Other([sys.executable, str(Path(__file__).with_name("plain_service.py")), str(file)], "/health/ready")
    return served, lambda connection, query: connection.call("POST", "/search", {"query": query, "k": HITS})


def measure_turns(
    services: dict[str, tuple[Served, Ask]], *, number: int, clients: int, rounds: int
) -> dict[str, list[tuple[Rate, float]]]:
    """Ask each service in turn, several times; return the rates, and the processor milliseconds of the clients."""
    told: dict[str, list[tuple[Rate, float]]] = {name: [] for name in services}
    for turn in range(rounds):
        asked: list[object] = [*queries(number, salt=number * (turn + 1))]
        for name, (served, ask) in services.items():
            before = time.process_time()
            rate = measure_rate(served, asked, clients, ask)
            told[name].append((rate, 1000 * (time.process_time() - before) / number))
    return told


def print_table(told: dict[str, list[tuple[Rate, float]]]) -> None:
    """Print the median of the rounds, and the range of the rates."""
    print("| service | recalls/s | range | ratio | p50 ms | p99 ms | processor ms: server | clients |")
    print("|---|---|---|---|---|---|---|---|")
    own = median(rate.per_second for rate, _ in next(iter(told.values())))
    for name, rounds in told.items():
        rates, middle = [rate for rate, _ in rounds], median(rate.per_second for rate, _ in rounds)
        found: list[Callable[[Rate], float]] = [lambda one: one.half, lambda one: one.late, lambda one: one.cpu]
        figures = " | ".join(f"{median(map(read, rates)):.1f}" for read in found)
        span = f"{min(one.per_second for one in rates):.0f}-{max(one.per_second for one in rates):.0f}"
        clients = median(cpu for _, cpu in rounds)
        print(f"| {name} | {middle:.0f} | {span} | {middle / own:.2f} | {figures} | {clients:.1f} |", flush=True)


def main() -> None:
    """Start all three, ask them in turns, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chroma", help="the command of chromadb, of an environment of its own; left out without")
    parser.add_argument("--queries", type=int, default=600)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])  # of the services as well
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        own = Service(Path(folder) / "memory")
        running.callback(own.stop)
        fill(own)
        entries = read_entries(own)
        services: dict[str, tuple[Served, Ask]] = {"Midthought": (own, ask_recall)}
        if given.chroma:
            services["chromadb"] = start_chroma(given.chroma, Path(folder) / "chroma", entries)
            running.callback(services["chromadb"][0].stop)
        services["FastAPI and FAISS"] = start_plain(Path(folder) / "entries.jsonl", entries)
        running.callback(services["FastAPI and FAISS"][0].stop)
        for served, ask in services.values():
            measure_rate(served, [*queries(64, salt=10**8)], 8, ask)
        print(f"{len(entries)} entries, {given.clients} clients, queries encoded in {encoder_name()}\n")
        print_table(measure_turns(services, number=given.queries, clients=given.clients, rounds=given.rounds))


if __name__ == "__main__":
    main()
