"""BM25 over the keys and bodies of one namespace (tantivy), by stable sequence number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy

_HEAP_BYTES = 32_000_000
_WORD = re.compile(r"\w+")
_BODY_WEIGHT = 0.25
"""A word in the subquestion says what an entry is for; the same word in its body often only passes by."""


@dataclass(frozen=True, slots=True)
class LexicalDocument:
    """The text BM25 sees of one entry."""

    seq: int
    key: str
    body: str


class LexicalIndex:
    """A tantivy index in a directory of its own; English stemming, lower case.

    tantivy's files are immutable once committed, so a checkpoint is a hard link of each.
    """

    tokenizer = "en_stem"

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._index = tantivy.Index(_schema(self.tokenizer), path=str(directory), reuse=True)

    def __len__(self) -> int:
        self._index.reload()
        return int(self._index.searcher().num_docs)

    def update(self, documents: Sequence[LexicalDocument], removed: Sequence[int] = ()) -> None:
        """Commit additions and removals; adding a sequence number again replaces it, so replaying is harmless."""
        if not documents and not removed:
            return
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for seq in removed:
            writer.delete_documents_by_term("seq", seq)
        for document in documents:
            writer.delete_documents_by_term("seq", document.seq)
            writer.add_document(tantivy.Document(seq=document.seq, key=document.key, body=document.body))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def search(self, text: str, k: int) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, BM25 score), best first; any text is a valid query."""
        words = _WORD.findall(text)
        if not words or k < 1:
            return []
        query, _ = self._index.parse_query_lenient(
            " ".join(words).lower(), ["key", "body"], field_boosts={"key": 1.0, "body": _BODY_WEIGHT}
        )
        searcher = self._index.searcher()
        k = min(k, max(1, int(searcher.num_docs)))
        found = [(self._seq(searcher, address), float(score)) for score, address in searcher.search(query, k).hits]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def seqs(self) -> list[int]:
        """Return every sequence number held, in no order."""
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.all_query(), max(1, int(searcher.num_docs))).hits
        return [self._seq(searcher, address) for _, address in hits]

    @staticmethod
    def _seq(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> int:
        return int(searcher.doc(address)["seq"][0])


def _schema(tokenizer: str) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("seq", stored=True, indexed=True, fast=True)
    builder.add_text_field("key", stored=False, tokenizer_name=tokenizer)
    builder.add_text_field("body", stored=False, tokenizer_name=tokenizer)
    return builder.build()
