"""A recall that is asked to explain says why each hit is where it is, and answers as it does otherwise."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from statistics import mean

import pytest

from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import EntryKind, Lesson, Procedure, Provenance
from midthought.memory.records.filter import Filter
from midthought.memory.records.keys import KeyField, entry_keys
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.explanation import Correction, HitExplanation, Measure, RecallExplanation
from midthought.retrieval.hits import Hit, RecallResult
from midthought.retrieval.nearness import AVERAGED, GENERAL_FIELDS, OWN_ADVANTAGE, near_by_all
from midthought.retrieval.recall import Recaller
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings
from midthought.retrieval.rerank.timed import TimedReranker
from midthought.retrieval.spelling import find_corrections

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
BEADS = Procedure(
    "How do I count patterns up to rotation?",
    "Average over the group.",
    applicability="necklaces and bracelets of beads",
)
APPLES = Procedure("How do I count red apples?", "Look and count, counting each once.")
PEARS = Procedure("How do I sort green pears?", "By size.")
LESSON = Lesson("When apples are red", "Eat them.")


def write_of(entry: Procedure | Lesson) -> EntryWrite:
    """An entry with the vectors of all its keys."""
    vectors = ENCODER.encode_documents([key.text for key in entry_keys(entry)])
    return EntryWrite(entry, (Provenance(None, "tests"),), vectors)


def write(store: Store, *entries: Procedure | Lesson) -> None:
    """Write entries."""
    store.writer.write(OWNER, Batch(entries=tuple(map(write_of, entries))))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of four entries for the whole module, to which nothing is written."""
    with Store(tmp_path_factory.mktemp("explained"), encoder=ENCODER.identity) as opened:
        write(opened, BEADS, APPLES, PEARS, LESSON)
        yield opened


def recall(
    store: Store,
    query: str,
    *,
    k: int = 10,
    min_similarity: float = -1.0,
    where: Filter = Filter(),  # noqa: B008  # it is frozen
    limits: RecallLimits = RecallLimits(),  # noqa: B008  # it is frozen
    as_of: datetime | None = None,
    explain: bool = True,
    reranker: TimedReranker | None = None,
) -> RecallResult:
    """Recall with an explanation, whatever the best cosine is."""
    settings = RecallSettings(min_similarity=min_similarity, reranker=reranker)
    recaller = Recaller(store, ENCODER, settings=settings)
    return recaller.recall(OWNER, query, k=k, where=where, limits=limits, as_of=as_of, explain=explain)


def of_hit(hit: Hit) -> HitExplanation:
    """The explanation of a hit, which must be there."""
    assert hit.explanation is not None
    return hit.explanation


def fused_rank(hit: Hit) -> int:
    """The rank of a hit after fusion, which must be there."""
    fused = of_hit(hit).fused
    assert fused is not None
    return fused.rank


def of_result(result: RecallResult) -> RecallExplanation:
    """The explanation of a result, which must be there."""
    assert result.explanation is not None
    return result.explanation


def test_explaining_changes_no_answer(store: Store) -> None:
    """The same hits with the same scores come back, and without `explain` nothing is explained."""
    explained, plain = (recall(store, "count red apples", explain=explain) for explain in (True, False))
    assert [(hit.id, hit.score, hit.similarity, hit.bm25) for hit in explained] == [
        (hit.id, hit.score, hit.similarity, hit.bm25) for hit in plain
    ]
    assert plain.explanation is None
    assert all(hit.explanation is None for hit in plain)


def test_scores_have_their_ranks(store: Store) -> None:
    """Each step's score is that of the hit, and the ranks of each step are 1, 2, 3 from its best score on."""
    result = recall(store, "how do I count red apples")
    for hit in result:
        why = of_hit(hit)
        assert (
            why.dense.score if why.dense else None,
            why.words.score if why.words else None,
            why.fused.score if why.fused else None,
        ) == (
            hit.similarity,
            hit.bm25,
            hit.score,
        )
        assert len(why.keys) < AVERAGED
        assert why.nearness
        cosines = {key.field: key.similarity for key in why.keys}
        best, general = max(cosines.values()), mean(cosines[one] for one in GENERAL_FIELDS if one in cosines)
        assert why.nearness.score == pytest.approx(near_by_all(best, 0.7 * best + 0.3 * general) + OWN_ADVANTAGE)
        assert why.rerank is None
    assert [fused_rank(hit) for hit in result] == [1, 2, 3, 4]
    for steps in ([of_hit(hit).dense for hit in result], [of_hit(hit).words for hit in result]):
        found = [step for step in steps if step]
        assert sorted(found, key=lambda step: step.rank) == sorted(found, key=lambda step: -step.score)
        assert sorted(step.rank for step in found) == list(range(1, len(found) + 1))


def test_the_nearest_key_is_first(store: Store) -> None:
    """An entry found by when it applies says so, with the text of that key and the cosines of its others."""
    (best, *_) = recall(store, "bracelets of beads")
    assert best.entry == BEADS
    keys = of_hit(best).keys
    assert (keys[0].field, keys[0].text) == (KeyField.APPLICABILITY, BEADS.applicability)
    assert keys[0].similarity == pytest.approx(best.similarity)
    assert [key.field for key in keys[1:]] == [KeyField.MAIN]
    assert keys[1].similarity < keys[0].similarity


def test_terms_add_up_to_the_score_by_words(store: Store) -> None:
    """The words that an entry holds, in any form, sum to its BM25; words of no entry are named as unknown."""
    result = recall(store, "Counting the apples and zebras")
    apples = next(hit for hit in result if hit.entry == APPLES)
    assert {term.term for term in of_hit(apples).terms} == {"counting", "apples"}
    assert sum(term.score for term in of_hit(apples).terms) == pytest.approx(apples.bm25, rel=1e-5)
    explanation = of_result(result)
    assert {one.term: one.entries for one in explanation.terms} == {"counting": 2, "apples": 2, "zebras": 0}
    assert explanation.unknown_terms == ("zebras",)
    assert of_hit(next(hit for hit in result if hit.entry == PEARS)).terms == ()


def test_a_forgotten_word_is_unknown(tmp_path: Path) -> None:
    """A word of a forgotten entry alone is one that no entry knows, though the file of the index is not merged yet."""
    with Store(tmp_path, encoder=ENCODER.identity) as store:
        write(store, PEARS, APPLES)
        store.writer.forget_entry(OWNER, PEARS.id)
        assert of_result(recall(store, "pears or apples")).unknown_terms == ("pears",)


def test_conditions_are_told_in_words(store: Store) -> None:
    """Filter and exclusions are described, with the generation and the encoder that were searched."""
    limits = RecallLimits(frozenset({PEARS.id}), exclude_question="What is 7 + 5?")
    result = recall(store, "apples", where=Filter(kinds=frozenset({EntryKind.PROCEDURE})), limits=limits)
    told = of_result(result)
    assert told.conditions == "of kind procedure, not one of the 1 excluded, not learnt from the excluded question"
    assert (told.generation, told.encoder, told.fusion) == (1, str(ENCODER.identity), "convex")
    assert of_result(recall(store, "apples")).conditions == ""


def test_the_decision_shows_its_threshold(store: Store) -> None:
    """Whether it answers or abstains, value, threshold and signals are those that decided; the nearest say why."""
    answer = of_result(recall(store, "count red apples", min_similarity=0.2)).decision
    silence = recall(store, "count red apples", min_similarity=1.0)
    refusal = of_result(silence).decision
    assert answer
    assert refusal
    assert (answer.measure, answer.threshold, refusal.threshold) == (Measure.SIMILARITY, 0.2, 1.0)
    assert answer.value == refusal.value >= answer.threshold
    assert {one.name: one.value for one in answer.signals}["cosine"] == answer.value
    assert silence.abstention
    steps = [of_hit(hit).dense for hit in silence.abstention.nearest]
    assert [step.rank for step in steps if step] == [1, 2, 3]


def test_nothing_found_is_explained(tmp_path: Path, store: Store) -> None:
    """An empty memory and conditions that nothing meets say what was searched, without a decision; blank does not."""
    with Store(tmp_path, encoder=ENCODER.identity) as empty:
        told = of_result(recall(empty, "apples"))
        assert (told.unknown_terms, told.decision) == ((), None)
    none = recall(store, "apples", where=Filter(tags=frozenset({"rare"})))
    assert (of_result(none).conditions, of_result(none).decision) == ("tagged rare", None)
    assert recall(store, " ").explanation is None


def test_reranks_are_explained(store: Store) -> None:
    """With a reranker a hit shows its rank before and after, and keeps them when others are cut away."""

    class ByLength:
        def score(self, query: str, texts: Sequence[str]) -> list[float]:
            return [float(len(text)) for text in texts]

    result = recall(store, "sort pears", k=2, reranker=TimedReranker(ByLength()))
    reranked = [of_hit(hit).rerank for hit in result]
    assert [one.rank for one in reranked if one] == [1, 2]
    assert [one.score for one in reranked if one] == [hit.rerank_score for hit in result]
    assert PEARS not in [hit.entry for hit in result]
    assert 1 not in [fused_rank(hit) for hit in result]


def test_an_earlier_wording_is_explained(tmp_path: Path) -> None:
    """As of a moment before a revision the old wording has its main key, and no words: they are not indexed."""
    with Store(tmp_path, encoder=ENCODER.identity) as store:
        write(store, APPLES, PEARS)
        (version,) = store.reader.history(OWNER, APPLES.id)
        store.writer.revise_entry(OWNER, APPLES.id, write_of(Procedure("How do I count blue plums?", "Look.")))
        (hit,) = recall(store, "count red apples", k=1, as_of=version.created_at)
        assert hit.entry == APPLES
        why = of_hit(hit)
        assert [(key.field, key.text) for key in why.keys] == [(KeyField.MAIN, APPLES.key)]
        assert why.keys[0].similarity == pytest.approx(hit.similarity)
        assert (why.words, why.terms) == (None, ())


def test_the_nearest_passage_is_named(store: Store) -> None:
    """Of a long query each hit names the part that is nearest to it."""
    query = "We plan a garden. " * 60 + "How do I sort green pears?"
    (hit, *_) = recall(store, query)
    assert hit.entry == PEARS
    assert of_hit(hit).passage == "How do I sort green pears?"
    assert len(of_result(recall(store, query)).passages) > 1


def test_corrections_pair_words() -> None:
    """Words that were put right are paired with how they were written; other texts have no pairs."""
    assert find_corrections("Buriside's lema, 6", "burnside's lemma, 6") == (
        ("Buriside", "burnside"),
        ("lema", "lemma"),
    )
    assert find_corrections("Burnside", "burnside") == ()
    assert find_corrections("six beads", "six beads 7") == ()
    assert find_corrections("six beads", "ten beads") == ()
    assert find_corrections("one word", "oneword") == ()


@pytest.mark.parametrize("query", ["count red apples", "zebras"])
def test_an_explanation_goes_through_json(store: Store, query: str) -> None:
    """Explanations of the result, of hits and of the nearest come back from plain JSON values."""
    result = recall(store, query, min_similarity=0.3)
    again = RecallResult.from_dict(json.loads(json.dumps(result.to_dict())))
    assert again.explanation == result.explanation
    shown = [(one.hits or one.abstention.nearest) for one in (again, result) if one.hits or one.abstention]
    assert [[hit.explanation for hit in hits] for hits in shown[:1]] == [[hit.explanation for hit in shown[1]]]


def test_corrections_of_the_default_encoder(tmp_path: Path) -> None:
    """A misspelt word is searched as the memory spells it, and the correction is told."""

    class Knows(HashingEncoder):
        def knows_word(self, word: str) -> bool:
            return word != "aples"

    encoder = Knows()
    with Store(tmp_path, encoder=encoder.identity) as store:
        write(store, APPLES, PEARS)
        told = of_result(Recaller(store, encoder).recall(OWNER, "count aples", explain=True))
    assert told.corrections == (Correction("aples", "apples"),)
    assert told.passages == ("count aples", "count apples")
    assert told.unknown_terms == ("aples",)
