"""Which kind of index suits how many rows."""

from midthought.memory.indexes.vectors.kinds import IndexKind

EXACT_UP_TO = 20_000
"""Up to this number of rows, comparing all of them takes a millisecond."""


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
    if current is IndexKind.IVF_PQ and _by_size(2 * rows) is current:
        return current
    return by_size


def _by_size(rows: int) -> IndexKind:
    return IndexKind.EXACT if rows <= EXACT_UP_TO else IndexKind.IVF_PQ
