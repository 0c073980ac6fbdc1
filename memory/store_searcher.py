"""The searching part of a store: by vectors and by words, in the scopes that a namespace sees."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from midthought.memory.database import stored_entries
from midthought.memory.database.replay import count_changes
from midthought.memory.database.tables import superseded
from midthought.memory.database.tables.entries import matching_seqs, read_seqs
from midthought.memory.database.tables.provenance import count_right, read_questions
from midthought.memory.database.tables.retirements import retired_ids
from midthought.memory.database.tables.superseded import current_ids
from midthought.memory.errors import EncoderMismatch
from midthought.memory.indexes.index_faults import index_faults
from midthought.memory.indexes.index_home import ALL_FIELDS, IndexedTerm, WordCounts, WordCoverage
from midthought.memory.interrupts import in_place, run_methods_apart
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.faults import Fault
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.index_changes import Seqs
from midthought.memory.records.keys import KeyField
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.store_stats import IndexNote, IndexPosition
from midthought.memory.records.unit_vectors import check_vector
from midthought.memory.store_state import StorePart, StoreState

MAX_QUESTIONS = 50_000
"""Entries of which is kept in memory whether they are worked examples, and of which question: some ten megabytes.
Reading 80 of them from the index takes 3 ms, of a recall's 8."""


@dataclass(frozen=True, slots=True)
class SearchScope:
    """A part of what is searched: a namespace, and the sequence numbers that may be found there (None: all)."""

    namespace: Namespace
    within: Seqs | None


@run_methods_apart
class StoreSearcher(StorePart):
    """Finds entries by the vectors of their keys and by their words, among everything that was acknowledged."""

    def __init__(self, state: StoreState) -> None:
        super().__init__(state)
        self._questions: dict[int, str | None] = {}
        self._counted: dict[Namespace, tuple[int, int]] = {}

    def search_vectors(
        self,
        namespace: Namespace,
        vector: NDArray[np.float32],
        k: int,
        *,
        within: Seqs | None = None,
        fields: Collection[KeyField] = ALL_FIELDS,
        encoder: EncoderIdentity | None = None,
    ) -> list[tuple[int, float]]:
        """Return up to `k` entries as (sequence number, cosine of its best key), best first.

        `vector` is a unit row of shape ``(dimension,)``. Only keys of `fields` are compared.

        `within` holds the sequence numbers that may be found; `matching` returns those of a filter. Raises
        `EncoderMismatch` if the vector was made by another `encoder` than the store's (None: it was made by that).
        """
        with self._database.guarded():
            self._check_query(vector, encoder)
            index = self._state.index_of(namespace)
            return index.vectors.search(vector, k, within=within, fields=fields) if index else []

    def key_similarities(
        self, namespace: Namespace, vector: NDArray[np.float32], seqs: Sequence[int]
    ) -> dict[int, dict[KeyField, float]]:
        """Return the cosine of every key of the entries in `seqs`, for entries that were found otherwise.

        Sequence numbers of no entry are left out. See `search_vectors` for the arguments and errors.
        """
        with self._database.guarded():
            self._check_query(vector)
            index = self._state.index_of(namespace)
            return index.vectors.similarities(vector, seqs) if index else {}

    def key_means(
        self,
        namespace: Namespace,
        vector: NDArray[np.float32],
        seqs: Sequence[int],
        *,
        count: int,
        fields: Collection[KeyField],
    ) -> dict[int, tuple[float | None, float]]:
        """Return two mean cosines of each entry's keys: of the best `count`, None if it has fewer, and of those in
        `fields`, which contain the main one and no wordings.

        Entries are left out if all have the main key alone. See `search_vectors` for the arguments and errors.
        """
        with self._database.guarded():
            self._check_query(vector)
            index = self._state.index_of(namespace)
            return index.vectors.key_means(vector, seqs, count=count, fields=fields) if index else {}

    def key_vectors(self, namespace: Namespace, seqs: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Return the unit vector of the main key of each entry in `seqs`; those that are not indexed are left out."""
        with self._database.guarded():
            index = self._state.index_of(namespace)
            return index.vectors.main_vectors(seqs) if index else {}

    def _check_query(self, vector: NDArray[np.float32], encoder: EncoderIdentity | None = None) -> None:
        own = self._state.needed_encoder()
        if encoder is not None and encoder.digest != own.digest:
            raise EncoderMismatch(f"a vector of {encoder} cannot be searched for among those of {own}")
        check_vector(vector, own)

    def search_words(
        self,
        namespace: Namespace,
        text: str,
        k: int,
        *,
        within: Seqs | None = None,
        beside: Sequence[Namespace] = (),
    ) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, BM25 score), best first, among those `within`.

        Words are counted in this namespace and in those of `beside` together, so that their scores can be compared.
        """
        with self._database.guarded():
            self._state.needed_encoder()
            index = self._state.index_of(namespace)
            return index.words.search(text, k, within=within, beside=self._counts(beside, text)) if index else []

    def _counts(self, namespaces: Sequence[Namespace], text: str) -> list[WordCounts]:
        indexes = [self._state.index_of(namespace) for namespace in namespaces]
        return [index.words.word_counts(text) for index in indexes if index]

    def calibration(self, namespace: Namespace) -> str | None:
        """Return the calibration that a namespace has for the current vectors, as JSON; None if it has none."""
        with self._database.guarded() as connection:
            return self._known.calibration(connection, namespace, self._state.needed_encoder().digest)

    def entry_numbers(self, namespace: Namespace, ids: Collection[str]) -> set[int]:
        """Return the sequence numbers of entries that have, or had, these ids; unknown ids are left out.

        Starter entries are found as well.
        """
        with self._database.guarded() as connection:
            current = current_ids(connection, namespace, ids)
            starter = self._known.entries(connection)
            own = read_seqs(connection, namespace, list(current.values()))
            return own | {starter[one] for one in ids if one in starter}

    def retired_numbers(self, namespace: Namespace, moment: datetime | None = None) -> frozenset[int]:
        """Return the sequence numbers of the entries that are retired in a namespace, now or at an earlier moment."""
        with self._database.guarded() as connection:
            if moment is None:
                return self._known.retired(connection, namespace)
            return self._known.numbers_of(connection, namespace, retired_ids(connection, namespace, moment))

    def retired_wordings(self, namespace: Namespace, moment: datetime) -> set[str]:
        """Return the ids of the wordings that were retired at an earlier moment, also of those replaced since."""
        with self._database.guarded() as connection:
            return retired_ids(connection, namespace, moment)

    def questions_of(self, namespace: Namespace, seqs: Collection[int]) -> list[tuple[int, str]]:
        """Return (sequence number, question) of every trajectory that these entries were learnt from."""
        if namespace == STARTER_NAMESPACE:
            return []  # its entries were learnt from no trajectory
        with self._database.guarded() as connection:
            return read_questions(connection, namespace, list(seqs))

    def count_right_traces(self, namespace: Namespace, seqs: Sequence[int]) -> dict[int, int]:
        """Return how many right trajectories each entry was learnt from, by sequence number; 0 is left out."""
        with self._database.guarded() as connection:
            return count_right(connection, namespace, seqs)

    def word_coverage(self, namespace: Namespace, text: str, seqs: Sequence[int]) -> WordCoverage:
        """Return which shares of a text's words these entries hold, and all entries; see `WordSearch.coverage`."""
        with self._database.guarded():
            index = self._state.index_of(namespace)
            return index.words.coverage(text, seqs) if index else WordCoverage({}, 0.0)

    def match_terms(
        self, namespace: Namespace, text: str, seqs: Sequence[int], *, beside: Sequence[Namespace] = ()
    ) -> list[IndexedTerm]:
        """Return the words that a search for a text looks for; see `WordSearch.match_terms` and `search_words`."""
        with self._database.guarded():
            index = self._state.index_of(namespace)
            return index.words.match_terms(text, seqs, beside=self._counts(beside, text)) if index else []

    def spell(self, namespace: Namespace, word: str, distance: int) -> str | None:
        """Return how the entries of a namespace spell a lower-case word; see `WordSearch.spell`."""
        with self._database.guarded():
            index = self._state.index_of(namespace)
            return index.words.spell(word, distance) if index else None

    def entries_by_seq(self, namespace: Namespace, seqs: Sequence[int]) -> dict[int, StoredEntry]:
        """Return the entries behind search results, by sequence number; forgotten ones are absent."""
        with self._database.guarded() as connection:
            index = self._state.index_of(namespace)
            texts = index.words.texts(seqs) if index else {}
            marks = self._known.marks(connection, namespace)
        found = {seq: stored_entries.stored_entry(namespace, seq, text) for seq, text in texts.items()}
        return {seq: stored_entries.mark_trust(one, marks) for seq, one in found.items()}

    def example_questions(self, namespace: Namespace, seqs: Sequence[int]) -> dict[int, str]:
        """Return the question that each worked example among these entries comes from, by sequence number."""
        with self._database.guarded():
            index = self._state.index_of(namespace)
            if len(self._questions) > MAX_QUESTIONS:
                self._questions.clear()
            # A text never changes under its number, and no number is given twice.
            new = [seq for seq in seqs if seq not in self._questions]
            texts = index.words.texts(new) if index and new else {}
            self._questions.update((seq, stored_entries.example_question(one.content)) for seq, one in texts.items())
            found = ((seq, self._questions.get(seq)) for seq in seqs)
            return {seq: question for seq, question in found if question is not None}

    def matching(self, namespace: Namespace, where: Filter) -> Seqs | None:
        """Return the sequence numbers of entries that pass a filter, for both searches; None if the filter is empty."""
        with self._database.guarded() as connection:
            return matching_seqs(connection, namespace, where) if where else None

    def scopes(self, namespace: Namespace, where: Filter = EVERYTHING) -> list[SearchScope]:
        """Return the scopes that a search of a namespace covers, each limited to the entries that pass a filter.

        They are its own entries, and the starter entries that it sees. No number is in two scopes.
        """
        with self._database.guarded() as connection:
            own = SearchScope(namespace, self.matching(namespace, where))
            seen = self._known.seen(connection, namespace)
            if not seen:
                return [own]
            within = self.matching(STARTER_NAMESPACE, where)
            # A namespace that hides nothing needs no list of allowed numbers.
            if len(seen) < len(self._known.entries(connection)):
                shown = np.sort(np.fromiter(seen.values(), np.int64, len(seen)))
                within = shown if within is None else np.intersect1d(within, shown, assume_unique=True)
            return [own, SearchScope(STARTER_NAMESPACE, within)]

    def searched_state(self, namespace: Namespace) -> tuple[int, int]:
        """Return what a search sees now: the numbers of the generation and of the namespace's newest change.

        Changes are counted by namespace: their sequence numbers would tell how much others have written.
        """
        with self._database.guarded() as connection:
            if self._state.indexes is None:
                return 0, 0
            index = self._state.index_of(namespace)
            last = index.last_seq if index else 0
            counted, changes = self._counted.get(namespace, (0, 0))
            if counted > last:  # it was forgotten, and began anew
                counted, changes = 0, 0
            if counted < last:
                changes += count_changes(connection, namespace, counted, last)
                self._counted[namespace] = (last, changes)
            return self._state.indexes.generation.number, changes

    def now(self) -> datetime:
        """Return the store's time: no stored row is newer, and no later one is older."""
        with self._database.guarded():
            return self._database.clock.now()

    def resolve_time(self, moment: datetime) -> datetime:
        """Return the stored time for a moment of the machine's clock, which may have been set back since."""
        with self._database.guarded():
            return self._database.clock.resolve(moment)

    def checkpoint(self, namespace: Namespace) -> None:
        """Write the derived indexes of a namespace to disk now."""
        with self._database.guarded():
            if self._state.indexes is not None:
                self._state.indexes.checkpoint(namespace)

    def index_notes(self, namespace: Namespace) -> tuple[IndexNote, ...]:
        """Return which vector indexes of an open namespace are being built for later, or were refused.

        Nothing is opened for it.
        """
        with self._database.guarded():
            return self._state.indexes.notes(namespace) if self._state.indexes is not None else ()

    def index_position(self, namespace: Namespace) -> IndexPosition | None:
        """Return where the search index of a namespace lies, and how far it is; None while nothing has a vector.

        Nothing is opened for it.
        """
        with self._database.guarded():
            return self._state.indexes.position(namespace) if self._state.indexes is not None else None

    @in_place  # an interrupt ends the waiting and harms nothing
    def finish_builds(self) -> None:
        """Wait until no index is being built for later."""
        with self._database.guarded():
            indexes = self._state.indexes
        if indexes is not None:
            indexes.finish_builds()

    def find_index_faults(self, namespace: Namespace) -> list[Fault]:
        """Return where the derived indexes of a namespace differ from what is stored."""
        with self._database.guarded() as connection:
            if self._state.encoder is None or self._state.indexes is None:
                return []
            indexes = self._state.indexes
            return index_faults(connection, namespace, indexes.get(namespace), indexes.generation.encoder)

    def search_superseded(
        self, namespace: Namespace, vector: NDArray[np.float32], k: int, *, moment: datetime
    ) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, cosine) of wordings that were current at a moment and replaced since.

        All of them are compared. `moment` is in UTC without a time zone.
        """
        with self._database.guarded() as connection:
            check_vector(vector, self._state.needed_encoder())
            seqs, vectors = superseded.read_vectors(connection, namespace, moment, self._state.needed_encoder())
        scores = vectors @ vector
        # Ties are broken by number, so that the same search gives the same order.
        best = np.lexsort((seqs, -scores))[:k]
        return list(zip(seqs[best].tolist(), scores[best].tolist(), strict=True))

    def superseded_by_seq(self, namespace: Namespace, seqs: list[int]) -> dict[int, StoredEntry]:
        """Return the wordings behind results of `search_superseded`, by sequence number."""
        with self._database.guarded() as connection:
            marks = self._known.marks(connection, namespace)
            found = superseded.read_superseded(connection, namespace, seqs)
            return {one.seq: stored_entries.mark_trust(one, marks) for one in found}
