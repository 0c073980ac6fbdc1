"""Parameters of one FAISS search: which rows may be found, and how many are looked at.

FAISS is untyped only here: its published types lack the keyword arguments that its Python layer adds.
"""

from typing import Any

import faiss as typed_faiss
import numpy as np

from midthought.memory.indexes.vectors.row_numbers import Mask

faiss: Any = typed_faiss


def listed(mask: Mask | None) -> Any:
    """Return parameters for a flat search that reads only the rows of a mask."""
    return None if mask is None else faiss.SearchParameters(sel=faiss.IDSelectorArray(np.flatnonzero(mask)))


def masked(mask: Mask | None) -> Any:
    """Return parameters for a flat search that tests each row against the mask."""
    return None if mask is None else faiss.SearchParameters(sel=_bitmap(mask))


def through_graph(mask: Mask | None, *, breadth: int) -> Any:
    """Return parameters for HNSW; `breadth` is the number of candidates kept during the search (efSearch)."""
    return faiss.SearchParametersHNSW(efSearch=breadth, sel=_bitmap(mask))


def through_lists(mask: Mask | None, *, probed: int, graph: bool) -> Any:
    """Return parameters for an inverted file: `probed` lists are read (nprobe), found by HNSW if there is a `graph`."""
    nearest = faiss.SearchParametersHNSW(efSearch=2 * probed) if graph else None
    return faiss.SearchParametersIVF(nprobe=probed, sel=_bitmap(mask), quantizer_params=nearest)


def _bitmap(mask: Mask | None) -> Any:
    """Return FAISS's selector with one bit per row."""
    return None if mask is None else faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
