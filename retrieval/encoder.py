"""What turns texts into vectors: the protocol every encoder follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of unit length, shape ``(texts, dimension)``."""


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What makes two encoders the same: the digest of the weights and the dimension; the name is for people."""

    name: str
    digest: str
    dimension: int


class Encoder(Protocol):
    """Queries and documents are encoded apart, because some encoders put an instruction before a query."""

    @property
    def identity(self) -> EncoderIdentity:
        """Name, weights digest and dimension."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a query, float32."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a document, float32."""
        ...
