"""Texts with their vectors, made ahead or elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from midthought.memory.interrupts import stop_if_left
from midthought.retrieval.encoders.base import Encoder

BATCH = 64
"""Texts encoded at a time: what an encoder takes in one batch."""

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncodedTexts:
    """Vectors by text.

    Attributes:
        digest: that of the encoder; empty if there are none.
        rows: one unit row per text, shape ``(dimension,)``.
    """

    digest: str = ""
    rows: Mapping[str, Vector] = field(default_factory=dict)

    def of(self, encoder: Encoder) -> Mapping[str, Vector]:
        """Return the vectors if this encoder made them, else none: it may have been replaced meanwhile."""
        return self.rows if self.digest == encoder.identity.digest else {}

    def join(self, other: "EncodedTexts") -> "EncodedTexts":
        """Return both; those of another encoder are left out."""
        if not self.rows or self.digest != other.digest:
            return other if not self.rows else self
        return EncodedTexts(self.digest, {**self.rows, **other.rows})


NOTHING_ENCODED = EncodedTexts()


def encode_distinct(encoder: Encoder, texts: Iterable[str]) -> EncodedTexts:
    """Encode each text once, in small batches: between two of them an interrupted caller is noticed.

    Texts of like length share a batch, which is how the encoder itself would batch all of them.
    """
    # Long texts first: a batch is padded to its longest text.
    distinct = sorted(dict.fromkeys(texts), key=len, reverse=True)
    rows: dict[str, Vector] = {}
    for begin in range(0, len(distinct), BATCH):
        stop_if_left()
        batch = distinct[begin : begin + BATCH]
        rows.update(zip(batch, encoder.encode_documents(batch), strict=True))
    return EncodedTexts(encoder.identity.digest, rows)
