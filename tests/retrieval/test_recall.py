"""Recall returns what fits, says where it comes from, and abstains when nothing does."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from midthought.ingest.starter import plant_starter
from midthought.memory.errors import BadInput
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Entry, EntryKind, Lesson, Origin, Procedure, Provenance
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.store import Store
from midthought.retrieval.abstention.policies import MIN_SIMILARITY
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.encoders.minilm import MiniLMEncoder
from midthought.retrieval.hits import AbstentionReason, RecallResult
from midthought.retrieval.recall import MAX_NEAREST, POOL, Recaller
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings

OWNER = DEFAULT_NAMESPACE


def write(store: Store, encoder: Encoder, *entries: Entry, owner: Namespace = OWNER) -> None:
    """Write entries with their vectors."""
    vectors = encoder.encode_documents([entry.key for entry in entries])
    writes = [EntryWrite(e, (Provenance(None, "tests"),), v) for e, v in zip(entries, vectors, strict=True)]
    store.writer.write(owner, Batch(entries=tuple(writes)))


@contextmanager
def open_small(place: Path) -> Iterator[tuple[Store, Recaller]]:
    """A new store of a few entries, searched with hashed words."""
    encoder = HashingEncoder()
    with Store(place, encoder=encoder.identity) as store:
        write(
            store,
            encoder,
            Procedure("How do I count red apples?", "Look and count."),
            Procedure("How do I count red apples?", "Weigh them instead."),
            Procedure("How do I sort green pears?", "By size."),
            Lesson("When apples are red", "Eat them."),
        )
        yield store, Recaller(store, encoder)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Recaller]]:
    """Such a store for the whole module, to which nothing is written."""
    with open_small(tmp_path_factory.mktemp("small")) as opened:
        yield opened


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
        result = Recaller(store, encoder, settings=RecallSettings(min_similarity=0.0)).recall(
            OWNER, "how do I count apples", where=Filter(kinds=frozenset({EntryKind.LESSON}))
        )
    assert len(result.hits) == 1


@pytest.mark.sampled
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


def test_a_hit_says_what_it_is(small: tuple[Store, Recaller]) -> None:
    """Id, kind, text, version and provenance are plain attributes of a hit; the typed entry is beside them."""
    hit = small[1].recall(OWNER, "how do I sort green pears", k=1)[0]
    assert (hit.id, hit.kind, hit.version) == (hit.entry.id, EntryKind.PROCEDURE, 1)
    assert hit.text == "How do I sort green pears?\nBy size."
    assert (hit.provenance, hit.origin) == ((Provenance(None, "tests"),), Origin.OWN)


def test_a_result_is_a_sequence_of_its_hits(small: tuple[Store, Recaller]) -> None:
    """Length, iteration and truth are those of the hits."""
    result = small[1].recall(OWNER, "count red apples", k=2)
    assert (len(result), tuple(result), bool(result)) == (2, result.hits, True)
    nothing = small[1].recall(OWNER, "qwzx blorf")
    assert (len(nothing), tuple(nothing), bool(nothing)) == (0, (), False)


def test_an_abstention_shows_the_nearest(small: tuple[Store, Recaller]) -> None:
    """At most three, and at most k, by similarity; each is below the bar."""
    abstention = small[1].recall(OWNER, "pears fly over seven houses today", k=5).abstention
    assert abstention is not None
    similarities = [hit.similarity or 0.0 for hit in abstention.nearest]
    assert len(similarities) == MAX_NEAREST
    assert similarities == sorted(similarities, reverse=True)
    assert similarities[0] < MIN_SIMILARITY
    assert f"best similarity {similarities[0]:.3f} is below" in abstention.detail
    only = small[1].recall(OWNER, "pears fly over seven houses today", k=1).abstention
    assert only is not None
    assert only.nearest == abstention.nearest[:1]


@pytest.mark.slow
def test_a_result_says_what_state_it_searched(tmp_path: Path) -> None:
    """The number of changes grows with each, the generation is that of the encoder; one without entries has 0.

    What other namespaces write is not counted: the difference of two numbers would tell it.
    """
    with open_small(tmp_path) as (store, recaller):
        before = recaller.recall(OWNER, "count red apples").snapshot
        assert before == recaller.recall(OWNER, "sort green pears").snapshot
        lesson = Lesson("When pears are green", "Wait.")
        write(store, HashingEncoder(), lesson, owner=Namespace("other"))
        write(store, HashingEncoder(), lesson)
        after = recaller.recall(OWNER, "count red apples").snapshot
        assert (after.generation, before.generation) == (1, 1)
        assert after.sequence == before.sequence + 1
        assert recaller.recall(Namespace("empty"), "count red apples").snapshot.sequence == 0


def test_each_recall_has_a_request_id_and_its_usage(small: tuple[Store, Recaller]) -> None:
    """The same query twice has two ids; one text is encoded, or none for an empty query."""
    results = [small[1].recall(OWNER, query) for query in ("count red apples", "count red apples", "")]
    assert len({result.request_id for result in results}) == 3
    assert [result.usage.texts for result in results] == [1, 1, 0]
    assert results[0].usage.seconds * 1000 == pytest.approx(results[0].usage.encode_ms + results[0].usage.search_ms)


@pytest.mark.sampled
@pytest.mark.parametrize("query", ["count red apples", "pears fly over seven houses today", ""])
def test_a_result_goes_through_json(small: tuple[Store, Recaller], query: str) -> None:
    """Hits, abstention, usage, snapshot and id come back from plain JSON values."""
    result = small[1].recall(OWNER, query)
    record = json.loads(json.dumps(result.to_dict()))
    assert list(record) == [
        "query",
        "hits",
        "abstention",
        "degraded",
        "usage",
        "snapshot",
        "request_id",
        "probability",
        "would_abstain",
        "examples_left_out",
        "moment",
        "explanation",
    ]
    again = RecallResult.from_dict(record)
    assert json.loads(json.dumps(again.to_dict())) == record
    assert [hit.entry for hit in again] == [hit.entry for hit in result]
    assert (again.usage, again.snapshot, again.request_id) == (result.usage, result.snapshot, result.request_id)


def test_k_below_one_is_refused(small: tuple[Store, Recaller]) -> None:
    """Asking for nothing is a mistake, and both values are shown."""
    with pytest.raises(BadInput, match="k must be >= 1, got 0"):
        small[1].recall(OWNER, "apples", k=0)


@pytest.fixture(scope="module")
def minilm() -> MiniLMEncoder:
    """The default encoder, whose weights are read once."""
    return MiniLMEncoder()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLMEncoder) -> Path:
    """A closed store that holds the starter memory."""
    place = tmp_path_factory.mktemp("starter") / "planted"
    with Store(place, encoder=minilm.identity, starter=True) as store:
        plant_starter(store, minilm)
    return place


@pytest.fixture(scope="module")
def starter(planted: Path, minilm: MiniLMEncoder) -> Iterator[Recaller]:
    """The starter memory behind the real encoder."""
    place = shutil.copytree(planted, planted.parent / "opened")
    with Store(place, encoder=minilm.identity, starter=True) as store:
        store.writer.put_namespace(OWNER)
        yield Recaller(store, minilm)


@pytest.mark.sampled
@pytest.mark.parametrize("query", ["why is 0.1+0.2 not 0.3 in python", "capital of France"])
@pytest.mark.parametrize("excluded", [frozenset(), frozenset({"p-1"})])
def test_whether_to_answer_does_not_depend_on_k(starter: Recaller, query: str, excluded: frozenset[str]) -> None:
    """The signals are equal for one hit and for more hits than the pool holds, whether recall answers or not."""
    limits = RecallLimits(excluded)
    asked = [starter.examine(OWNER, query, k=k, limits=limits) for k in (1, 3, 50, 2 * POOL)]
    assert len({(result.probability, signals) for result, signals in asked}) == 1
    assert len({bool(result) for result, _ in asked}) == 1


@pytest.mark.slow
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


@pytest.mark.sampled
@pytest.mark.parametrize("query", ["qwzx blorf 9", "recipe for apple pie", "lorem ipsum dolor sit amet"])
def test_the_starter_memory_abstains(starter: Recaller, query: str) -> None:
    """Nonsense and other subjects get an abstention with the figures it was decided by."""
    abstention = starter.recall(OWNER, query).abstention
    assert abstention is not None
    assert abstention.reason is AbstentionReason.NOTHING_CLOSE
    assert "a useful hit has probability 0." in abstention.detail
    assert "best similarity" in abstention.detail


def test_the_only_entry_of_its_own_is_first_beside_the_starter_memory(
    planted: Path, minilm: MiniLMEncoder, tmp_path: Path
) -> None:
    """BM25 of one's first entry is small beside that of 400 others; its meaning is what the query asks for."""
    with Store(shutil.copytree(planted, tmp_path / "home"), encoder=minilm.identity, starter=True) as store:
        write(store, minilm, Procedure("How do I boil an egg?", "Put it into boiling water for some minutes."))
        hits = Recaller(store, minilm).recall(OWNER, "How do I boil an egg?", k=3)
    assert hits[0].origin is Origin.OWN


def test_a_pool_full_of_one_key_is_read_beyond(tmp_path: Path) -> None:
    """More entries under one subquestion than a pool holds leave room for the next subquestions."""
    encoder = HashingEncoder()
    crowd = [Procedure("How do I count red apples?", f"Way {number}.") for number in range(POOL + 10)]
    others = [Procedure(f"How do I count {colour} apples?", "Count.") for colour in ("green", "brown")]
    with Store(tmp_path, encoder=encoder.identity) as store:
        write(store, encoder, *crowd, *others)
        recaller = Recaller(store, encoder, settings=RecallSettings(min_similarity=-1.0))
        hits = recaller.recall(OWNER, "how do I count red apples", k=3).hits
    assert len({hit.entry.key for hit in hits}) == len(hits) == 3
