"""Recall as it was before fusion by score, rebuilt as a reference: other words, main keys, ranks, one bar.

The words index of that version (words stemmed, no operators, the key with weight 1, body, tags and applicability with
weight .25) is gone from the package, so it is made here of the same parts of tantivy. Vectors are the store's own.
"""

import re
from collections import Counter
from collections.abc import Iterable

import tantivy

from midthought.memory.records.entry import Procedure, StoredEntry
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.keys import KeyField
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, STARTER_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.fusion.base import sort_scores
from midthought.retrieval.fusion.reciprocal_rank import fuse_ranks

EARLIER_BAR = 0.40
"""Recall abstained below this cosine."""
_POOL = 50
_WEIGHTS = (("key", 1.0), ("body", 0.25))
_WORD = re.compile(r"\w+")
_LONGEST_WORD = 40


class EarlierWords:
    """BM25 over the keys and bodies of some entries, as the earlier version had it."""

    def __init__(self, entries: Iterable[StoredEntry]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("seq", stored=True, indexed=True, fast=True)
        for field, _ in _WEIGHTS:
            builder.add_text_field(field, stored=False, tokenizer_name="en_stem")
        self._index = tantivy.Index(builder.build())
        writer = self._index.writer(num_threads=1)
        for stored in entries:
            writer.add_document(tantivy.Document(seq=stored.seq, key=stored.entry.key, body=_body(stored)))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        tokens = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        tokens = tokens.filter(tantivy.Filter.remove_long(_LONGEST_WORD)).filter(tantivy.Filter.lowercase())
        self._analyzer = tokens.filter(tantivy.Filter.stemmer("english")).build()

    def search(self, text: str, k: int) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, BM25 score), best first."""
        different = dict.fromkeys(word.lower() for word in _WORD.findall(text))
        words = Counter(token for word in different for token in self._analyzer.analyze(word))
        terms: list[tuple[tantivy.Occur, tantivy.Query]] = []
        for word, times in words.items():
            for field, weight in _WEIGHTS:
                term = tantivy.Query.term_query(self._index.schema, field, word, index_option="freq")
                terms.append((tantivy.Occur.Should, tantivy.Query.boost_query(term, weight * times)))
        if not terms:
            return []
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.boolean_query(terms), k, count=False).hits
        found = [(int(searcher.doc(address)["seq"][0]), float(score)) for score, address in hits]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))


class EarlierRecall:
    """Ranks by reciprocal rank fusion of the main keys' vectors and the earlier words, 50 of each.

    Args:
        starter: whether the entries of the starter memory are searched too.
    """

    def __init__(self, store: Store, encoder: Encoder, *, starter: bool, where: Filter = EVERYTHING) -> None:
        self._store, self._encoder, self._where = store, encoder, where
        owners = [DEFAULT_NAMESPACE, *([STARTER_NAMESPACE] if starter else [])]
        entries = {owner: store.reader.list_entries(owner, limit=10**6) for owner in owners}
        self._ids = {stored.seq: stored.id for some in entries.values() for stored in some}
        wanted = {
            owner: [one for one in some if not where.kinds or one.entry.kind in where.kinds]
            for owner, some in entries.items()
        }
        self._words = [EarlierWords(some) for some in wanted.values() if some]

    def rank(self, text: str) -> tuple[list[str], float]:
        """Return the ids, best first, and the best cosine, which was compared with `EARLIER_BAR`."""
        vector = self._encoder.encode_queries([text])[0]
        searcher = self._store.searcher
        near = sort_scores(
            {
                seq: score
                for scope in searcher.scopes(DEFAULT_NAMESPACE, self._where)
                for seq, score in searcher.search_vectors(
                    scope.namespace, vector, _POOL, within=scope.within, fields=(KeyField.MAIN,)
                )
            }
        )[:_POOL]
        words = sort_scores({seq: score for index in self._words for seq, score in index.search(text, _POOL)})[:_POOL]
        fused = fuse_ranks([[seq for seq, _ in found] for found in (near, words)])
        return [self._ids[seq] for seq, _ in fused], near[0][1] if near else -1.0


def _body(stored: StoredEntry) -> str:
    entry = stored.entry
    more = [entry.body, *entry.tags]
    if isinstance(entry, Procedure):
        more.append(entry.applicability)
    return "\n".join(more)
