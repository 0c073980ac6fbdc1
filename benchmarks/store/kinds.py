"""The kinds of vector index for a CPU, over the same rows: build, recall@10 and time, with and without a filter.

    python benchmarks/store/kinds.py [--rows 100000 200000 400000] [--note TEXT] [--write]

Rows and queries are those of `vectors.py`, whose cache must have been made. Build is the index alone, in additions of
10,000, product codes trained before on a sample. Each query is searched once before the round that is timed; searches
come one after the other. *10 %* and *1 %* are rows of a domain that so many have, told to the search as their numbers.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from vectors import BLOCK, DIMENSION, HUNDREDTH, QUERIES, TENTH, Corpus, K, fields_of, load_truth, load_vectors

from midthought.memory.indexes.vectors.base import VectorIndex
from midthought.memory.indexes.vectors.ivf_pq import IvfPqIndex, sample_for
from midthought.memory.indexes.vectors.kinds import IndexKind

_KINDS = (IndexKind.EXACT, IndexKind.HNSW, IndexKind.IVF_PQ)
_TABLE = (
    "| kind | build, s (of processor time) | bytes a row | load / mapped, ms | all | 10 % | 1 % |",
    "|---|---|---|---|---|---|---|",
)
_RESULT = Path(__file__).parent / "kinds.md"
_FILTERS = {"all": "", "tenth": TENTH, "hundredth": HUNDREDTH}


def measure_kind(kind: IndexKind, rows: int) -> str:
    """Return the kind's row of the table."""
    index, corpus = kind.load_class()(DIMENSION), Corpus()
    clock, processor = _train(index, corpus, rows) if isinstance(index, IvfPqIndex) else (0.0, 0.0)
    for block in range(rows // BLOCK):
        vectors = corpus.vectors(block)
        start, begun = time.perf_counter(), time.process_time()
        index.add(np.arange(block * BLOCK, (block + 1) * BLOCK), vectors)
        clock, processor = clock + time.perf_counter() - start, processor + time.process_time() - begun
    cells = [f"{clock:.1f} ({processor:.1f})", *_reopen(index)]
    truth = load_truth(rows)
    cells += [_search(index, truth[name], _allowed(domain, rows)) for name, domain in _FILTERS.items()]
    return f"| {kind} | {' | '.join(cells)} |"


def _train(index: IvfPqIndex, corpus: Corpus, rows: int) -> tuple[float, float]:
    """Let product codes learn as they do when a namespace becomes so large; return what it took."""
    wanted = sample_for(rows) // (rows // BLOCK)
    sample = np.concatenate([corpus.vectors(block)[:wanted] for block in range(rows // BLOCK)])
    start, begun = time.perf_counter(), time.process_time()
    index.train(sample, expected=rows)
    return time.perf_counter() - start, time.process_time() - begun


def _reopen(index: VectorIndex) -> list[str]:
    """Bytes a row on disk, and milliseconds to load in memory and mapped."""
    with tempfile.TemporaryDirectory() as folder:
        saved, times = Path(folder) / "saved", []
        index.save(saved)
        size = sum(file.stat().st_size for file in saved.iterdir())
        for mapped in (False, True):
            start = time.perf_counter()
            index.load(saved, dimension=DIMENSION, mapped=mapped, scratch=Path(folder) / "scratch")
            times.append(1e3 * (time.perf_counter() - start))
    return [f"{size / len(index):.0f}", f"{times[0]:.0f} / {times[1]:.0f}"]


def _allowed(domain: str, rows: int) -> NDArray[np.int64] | None:
    if not domain:
        return None
    domains = [fields[1] for block in range(rows // BLOCK) for fields in fields_of(block)]
    return np.flatnonzero(np.array(domains) == domain)


def _search(index: VectorIndex, truth: NDArray[np.int64], within: NDArray[np.int64] | None) -> str:
    """Recall and times of the second of two rounds."""
    hits, times, processor = 0, [], []
    for query in load_vectors("queries"):
        index.search(query, K, within=within)
    for query, true in zip(load_vectors("queries"), truth, strict=True):
        start, begun = time.perf_counter(), time.process_time()
        found = index.search(query, K, within=within)
        times.append(1e3 * (time.perf_counter() - start))
        processor.append(1e3 * (time.process_time() - begun))
        hits += len({seq for seq, _ in found} & set(true.tolist()))
    p50, p99 = np.percentile(times, [50, 99])
    return f"{hits / (QUERIES * K):.4f}, {p50:.2f} / {p99:.2f}, {np.median(processor):.2f}"


def main() -> None:
    """Measure every kind, print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 200_000, 400_000])
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--write", action="store_true", help=f"write {_RESULT.name}")
    arguments = parser.parse_args()
    lines = [
        "# The kinds of vector index\n",
        f"`benchmarks/store/kinds.py`, whose docstring says what the timing includes. {DIMENSION} dimensions; faiss",
        f"{faiss.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores. {arguments.note}\n",
        "Searches: recall@10, then p50 / p99 in milliseconds, and p50 of processor time.",
    ]
    for rows in arguments.rows:
        lines += [f"\n## {rows:,} rows\n", *_TABLE]
        for kind in _KINDS:
            lines.append(measure_kind(kind, rows))
            print(rows, lines[-1], flush=True)
    if arguments.write:
        _RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
