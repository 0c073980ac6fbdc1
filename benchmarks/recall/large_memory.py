"""A memory of many entries with several keys each, learnt from many traces, for benchmarks of whole recalls.

Entries are the rows of ``benchmarks/store/vectors.py`` (run that first): questions of GSM8K with other numbers in each
round, so that no two have the same key, and windows of real traces as bodies. Each has three keys as the entries of the
starter memory have: the question, when it applies, and an example, with vectors near to that of the question. Each
trace taught `PER_TRACE` entries.
"""

import re
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import midthought
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import Procedure, Provenance, WorkedCheck
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.retrieval.encoders.minilm import MiniLMEncoder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "store"))
from vectors import BLOCK, DIMENSION, SEED, Corpus, Row

PER_TRACE = 5
_BATCH = 1_000
_COSINE = 0.8
"""Of the vectors of the second and third key to that of the first."""
_NUMBER = re.compile(r"\d+")


def make_memory(folder: Path, entries: int) -> None:
    """Write a memory of so many entries beside the starter memory, with checkpoints of its indexes."""
    corpus, encoder = Corpus(), MiniLMEncoder()
    with midthought.open(folder, encoder=encoder) as memory:
        for start in range(0, entries, _BATCH):
            batch = _batch(corpus.rows(start, min(start + _BATCH, entries)), encoder)
            memory.store.writer.write(DEFAULT_NAMESPACE, batch)
            print(f"{start + _BATCH} of {entries} entries", end="\r", flush=True)
        memory.recall("ready?")


def trace_question(row: Row) -> str:
    """Return the question of the trace that taught a row."""
    return _renumber(row.question, row.number - row.number % PER_TRACE)


def _batch(rows: list[Row], encoder: MiniLMEncoder) -> Batch:
    traces = [Trajectory(trace_question(row), row.body) for row in rows[::PER_TRACE]]
    entries = []
    for place, row in enumerate(rows):
        trace = traces[place // PER_TRACE]
        source = Provenance(trace.id, "benchmark", Span(Part.THOUGHT, 0, len(trace.thought)))
        vectors = np.stack([row.vector, *near_vectors(row)])
        entries.append(EntryWrite(procedure_of(row), (source,), vectors))
    writes = tuple(TrajectoryWrite(trace, "benchmark-1") for trace in traces)
    return Batch(writes, tuple(entries), encoder=encoder.identity)


def procedure_of(row: Row) -> Procedure:
    """Return the entry of a row."""
    return Procedure(
        _renumber(row.question, row.number),
        row.body,
        applicability=f"When this has to be found: {row.body[:100]}",
        domain=row.domain,
        check=WorkedCheck(f"For example {row.number}: {row.body[100:200]}", "result = 1", "1"),
        extractor="benchmark-1",
    )


def _renumber(text: str, number: int) -> str:
    return f"{_NUMBER.sub(lambda found: str((int(found[0]) + number) % 9973), text)} ({number})"


def near_vectors(row: Row) -> NDArray[np.float32]:
    """Return the vectors of the second and third key of a row."""
    noise = _noise(row.number // BLOCK)[row.number % BLOCK]
    noise = noise - (noise @ row.vector)[:, None] * row.vector
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    near: NDArray[np.float32] = (_COSINE * row.vector + (1 - _COSINE**2) ** 0.5 * noise).astype(np.float32)
    return near


@lru_cache(maxsize=1)
def _noise(block: int) -> NDArray[np.float32]:
    dice = np.random.default_rng([SEED, block, 2])
    return dice.standard_normal((BLOCK, 2, DIMENSION), dtype=np.float32)
