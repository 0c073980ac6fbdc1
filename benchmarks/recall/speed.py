"""Whole recalls, encoding and receipts included, by one thread and by eight, in several checkouts side by side.

    python benchmarks/recall/speed.py [--before CHECKOUT] [--rounds 5] [--write]

One recall is `Memory.recall` with k = 5: encoding, both searches, fusion, abstention, fetching, and the receipt. The
queries are those of the fitting half of ``benchmarks/quality/``, each with another word left out per round, so that no
vector comes from the cache. Memories: the starter memory, and `large_memory.py` beside it. In *excluding*, every recall
leaves out what was learnt from a question that traces have, and from near copies of it.

The checkouts take turns in rounds, each in a process of its own with a copy of the memory that the first one made. No
variable limits the threads of BLAS: users set none. *CPU* is processor time of the process per recall, of all its
threads. It is a lower bound of what a recall takes, and unlike the clock it hardly grows if other work uses the cores.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
THREADS = 8
IDLE_SECONDS = 5.0
ALONE, TOGETHER, EXCLUDING = 40, 120, 10
"""Recalls per round by one thread, by eight, and with a question that is excluded."""
Figures = dict[str, list[float]]
"""By name: seconds of each recall, or one figure per round."""


def queries() -> Iterator[str]:
    """Yield queries, none of them twice."""
    sys.path.insert(0, str(HERE.parent / "quality"))
    from judged import read_queries

    texts = [query.text for query in read_queries("fit") if len(query.text) < 200]
    given: set[str] = set()
    for left in range(-1, 30):
        for text in texts:
            words = text.split()
            kept = " ".join(words if left < 0 else words[:left] + words[left + 1 :])
            if kept and kept not in given:
                given.add(kept)
                yield kept


def serve(folder: Path, entries: int) -> None:
    """Measure one round per line that is read, and print the figures as a line of JSON."""
    import midthought

    with midthought.open(folder) as memory:
        memory.warm_up()
        texts = queries()
        excluded = iter(trace_questions(entries))
        memory.recall(next(texts))
        wait_until_idle()
        for _ in sys.stdin:
            figures = measure_alone(memory.recall, texts, "alone", ALONE)
            if entries:
                excluding = lambda text: memory.recall(text, exclude_question=next(excluded))  # noqa: E731
                figures |= measure_alone(excluding, texts, "excluding", EXCLUDING)
            figures |= measure_together(memory.recall, [next(texts) for _ in range(TOGETHER)])
            print(json.dumps(figures), flush=True)


def wait_until_idle() -> None:
    """Wait until no index is built beside the present one in this process."""
    before = -1.0
    while time.process_time() - before > 0.1 * IDLE_SECONDS:
        before = time.process_time()
        time.sleep(IDLE_SECONDS)


def measure_alone(recall: Callable[[str], object], texts: Iterator[str], name: str, count: int) -> Figures:
    """Return the seconds of each recall, and the processor time of all divided by their number."""
    taken: list[float] = []
    processor = time.process_time()
    for _ in range(count):
        text, started = next(texts), time.perf_counter()
        recall(text)
        taken.append(time.perf_counter() - started)
    return {name: taken, f"{name} CPU": [(time.process_time() - processor) / count]}


def measure_together(recall: Callable[[str], object], texts: Sequence[str]) -> Figures:
    """Return the recalls per second of eight threads, and the processor time of one recall."""
    with ThreadPoolExecutor(THREADS) as threads:
        started, processor = time.perf_counter(), time.process_time()
        list(threads.map(recall, texts))
        seconds, processor = time.perf_counter() - started, time.process_time() - processor
    return {"together": [len(texts) / seconds], "together CPU": [processor / len(texts)]}


def trace_questions(entries: int) -> list[str]:
    """Return questions that traces of the large memory have."""
    if not entries:
        return []
    from large_memory import PER_TRACE, trace_question
    from vectors import Corpus

    return [trace_question(row) for row in Corpus().rows(0, min(entries, 5_000))[::PER_TRACE]]


@dataclass
class Variant:
    """A checkout with a memory, measured by a process of its own."""

    name: str
    checkout: Path
    folder: Path
    entries: int
    figures: Figures = field(default_factory=dict)

    def start(self) -> "subprocess.Popen[str]":
        """Start the process."""
        return run_child(self.checkout, "--serve", self.folder, self.entries)

    def measure(self, child: "subprocess.Popen[str]") -> None:
        """Run one round."""
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("\n")
        child.stdin.flush()
        for name, values in json.loads(child.stdout.readline()).items():
            self.figures.setdefault(name, []).extend(values)

    def row(self) -> str:
        """Return the line of the table."""
        memory = f"{self.entries:,} entries and the starter" if self.entries else "starter"
        excluding = percentiles(self.figures["excluding"]) if self.entries else "-"
        return (
            f"| {self.name} | {memory} | {percentiles(self.figures['alone'])} | {self.median('alone CPU', 1000):.1f} "
            f"| {self.median('together'):.0f} | {self.best('together'):.0f} "
            f"| {self.median('together CPU', 1000):.1f} | {excluding} |"
        )

    def median(self, name: str, factor: float = 1.0) -> float:
        """Return the median over the rounds."""
        return factor * float(np.median(self.figures[name]))

    def best(self, name: str) -> float:
        """Return the largest figure of a round."""
        return max(self.figures[name])


def percentiles(seconds: Sequence[float]) -> str:
    """Return the 50th and the 99th percentile in milliseconds."""
    p50, p99 = np.percentile(np.asarray(seconds) * 1000, [50, 99])
    return f"{p50:.1f} / {p99:.1f}"


def run_child(checkout: Path, mode: str, folder: Path, entries: int) -> "subprocess.Popen[str]":
    """Start this script with the code of a checkout."""
    command = [sys.executable, __file__, mode, str(folder), "--entries", str(entries)]
    environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def make_source(folder: Path, entries: int) -> None:
    """Write the memory that is measured."""
    if entries:
        from large_memory import make_memory

        make_memory(folder, entries)
    else:
        import midthought

        with midthought.open(folder) as memory:
            memory.recall("ready?")


def measure(checkouts: dict[str, Path], sizes: Sequence[int], *, rounds: int, kept: Path | None) -> list[Variant]:
    """Measure every checkout on every memory, in turns."""
    variants: list[Variant] = []
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        for entries in sizes:
            source = (kept or Path(temporary)) / f"source-{entries}"
            if not source.exists():
                child = run_child(next(iter(checkouts.values())), "--make", source, entries)
                if child.wait() != 0:
                    raise SystemExit(f"the memory of {entries} entries was not made")
            for name, checkout in checkouts.items():
                folder = Path(temporary) / f"{name}-{entries}"
                shutil.copytree(source, folder)
                variants.append(Variant(name, checkout, folder, entries))
        children = [stack.enter_context(variant.start()) for variant in variants]
        for _ in range(rounds):
            for variant, child in zip(variants, children, strict=True):
                variant.measure(child)
        for child in children:
            child.communicate()
    return variants


def make_page(variants: Sequence[Variant], *, rounds: int, loads: tuple[float, float]) -> str:
    """Return the results as a page."""
    rows = "\n".join(variant.row() for variant in variants)
    return f"""# Recalls end to end

Made by `benchmarks/recall/speed.py --before CHECKOUT --write`; its docstring says what each figure includes.

{rounds} rounds of {ALONE} recalls by one thread, {EXCLUDING} with a question excluded, and {TOGETHER} by {THREADS}
threads, on {os.cpu_count()} cores. Load average when it began and ended: {loads[0]:.1f} and {loads[1]:.1f}; the
measurement itself makes about 1.5, the rest is other work on the same cores.

| checkout | memory | alone, ms p50 / p99 | CPU ms | together, recalls/s | best | CPU ms | excluding, ms p50 / p99 |
|---|---|---|---|---|---|---|---|
{rows}
"""


def main() -> None:
    """Measure, print, and write the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="another checkout, measured in turns with this one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 100_000], help="0 is the starter memory alone")
    parser.add_argument("--kept", type=Path, help="a folder in which the memories are kept for the next call")
    parser.add_argument("--write", action="store_true", help="write speed.md")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--entries", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve or given.make:
        work = partial(serve, given.serve) if given.serve else partial(make_source, given.make)
        work(given.entries)
        return
    checkouts = {"before": given.before.resolve()} if given.before else {}
    checkouts["now"] = HERE.parents[1]
    load = os.getloadavg()[0]
    variants = measure(checkouts, given.sizes, rounds=given.rounds, kept=given.kept)
    page = make_page(variants, rounds=given.rounds, loads=(load, os.getloadavg()[0]))
    print(page)
    if given.write:
        (HERE / "speed.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
