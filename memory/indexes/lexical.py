"""BM25 over all words of the entries of one namespace, and their texts (tantivy), by stable sequence number."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from midthought.memory.indexes.edit_distance import nearest_words
from midthought.memory.indexes.index_home import IndexedTerm, WordCounts, WordCoverage
from midthought.memory.indexes.word_analysis import (
    form_analyzer,
    query_words,
    rarity,
    stem_analyzer,
    word_boosts,
    words_of,
)
from midthought.memory.records.index_changes import LexicalDocument, StoredText

_HEAP_BYTES = 32_000_000
_WORDS, _SPELLINGS = "words", "spellings"
"""All text of an entry, stemmed, its key twice; and all words as they are spelt. Separate fields with weights of their
own found no more on any collection (see ``benchmarks/quality/``) and take twice the time."""
_MAX_SPELT = 4096
_WORDS_AT_ONCE = 24
"""Bits that a score, a 32-bit float, holds exactly."""
_NEAR_TEXTS = 20
"""Entries whose words are compared to find how a misspelt word is spelt: one is nearly always enough."""


class LexicalIndex:
    """A tantivy index in one directory: English stemming, lower case; numbers, operators and identifiers stay whole.

    tantivy's files are immutable once committed, so a checkpoint is a hard link of each: call `flush` before taking it.
    Ten entries are read from them in .2 ms, where DuckDB takes 1.9.
    """

    tokenizer = "code_en_stem"
    layout = "code_en_stem, spellings, texts"
    """Recorded in checkpoints; changed whenever files written earlier can no longer be used."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._index = tantivy.Index(_schema(self.tokenizer), path=str(directory), reuse=True)
        self._index.config_reader("manual")  # `flush` reloads, so that no thread of tantivy opens files at other times
        self._analyzer = stem_analyzer()
        self._index.register_tokenizer(self.tokenizer, self._analyzer)
        self._writer: tantivy.IndexWriter | None = None
        self._spelt: dict[tuple[str, int], str | None] = {}

    def __len__(self) -> int:
        return int(self._searcher().num_docs)

    def update(self, documents: Sequence[LexicalDocument], removed: Sequence[int] = (), *, commit: bool = True) -> None:
        """Add and remove documents; adding a sequence number again replaces it, so that replaying is harmless.

        A commit syncs about ten files, whether for one document or for thousands. Without `commit` the changes wait in
        memory for the next search or `flush`, so that consecutive single additions share one.
        """
        if not documents and not removed:
            return
        if self._writer is None:
            self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for seq in removed:
            self._writer.delete_documents_by_term("seq", seq)
        for document in documents:
            self._writer.delete_documents_by_term("seq", document.seq)
            self._writer.add_document(_document(document))
        if commit:
            self.flush()

    def flush(self) -> None:
        """Commit what waits, durably, and wait for merges; until the next update no file of the directory changes."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._spelt.clear()

    def close(self) -> None:
        """Close without committing what waits, and wait for the threads that write; not usable afterwards."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.wait_merging_threads()
        del self._index

    def word_counts(self, text: str) -> WordCounts:
        """Return how many entries hold each word that a search for a text looks for."""
        searcher = self._searcher()
        return WordCounts(int(searcher.num_docs), {word: searcher.doc_freq(_WORDS, word) for word in query_words(text)})

    def search(
        self,
        text: str,
        k: int,
        *,
        within: NDArray[np.int64] | None = None,
        beside: Sequence[WordCounts] = (),
    ) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, BM25 score), best first; any text is a valid query.

        `within` holds the sequence numbers that may be found. Hits are read until `k` of them are found. Filtering
        first would return the same: BM25's statistics are those of all documents either way. With the counts of other
        indexes (`beside`) a word is as rare as it is in all of them together, so that their scores can be compared: in
        a memory of three entries no word is rare, and all its scores would be low.
        """
        query, searcher = self._query(text, beside), self._searcher()
        total = int(searcher.num_docs)
        if query is None or k < 1 or total == 0 or (within is not None and len(within) == 0):
            return []
        limit = min(k if within is None else _first_limit(k, len(within), total), total)
        while True:
            seqs, scores = self._hits(searcher, query, limit)
            kept = np.ones(len(seqs), dtype=np.bool_) if within is None else np.isin(seqs, within)
            if len(seqs) < limit or limit == total or np.count_nonzero(kept) >= k:
                found = zip(seqs[kept][:k].tolist(), scores[kept][:k].tolist(), strict=True)
                return sorted(sorted(found), key=itemgetter(1), reverse=True)
            limit = min(4 * limit, total)

    def coverage(self, text: str, seqs: Sequence[int]) -> "WordCoverage":
        """Return which of a text's words some entries hold, each word weighted by its rarity.

        The weight is BM25's (the logarithm of how rare it is). A word that no entry holds has the largest weight.
        Without any word in `text` every share is 0.
        """
        words, searcher = query_words(text), self._searcher()
        if not words or not seqs:
            return WordCoverage(dict.fromkeys(seqs, 0.0), 0.0)
        total = int(searcher.num_docs)
        frequency = {word: searcher.doc_freq(_WORDS, word) for word in words}
        weights = {word: rarity(count, total) for word, count in frequency.items()}
        held = dict.fromkeys(seqs, 0.0)
        known = [word for word in words if frequency[word]]
        for start in range(0, len(known), _WORDS_AT_ONCE):
            some = known[start : start + _WORDS_AT_ONCE]
            for seq, found in self._held_words(searcher, some, seqs).items():
                held[seq] += sum(weights[word] for word in found)
        whole = sum(weights.values())
        shares = {seq: weight / whole for seq, weight in held.items()}
        return WordCoverage(shares, sum(weights[word] for word in known) / whole)

    def match_terms(self, text: str, seqs: Sequence[int], *, beside: Sequence[WordCounts] = ()) -> list[IndexedTerm]:
        """Return the distinct words that a search for a text looks for, in its order, and what each gives to entries.

        An entry's BM25 score for the text is the sum of what they give. For the other indexes see `search`.
        """
        searcher, boosts = self._searcher(), self._boosts(text, beside)
        forms = dict(reversed([*zip(self._analyzer.analyze(text), form_analyzer().analyze(text), strict=True)]))
        terms = []
        for word in query_words(text):
            # Not `doc_freq`, which counts forgotten entries until their files are merged.
            held = searcher.search(self._union([(_WORDS, word)]), 1, count=True)
            entries = held.count  # type: ignore[attr-defined]  # tantivy's stub lacks it
            scores = self._term_scores(searcher, word, seqs, boosts[word]) if entries and seqs else {}
            terms.append(IndexedTerm(forms[word], entries, scores))
        return terms

    def _term_scores(
        self, searcher: tantivy.Searcher, word: str, seqs: Sequence[int], boost: float
    ) -> dict[int, float]:
        """Return the BM25 score of one word for those of a few entries that hold it."""
        term = self._term(word, boost)
        among = tantivy.Query.const_score_query(self._union(("seq", seq) for seq in seqs), 0.0)
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, term), (tantivy.Occur.Must, among)])
        found, scores = self._hits(searcher, query, len(seqs))
        return dict(zip(found.tolist(), scores.tolist(), strict=True))

    def spell(self, word: str, distance: int) -> str | None:
        """Return the most frequent of the nearest spellings of a lower-case word, up to `distance` edits away.

        An edit inserts, deletes or changes a letter, or swaps two neighbours. A word that some entry holds is returned
        as it is; None if no entry holds one as near. Until the index changes, answers are kept: one thought asks with
        the same names again and again, and each takes a millisecond.
        """
        searcher, asked = self._searcher(), (word, distance)
        if asked not in self._spelt:
            if len(self._spelt) >= _MAX_SPELT:
                self._spelt.clear()
            self._spelt[asked] = self._spell(searcher, word, distance)
        return self._spelt[asked]

    def _spell(self, searcher: tantivy.Searcher, word: str, distance: int) -> str | None:
        if searcher.doc_freq(_SPELLINGS, word):
            return word
        near = tantivy.Query.fuzzy_term_query(self._index.schema, _SPELLINGS, word, distance)
        found: Counter[str] = Counter()
        for _, address in searcher.search(near, _NEAR_TEXTS, count=False).hits:
            found.update(words_of(searcher.doc(address)["content"][0]))
        nearest = nearest_words(word, found, max_edits=distance)
        return min(((edits, -found[one], one) for edits, one in nearest), default=(0, 0, None))[2]

    def texts(self, seqs: Sequence[int]) -> dict[int, StoredText]:
        """Return the stored texts of entries by sequence number; unknown numbers are left out."""
        if not seqs:
            return {}
        searcher = self._searcher()
        hits = searcher.search(self._union(("seq", seq) for seq in seqs), len(seqs), count=False).hits
        documents = [searcher.doc(address) for _, address in hits]
        return {one["seq"][0]: StoredText(one["version"][0], *_decoded(one)) for one in documents}

    def seqs(self) -> list[int]:
        """Return every sequence number held, in no order."""
        searcher = self._searcher()
        seqs, _ = self._hits(searcher, tantivy.Query.all_query(), max(1, int(searcher.num_docs)))
        found: list[int] = seqs.tolist()
        return found

    def _searcher(self) -> tantivy.Searcher:
        self.flush()
        return self._index.searcher()

    def _query(self, text: str, beside: Sequence[WordCounts]) -> tantivy.Query | None:
        """Match any of the distinct words, as one flat union: only then can tantivy skip documents.

        (A parsed query has a nested union per word and scores every document with any word: 3 times slower at 100,000.)
        """
        terms = [(tantivy.Occur.Should, self._term(*boosted)) for boosted in self._boosts(text, beside).items()]
        return tantivy.Query.boolean_query(terms) if terms else None

    def _term(self, word: str, boost: float) -> tantivy.Query:
        term = tantivy.Query.term_query(self._index.schema, _WORDS, word, index_option="freq")
        return term if boost == 1 else tantivy.Query.boost_query(term, boost)

    def _boosts(self, text: str, beside: Sequence[WordCounts]) -> dict[str, float]:
        if not beside:
            return dict.fromkeys(query_words(text), 1.0)
        return word_boosts(self.word_counts(text), beside)

    def _held_words(
        self, searcher: tantivy.Searcher, words: Sequence[str], seqs: Sequence[int]
    ) -> dict[int, list[str]]:
        """Return which of these words each of a few entries holds, in one search: each word scores another bit."""
        among = tantivy.Query.const_score_query(self._union(("seq", seq) for seq in seqs), 0.0)
        parts = [(tantivy.Occur.Must, among)]
        for place, word in enumerate(words):
            term = tantivy.Query.const_score_query(self._union([(_WORDS, word)]), float(1 << place))
            parts.append((tantivy.Occur.Should, term))
        found, bits = self._hits(searcher, tantivy.Query.boolean_query(parts), len(seqs))
        held = zip(found.tolist(), bits.astype(np.int64).tolist(), strict=True)
        return {seq: [word for place, word in enumerate(words) if mask >> place & 1] for seq, mask in held}

    def _union(self, terms: Iterable[tuple[str, str | int]]) -> tantivy.Query:
        """Match documents with any of the (field, value) pairs, without a score."""
        schema, should = self._index.schema, tantivy.Occur.Should
        return tantivy.Query.boolean_query(
            [(should, tantivy.Query.term_query(schema, field, value, index_option="basic")) for field, value in terms]
        )

    @staticmethod
    def _hits(
        searcher: tantivy.Searcher, query: tantivy.Query, limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        hits = searcher.search(query, limit, count=False).hits
        seqs = searcher.fast_field_values("seq", [address for _, address in hits])
        return np.array(seqs, dtype=np.int64), np.array([score for score, _ in hits], dtype=np.float64)


def _first_limit(k: int, allowed: int, total: int) -> int:
    """Return 1.5 times the hits that contain `k` allowed ones if those are spread evenly."""
    return max(k, int(1.5 * k * total / allowed))


def _document(document: LexicalDocument) -> tantivy.Document:
    return tantivy.Document(
        seq=document.seq,
        words=[document.key, document.key, document.body],  # a word of the key says what the entry is for
        spellings=[document.key, document.body],
        version=document.text.version,
        content=document.text.content.encode(),
        sources=document.text.sources.encode(),
    )


def _decoded(document: tantivy.Document) -> tuple[str, str]:
    return document["content"][0].decode(), document["sources"][0].decode()


def _schema(tokenizer: str) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("seq", stored=True, indexed=True, fast=True)
    builder.add_integer_field("version", stored=True, indexed=False)
    builder.add_bytes_field("content", stored=True, indexed=False)
    builder.add_bytes_field("sources", stored=True, indexed=False)
    builder.add_text_field(_WORDS, stored=False, tokenizer_name=tokenizer)
    builder.add_text_field(_SPELLINGS, stored=False, tokenizer_name="default", index_option="basic")
    return builder.build()
