"""What recall returns beyond the ranking: each part alone, and in a recall."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import midthought
from midthought import Memory
from midthought.memory.errors import BadInput
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import (
    Concept,
    ConceptKind,
    Entry,
    EntryKind,
    Lesson,
    Procedure,
    Provenance,
    StoredEntry,
)
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.arrangement.arranger import Arranger
from midthought.retrieval.arrangement.diversity import put_copies_last
from midthought.retrieval.arrangement.expansion import link_strength
from midthought.retrieval.arrangement.kind_quota import fill_kinds
from midthought.retrieval.arrangement.prior import add_prior
from midthought.retrieval.candidates import CandidateSearch
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import Hit, RecallResult
from midthought.retrieval.recall import POOL, Recaller
from midthought.retrieval.recall_settings import RecallSettings

from .test_recall_limits import ENCODER, OWNER, QUERY, procedure, write

ANSWER = RecallSettings(min_similarity=-1.0)
PROCEDURE, CONCEPT, LESSON = EntryKind.PROCEDURE, EntryKind.CONCEPT, EntryKind.LESSON


def make_hit(number: int, score: float, kind: EntryKind = PROCEDURE) -> Hit:
    """One of many hits of a kind."""
    entries: dict[EntryKind, Entry] = {
        PROCEDURE: Procedure(f"question {number}", "do it"),
        CONCEPT: Concept(f"concept {number}", ConceptKind.ROUTINE, "it is"),
        LESSON: Lesson(f"situation {number}", "do it"),
    }
    return Hit(StoredEntry(number, entries[kind], 1, ()), score, score, None)


def recall(store: Store, settings: RecallSettings, *, k: int = 5) -> RecallResult:
    """Recall with some settings."""
    return Recaller(store, ENCODER, settings=settings).recall(OWNER, QUERY, k=k)


def teach(store: Store, entry: Entry, number: int, outcome: Outcome) -> None:
    """Add a trace with an outcome to the sources of an entry."""
    trajectory = Trajectory(f"question {number}", "I think.", outcome=outcome)
    source = Provenance(trajectory.id, "tests")
    vector = ENCODER.encode_documents([entry.key])[0]
    batch = Batch((TrajectoryWrite(trajectory, "tests"),), (EntryWrite(entry, (source,), vector),))
    store.writer.write(OWNER, batch)


def numbers(hits: list[Hit]) -> list[int]:
    """The numbers of hits, in order."""
    return [hit.stored.seq for hit in hits]


def test_a_good_hit_of_a_missing_kind_has_the_third_place() -> None:
    """The best concept comes third if its score is within the margin; the hits that it passes keep their order."""
    hits = [make_hit(one, 1 - one / 10) for one in range(5)] + [make_hit(5, 0.5, CONCEPT), make_hit(6, 0.4, CONCEPT)]
    assert numbers(fill_kinds(hits, margin=0.5)) == [0, 1, 5, 2, 3, 4, 6]
    assert numbers(fill_kinds(hits, margin=0.45)) == [0, 1, 2, 3, 4, 5, 6]


def test_a_kind_that_is_among_the_first_three_gets_no_further_place() -> None:
    """Nothing moves if every kind within the margin has a place already."""
    hits = [make_hit(0, 1.0), make_hit(1, 0.9, CONCEPT), make_hit(2, 0.8), make_hit(3, 0.7, CONCEPT)]
    assert numbers(fill_kinds(hits, margin=1.0)) == [0, 1, 2, 3]


def test_three_kinds_fill_the_three_places() -> None:
    """With three kinds within the margin the first three hits are of three kinds, the best hit first."""
    hits = [*(make_hit(one, 1.0) for one in range(4)), make_hit(4, 0.9, LESSON), make_hit(5, 0.8, CONCEPT)]
    assert numbers(fill_kinds(hits, margin=0.3)) == [0, 4, 5, 1, 2, 3]
    assert fill_kinds([], margin=0.3) == []


def test_copies_of_a_better_hit_come_last() -> None:
    """Of three hits with nearly the same key the best stays, the others go behind all that say something else."""
    hits = [make_hit(one, 1 - one / 10) for one in range(5)]
    unit = np.eye(4, dtype=np.float32)
    vectors = {0: unit[0], 1: unit[0], 2: unit[1], 3: np.float32(0.8) * unit[0] + np.float32(0.6) * unit[2]}
    assert numbers(put_copies_last(hits, vectors, copy_cosine=0.92)) == [0, 2, 3, 4, 1]
    assert numbers(put_copies_last(hits, vectors, copy_cosine=0.75)) == [0, 2, 4, 1, 3]
    assert numbers(put_copies_last(hits, {}, copy_cosine=0.75)) == [0, 1, 2, 3, 4]
    half = {0: unit[0], 1: unit[:2].sum(0) / 2}
    assert numbers(put_copies_last(hits, half, copy_cosine=0.5)) == [0, 2, 3, 4, 1], "a copy at this very cosine"
    assert numbers(put_copies_last(hits, half, copy_cosine=0.5000001)) == [0, 1, 2, 3, 4]


def test_right_traces_add_a_bounded_part() -> None:
    """Twenty right traces add half of the weight times the best score; no number of them adds more than all of it."""
    raised = add_prior([make_hit(0, 0.5), make_hit(1, 0.48), make_hit(2, 0.4)], {1: 20, 2: 10**9}, weight=0.2)
    assert [(hit.stored.seq, round(hit.score, 6)) for hit in raised] == [(1, 0.53), (0, 0.5), (2, 0.5)]


def test_a_recall_with_a_prior_prefers_what_right_traces_taught(tmp_path: Path) -> None:
    """Of two entries the one that right traces taught comes first with a prior; wrong traces count nothing."""
    with Store(tmp_path, encoder=ENCODER.identity) as store:
        write(store, procedure(1), procedure(2))
        first, second = recall(store, ANSWER).hits
        for number in range(5):
            teach(store, second.entry, number, Outcome.CORRECT)
            teach(store, first.entry, number, Outcome.WRONG)
        assert store.searcher.count_right_traces(OWNER, [first.stored.seq, second.stored.seq]) == {second.stored.seq: 5}
        assert numbers([*recall(store, replace(ANSWER, prior_weight=1.0))]) == numbers([second, first])


def test_a_recall_puts_copies_last(tmp_path: Path) -> None:
    """Two entries that differ in one word of their keys are not both among the first two if copies come last."""
    other = Procedure("How do I count apples and other unrelated words of a book?", "Count.")
    with Store(tmp_path, encoder=ENCODER.identity) as store:
        write(store, procedure(1), procedure(2), other)
        assert recall(store, ANSWER)[2].entry == other
        assert recall(store, replace(ANSWER, copy_cosine=0.8))[1].entry == other


def test_a_preferred_domain_leaves_out_nothing(tmp_path: Path) -> None:
    """Entries of the domain, in any case, come before others whose score is a little better; the others stay."""
    here = Procedure("How do I count apples of tree?", "One by one.", domain="Fruit")
    other = Procedure("How do I count apples of trees?", "One by one.", domain="trees")
    with open_expanding(tmp_path, here, other, expansion=False) as memory:
        orders = {
            hint: [hit.entry for hit in memory.recall("how do I count apples", prefer_domain=hint)]
            for hint in ("", "fruit", "trees", "unknown")
        }
    plain = orders[""]
    assert orders == {"": plain, "fruit": [here, other], "trees": [other, here], "unknown": plain}


APPLES = Procedure("How do I count apples?", "One by one.", domain="fruit", tags=("counting", "apples"))
COUNTING = Concept(
    "counting", ConceptKind.ROUTINE, "How to count whole things, such as apples", domain="fruit", tags=("counting",)
)
OTHERS = (
    *(Procedure(f"How do I count apples of tree{number}?", "One by one.", domain="fruit") for number in range(9)),
    Concept("apples", ConceptKind.STRUCTURE, "How do I count apples, of whole trees", domain="trees"),
)


@contextmanager
def open_expanding(place: Path, *entries: Entry, expansion: bool = True) -> Iterator[Memory]:
    """A memory with some entries, opened with expansion."""
    encoder = HashingEncoder()
    with midthought.open(place, encoder=encoder, starter=False, min_similarity=-1.0, expansion=expansion) as memory:
        memory.add_entries(entries)
        yield memory


def test_a_procedure_brings_its_concept(tmp_path: Path) -> None:
    """The last of three hits is the concept of the first one's domain and tags, marked with the id of the first."""
    with open_expanding(tmp_path, APPLES, COUNTING, *OTHERS) as memory:
        found = memory.recall("how do I count apples", k=3)
    assert [hit.entry for hit in found][::2] == [APPLES, COUNTING]
    assert [hit.expanded_from for hit in found] == ["", "", APPLES.id]
    assert RecallResult.from_dict(found.to_dict())[2].expanded_from == APPLES.id


def test_a_concept_brings_its_best_procedure(tmp_path: Path) -> None:
    """If a concept is the best hit, the procedure that is linked best to it is the last."""
    whole = (
        Procedure(f"Which whole things of box{number} are counting?", "None.", domain="box") for number in range(9)
    )
    with open_expanding(tmp_path, APPLES, COUNTING, *whole) as memory:
        found = memory.recall("counting, how to count whole things such as", k=3)
    assert [hit.entry for hit in found][::2] == [COUNTING, APPLES]
    assert found[2].expanded_from == COUNTING.id


def test_a_partner_that_may_not_be_returned_is_not(tmp_path: Path) -> None:
    """An excluded concept, one of a kind that is not asked for, and a third hit of two are not brought."""
    with open_expanding(tmp_path, APPLES, COUNTING, *OTHERS) as memory:
        excluded = memory.recall("how do I count apples", k=3, exclude=[COUNTING.id])
        procedures = memory.recall("how do I count apples", k=3, kinds=["procedure"])
        two = memory.recall("how do I count apples", k=2)
    for found in (excluded, procedures, two):
        assert not any(hit.expanded_from for hit in found)
    assert (len(excluded), len(procedures), len(two)) == (3, 3, 2)


def test_a_weak_link_brings_nothing(tmp_path: Path) -> None:
    """A concept of the domain that shares no tag and few words with the best hit is not brought."""
    far = Concept("ladders", ConceptKind.STRUCTURE, "Rungs and rails", domain="fruit")
    with open_expanding(tmp_path, APPLES, far, *OTHERS[:9]) as memory:
        assert not any(hit.expanded_from for hit in memory.recall("how do I count apples", k=3))


def test_a_stored_link_is_the_strongest() -> None:
    """A common trace, or a concept's `used_in`, outweighs tags and similarity."""
    place = Provenance("t-1", "tests")
    tagged = replace(COUNTING, tags=APPLES.tags)
    procedure_here = StoredEntry(1, APPLES, 1, (place, Provenance(None, "tests")))
    strengths = [
        link_strength(procedure_here, StoredEntry(2, COUNTING, 1, (place,)), 0.2),
        link_strength(procedure_here, StoredEntry(3, replace(COUNTING, used_in=(APPLES.id,)), 1, ()), 0.2),
        link_strength(procedure_here, StoredEntry(4, tagged, 1, (Provenance(None, "tests"),)), 0.4),
    ]
    assert [round(one, 6) for one in strengths] == [1.45, 1.45, 0.9]


def test_a_recall_with_a_margin_returns_every_kind(tmp_path: Path) -> None:
    """Procedures take the first places of a query; with a margin the best lesson has the third."""
    lesson = Lesson("apples to count", "count")
    with Store(tmp_path, encoder=ENCODER.identity) as store:
        write(store, *(procedure(number) for number in range(30)), lesson)
        kinds = {
            margin: [hit.kind for hit in recall(store, RecallSettings(min_similarity=-1.0, kind_margin=margin), k=3)]
            for margin in (0.0, 1.0)
        }
    assert kinds == {0.0: [PROCEDURE] * 3, 1.0: [PROCEDURE, PROCEDURE, LESSON]}


def test_a_margin_is_a_share() -> None:
    """A margin above 1 is refused with both values."""
    with pytest.raises(BadInput, match=r"kind_margin must be from 0 to 1, got 1\.5"):
        RecallSettings(kind_margin=1.5)


def test_every_part_together_is_explained_and_packed(tmp_path: Path) -> None:
    """With all parts on and a reasoner, up to k distinct hits come back, explained, within the budget of tokens."""
    with midthought.open(
        tmp_path,
        encoder=HashingEncoder(),
        starter=False,
        min_similarity=-1.0,
        kind_margin=0.5,
        copy_cosine=0.9,
        prior_weight=0.2,
        expansion=True,
        query_reasoner=lambda _: ["counting whole things"],
    ) as memory:
        memory.add_entries([APPLES, COUNTING, *OTHERS])
        found = memory.recall("how do I count apples", k=5, prefer_domain="fruit", max_tokens=60, explain=True)
    assert 1 < len({hit.id for hit in found}) == len(found) <= 5
    assert found.usage.hit_tokens <= 60
    assert all(hit.explanation for hit in found)


def test_the_parts_see_half_of_the_pool(tmp_path: Path) -> None:
    """Each part by itself; without any, no more hits are fetched than are returned."""
    with Store(tmp_path, encoder=ENCODER.identity) as store:
        for part in ({"prior_weight": 0.1}, {"prefer_domain": "x"}, {"copy_cosine": 0.9}, {"kind_margin": 0.1}):
            settings = replace(ANSWER, **part)  # type: ignore[arg-type]  # a field with its value
            assert Arranger(store, settings, CandidateSearch(store, ENCODER.identity)).window == POOL // 2 == 50
        assert Arranger(store, ANSWER, CandidateSearch(store, ENCODER.identity)).window == 0
