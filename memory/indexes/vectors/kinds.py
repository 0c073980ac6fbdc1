"""The kinds of vector index, one row each: settings, the docs and the contract tests read the rows."""

from typing import TYPE_CHECKING

from midthought.memory.errors import BadSettings
from midthought.memory.registry import Choice, ClassRow, Registry

if TYPE_CHECKING:
    from midthought.memory.indexes.vectors.base import VectorIndex

AUTO = "auto"
"""The setting that chooses a kind for each namespace by its size, see `choose_kind`."""


class IndexKind(ClassRow):
    """A kind is one row here (its name, what it is, its file and class) and one file of this folder."""

    EXACT = ("exact", "compares every vector in memory", "midthought.memory.indexes.vectors.exact", "ExactIndex")
    HNSW = ("hnsw", "a graph over vectors in half precision", "midthought.memory.indexes.vectors.hnsw", "HnswIndex")
    IVF_PQ = (
        "ivf_pq",
        "compressed vectors in lists, for tens of millions",
        "midthought.memory.indexes.vectors.ivf_pq",
        "IvfPqIndex",
    )
    FAISS_GPU = (
        "faiss_gpu",
        "compares every vector on a GPU by faiss-gpu",
        "midthought.memory.indexes.vectors.faiss_gpu",
        "FaissGpuIndex",
    )
    TORCH_EXACT = (
        "torch_exact",
        "compares every vector on a GPU by PyTorch",
        "midthought.memory.indexes.vectors.torch_exact",
        "TorchExactIndex",
    )

    def load_class(self) -> "type[VectorIndex]":
        """Import the file of the kind, and with it the libraries that it needs; return the class."""
        index_class: type[VectorIndex] = self.import_class()
        return index_class


INDEX_KINDS: "Registry[type[VectorIndex]]" = Registry(
    "index kind", *(Choice(kind.value, kind.summary, kind.load_class) for kind in IndexKind)
)


def parse_kind(name: str) -> IndexKind | None:
    """Return the kind that a setting names; None for ``auto``. Raises `BadSettings`."""
    if name == AUTO:
        return None
    try:
        return IndexKind(name)
    except ValueError as error:
        kinds = ", ".join([AUTO, *INDEX_KINDS])
        raise BadSettings(f"no index kind {name!r}: it must be one of {kinds}") from error
