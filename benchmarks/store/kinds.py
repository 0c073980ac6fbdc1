"""The kinds of vector index for a CPU, over the same rows: build, recall@10 and time, with and without a filter.

    python benchmarks/store/kinds.py [--rows 20000 100000 ...] [--kinds exact ivf_pq] [--sets moulds]
    python benchmarks/store/kinds.py --write [--note TEXT]

The first measures, and keeps what it measured in ``kinds.jsonl``; the second writes ``kinds.md`` from that.

Rows and queries are those of `vectors.py`, whose cache must have been made: questions with variants, and near-duplicate
rows (1,000 per mould). *Build* of `exact` is adding the rows, 10,000 at a time; any other kind is built beside that one
and checked by the code that does so in a store, in one thread; it says so if the check refused the index, which is
searched here all the same. Each query is searched once before the round that is timed; searches come one after the
other. *10 %* and *1 %* are rows of a domain that so many have, told to the search as their numbers.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from vectors import (
    BLOCK,
    DIMENSION,
    HUNDREDTH,
    QUERIES,
    TENTH,
    Corpus,
    K,
    Moulds,
    fields_of,
    load_mould_truth,
    load_truth,
    load_vectors,
)

from midthought.memory.indexes.index_build import IndexBuild
from midthought.memory.indexes.vectors.base import VectorIndex
from midthought.memory.indexes.vectors.exact import ExactIndex
from midthought.memory.indexes.vectors.kinds import IndexKind

_ROWS = (20_000, 50_000, 100_000, 200_000, 400_000, 1_000_000)
_KINDS = (IndexKind.EXACT, IndexKind.HNSW, IndexKind.IVF_PQ)
_GRAPH_UP_TO = 200_000
"""Rows of the largest graph that is built: it is refused or falls apart there, and takes minutes beyond."""
_TABLE = (
    "| rows | kind | build, s (of processor time) | bytes a row | load / mapped, ms | all | 10 % | 1 % |",
    "|---|---|---|---|---|---|---|---|",
)
_MOULD_TABLE = ("| rows | kind | build, s (of processor time) | all |", "|---|---|---|---|")
_RESULT = Path(__file__).parent / "kinds.md"
_KEPT = _RESULT.with_suffix(".jsonl")
_SETS = {
    "variants": ("Questions with variants", _TABLE),
    "moulds": ("Near-duplicates: 1,000 rows per mould", _MOULD_TABLE),
}
_FILTERS = {"all": "", "tenth": TENTH, "hundredth": HUNDREDTH}


def measure(rows: int, kinds: list[IndexKind], *, moulds: bool) -> None:
    """Measure each kind and keep a row of its table."""
    corpus = Moulds(rows) if moulds else Corpus()
    exact = ExactIndex(DIMENSION)
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            if kind is IndexKind.EXACT:
                index, cells = exact, [_spend(lambda: _fill(exact, corpus, rows))]
            elif kind is IndexKind.HNSW and rows > _GRAPH_UP_TO:
                continue
            else:
                index = kind.load_class()(DIMENSION, scratch=Path(folder) / "live")
                cells = [_build(exact, index)]
            if moulds:
                cells.append(_search(index, load_mould_truth(rows), None))
            else:
                cells += _reopen(index)
                truth = load_truth(rows)
                cells += [_search(index, truth[name], _allowed(domain, rows)) for name, domain in _FILTERS.items()]
        _keep("moulds" if moulds else "variants", rows, kind, cells)


def _keep(of: str, rows: int, kind: IndexKind, cells: list[str]) -> None:
    """Replace what was measured of a kind at a size."""
    kept = [one for one in _read_kept() if one[:3] != [of, rows, kind.value]]
    kept.append([of, rows, kind.value, cells])
    print(kept[-1], flush=True)
    _KEPT.write_text("".join(f"{json.dumps(one)}\n" for one in sorted(kept)), encoding="utf-8")


def _read_kept() -> list[list[Any]]:
    return [json.loads(line) for line in _KEPT.read_text(encoding="utf-8").splitlines()] if _KEPT.exists() else []


def _fill(index: VectorIndex, corpus: Corpus | Moulds, rows: int) -> None:
    for block in range(rows // BLOCK):
        index.add(np.arange(block * BLOCK, (block + 1) * BLOCK), corpus.vectors(block))


def _build(present: VectorIndex, index: VectorIndex) -> str:
    """Build an index from the present one, as a store does; return what it took, and whether it was refused."""
    build = IndexBuild(present, index, RLock(), finish=lambda *_: None)
    index.discard = lambda: None  # type: ignore[method-assign]  # a refused one is searched as well
    spent = _spend(build.run)
    return f"{spent}, refused" if build.refusal else spent


def _spend(work: Callable[[], object]) -> str:
    """Seconds on the clock (of processor time), in one thread as in a store."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    start, begun = time.perf_counter(), time.process_time()
    work()
    clock, processor = time.perf_counter() - start, time.process_time() - begun
    faiss.omp_set_num_threads(threads)
    return f"{clock:.1f} ({processor:.1f})"


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


def report(note: str) -> str:
    """Return what was measured as Markdown."""
    lines = [
        "# The kinds of vector index\n",
        f"`benchmarks/store/kinds.py`, whose docstring says what the timing includes. {DIMENSION} dimensions; faiss",
        f"{faiss.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores. {note}\n",
        "Searches: recall@10, then p50 / p99 in milliseconds, and p50 of processor time.",
        "`auto` chooses `exact` up to 20,000 rows and `ivf_pq` above.",
    ]
    for of, (title, head) in _SETS.items():
        lines += [f"\n## {title}\n", *head]
        lines += [
            f"| {rows:,} | {kind} | {' | '.join(cells)} |" for key, rows, kind, cells in _read_kept() if key == of
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure every kind, or write the tables of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=_ROWS)
    parser.add_argument("--kinds", type=IndexKind, nargs="+", default=_KINDS, help="exact must be the first")
    parser.add_argument("--sets", choices=_SETS, nargs="+", default=[*_SETS])
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--write", action="store_true", help=f"measure nothing, write {_RESULT.name}")
    arguments = parser.parse_args()
    if arguments.write:
        _RESULT.write_text(report(arguments.note), encoding="utf-8")
        return
    for of in arguments.sets:
        for rows in arguments.rows:
            measure(rows, arguments.kinds, moulds=of == "moulds")


if __name__ == "__main__":
    main()
