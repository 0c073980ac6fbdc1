"""The exact vector index, under the name it had before there were several kinds; see `vector_indexes/`."""

from midthought.memory.vector_indexes.exact import ExactIndex as VectorIndex

__all__ = ["VectorIndex"]
