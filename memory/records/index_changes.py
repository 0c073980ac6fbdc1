"""What the tables tell the derived indexes: entries as they are searched, and what changed since a sequence number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.keys import KeyField

Seqs = NDArray[np.int64]
"""Sequence numbers, ascending."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """What recall returns of an entry.

    Attributes:
        version, content: of the entry, as canonical JSON; they never change under a sequence number.
        sources: its current provenance, a JSON array of (source, trajectory, part, start, end).
    """

    version: int
    content: str
    sources: str


@dataclass(frozen=True, slots=True)
class LexicalDocument:
    """The text BM25 sees of one entry, and what is stored with it."""

    seq: int
    key: str
    body: str
    text: StoredText = StoredText(1, "", "[]")


@dataclass(frozen=True, slots=True)
class ExtraVectors:
    """The vectors of keys of one field, by the numbers of their entries, in step."""

    field: KeyField
    seqs: Seqs
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a namespace after a sequence number.

    Attributes:
        documents, vectors: rows to add, in step; the vectors are those of the main keys.
        extra: vectors of other keys, of these entries or of ones added earlier.
        changed: rows added earlier whose sources have changed.
        removed: sequence numbers to remove.
    """

    documents: Sequence[LexicalDocument]
    vectors: NDArray[np.float32]
    changed: Sequence[LexicalDocument]
    extra: Sequence[ExtraVectors]
    removed: Sequence[int]
    last_seq: int

    @property
    def rows(self) -> int:
        """Number of vectors to add."""
        return len(self.documents) + sum(len(extra.seqs) for extra in self.extra)
