"""Warm recall on an ingested memory: how long it takes, and how well abstention tells near from far.

    MIDTHOUGHT_DATA=... python benchmarks/recall/measure.py [--home DIR] [--write]

Times: one process, one thread of calls, the encoder on the CPU, the memory open and searched once before. "search" is
both searches, fusion and fetching the entries from DuckDB; "whole" adds encoding the query. Queries for timing are
subquestions of other traces' procedures, shortened, so that none is a key of the memory word by word.

Abstention: near queries are hand-written requests the starter memory answers (`near_queries.txt`); far queries are the
questions of XQuAD (history, biology, sports ...) and of Cranfield (aerodynamics), and strings of invented words.
"""

import argparse
import json
import os
import platform
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import midthought
from midthought.api.python.memory import Memory
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.minilm import MiniLMEncoder
from midthought.retrieval.recall import Recaller

HERE = Path(__file__).parent
TIMED = 500


@contextmanager
def ingested(home: Path | None, data: Path) -> Iterator[Memory]:
    """The memory of sky_t1 and the starter, in `home` or in a temporary directory."""
    with tempfile.TemporaryDirectory() as folder, midthought.open(home or Path(folder)) as memory:
        memory.ingest(data / "traces" / "sky_t1.jsonl.gz")
        yield memory


def timing_queries(memory: Memory) -> list[str]:
    """Keys of the memory with every third word left out."""
    keys = sorted({stored.entry.key for stored in memory.list_entries(limit=10**6)})
    chosen = random.Random(7).choices(keys, k=TIMED)
    return [" ".join(word for number, word in enumerate(key.split()) if number % 3 != 2) for key in chosen]


def percentiles(seconds: Sequence[float]) -> str:
    """The 50th and 99th percentile in milliseconds."""
    p50, p99 = np.percentile(np.asarray(seconds) * 1000, [50, 99])
    return f"{p50:.1f} / {p99:.1f}"


def measure_times(memory: Memory) -> list[str]:
    """Lines of a table: p50 / p99 of searching and of the whole recall, for several k."""
    queries = timing_queries(memory)
    recaller = Recaller(memory.store, memory.encoder)
    owner = DEFAULT_NAMESPACE
    recaller.recall(owner, "warm up")
    lines = ["| k | search, ms p50 / p99 | whole recall with encoding, ms p50 / p99 |", "|---|---|---|"]
    for k in (1, 5, 20):
        results = [recaller.recall(owner, query, k=k) for query in queries]
        search = [result.usage.search_ms / 1000 for result in results]
        whole = [result.usage.seconds for result in results]
        lines.append(f"| {k} | {percentiles(search)} | {percentiles(whole)} |")
    return lines


def far_queries(data: Path) -> dict[str, list[str]]:
    """Queries that no entry answers, by where they come from."""
    xquad = json.loads((data / "xquad" / "xquad.en.json").read_text())
    questions = [qa["question"] for article in xquad["data"] for part in article["paragraphs"] for qa in part["qas"]]
    cranfield = re.findall(r"\.W\n(.*?)(?=\n\.I|\Z)", (data / "cranfield" / "cran.qry").read_text(), re.DOTALL)
    dice = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    invented = [
        " ".join("".join(dice.choices(letters, k=dice.randint(3, 7))) for _ in range(dice.randint(1, 5)))
        for _ in range(300)
    ]
    return {"XQuAD": questions, "Cranfield": [" ".join(q.split()) for q in cranfield], "invented words": invented}


def best_similarities(memory: Memory, queries: Sequence[str]) -> np.ndarray:
    """The best cosine each query finds."""
    vectors = memory.encoder.encode_queries(queries)
    scopes = memory.store.searcher.scopes(DEFAULT_NAMESPACE)  # its own entries, and the starter memory
    found = [
        [memory.store.searcher.search_vectors(one.namespace, vector, 1, within=one.within) for one in scopes]
        for vector in vectors
    ]
    return np.array([max(score for hits in one for _, score in hits) for one in found])


def measure_abstention(memory: Memory, data: Path) -> list[str]:
    """Lines of a table: the share of queries answered at several thresholds."""
    near = [line for line in (HERE / "near_queries.txt").read_text().splitlines() if line.strip()]
    groups = {"near (hand-written)": near, **far_queries(data)}
    thresholds = (0.25, 0.30, 0.35, 0.40, 0.45, 0.50)
    lines = [
        "| queries | number | " + " | ".join(f"answered at {t:.2f}" for t in thresholds) + " |",
        "|---" * (len(thresholds) + 2) + "|",
    ]
    for name, queries in groups.items():
        best = best_similarities(memory, queries)
        shares = " | ".join(f"{(best >= t).mean():.1%}" for t in thresholds)
        lines.append(f"| {name} | {len(queries)} | {shares} |")
    return lines


def hardware() -> str:
    """The machine in one line."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text()) if os.name == "posix" else None
    name = model[1] if model else platform.processor()
    return f"{os.cpu_count()} cores of {name}, Python {platform.python_version()}"


def main() -> None:
    """Measure, print, and with --write keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="use this memory instead of building one")
    parser.add_argument("--write", action="store_true", help="write results.md beside this script")
    arguments = parser.parse_args()
    place = os.environ.get("MIDTHOUGHT_DATA")
    if not place:
        raise SystemExit("MIDTHOUGHT_DATA is not set: this benchmark needs the real traces")
    data = Path(place)
    with ingested(arguments.home, data) as memory:
        stats = memory.stats()
        text = "\n".join(
            [
                "# Recall: time and abstention",
                "",
                "Made by `benchmarks/recall/measure.py`; its docstring says what each figure includes.",
                "",
                f"Memory: {stats.entry_count} own entries, {stats.starter} starter entries "
                f"({stats.trajectory_count} trajectories), exact FAISS and BM25, "
                f"encoder {MiniLMEncoder().identity}. Machine: {hardware()}.",
                "",
                *measure_times(memory),
                "",
                "Share of queries that are answered rather than abstained from, by the smallest best cosine accepted:",
                "",
                *measure_abstention(memory, data),
                "",
            ]
        )
    print(text)
    if arguments.write:
        (HERE / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
