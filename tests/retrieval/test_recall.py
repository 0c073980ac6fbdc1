"""Recall returns what fits, says where it comes from, and abstains when nothing does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from midthought.ingest.starter import plant_starter
from midthought.memory.errors import BadInput
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Entry, EntryKind, Lesson, Procedure, Provenance
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder
from midthought.retrieval.hits import AbstentionReason
from midthought.retrieval.recall import POOL, Recaller

OWNER = DEFAULT_NAMESPACE


def write(store: Store, encoder: Encoder, *entries: Entry) -> None:
    """Write entries with their vectors."""
    vectors = encoder.encode_documents([entry.key for entry in entries])
    writes = [EntryWrite(e, (Provenance(None, "tests"),), v) for e, v in zip(entries, vectors, strict=True)]
    store.write(OWNER, Batch(entries=tuple(writes)))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Store, Recaller]]:
    """A store of a few entries, searched with hashed words."""
    encoder = HashingEncoder()
    with Store(tmp_path, encoder=encoder.identity) as store:
        write(
            store,
            encoder,
            Procedure("How do I count red apples?", "Look and count."),
            Procedure("How do I count red apples?", "Weigh them instead."),
            Procedure("How do I sort green pears?", "By size."),
            Lesson("When apples are red", "Eat them."),
        )
        yield store, Recaller(store, encoder)


def test_best_first_with_scores_and_source(small: tuple[Store, Recaller]) -> None:
    """The closest entry leads, scores fall, and each hit carries cosine, BM25 and provenance."""
    result = small[1].recall(OWNER, "how do I sort green pears", k=3)
    assert result.abstention is None
    best = result.hits[0]
    assert best.stored.entry.key == "How do I sort green pears?"
    assert best.similarity == pytest.approx(1.0)
    assert best.bm25 is not None
    assert best.bm25 > 0
    assert best.stored.provenance == (Provenance(None, "tests"),)
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)


def test_one_hit_a_subquestion(small: tuple[Store, Recaller]) -> None:
    """Two subroutines under one subquestion take one place, not two."""
    result = small[1].recall(OWNER, "count red apples", k=5)
    keys = [hit.stored.entry.key for hit in result.hits]
    assert len(keys) == len(set(keys))


def test_kinds_narrow_the_search(small: tuple[Store, Recaller]) -> None:
    """Only the kinds asked for come back; a kind that is absent is an abstention that says so."""
    result = small[1].recall(OWNER, "count red apples", where=Filter(kinds=frozenset({EntryKind.LESSON})))
    assert [hit.stored.entry.kind for hit in result.hits] == [EntryKind.LESSON]
    nothing = small[1].recall(OWNER, "count red apples", where=Filter(kinds=frozenset({EntryKind.CONCEPT})))
    assert nothing.abstention is not None
    assert nothing.abstention.detail == "no entry of kind concept"


def test_a_kind_hidden_behind_a_full_pool_is_found(tmp_path: Path) -> None:
    """More close procedures than the pool holds do not hide the one lesson asked for."""
    encoder = HashingEncoder()
    crowd = [Procedure(f"How do I count apples of tree{number}?", "Count.") for number in range(2 * POOL)]
    with Store(tmp_path, encoder=encoder.identity) as store:
        write(store, encoder, *crowd, Lesson("Apples and unrelated other words follow here", "Eat."))
        result = Recaller(store, encoder, min_similarity=0.0).recall(
            OWNER, "how do I count apples", where=Filter(kinds=frozenset({EntryKind.LESSON}))
        )
    assert len(result.hits) == 1


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", AbstentionReason.EMPTY_QUERY),
        (" \n\t", AbstentionReason.EMPTY_QUERY),
        ("qwzx blorf", AbstentionReason.NOTHING_CLOSE),
    ],
)
def test_abstention(small: tuple[Store, Recaller], query: str, reason: AbstentionReason) -> None:
    """No query, or nothing close to it: no hits, and the reason."""
    result = small[1].recall(OWNER, query)
    assert result.hits == ()
    assert result.abstention is not None
    assert result.abstention.reason is reason


def test_an_empty_namespace_says_so(small: tuple[Store, Recaller]) -> None:
    """An empty memory is another reason than nothing being close."""
    result = small[1].recall(Namespace("empty"), "count red apples")
    assert result.abstention is not None
    assert result.abstention.reason is AbstentionReason.EMPTY_MEMORY


def test_k_below_one_is_refused(small: tuple[Store, Recaller]) -> None:
    """Asking for nothing is a mistake, and both values are shown."""
    with pytest.raises(BadInput, match="k must be >= 1, got 0"):
        small[1].recall(OWNER, "apples", k=0)


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recaller]:
    """The starter memory behind the real encoder."""
    encoder = SentenceTransformerEncoder()
    with Store(tmp_path_factory.mktemp("starter"), encoder=encoder.identity, starter=True) as store:
        plant_starter(store, encoder)
        store.put_namespace(OWNER)
        yield Recaller(store, encoder)


@pytest.mark.parametrize(
    ("query", "tag_or_word"),
    [
        ("in how many ways can letters be arranged when some repeat", "repeat"),
        ("what is the remainder when a large power is divided by a number", "power"),
        ("how many zeros at the end of a factorial", "factorial"),
        ("count paths on a grid that avoid a blocked point", "lattice"),
        ("which of these islanders is lying", "truth"),
        ("convert miles per hour into metres per second", "units"),
        ("my loop runs one time too often", "loop"),
    ],
)
def test_the_starter_memory_answers(starter: Recaller, query: str, tag_or_word: str) -> None:
    """Everyday wordings find the right starter entry first."""
    best = starter.recall(OWNER, query).hits[0].stored.entry
    assert tag_or_word in best.key


@pytest.mark.parametrize("query", ["qwzx blorf 9", "recipe for apple pie", "lorem ipsum dolor sit amet"])
def test_the_starter_memory_abstains(starter: Recaller, query: str) -> None:
    """Nonsense and other subjects get an abstention with the figures it was decided by."""
    abstention = starter.recall(OWNER, query).abstention
    assert abstention is not None
    assert abstention.reason is AbstentionReason.NOTHING_CLOSE
    assert "is below 0.400" in abstention.detail
