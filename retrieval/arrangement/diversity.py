"""Near copies come last: of hits whose keys say the same, a reader needs one."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from midthought.retrieval.hits import Hit


def put_copies_last(
    hits: Sequence[Hit], vectors: Mapping[int, NDArray[np.float32]], *, copy_cosine: float
) -> list[Hit]:
    """Return the hits with those last whose key has at least this cosine to the key of a better hit that is kept.

    `vectors` holds the unit vector of the main key of each hit, by its sequence number; a hit without one is kept.
    Unlike maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) nothing is moved for being merely similar:
    on development queries that lost nDCG@10 at every weight.
    """
    known = [hit for hit in hits if hit.stored.seq in vectors]
    if not known:
        return list(hits)
    matrix = np.stack([vectors[hit.stored.seq] for hit in known])
    # By einsum, in this thread: BLAS shares the product of 50 rows among all cores and its threads spin, .03 ms if the
    # cores are idle, but 16 if they are busy; here it takes .17.
    near = np.einsum("ik,jk->ij", matrix, matrix) >= copy_cosine
    is_kept = np.zeros(len(known), dtype=bool)
    for row in range(len(known)):
        is_kept[row] = not (near[row] & is_kept).any()
    copies = {hit.id for hit, kept in zip(known, is_kept, strict=True) if not kept}
    return sorted(hits, key=lambda hit: hit.id in copies)
