"""Recalls per second of a running service with many clients: ``python benchmarks/service/recalls.py``.

The service is a process of its own, `midthought serve` on a new memory with the starter memory and 500 lessons, with
the default encoder: in ONNX Runtime if that is installed, else in NumPy. Clients are threads of this process, each with
one kept connection, on the same cores. Every query is asked once, so that no cached vector helps; receipts are
recorded. The last row sends the same queries a hundred at a time to `recall:batch`. What is timed: from the first
request to the last answer, HTTP and JSON included; the load of the model is not. Every way runs three times; the best
rate, with its times, and the least processor time of the service are told.
"""

import argparse
import importlib.util
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from service_process import NS, Connection, Service

SUBJECTS = ("balls", "letters", "coins", "roads", "pupils", "cards", "bricks", "lamps", "ships", "fields")
VERBS = ("count", "arrange", "share", "colour", "weigh", "measure", "sort", "pair", "cut", "add")
Ask = Callable[[Connection, object], object]


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast the answers to some requests came.

    Attributes:
        per_second: requests.
        took: milliseconds of each.
        cpu: milliseconds of the processor that the server took per request.
    """

    per_second: float
    took: list[float]
    cpu: float

    @property
    def half(self) -> float:
        """Milliseconds within which half of the answers came."""
        return median(self.took)

    @property
    def late(self) -> float:
        """Milliseconds within which 99 of 100 answers came."""
        return quantiles(self.took, n=100)[-1] if len(self.took) > 1 else self.took[0]


def queries(number: int, *, salt: int) -> list[str]:
    """Different questions of some ten words."""
    return [
        f"How do I {VERBS[n % 10]} {n + salt} {SUBJECTS[n // 10 % 10]} so that {n * 7 % 13 + 2} of them are left over?"
        for n in range(number)
    ]


def lessons(number: int) -> list[dict[str, str]]:
    """Entries that are near to the queries."""
    asked = enumerate(queries(number, salt=10**6))
    advice = "Write down what is known."
    return [{"kind": "lesson", "situation": f"{one} The {n}th time", "suggestion": advice} for n, one in asked]


def measure_rate(service: Service, tasks: list[object], clients: int, ask: Ask) -> Rate:
    """Let some clients ask all of it, each its next one as soon as it has an answer."""
    waiting: queue.SimpleQueue[object] = queue.SimpleQueue()
    for one in tasks:
        waiting.put(one)
    taken: list[float] = []

    def work() -> None:
        with closing(Connection(service.port)) as connection:
            while True:
                try:
                    task = waiting.get_nowait()
                except queue.Empty:
                    return
                began = time.perf_counter()
                ask(connection, task)
                taken.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began, before = time.perf_counter(), service.cpu_seconds
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    seconds = time.perf_counter() - began
    if len(taken) < len(tasks):
        raise SystemExit("not every request was answered")
    return Rate(len(tasks) / seconds, taken, 1000 * (service.cpu_seconds - before) / len(tasks))


def ask_recall(connection: Connection, query: object) -> object:
    """Recall."""
    return connection.call("POST", f"{NS}/recall", {"query": query})


def ask_batch(connection: Connection, group: object) -> object:
    """Recall for several queries in one request."""
    return connection.call("POST", f"{NS}/recall:batch", {"recalls": [{"query": one} for one in group]})  # type: ignore[attr-defined]


def measure(service: Service, number: int, *, rounds: int = 3) -> None:
    """Print a row for each way."""
    print("| way | recalls/s | p50 ms | p99 ms | processor ms per recall |\n|---|---|---|---|---|")
    salt = 0
    for name, clients in (("1 client", 1), ("8 clients", 8), ("32 clients", 32), ("recall:batch of 100, 1 client", 0)):
        rates = []
        for _ in range(rounds):
            single, salt = queries(number, salt=salt), salt + number
            grouped = [single[n : n + 100] for n in range(0, number, 100)]
            tasks: list[object] = [*(single if clients else grouped)]
            rates.append(measure_rate(service, tasks, max(1, clients), ask_recall if clients else ask_batch))
        best, share = max(rates, key=lambda one: one.per_second), 1 if clients else number / len(grouped)
        cpu = min(one.cpu for one in rates) / share
        print(f"| {name} | {best.per_second * share:.0f} | {best.half:.1f} | {best.late:.1f} | {cpu:.1f} |", flush=True)


def fill(service: Service) -> None:
    """Add 500 lessons, and ask some queries first."""
    with closing(Connection(service.port)) as connection:
        connection.call("POST", f"{NS}/entries", {"entries": lessons(500)})
    measure_rate(service, [*queries(64, salt=10**7)], 8, ask_recall)


def encoder_name() -> str:
    """How the default encoder encodes queries here."""
    return "ONNX Runtime" if importlib.util.find_spec("onnxruntime") else "NumPy"


def main() -> None:
    """Serve, fill and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=600)
    given = parser.parse_args()
    print(f"queries encoded in {encoder_name()}\n")
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "memory")
        try:
            fill(service)
            measure(service, given.queries)
        finally:
            service.stop()


if __name__ == "__main__":
    main()
