"""Recalls end to end, alone and from eight threads: what batching of queries and the choice of encoder bring.

    python benchmarks/encoders/measure.py [--write]

One recall is `Memory.recall` with k = 5: encoding, both searches, fusion, fetching, and the receipt if receipts are
on. Every query is another text, so that no vector comes from the cache. Every variant has a starter memory of its own,
open at the same time; they take turns in rounds, and of the rounds' figures the median is shown. The time to load the
weights is left out. All of it is measured in two processes: with as many threads of OpenBLAS as it takes by itself, and
with one (``OPENBLAS_NUM_THREADS=1``; it has no effect on torch).
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import midthought
from midthought.api.python.memory import Memory
from midthought.memory.records.namespace import STARTER_NAMESPACE
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.minilm import MiniLMEncoder
from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

HERE = Path(__file__).parent
ROUNDS = 4
ALONE, TOGETHER = 20, 64
"""Recalls per round with one thread, and with eight."""
THREADS = 8


@dataclass
class Variant:
    """One memory and what was measured on it: seconds per recall alone, and recalls per second with eight threads."""

    name: str
    memory: Memory
    queries: Iterator[str]
    alone: list[float] = field(default_factory=list)
    one: list[float] = field(default_factory=list)
    eight: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """Run one round."""
        taken = [self.recall(next(self.queries)) for _ in range(ALONE)]
        self.alone += taken
        self.one.append(ALONE / sum(taken))
        texts = [next(self.queries) for _ in range(TOGETHER)]
        with ThreadPoolExecutor(THREADS) as threads:
            started = time.perf_counter()
            list(threads.map(self.recall, texts))
            self.eight.append(TOGETHER / (time.perf_counter() - started))

    def recall(self, query: str) -> float:
        """Return the seconds of one recall."""
        started = time.perf_counter()
        self.memory.recall(query)
        return time.perf_counter() - started

    def row(self) -> str:
        """Return the line of the table."""
        p50, p99 = np.percentile(np.asarray(self.alone) * 1000, [50, 99])
        return f"| {self.name} | {p50:.1f} / {p99:.1f} | {np.median(self.one):.0f} | {np.median(self.eight):.0f} |"


def queries_of(memory: Memory) -> list[str]:
    """Return keys of the memory with every second, third or fourth word left out: all different."""
    keys = sorted({stored.entry.key for stored in memory.list_entries(limit=10**6, namespace=STARTER_NAMESPACE)})
    ways = [(each, left) for each in (2, 3, 4) for left in range(each)]
    parts = (
        [" ".join(word for number, word in enumerate(key.split()) if number % each != left) for key in keys]
        for each, left in ways
    )
    return list(dict.fromkeys(text for part in parts for text in part if text))


def encode_apart(memory: Memory) -> None:
    """Let every thread encode its own query, without batching and cache."""
    current = memory._core.current
    setattr(current, "use_for_queries", current.use)  # noqa: B010  # there is no setting for what is worse


def open_variants(source: Path, folder: Path, queries: Sequence[str], stack: ExitStack) -> list[Variant]:
    """Open a copy of the memory per variant."""
    minilm, torch = MiniLMEncoder(), SentenceTransformerEncoder()
    made = []
    kinds: list[tuple[str, Encoder, bool]] = [
        ("NumPy, batched", minilm, True),
        ("NumPy, each thread by itself", minilm, False),
        ("sentence-transformers, batched", torch, True),
    ]
    for name, encoder, is_batched in kinds:
        for receipts in (True, False):
            home = folder / str(len(made))
            shutil.copytree(source, home)
            memory = stack.enter_context(midthought.open(home, encoder=encoder, receipts=receipts))
            if not is_batched:
                encode_apart(memory)
            memory.recall("ready?")
            label = f"{name}, {'with' if receipts else 'without'} receipts"
            made.append(Variant(label, memory, iter(queries)))
    return made


def measure() -> str:
    """Return the rows of the table for this process."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        source = Path(folder, "source")
        with midthought.open(source) as memory:
            queries = queries_of(memory)
        variants = open_variants(source, Path(folder), queries, stack)
        for _ in range(ROUNDS):
            for variant in variants:
                variant.measure()
    return "\n".join(variant.row() for variant in variants)


def measure_in_child(**environment: str) -> str:
    """Return the rows of the table of a process with these variables."""
    command = [sys.executable, __file__, "--rows"]
    return subprocess.run(command, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def make_page() -> str:
    """Return the results as a page."""
    head = f"""| encoder | one thread, ms p50 / p99 | recalls/s, one thread | recalls/s, {THREADS} threads |
|---|---|---|---|
"""
    load = os.getloadavg()[0]
    own, single = measure_in_child(), measure_in_child(OPENBLAS_NUM_THREADS="1")
    return f"""# Encoders: recalls end to end

Made by `benchmarks/encoders/measure.py --write`; its docstring says what each figure includes.

The starter memory. {ROUNDS} rounds of {ALONE} recalls by one thread and {TOGETHER} by {THREADS} threads, variants in
turns.
Machine: {os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}. Load average when the
measurement began: {load:.1f}. Above 1, other work took part of the cores.

OpenBLAS with its own number of threads:

{head}{own}
OpenBLAS with one thread:

{head}{single}"""


def main() -> None:
    """Measure, print, and write the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write results.md")
    parser.add_argument("--rows", action="store_true", help="measure in this process and print the rows only")
    arguments = parser.parse_args()
    if arguments.rows:
        print(measure())
        return
    page = make_page()
    print(page)
    if arguments.write:
        HERE.joinpath("results.md").write_text(page)


if __name__ == "__main__":
    main()
