"""Which kind of index suits how many rows, and one place that makes, loads and converts them."""

from collections.abc import Callable
from pathlib import Path

import faiss

from midthought.memory.errors import BadSettings
from midthought.memory.indexes.vectors import ivf_pq
from midthought.memory.indexes.vectors.base import IndexKind, VectorIndex
from midthought.memory.indexes.vectors.exact import ExactIndex
from midthought.memory.indexes.vectors.faiss_gpu import FaissGpuIndex
from midthought.memory.indexes.vectors.hnsw import HnswIndex
from midthought.memory.indexes.vectors.ivf_pq import IvfPqIndex, sample_for
from midthought.memory.indexes.vectors.torch_exact import TorchExactIndex

EXACT_UP_TO, HNSW_UP_TO = 20_000, 200_000
"""Up to the first, comparing all rows takes a millisecond; up to the second, a graph finds .988 of the
nearest ten, and at twice as many .39: where more rows are like each other than a row has candidates for its links, the
graph falls into islands. Product codes find .99 there (`benchmarks/store/kinds.md`)."""

_CLASSES: dict[IndexKind, type[VectorIndex]] = {
    IndexKind.EXACT: ExactIndex,
    IndexKind.HNSW: HnswIndex,
    IndexKind.IVF_PQ: IvfPqIndex,
    IndexKind.FAISS_GPU: FaissGpuIndex,
    IndexKind.TORCH_EXACT: TorchExactIndex,
}


def parse_kind(name: str) -> IndexKind | None:
    """Return the kind a setting names; None for ``auto``. Raises `BadSettings`."""
    if name == "auto":
        return None
    try:
        return IndexKind(name)
    except ValueError as error:
        kinds = ", ".join(["auto", *IndexKind])
        raise BadSettings(f"no index kind {name!r}: it must be one of {kinds}") from error


def choose_kind(rows: int, *, override: IndexKind | None = None, current: IndexKind | None = None) -> IndexKind:
    """Return the kind for so many rows: the override, else a GPU that faiss sees, else by size.

    A `current` kind is left for a smaller one only at half the rows that led to it: nothing is rebuilt to and fro.
    """
    if override is not None:
        return override
    if faiss.get_num_gpus() > 0:
        return IndexKind.FAISS_GPU
    by_size = _by_size(rows)
    if current in (IndexKind.HNSW, IndexKind.IVF_PQ) and _by_size(2 * rows) is current:
        return current
    return by_size


def make_index(kind: IndexKind, dimension: int, *, scratch: Path | None = None) -> VectorIndex:
    """Return an empty index of a kind."""
    return _CLASSES[kind](dimension, scratch=scratch)


def load_index(
    kind: IndexKind, folder: Path, *, dimension: int, mapped: bool = False, scratch: Path | None = None
) -> VectorIndex:
    """Load a saved index of a kind; raises what `VectorIndex.load` does."""
    return _CLASSES[kind].load(folder, dimension=dimension, mapped=mapped, scratch=scratch)


def convert_index(
    index: VectorIndex,
    kind: IndexKind,
    *,
    scratch: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> VectorIndex:
    """Return an index of another kind with the same rows; `progress` is told how many have been added."""
    converted = make_index(kind, index.dimension, scratch=scratch)
    if isinstance(converted, IvfPqIndex) and len(index) >= ivf_pq.TRAIN_AT:
        converted.train(index.sample(sample_for(len(index))), expected=len(index))
    for seqs, vectors in index.chunks():
        converted.add(seqs, vectors)
        progress(len(converted))
    return converted


def _by_size(rows: int) -> IndexKind:
    if rows <= EXACT_UP_TO:
        return IndexKind.EXACT
    return IndexKind.HNSW if rows <= HNSW_UP_TO else IndexKind.IVF_PQ
