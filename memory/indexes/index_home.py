"""The one interface of the derived index: what every home of it does, whether its files lie here or on a server.

`IndexPool` fills an index from DuckDB by replay and `StoreSearcher` searches it; both know these protocols only. The
homes are `local_home.py` (FAISS and tantivy in the directory of the store) and `milvus/` (a Milvus server).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.generation import Generation
from midthought.memory.records.index_changes import Changes, Seqs, StoredText
from midthought.memory.records.keys import KeyField
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.store_stats import IndexNote

Vectors = NDArray[np.float32]
ALL_FIELDS = frozenset(KeyField)


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How many entries an index has, and how many of them hold each word of a text."""

    entries: int
    holding: dict[str, int]


@dataclass(frozen=True, slots=True)
class WordCoverage:
    """Shares of a text's words, 0 to 1.

    Attributes:
        held: by sequence number, the share that an entry holds.
        known: the share that any entry of the index holds.
    """

    held: dict[int, float]
    known: float


@dataclass(frozen=True, slots=True)
class IndexedTerm:
    """A word of a query: how many entries hold it in any of its forms, and the part of BM25 that it gives to some."""

    term: str
    entries: int
    scores: Mapping[int, float]


class VectorSearch(Protocol):
    """Search by the vectors of keys; numbers are those of entries, scores are inner products."""

    def search(
        self, vector: Vectors, k: int, *, within: Seqs | None = None, fields: Collection[KeyField] = ALL_FIELDS
    ) -> list[tuple[int, float]]:
        """Return up to `k` (number, score of the best key), best first; equal ones by number.

        `within` holds the numbers that may be found; `fields` are those whose keys are compared.
        """
        ...

    def similarities(self, vector: Vectors, seqs: Sequence[int] | Seqs) -> dict[int, dict[KeyField, float]]:
        """Return the score of every key of these entries, by field; those without a key are left out."""
        ...

    def key_means(
        self, vector: Vectors, seqs: Sequence[int] | Seqs, *, count: int, fields: Collection[KeyField]
    ) -> dict[int, tuple[float | None, float]]:
        """Return two means of the scores of each entry's keys: of the best `count`, and of those in `fields`.

        The first is None for an entry with fewer keys. `fields` contain the main one, so every entry has a key among
        them, and no wordings. Entries are left out if all have the main key alone.
        """
        ...

    def main_vectors(self, seqs: Sequence[int] | Seqs) -> dict[int, Vectors]:
        """Return the vector of the main key of each of these entries; those without one are left out."""
        ...

    def seqs(self, field: KeyField = KeyField.MAIN) -> Seqs:
        """Return the numbers of the entries that have a key of a field, in no order."""
        ...


class WordSearch(Protocol):
    """Search by words with BM25; numbers are those of entries."""

    def search(
        self, text: str, k: int, *, within: Seqs | None = None, beside: Sequence[WordCounts] = ()
    ) -> list[tuple[int, float]]:
        """Return up to `k` (number, BM25 score), best first; any text is a valid query.

        `within` holds the numbers that may be found. With the counts of other indexes (`beside`) a word is as rare as
        it is in all of them together, so that their scores can be compared.
        """
        ...

    def word_counts(self, text: str) -> WordCounts:
        """Return how many entries hold each word that a search for a text looks for."""
        ...

    def coverage(self, text: str, seqs: Sequence[int]) -> WordCoverage:
        """Return which of a text's words some entries hold, each word weighted by its rarity.

        The weight is BM25's (the logarithm of how rare it is). A word that no entry holds has the largest weight.
        Without any word in `text` every share is 0.
        """
        ...

    def match_terms(self, text: str, seqs: Sequence[int], *, beside: Sequence[WordCounts] = ()) -> list[IndexedTerm]:
        """Return the distinct words that a search for a text looks for, in its order, and what each gives to entries.

        An entry's BM25 score for the text is the sum of what they give. For the other indexes see `search`.
        """
        ...

    def spell(self, word: str, distance: int) -> str | None:
        """Return the most frequent of the nearest spellings of a lower-case word, up to `distance` edits away.

        An edit inserts, deletes or changes a letter, or swaps two neighbours. A word that some entry holds is returned
        as it is; None if no entry holds one as near.
        """
        ...

    def texts(self, seqs: Sequence[int]) -> dict[int, StoredText]:
        """Return the stored texts of entries by number; unknown numbers are left out."""
        ...

    def seqs(self) -> Collection[int]:
        """Return every number held, in no order."""
        ...


class SearchIndex(Protocol):
    """The index of one namespace and generation: filled by replay, searched by vectors and by words."""

    @property
    def last_seq(self) -> int:
        """The last sequence number in the index; the caller replays what was committed after it."""
        ...

    @property
    def refused(self) -> Sequence[str]:
        """Why what was saved earlier is not used, one sentence each."""
        ...

    @property
    def vectors(self) -> VectorSearch:
        """Search by vectors."""
        ...

    @property
    def words(self) -> WordSearch:
        """Search by words."""
        ...

    @property
    def checkpointed_seq(self) -> int:
        """The last sequence number from which on another opening would replay."""
        ...

    @property
    def stored_bytes(self) -> int:
        """Bytes of memory of this process that the vectors take."""
        ...

    @property
    def is_usable(self) -> bool:
        """Whether it may be searched on; if not, it is closed and opened again."""
        ...

    def apply(self, changes: Changes) -> None:
        """Bring the index up to `changes.last_seq`; applying the same changes again changes nothing."""
        ...

    def settle(self) -> bool:
        """Choose what suits the present size, after all changes are applied.

        Returns False if rows that were applied earlier have been lost: everything after `last_seq` is to be replayed.
        """
        ...

    def notes(self) -> tuple[IndexNote, ...]:
        """Return which vector indexes are being built, and which kinds were refused."""
        ...

    def checkpoint(self) -> str:
        """Save everything up to `last_seq`; return the token that proves it at the next opening."""
        ...

    def close(self) -> None:
        """Release what is held open; what was not saved is replayed later."""
        ...


class IndexHome(Protocol):
    """Where the indexes of a store lie: opens the index of a namespace, and removes it."""

    def open(
        self, namespace: Namespace, generation: Generation, *, token: str = "", in_background: bool = False
    ) -> SearchIndex:
        """Return the index of a namespace as it was last saved with `token`, or an empty one.

        `in_background` allows it to rebuild parts of itself in a thread while it is searched.
        """
        ...

    @property
    def is_failing(self) -> bool:
        """Whether it did not answer when it was last asked."""
        ...

    def describe(self) -> str:
        """Return its name."""
        ...

    def saved_seq(self, namespace: Namespace, generation: Generation) -> int:
        """Return the last sequence number that is saved of a namespace; 0 if nothing is."""
        ...

    def remove(self, namespace: Namespace, generation: Generation | None = None) -> None:
        """Delete what is kept of a namespace, in one generation or in all; its index must be closed."""
        ...

    def remove_all(self, generation: Generation | None = None) -> None:
        """Delete what is kept of all namespaces, in one generation or in all; no index may be open."""
        ...

    def finish_builds(self) -> None:
        """Wait until no index is being built."""
        ...

    def stop_builds(self) -> None:
        """Stop what is being built in the background."""
        ...

    def close(self) -> None:
        """Release what is shared by all indexes, after they are closed."""
        ...
