"""The protocol of encoders, which turn texts into vectors."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.encoder_identity import EncoderIdentity

Vectors = NDArray[np.float32]
"""Rows of unit length, shape ``(texts, dimension)``."""


class Encoder(Protocol):
    """Turns texts into vectors. Queries have their method, because some encoders put an instruction before a query."""

    @property
    def identity(self) -> EncoderIdentity:
        """Name, weights digest and dimension."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32."""
        ...


@runtime_checkable
class HasPrompts(Protocol):
    """An encoder whose model may define prompts, which earlier versions ignored."""

    def without_prompts(self) -> Encoder | None:
        """Return the encoder that ignores them; None if there are none."""
        ...


@runtime_checkable
class KnowsWords(Protocol):
    """An encoder that can tell common words from misspelt ones, by the vocabulary of its model."""

    def knows_word(self, word: str) -> bool:
        """Return whether a lower-case word is one token of the model."""
        ...
