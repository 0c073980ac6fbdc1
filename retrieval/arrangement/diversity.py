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
    kept: list[NDArray[np.float32]] = []
    copies = set()
    for hit in hits:
        vector = vectors.get(hit.stored.seq)
        if vector is None:
            continue
        if kept and float((np.stack(kept) @ vector).max()) >= copy_cosine:
            copies.add(hit.id)
        else:
            kept.append(vector)
    return sorted(hits, key=lambda hit: hit.id in copies)
