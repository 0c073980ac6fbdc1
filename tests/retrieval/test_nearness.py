"""How near an entry is by all of its keys."""

import pytest

from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Entry, ExampleSize, Lesson, Procedure, Provenance, WorkedExample
from midthought.memory.records.filter import EVERYTHING
from midthought.memory.records.keys import KeyField, entry_keys
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.candidates import CandidateSearch, Question
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.nearness import AVERAGED, GENERAL_FIELDS, OWN_ADVANTAGE, near_by_all, read_nearness

ENCODER = HashingEncoder(64)


def test_other_measures_weigh_less_the_nearer_the_best_is() -> None:
    """A key that is the query decides alone; up to a cosine of .75 the other measure is taken."""
    assert near_by_all(1.0, 0.1) == 1.0
    assert near_by_all(0.8, 0.7) == pytest.approx(0.72)
    assert near_by_all(0.75, 0.65) == pytest.approx(0.65)
    assert near_by_all(0.4, 0.3) == pytest.approx(0.3)
    assert near_by_all(1.0001, 0.1) == 1.0001


def test_the_means_of_an_entry_are_of_its_best_keys_and_of_its_general_ones(tmp_path: object) -> None:
    """The best five of any index, none if there are four; and the question with the applicability."""
    many = Procedure("red apples", "x", "green pears", asked_as=("blue plums", "apples", "red plums", "figs"))
    few = Lesson("red apples", "y", asked_as=("one", "two", "three"))
    with Store(str(tmp_path), encoder=ENCODER.identity) as store:
        for entry in (many, few):
            store.writer.write(DEFAULT_NAMESPACE, make_batch(entry))
        (query,) = ENCODER.encode_queries(["red plums, apples"])
        stored = {one.entry: one.seq for one in store.reader.list_entries(DEFAULT_NAMESPACE)}
        cosines = store.searcher.key_similarities(DEFAULT_NAMESPACE, query, list(stored.values()))
        found = store.searcher.key_means(
            DEFAULT_NAMESPACE, query, list(stored.values()), count=AVERAGED, fields=GENERAL_FIELDS
        )
        keys = cosines[stored[many]]
        best = sorted(keys.values(), reverse=True)[:AVERAGED]
        general = (keys[KeyField.MAIN] + keys[KeyField.APPLICABILITY]) / 2
        assert found[stored[many]] == pytest.approx((sum(best) / AVERAGED, general), abs=1e-6)
        assert general < min(best[:2])
        assert found[stored[few]] == (None, pytest.approx(cosines[stored[few]][KeyField.MAIN], abs=1e-6))


def test_without_wordings_only_the_general_keys_are_read(tmp_path: object) -> None:
    """Two keys have no best five; of a memory with main keys alone nothing is read."""
    lesson, procedure = Lesson("green figs", "y"), Procedure("red apples", "x", "red plums")
    with Store(str(tmp_path), encoder=ENCODER.identity) as store:
        (query,) = ENCODER.encode_queries(["red plums"])
        for entry in (lesson, procedure):
            store.writer.write(DEFAULT_NAMESPACE, make_batch(entry))
            seqs = [one.seq for one in store.reader.list_entries(DEFAULT_NAMESPACE) if one.entry == entry]
            found = store.searcher.key_means(DEFAULT_NAMESPACE, query, seqs, count=AVERAGED, fields=GENERAL_FIELDS)
            cosines = store.searcher.key_similarities(DEFAULT_NAMESPACE, query, seqs)[seqs[0]]
            general = pytest.approx(sum(cosines.values()) / 2, abs=1e-6)
            assert found == ({} if entry == lesson else {seqs[0]: (None, general)})


def test_of_equally_near_entries_the_namespaces_own_comes_first(tmp_path: object) -> None:
    """Before one of the starter memory with the same words, whichever was stored first."""
    with Store(str(tmp_path), encoder=ENCODER.identity, starter=True) as store:
        store.writer.plant(make_batch(Procedure("red plums", "x", "fruit")))
        store.writer.put_namespace(DEFAULT_NAMESPACE)
        store.writer.write(DEFAULT_NAMESPACE, make_batch(Procedure("plums red", "y", "fruit")))
        vectors = ENCODER.encode_queries(["plums"])
        question = Question(DEFAULT_NAMESPACE, "plums", ("plums",), 1, vectors, 5, EVERYTHING)
        candidates = CandidateSearch(store, ENCODER.identity).find(question, 10)
        (own, high), (_, low) = read_nearness(store, question, candidates)
        assert candidates.owners[own] == DEFAULT_NAMESPACE
        assert high - low == pytest.approx(OWN_ADVANTAGE)


def test_a_worked_example_has_no_advantage(tmp_path: object) -> None:
    """Of two entries of the namespace with one key of the same words, the lesson is nearer than the worked example."""
    lesson, example = Lesson("plums red", "y"), WorkedExample("red plums", "red plums", ExampleSize.STEP)
    with Store(str(tmp_path), encoder=ENCODER.identity) as store:
        for entry in (lesson, example):
            store.writer.write(DEFAULT_NAMESPACE, make_batch(entry))
        vectors = ENCODER.encode_queries(["figs and plums"])
        question = Question(DEFAULT_NAMESPACE, "figs and plums", ("figs and plums",), 1, vectors, 5, EVERYTHING)
        near = read_nearness(store, question, CandidateSearch(store, ENCODER.identity).find(question, 10))
        entries = {one.seq: one.entry for one in store.reader.list_entries(DEFAULT_NAMESPACE)}
    assert [entries[seq] for seq, _ in near] == [lesson, example]
    assert near[0][1] - near[1][1] == pytest.approx(OWN_ADVANTAGE)


def make_batch(entry: Entry) -> Batch:
    vectors = ENCODER.encode_documents([key.text for key in entry_keys(entry)])
    return Batch(entries=(EntryWrite(entry, (Provenance(None, "tests"),), vectors),))
