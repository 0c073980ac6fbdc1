"""What FAISS is told for one search: which rows may be found, and how widely to look.

Only here is FAISS untyped: its published types leave out the keyword arguments that its Python layer adds.
"""

from typing import Any

import faiss as typed_faiss
import numpy as np

from midthought.memory.indexes.vectors.row_numbers import Mask

faiss: Any = typed_faiss


def listed(mask: Mask | None) -> Any:
    """Return parameters for a flat search that reads the rows of a mask one by one, and no others."""
    return None if mask is None else faiss.SearchParameters(sel=faiss.IDSelectorArray(np.flatnonzero(mask)))


def masked(mask: Mask | None) -> Any:
    """Return parameters for a flat search that asks of each row whether the mask has it."""
    return None if mask is None else faiss.SearchParameters(sel=_bitmap(mask))


def through_graph(mask: Mask | None, *, breadth: int) -> Any:
    """Return parameters for HNSW; `breadth` is how many candidates are kept on the way (efSearch)."""
    return faiss.SearchParametersHNSW(efSearch=breadth, sel=_bitmap(mask))


def through_lists(mask: Mask | None, *, probed: int) -> Any:
    """Return parameters for an inverted file whose lists are found by HNSW; `probed` is how many are read (nprobe)."""
    nearest = faiss.SearchParametersHNSW(efSearch=2 * probed)
    return faiss.SearchParametersIVF(nprobe=probed, sel=_bitmap(mask), quantizer_params=nearest)


def _bitmap(mask: Mask | None) -> Any:
    """FAISS's selector of one bit a row."""
    return None if mask is None else faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
