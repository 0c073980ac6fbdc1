"""What a vector must be before it is stored or searched for: finite, of the encoder's dimension, and of length 1."""

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.batch import MissingVector
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry
from midthought.memory.records.keys import entry_keys

UNIT_TOLERANCE = 0.002
"""Largest difference of a vector's length from 1: rounding components to half precision stays within 0.0005."""


def check_vectors(entry: Entry, vectors: NDArray[np.float32] | None, encoder: EncoderIdentity) -> NDArray[np.float32]:
    """Return the vectors of an entry's keys, shape ``(keys, dimension)``.

    Raises `MissingVector` if there are none, and `ValueError` for another number of them or for what is no unit vector.
    """
    if vectors is None:
        raise MissingVector("an entry that is not stored yet needs a vector for each of its keys")
    rows, wanted = np.atleast_2d(vectors), entry_keys(entry)
    if len(rows) != len(wanted):
        fields = ", ".join(key.field for key in wanted)
        raise ValueError(f"{entry.id} needs a vector for each of its keys ({fields}), got {len(rows)}")
    if not _are_units(rows, encoder):
        for row in rows:  # names what is wrong with the first
            check_vector(row, encoder)
    return rows


def _are_units(rows: NDArray[np.float32], encoder: EncoderIdentity) -> bool:
    """Return whether all rows are vectors of the encoder: at once, as a call per row took a tenth of a bulk load."""
    if rows.ndim != 2 or rows.shape[1] != encoder.dimension or not np.isfinite(rows).all():
        return False
    return bool((abs(np.linalg.norm(rows, axis=1) - 1) <= UNIT_TOLERANCE).all())


def check_vector(vector: NDArray[np.float32] | None, encoder: EncoderIdentity) -> NDArray[np.float32]:
    """Return the vector. Raises `MissingVector` for None, and `ValueError` for a wrong shape, length or number."""
    if vector is None:
        raise MissingVector("an entry that is not stored yet needs a vector")
    # A NaN would compare false with every score, and spoil the order of a whole search.
    if vector.shape != (encoder.dimension,) or not np.isfinite(vector).all():
        raise ValueError(f"a vector must be {encoder.dimension} finite numbers, got shape {vector.shape}")
    length = float(np.linalg.norm(vector))
    if abs(length - 1) > UNIT_TOLERANCE:
        raise ValueError(f"a vector must have the length 1, got {length:.6g}: encoders return unit rows")
    return vector
