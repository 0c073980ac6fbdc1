"""Both homes of the index give the answers of an independent reference: every vector and every word compared."""

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from midthought.memory.indexes.word_analysis import rarity
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.keys import KeyField
from midthought.memory.store import Store

from .conftest import OpenStore
from .entries import ENCODER, OTHER, OWNER, Reference, batch_of, draw_words, make_entries

FIELDS: list[Sequence[KeyField]] = [
    tuple(KeyField),
    (KeyField.MAIN,),
    (KeyField.NAME, KeyField.APPLICABILITY),
    (KeyField.ASKED_1, KeyField.ASKED_3),
]
CLOSE = 1e-5
"""Scores that differ by less are equal but for the order of summation."""


def agrees(found: list[tuple[int, float]], expected: Mapping[int, float], k: int) -> bool:
    """Whether `found` are `k` of the best, best first, each with its score; any of those that are equally good."""
    best = sorted(expected.values(), reverse=True)[:k]
    numbers = [number for number, _ in found]
    return (
        len(set(numbers)) == len(found) == len(best)
        and all(abs(score - expected[number]) < CLOSE for number, score in found)
        and bool(np.allclose([score for _, score in found], best, atol=CLOSE))
    )


def check_answers(store: Store, reference: Reference, seed: int) -> None:
    """Compare searches by vectors and by words, of everything, of a part, and of some fields."""
    dice = random.Random(seed)
    part = reference.seqs[np.sort(dice.sample(range(len(reference.seqs)), len(reference.seqs) // 3))]
    for fields in FIELDS:
        text = draw_words(dice, 5)
        (vector,) = ENCODER.encode_queries([text])
        cosines, scores = reference.cosines(vector, fields), reference.bm25(text)
        for within in (None, part):
            allowed = set(reference.seqs.tolist() if within is None else within.tolist())
            near = store.searcher.search_vectors(OWNER, vector, 12, within=within, fields=fields)
            assert agrees(near, {seq: one for seq, one in cosines.items() if seq in allowed}, 12)
            words = store.searcher.search_words(OWNER, text, 12, within=within)
            assert agrees(words, {seq: one for seq, one in scores.items() if seq in allowed}, 12)
        seqs = part[:20].tolist()
        terms = store.searcher.match_terms(OWNER, text, seqs)
        sums = {seq: sum(term.scores.get(seq, 0.0) for term in terms) for seq in seqs}
        assert sums == pytest.approx({seq: scores.get(seq, 0.0) for seq in seqs}, abs=CLOSE)
    store.check_integrity(OWNER)


@pytest.mark.slow
def test_searches_find_what_comparing_everything_finds(open_store: OpenStore) -> None:
    """After writing, forgetting, compacting and opening again; another namespace has other entries."""
    store, entries = open_store(), make_entries(90, 1)
    store.writer.write(OWNER, batch_of(entries[:60]))
    store.writer.write(OTHER, batch_of(make_entries(30, 2)))
    check_answers(store, Reference(store, OWNER, entries[:60]), 3)
    store.writer.write(OWNER, batch_of(entries[60:]))
    for entry in entries[:40:4]:
        store.writer.forget_entry(OWNER, entry.id)
    kept = [entry for entry in entries if entry not in entries[:40:4]]
    compact_store(store)  # tantivy counts forgotten entries until its files are merged
    check_answers(store, Reference(store, OWNER, kept), 4)
    store.close()
    again = open_store()
    check_answers(again, Reference(again, OWNER, kept), 5)


def test_words_are_as_rare_as_in_both_namespaces(open_store: OpenStore) -> None:
    """Beside another namespace each word counts as much more, or less, as it is rarer in both of them together."""
    store, text = open_store(), draw_words(random.Random(7), 6)
    store.writer.write(OWNER, batch_of(make_entries(60, 1)))
    store.writer.write(OTHER, batch_of(make_entries(10, 2)))
    found = dict(store.searcher.search_words(OTHER, text, 10, beside=[OWNER]))
    own, others = (store.searcher.match_terms(one, text, []) for one in (OTHER, OWNER))
    terms = store.searcher.match_terms(OTHER, text, list(found))
    expected = dict.fromkeys(found, 0.0)
    for term, here, there in zip(terms, own, others, strict=True):
        boost = rarity(here.entries + there.entries, 70) / rarity(here.entries, 10)
        for seq, score in term.scores.items():
            expected[seq] += score * (1.0 if abs(boost - 1) < 0.02 else boost)
    assert len(found) > 3
    assert found == pytest.approx(expected, abs=CLOSE)


def test_words_are_spelt_as_entries_spell_them(open_store: OpenStore) -> None:
    """A misspelt word becomes the nearest that is held; one that is held stays, and one like none is none."""
    store = open_store()
    store.writer.write(OWNER, batch_of(make_entries(20, 1)))
    held = make_entries(20, 1)[0].body.split()[-1]
    assert store.searcher.spell(OWNER, held, 1) == held
    assert store.searcher.spell(OWNER, f"{held}q", 1) == held
    assert store.searcher.spell(OWNER, "qqqqqqqq", 2) is None
