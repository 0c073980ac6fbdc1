"""Entries with several keys each, and their words and vectors as an independent reference sees them."""

import math
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from midthought.memory.indexes.word_analysis import query_words, stem_analyzer
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Concept, ConceptKind, Entry, Lesson, Procedure, Provenance
from midthought.memory.records.keys import KeyField, entry_keys
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

ENCODER = HashingEncoder(32)
OWNER, OTHER = Namespace("owner"), Namespace("other")
WORDS = [f"w{chr(97 + number % 26)}{chr(97 + number // 26)}x" for number in range(150)]


def draw_words(dice: random.Random, count: int) -> str:
    """Some words, the first of the list more often."""
    return " ".join(WORDS[int(len(WORDS) * dice.random() ** 2)] for _ in range(count))


def make_entries(count: int, seed: int) -> list[Entry]:
    """Different entries of three kinds with one to seven keys."""
    dice = random.Random(seed)
    return [_make_entry(dice, f"n{seed}x{number}") for number in range(count)]


def _make_entry(dice: random.Random, name: str) -> Entry:
    if (kind := dice.randrange(3)) == 0:
        tags = (draw_words(dice, 1),)
        return Concept(f"{name} {draw_words(dice, 2)}", ConceptKind.ROUTINE, draw_words(dice, 8), tags=tags)
    if kind == 1:
        return Lesson(f"When {name} {draw_words(dice, 4)}", f"do {draw_words(dice, dice.randrange(1, 60))}")
    asked = tuple(draw_words(dice, 4) for _ in range(dice.randrange(5)))
    return Procedure(f"How {name} {draw_words(dice, 5)}?", draw_words(dice, 20), draw_words(dice, 4), asked_as=asked)


def batch_of(entries: Sequence[Entry]) -> Batch:
    """A batch that writes entries with the vectors of all their keys."""
    return Batch(entries=tuple(map(_write_of, entries)))


def _write_of(entry: Entry) -> EntryWrite:
    vectors = ENCODER.encode_documents([key.text for key in entry_keys(entry)])
    return EntryWrite(entry, (Provenance(None, "homes"),), vectors)


class Reference:
    """What searches should return, from every vector and every word of the entries of a namespace."""

    def __init__(self, store: Store, namespace: Namespace, entries: Sequence[Entry]) -> None:
        self._entries = {store.reader.get_entry(namespace, one.id).seq: one for one in entries}
        self.seqs = np.sort(np.array(list(self._entries), dtype=np.int64))
        self._words = {seq: _words_of(entry) for seq, entry in self._entries.items()}

    def cosines(self, vector: np.ndarray, fields: Sequence[KeyField]) -> dict[int, float]:
        """The best inner product of the keys of these fields, by number."""
        found = {}
        for seq, entry in self._entries.items():
            keys = [key.text for key in entry_keys(entry) if key.field in fields]
            if keys:
                found[seq] = float((ENCODER.encode_documents(keys) @ vector).max())
        return found

    def bm25(self, text: str) -> dict[int, float]:
        """The BM25 score of each entry with any of the words, by number; lengths in one byte, as tantivy has them."""
        total, average = len(self._words), sum(one.total() for one in self._words.values()) / len(self._words)
        scores: Counter[int] = Counter()
        for word in query_words(text):
            holding = {seq: words for seq, words in self._words.items() if word in words}
            rarity = math.log(1 + (total - len(holding) + 0.5) / (len(holding) + 0.5))
            for seq, words in holding.items():
                norm = 1.2 * (0.25 + 0.75 * _one_byte(words.total()) / average)
                scores[seq] += rarity * 2.2 * words[word] / (words[word] + norm)
        return dict(scores)


def _one_byte(length: int) -> int:
    """A length rounded down to four significant bits from 40 on: below, every length has a code."""
    shift = max(0, (length - 24).bit_length() - 4)
    return 24 + ((length - 24) >> shift << shift) if length >= 40 else length


def _words_of(entry: Entry) -> Counter[str]:
    more = [entry.body, *entry.tags, *entry.asked_as]
    more += [entry.applicability] if isinstance(entry, Procedure) else []
    key, body = (stem_analyzer().analyze(text) for text in (entry.key, "\n".join(more)))
    return Counter([*key, *key, *body])
