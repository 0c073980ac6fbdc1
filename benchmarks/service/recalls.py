"""Recalls per second of a running service with many clients: ``python benchmarks/service/recalls.py``.

The service is a process of its own, `midthought serve` on a new memory with the starter memory and 500 lessons, with
the default encoder. Clients are threads of this process, each with one kept connection, on the same cores. Every query
is asked once, so that no cached vector helps; receipts are recorded. The last row sends the same queries a hundred at a
time to `recall:batch`. What is timed: from the first request to the last answer, HTTP and JSON included; the load of
the model is not. Every way runs three times, and the best is told.
"""

import argparse
import http.client
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, quantiles

NS = "/v1/namespaces/default"
SUBJECTS = ("balls", "letters", "coins", "roads", "pupils", "cards", "bricks", "lamps", "ships", "fields")
VERBS = ("count", "arrange", "share", "colour", "weigh", "measure", "sort", "pair", "cut", "add")


def queries(number: int, *, salt: int) -> list[str]:
    """Different questions of some ten words."""
    return [
        f"How do I {VERBS[n % 10]} {n + salt} {SUBJECTS[n // 10 % 10]} so that {n * 7 % 13 + 2} of them are left over?"
        for n in range(number)
    ]


def ask(connection: http.client.HTTPConnection, path: str, body: object) -> bytes:
    """The answer to a POST."""
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    if answer.status >= 300:
        raise SystemExit(told.decode())
    return told


def run_clients(port: int, bodies: list[object], clients: int, path: str) -> tuple[float, list[float]]:
    """Seconds until all bodies are answered, and of each its milliseconds."""
    waiting: queue.SimpleQueue[object] = queue.SimpleQueue()
    for one in bodies:
        waiting.put(one)
    taken: list[float] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            try:
                body = waiting.get_nowait()
            except queue.Empty:
                return connection.close()
            began = time.perf_counter()
            ask(connection, path, body)
            taken.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return time.perf_counter() - began, taken


def measure(port: int, number: int) -> None:
    """Print a row for each way."""
    print("| way | recalls/s | p50 ms | p99 ms |\n|---|---|---|---|")
    salt = 0
    for name, clients in (("1 client", 1), ("8 clients", 8), ("32 clients", 32), ("recall:batch of 100, 1 client", 0)):
        best: tuple[float, list[float]] | None = None
        for _ in range(3):
            asked, salt = queries(number, salt=salt), salt + number
            single: list[object] = [{"query": one} for one in asked]
            grouped: list[object] = [{"recalls": single[n : n + 100]} for n in range(0, number, 100)]
            bodies, path = (single, "recall") if clients else (grouped, "recall:batch")
            found = run_clients(port, bodies, max(1, clients), f"{NS}/{path}")
            best = min(best, found) if best else found
        assert best is not None
        seconds, taken = best
        late = quantiles(taken, n=100)[-1] if len(taken) > 1 else taken[0]
        print(f"| {name} | {number / seconds:.0f} | {median(taken):.1f} | {late:.1f} |")


def serve(home: Path, port: int) -> subprocess.Popen[bytes]:
    """A service that is ready."""
    environment = os.environ | {"MIDTHOUGHT_HOME": str(home)}
    code = "import sys; from midthought.api.cli.start import main; sys.exit(main())"
    process = subprocess.Popen([sys.executable, "-c", code, "serve", "--port", str(port)], env=environment)
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return process
        except OSError:
            pass
        time.sleep(0.1)


def main() -> None:
    """Serve, fill and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=18_555)
    parser.add_argument("--queries", type=int, default=600)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process = serve(Path(folder) / "memory", given.port)
        try:
            entries = [
                {"kind": "lesson", "situation": f"{one} The {n}th time", "suggestion": "Write down what is known."}
                for n, one in enumerate(queries(500, salt=10**6))
            ]
            ask(http.client.HTTPConnection("127.0.0.1", given.port), f"{NS}/entries", {"entries": entries})
            run_clients(given.port, [{"query": one} for one in queries(50, salt=10**7)], 4, f"{NS}/recall")
            measure(given.port, given.queries)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
