"""Which kind of index suits how many rows, and how an index of one kind becomes one of another."""

from collections.abc import Callable
from pathlib import Path

from midthought.memory.indexes.vectors.base import VectorIndex
from midthought.memory.indexes.vectors.kinds import IndexKind

EXACT_UP_TO, HNSW_UP_TO = 20_000, 200_000
"""Up to the first, comparing all rows takes a millisecond. Up to the second, a graph finds .988 of the nearest ten; at
twice as many rows it finds .39: if more rows are like each other than a row has candidates for its links, the graph
falls into islands. Product codes find .99 there (`benchmarks/store/kinds.md`)."""


def choose_kind(rows: int, *, override: IndexKind | None = None, current: IndexKind | None = None) -> IndexKind:
    """Return the kind for a number of rows: the override, else a GPU that faiss sees, else by size.

    A `current` kind is left for a smaller one only at half the rows that led to it, so that an index near a limit is
    not rebuilt again and again.
    """
    if override is not None:
        return override
    import faiss  # 0.1 s: commands that search nothing do without

    if faiss.get_num_gpus() > 0:
        return IndexKind.FAISS_GPU
    by_size = _by_size(rows)
    if current in (IndexKind.HNSW, IndexKind.IVF_PQ) and _by_size(2 * rows) is current:
        return current
    return by_size


def convert_index(
    index: VectorIndex,
    kind: IndexKind,
    *,
    scratch: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> VectorIndex:
    """Return an index of another kind with the same rows; `progress` is told how many have been added."""
    converted = kind.load_class()(index.dimension, scratch=scratch)
    converted.learn_from(index)
    for seqs, vectors in index.chunks():
        converted.add(seqs, vectors)
        progress(len(converted))
    return converted


def _by_size(rows: int) -> IndexKind:
    if rows <= EXACT_UP_TO:
        return IndexKind.EXACT
    return IndexKind.HNSW if rows <= HNSW_UP_TO else IndexKind.IVF_PQ
