"""Build one IVF-PQ index over millions of vectors in bounded memory, and measure it in a process of its own.

    python benchmarks/store/scale.py [--rows 2000000] [--folder DIR] [--note TEXT] [--write]

Rows and queries are those of `vectors.py`, whose cache must have been made. Vectors are made a block of 10,000 at a
time and never held together. The built index and the exact answers stay on disk: the next call does not make them
again.

Times: *train* and *add* are of the index alone, not of making the vectors; *save* is until the files are synced.
*p50*, *p99* are of single searches, one after the other, after the queries have been searched once. Memory is that of
the process that loaded the index: anonymous (what it must have) and of mapped files (what the system may take back).
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from vectors import BLOCK, CACHE, DIMENSION, QUERIES, Corpus, K, fields_of, load_truth, load_vectors

from midthought.memory.indexes.vectors import ivf_pq
from midthought.memory.indexes.vectors.ivf_pq import IvfPqIndex, code_count, lists_for

_PROBED = (32, 64, 96, 128, 256)
_CANDIDATES = (100, 200, 400)
_RESULT = Path(__file__).parent / "scale.md"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one build keeps its stages."""

    folder: Path
    rows: int

    @property
    def index(self) -> Path:
        return self.folder / f"ivf_pq-{self.rows}"

    @property
    def built(self) -> Path:
        return self.index / "build.json"


class Watch:
    """Seconds by stage: on the clock, and of processor time, which other work on the machine changes less."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what the block takes."""
        clock, processor = time.perf_counter(), time.process_time()
        yield
        for key, spent in ((name, time.perf_counter() - clock), (f"{name}_cpu", time.process_time() - processor)):
            self.seconds[key] = self.seconds.get(key, 0.0) + spent


def build(place: Place) -> dict[str, float]:
    """Train and fill the index, save it, and return seconds and bytes; what an earlier call built is only read."""
    if place.built.is_file():
        return dict(json.loads(place.built.read_text()))
    index, corpus = IvfPqIndex(DIMENSION, scratch=place.folder / "scratch"), Corpus()
    watch = Watch()
    _train(index, corpus, place.rows, watch)
    for block in range(place.rows // BLOCK):
        vectors = corpus.vectors(block)
        with watch.stage("add"):
            index.add(np.arange(block * BLOCK, (block + 1) * BLOCK), vectors)
        if (block + 1) % 10 == 0:
            print(
                f"{len(index)} of {place.rows} rows, {watch.seconds['add']:.0f} s, {_peak_mb():.0f} MB at most",
                flush=True,
            )
    with watch.stage("save"):
        index.save(place.index)
        os.sync()
    figures = watch.seconds | {"peak_mb": _peak_mb(), "lists": index._codes.nlist}
    for name, pattern in (("codes", "codes.faiss"), ("full", "*.f16"), ("numbers", "rows.npy")):
        figures[f"{name}_bytes"] = sum(file.stat().st_size for file in place.index.glob(pattern))
    place.built.write_text(json.dumps(figures))
    return figures


def _train(index: IvfPqIndex, corpus: Corpus, rows: int, watch: Watch) -> None:
    """Train on whole blocks spread evenly over the rows: 64 vectors a list."""
    blocks = rows // BLOCK
    wanted = min(blocks, -(-64 * lists_for(rows, rows) // BLOCK))
    sample = np.concatenate([corpus.vectors(int(block)) for block in np.linspace(0, blocks - 1, wanted)])
    with watch.stage("train"):
        index.train(sample, expected=rows)
    print(f"trained {index._codes.nlist} lists on {len(sample)} vectors, seconds: {watch.seconds}", flush=True)


def measure(place: Place) -> list[str]:
    """Load the index and return rows of the table of searches."""
    start = time.perf_counter()
    index = IvfPqIndex.load(place.index, dimension=DIMENSION, scratch=place.folder / "loaded")
    loaded = time.perf_counter() - start
    queries, truth = load_vectors("queries"), load_truth(place.rows)
    first = _timed(index, queries[:1], None)[1][0]
    lines = [f"Loaded in {loaded:.2f} s; first answer {first:.1f} ms later; memory then {_memory()}.", ""]
    lines += ["| rows allowed | lists read | candidates | recall@10 | p50, ms | p99, ms |", "|---|---|---|---|---|---|"]
    settled = ivf_pq._PROBED, ivf_pq._CANDIDATES
    for probed in _PROBED:
        for candidates in _CANDIDATES:
            _read_lists(index, probed, candidates)
            mark = " (default)" if (probed, candidates) == settled else ""
            lines.append(_row(index, queries, truth["all"], None, f"all{mark} | {probed} | {candidates}"))
    _read_lists(index, *settled)
    for name in ("tenth", "hundredth"):
        allowed = _allowed(name, place.rows)
        label = f"{len(allowed)} ({len(allowed) / place.rows:.0%}) | {settled[0]} / share^1/4 | {settled[1]}"
        lines.append(_row(index, queries, truth[name], allowed, label))
    return [*lines, "", f"Memory after all searches: {_memory()}."]


def _read_lists(index: IvfPqIndex, probed: int, candidates: int) -> None:
    """Have searches read so many lists and rank so many candidates again."""
    index._codes.nprobe = ivf_pq._PROBED = probed
    ivf_pq._CANDIDATES = candidates


def _allowed(name: str, rows: int) -> NDArray[np.int64]:
    """The rows whose domain is the filter's."""
    from vectors import HUNDREDTH, TENTH

    domain = {"tenth": TENTH, "hundredth": HUNDREDTH}[name]
    found = [
        block * BLOCK + place
        for block in range(rows // BLOCK)
        for place, fields in enumerate(fields_of(block))
        if fields[1] == domain
    ]
    return np.array(found, dtype=np.int64)


def _row(
    index: IvfPqIndex,
    queries: NDArray[np.float32],
    truth: NDArray[np.int64],
    within: NDArray[np.int64] | None,
    label: str,
) -> str:
    _timed(index, queries, within)
    found, times = _timed(index, queries, within)
    hits = sum(len(set(seqs) & set(true.tolist())) for seqs, true in zip(found, truth, strict=True))
    p50, p99 = np.percentile(times, [50, 99])
    line = f"| {label} | {hits / (QUERIES * K):.4f} | {p50:.2f} | {p99:.2f} |"
    print(line, file=sys.stderr, flush=True)
    return line


def _timed(
    index: IvfPqIndex, queries: NDArray[np.float32], within: NDArray[np.int64] | None
) -> tuple[list[list[int]], list[float]]:
    found, times = [], []
    for query in queries:
        start = time.perf_counter()
        hits = index.search(query, K, within=within)
        times.append(1e3 * (time.perf_counter() - start))
        found.append([seq for seq, _ in hits])
    return found, times


def _memory() -> str:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    anonymous, mapped = (int(fields[name].split()[0]) // 1024 for name in ("RssAnon", "RssFile"))
    return f"{anonymous} MB anonymous and {mapped} MB of mapped files"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(place: Place, figures: dict[str, float], searches: str, note: str) -> str:
    """Return the whole result as Markdown."""
    mb = {name: figures[f"{name}_bytes"] / 1e6 for name in ("codes", "full", "numbers")}
    return f"""# {place.rows:,} vectors as product codes

`benchmarks/store/scale.py`, whose docstring says what the timing includes. {DIMENSION} dimensions,
{int(figures["lists"])} lists, {code_count(DIMENSION) // 2} bytes a code; faiss {faiss.__version__},
Python {platform.python_version()}, {os.cpu_count()} cores.

{note}

Build, seconds on the clock (of processor time): training {figures["train"]:.0f} ({figures["train_cpu"]:.0f}), adding
{figures["add"]:.0f} ({figures["add_cpu"]:.0f}), saving {figures["save"]:.1f} ({figures["save_cpu"]:.1f}); at most
{figures["peak_mb"]:.0f} MB of memory, mapped pages included.

Files: codes, lists and graph {mb["codes"]:.1f} MB ({figures["codes_bytes"] / place.rows:.1f} bytes a row), full vectors
in half precision {mb["full"]:.1f} MB, sequence numbers {mb["numbers"]:.1f} MB.

{searches}"""


def main() -> None:
    """Build here, measure in a fresh process, print or write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=CACHE / "scale")
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--write", action="store_true", help=f"write {_RESULT.name}")
    parser.add_argument("--measure", action="store_true", help="only measure what is built")
    arguments = parser.parse_args()
    place = Place(arguments.folder, arguments.rows)
    if arguments.measure:
        print("\n".join(measure(place)))
        return
    figures = build(place)
    load_truth(place.rows)
    command = [sys.executable, __file__, "--rows", str(place.rows), "--folder", str(place.folder), "--measure"]
    searches = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    text = report(place, figures, searches, arguments.note)
    if arguments.write:
        _RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
