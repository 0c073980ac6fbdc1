"""Search by words in a Milvus collection of sparse vectors, with the statistics of `EntryTables`."""

from collections.abc import Callable, Sequence
from functools import partial

from midthought.memory.indexes.index_home import IndexedTerm, WordCounts, WordCoverage
from midthought.memory.indexes.milvus.bm25 import saturation
from midthought.memory.indexes.milvus.collections import Collections
from midthought.memory.indexes.milvus.entry_tables import WordDimension
from midthought.memory.indexes.milvus.filtered_search import search_entries
from midthought.memory.indexes.word_analysis import form_analyzer, query_words, rarity, stem_analyzer, word_boosts
from midthought.memory.records.index_changes import Seqs, StoredText

ReadTexts = Callable[[Sequence[int]], dict[int, StoredText]]
"""Reads texts of entries from the database, which is the only place that has them."""


class MilvusWords:
    """BM25 over all words of the entries of one namespace: the words and scores of `LexicalIndex`."""

    def __init__(self, collections: Collections, read_texts: ReadTexts) -> None:
        self._collections = collections
        self.texts = read_texts

    def search(
        self, text: str, k: int, *, within: Seqs | None = None, beside: Sequence[WordCounts] = ()
    ) -> list[tuple[int, float]]:
        """Return up to `k` (number, BM25 score), best first; see `WordSearch.search`."""
        dimensions = self._dimensions(text)
        weights = self._weights(dimensions, beside)
        query = {number: weight for word in weights.values() for number, weight in word.items()}
        if not query:
            return []
        return search_entries(partial(self._collections.best_entries, query), k, within=within, field="id")

    def word_counts(self, text: str) -> WordCounts:
        """Return how many entries hold each word that a search for a text looks for."""
        return self._counts(self._dimensions(text))

    def coverage(self, text: str, seqs: Sequence[int]) -> WordCoverage:
        """Return which of a text's words some entries hold, each word weighted by its rarity."""
        dimensions = self._dimensions(text)
        if not dimensions or not seqs:
            return WordCoverage(dict.fromkeys(seqs, 0.0), 0.0)
        counts = self._counts(dimensions)
        weights = {word: rarity(held, counts.entries) for word, held in counts.holding.items()}
        known = sum(weights[word] for word, held in counts.holding.items() if held)
        words = {one.number: word for word, ones in dimensions.items() for one in ones}
        held = dict.fromkeys(seqs, 0.0)
        for seq, row in self._collections.tables.dimensions_of(seqs).items():
            held[seq] = sum(weights[words[number]] for number in row.tolist() if number in words)
        whole = sum(weights.values())
        return WordCoverage({seq: weight / whole for seq, weight in held.items()}, known / whole)

    def match_terms(self, text: str, seqs: Sequence[int], *, beside: Sequence[WordCounts] = ()) -> list[IndexedTerm]:
        """Return the distinct words that a search for a text looks for, and what each gives to entries."""
        dimensions = self._dimensions(text)
        weights, counts = self._weights(dimensions, beside), self._counts(dimensions)
        forms = dict(reversed([*zip(stem_analyzer().analyze(text), form_analyzer().analyze(text), strict=True)]))
        rows = self._collections.tables.dimensions_of(seqs)
        terms = []
        for word, entries in counts.holding.items():
            given = weights[word]
            scores = {seq: given[number] for seq, row in rows.items() for number in row.tolist() if number in given}
            terms.append(IndexedTerm(forms[word], entries, scores))
        return terms

    def spell(self, word: str, distance: int) -> str | None:
        """Return the most frequent of the nearest spellings of a lower-case word, up to `distance` edits away."""
        return self._collections.tables.spell(word, distance)

    def seqs(self) -> list[int]:
        """Return every number that Milvus holds words of, in no order."""
        return list(map(int, self._collections.entries_with_words()))

    def _dimensions(self, text: str) -> dict[str, list[WordDimension]]:
        return {word: self._collections.tables.dimensions(word) for word in query_words(text)}

    def _counts(self, dimensions: dict[str, list[WordDimension]]) -> WordCounts:
        held = {word: sum(one.entries for one in ones) for word, ones in dimensions.items()}
        return WordCounts(self._collections.state.entries, held)

    def _weights(
        self, dimensions: dict[str, list[WordDimension]], beside: Sequence[WordCounts]
    ) -> dict[str, dict[int, float]]:
        """Return what each dimension gives to an entry that has it, by word."""
        counts, state = self._counts(dimensions), self._collections.state
        boosts = word_boosts(counts, beside) if beside else dict.fromkeys(dimensions, 1.0)
        average = state.words / max(1, state.entries)
        weights = {}
        for word, ones in dimensions.items():
            factor = boosts[word] * rarity(counts.holding[word], counts.entries)
            weights[word] = {one.number: factor * saturation(one.occurrences, one.code, average) for one in ones}
        return weights
