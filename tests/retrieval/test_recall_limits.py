"""A recall leaves out what the caller has seen or must not see, and keeps to its budget of tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from midthought.memory.errors import BadInput
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import Entry, Procedure, Provenance
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import AbstentionReason, RecallResult
from midthought.retrieval.packing import count_tokens, pack_hits
from midthought.retrieval.recall import POOL, Recaller
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
QUERY = "how do I count apples"
ASKED = "Anna has 12 apples and gives 5 of them to her brother Tom. How many apples does Anna have now?"
COPY = ASKED.replace("12", "31").replace("5", "8")
OTHER = "A train leaves at noon and travels at sixty miles an hour. When does it arrive?"


def procedure(number: int, body: str = "Count.") -> Procedure:
    """Return one of many close entries."""
    return Procedure(f"How do I count apples of tree{number}?", body)


def write(store: Store, *entries: Entry, question: str = "") -> None:
    """Write entries learnt from a trace of `question`; without one, by hand."""
    trajectory = Trajectory(question, "I think.") if question else None
    vectors = ENCODER.encode_documents([entry.key for entry in entries])
    source = Provenance(trajectory.id if trajectory else None, "tests")
    store.writer.write(
        OWNER,
        Batch(
            (TrajectoryWrite(trajectory, "tests"),) if trajectory else (),
            tuple(EntryWrite(one, (source,), vector) for one, vector in zip(entries, vectors, strict=True)),
        ),
    )


@contextmanager
def open_filled(place: Path) -> Iterator[Store]:
    """A new store of entries from three questions and from none."""
    with Store(place, encoder=ENCODER.identity) as opened:
        write(opened, procedure(1), question=ASKED)
        write(opened, procedure(2), question=COPY)
        write(opened, procedure(3), question=OTHER)
        write(opened, procedure(4, "Count them one by one, and write down each. " * 20))
        yield opened


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Such a store for the whole module, to which nothing is written."""
    with open_filled(tmp_path_factory.mktemp("filled")) as opened:
        yield opened


def recall(
    store: Store, limits: RecallLimits, *, k: int = 10, as_of: datetime | None = None, min_similarity: float = -1.0
) -> RecallResult:
    """Recall with limits, whatever the best cosine is."""
    settings = RecallSettings(min_similarity=min_similarity)
    return Recaller(store, ENCODER, settings=settings).recall(OWNER, QUERY, k=k, as_of=as_of, limits=limits)


def test_excluded_entries_make_room_for_others(store: Store) -> None:
    """With one entry excluded, the same number of hits comes back without it, the others in their order."""
    before = recall(store, RecallLimits(), k=2)
    after = recall(store, RecallLimits(frozenset({before[0].id, "p-unknown"})), k=2)
    assert len(after) == 2
    assert after[0].id == before[1].id
    assert before[0].id not in {hit.id for hit in after}


def test_a_pool_of_excluded_entries_hides_nothing(tmp_path: Path) -> None:
    """More excluded entries than the pool holds do not hide those that may be returned."""
    with Store(tmp_path, encoder=ENCODER.identity) as store:
        write(store, *(procedure(number) for number in range(5 * POOL)), question=ASKED)
        write(store, Procedure("How do I count apples and other unrelated words?", "Count."))
        found = recall(store, RecallLimits(exclude_question=COPY))
        assert [hit.entry.key for hit in found] == ["How do I count apples and other unrelated words?"]
        seen = frozenset(hit.id for hit in recall(store, RecallLimits(), k=2 * POOL))
        assert seen.isdisjoint(hit.id for hit in recall(store, RecallLimits(seen), k=5))


def test_what_a_question_and_its_near_copies_gave_is_left_out(store: Store) -> None:
    """Entries from the question, also with other numbers in it, are left out; those from others and by hand stay."""
    found = recall(store, RecallLimits(exclude_question=f"  {ASKED.upper()}\n"))
    assert {hit.entry for hit in found} == {
        procedure(3),
        procedure(4, "Count them one by one, and write down each. " * 20),
    }


def test_one_excluded_source_is_enough(tmp_path: Path) -> None:
    """An entry that the excluded question and another one gave is left out."""
    with open_filled(tmp_path) as store:
        write(store, procedure(3), question=ASKED)
        assert procedure(3) not in {hit.entry for hit in recall(store, RecallLimits(exclude_question=ASKED))}


def test_a_revised_entry_stays_excluded(tmp_path: Path) -> None:
    """The id of an earlier wording excludes the entry as it is now, and as it was at an earlier moment."""
    old, new = procedure(4, "Count them one by one, and write down each. " * 20), procedure(4, "Count by tens.")
    (vector,) = ENCODER.encode_documents([new.key])
    with open_filled(tmp_path) as store:
        store.writer.revise_entry(OWNER, old.id, EntryWrite(new, (), vector))
        first = store.reader.history(OWNER, old.id)[0].created_at
        for named in (old.id, new.id):
            limits = RecallLimits(frozenset({named}))
            assert new not in {hit.entry for hit in recall(store, limits)}
            assert old not in {hit.entry for hit in recall(store, limits, as_of=first)}
        assert old in {hit.entry for hit in recall(store, RecallLimits(), as_of=first)}


def test_everything_excluded_is_an_abstention(store: Store) -> None:
    """If every entry is excluded, recall says so, and not that the memory is empty."""
    everything = frozenset(hit.id for hit in recall(store, RecallLimits()))
    abstention = recall(store, RecallLimits(everything)).abstention
    assert abstention is not None
    assert abstention.reason is AbstentionReason.NOTHING_CLOSE
    assert abstention.detail == "every entry is excluded"


def test_hits_fit_the_budget(store: Store) -> None:
    """Whole entries are returned within the budget; a short one follows a long one that does not fit."""
    every = recall(store, RecallLimits())
    assert every.usage.hit_tokens == sum(count_tokens(hit.text) for hit in every)
    small = recall(store, RecallLimits(max_tokens=40))
    assert 0 < small.usage.hit_tokens <= 40
    assert set(small.hits) < set(every.hits)
    long_first = sorted(every, key=lambda hit: -len(hit.text))
    assert pack_hits(long_first, max_tokens=40) == tuple(long_first[1:4])


def test_a_budget_for_nothing_is_an_abstention(store: Store) -> None:
    """If no hit fits, recall abstains, says how many tokens the best has, and shows what did not fit."""
    found = recall(store, RecallLimits(max_tokens=1))
    assert found.abstention is not None
    assert found.abstention.reason is AbstentionReason.TOO_LONG
    assert found.abstention.nearest
    assert found.usage.hit_tokens == 0
    with pytest.raises(BadInput, match="max_tokens must be >= 1, got 0"):
        RecallLimits(max_tokens=0)


def test_shadow_mode_answers_and_says_what_would_be_withheld(store: Store) -> None:
    """In shadow mode the hits come with the reason for which recall would have abstained."""
    settings = RecallSettings(min_similarity=0.99)
    withheld = Recaller(store, ENCODER, settings=settings).recall(OWNER, QUERY)
    shown = Recaller(store, ENCODER, settings=RecallSettings(min_similarity=0.99, shadow=True)).recall(OWNER, QUERY)
    assert withheld.abstention is not None
    assert shown.abstention is None
    assert shown.would_abstain == withheld.abstention.detail
    assert {hit.id for hit in withheld.abstention.nearest} <= {hit.id for hit in shown}
    assert RecallResult.from_dict(shown.to_dict()).to_dict() == shown.to_dict()
    assert not recall(store, RecallLimits()).would_abstain
