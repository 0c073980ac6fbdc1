"""How near an entry is by all of its keys."""

import pytest

from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Lesson, Procedure, Provenance
from midthought.memory.records.keys import entry_keys
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.nearness import AVERAGED, near_by_all

ENCODER = HashingEncoder(64)


def test_the_mean_weighs_less_the_nearer_the_best_is() -> None:
    """A key that is the query decides alone; up to a cosine of .75 both count half."""
    assert near_by_all(1.0, 0.1) == 1.0
    assert near_by_all(0.8, 0.6) == pytest.approx(0.72)
    assert near_by_all(0.75, 0.55) == pytest.approx(0.65)
    assert near_by_all(0.4, 0.2) == pytest.approx(0.3)
    assert near_by_all(1.0001, 0.1) == 1.0001


def test_only_entries_with_enough_keys_are_averaged(tmp_path: object) -> None:
    """Those with five keys by their best five, in any of the indexes; one with four is left out."""
    many = Procedure("red apples", "x", "green pears", asked_as=("blue plums", "apples", "red plums", "figs"))
    few = Lesson("red apples", "y", asked_as=("one", "two", "three"))
    with Store(str(tmp_path), encoder=ENCODER.identity) as store:
        for entry in (many, few):
            vectors = ENCODER.encode_documents([key.text for key in entry_keys(entry)])
            write = EntryWrite(entry, (Provenance(None, "tests"),), vectors)
            store.writer.write(DEFAULT_NAMESPACE, Batch(entries=(write,)))
        (query,) = ENCODER.encode_queries(["red apples"])
        seqs = [one.seq for one in store.reader.list_entries(DEFAULT_NAMESPACE)]
        cosines = store.searcher.key_similarities(DEFAULT_NAMESPACE, query, seqs)
        ((seq, keys),) = ((seq, keys) for seq, keys in cosines.items() if len(keys) >= AVERAGED)
        best = sorted(keys.values(), reverse=True)[:AVERAGED]
        found = store.searcher.mean_similarities(DEFAULT_NAMESPACE, query, seqs, count=AVERAGED)
        assert found == {seq: pytest.approx(sum(best) / AVERAGED, abs=1e-6)}
