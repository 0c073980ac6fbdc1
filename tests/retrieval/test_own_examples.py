"""A worked example is never served for the question it comes from, or for a near copy of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import Entry, ExampleSize, Procedure, Provenance, WorkedExample
from midthought.memory.records.keys import entry_keys
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.store import Store
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.reasoner.thought.events import EntriesRecalled
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.explanation import describe_left_out
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.recall import POOL, Recaller
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
ASKED = "Anna has 12 apples and gives 5 of them to her brother Tom. How many apples does Anna have now?"
COPY = ASKED.replace("12", "31").replace("5", "8").upper()
OTHER = "Ben has 9 pears in a basket. He eats 2 of them on Monday. How many pears are left in the basket?"
WHOLE = WorkedExample(ASKED, "She gives 5 of her 12 apples away: 12 - 5 = 7.", ExampleSize.WHOLE, result="7")
STEP = WorkedExample("the apples that Anna has now", "12 - 5 = 7.", ExampleSize.STEP, question=ASKED, result="7")
PEARS = WorkedExample(OTHER, "He eats 2 of 9 pears: 9 - 2 = 7.", ExampleSize.WHOLE, result="7")
COUNTING = Procedure("How many apples does Anna have now?", "Subtract what she gives away.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with Store(tmp_path, encoder=ENCODER.identity) as opened:
        yield opened


def write(store: Store, *entries: Entry, questions: tuple[str, ...] = (ASKED,)) -> None:
    """Write entries learnt from a trace of each question."""
    traces = [Trajectory(question, "I think.") for question in questions]
    places = tuple(Provenance(one.id, "tests") for one in traces)
    writes = [
        EntryWrite(one, places, ENCODER.encode_documents([key.text for key in entry_keys(one)])) for one in entries
    ]
    store.writer.write(OWNER, Batch(tuple(TrajectoryWrite(one, "tests") for one in traces), tuple(writes)))


def recall(
    store: Store,
    query: str,
    *,
    k: int = 10,
    min_similarity: float = -1.0,
    for_question: str = "",
    exclude: tuple[str, ...] = (),
    explain: bool = False,
) -> RecallResult:
    """Recall whatever the best cosine is, unless told."""
    settings = RecallSettings(min_similarity=min_similarity)
    limits = RecallLimits(for_question=for_question, exclude=exclude)
    return Recaller(store, ENCODER, settings=settings).recall(OWNER, query, k=k, limits=limits, explain=explain)


@pytest.mark.parametrize("query", [ASKED, COPY])
def test_examples_of_the_question_are_left_out(store: Store, query: str) -> None:
    """Whole ones and steps; those of another question, and procedures of the same, are found."""
    write(store, WHOLE, STEP, COUNTING)
    write(store, PEARS, questions=(OTHER,))
    assert {hit.entry for hit in recall(store, query)} == {PEARS, COUNTING}
    assert {hit.entry for hit in recall(store, OTHER)} == {WHOLE, STEP, COUNTING}
    assert {hit.entry for hit in recall(store, STEP.goal)} == {WHOLE, STEP, PEARS, COUNTING}


def test_the_result_tells_what_is_left_out(store: Store) -> None:
    """It counts the examples and names them if it explains; another question has none, so nothing is told."""
    write(store, WHOLE, STEP, COUNTING)
    write(store, PEARS, questions=(OTHER,))
    told, other = recall(store, COPY, explain=True), recall(store, "zebras", explain=True)
    assert told.explanation is not None
    assert other.explanation is not None
    assert (told.examples_left_out, other.examples_left_out) == (2, 0)
    assert told.explanation.examples_left_out == tuple(sorted([WHOLE.id, STEP.id]))
    assert other.explanation.examples_left_out == ()
    assert RecallResult.from_dict(told.to_dict()).explanation == told.explanation
    # The same question, asked again of a memory that has changed, is counted anew.
    store.writer.forget_entry(OWNER, STEP.id)
    assert recall(store, COPY).examples_left_out == 1


def test_what_was_excluded_by_name_is_not_counted_twice(store: Store) -> None:
    """The caller has the entry: it is left out for that."""
    write(store, WHOLE, STEP, COUNTING)
    found = recall(store, ASKED, min_similarity=1.0, exclude=(WHOLE.id,))
    assert found.examples_left_out == 1
    assert found.abstention is not None
    assert "already given: 1 entry; 1 worked example of this question" in found.abstention.detail


def test_they_do_not_decide_whether_to_answer(store: Store) -> None:
    """An example at cosine 1 is no reason to answer a question that nothing else fits, and is not named as nearest."""
    write(store, WHOLE, STEP)
    write(store, PEARS, questions=(OTHER,))
    found = recall(store, ASKED, min_similarity=0.9)
    assert found.hits == ()
    assert found.abstention is not None
    assert [hit.entry for hit in found.abstention.nearest] == [PEARS]
    assert found.abstention.detail.endswith(f"; {describe_left_out(2)}")


def test_a_memory_of_nothing_else_says_so(store: Store) -> None:
    """It is not empty."""
    write(store, WHOLE, STEP)
    found = recall(store, ASKED)
    assert found.abstention is not None
    assert "every entry is a worked example of this very question" in found.abstention.detail


def test_an_example_of_several_questions_is_one_of_each(store: Store) -> None:
    """Also of a question that it does not hold: one that was merged into it."""
    write(store, STEP, questions=(ASKED, OTHER))
    write(store, COUNTING)
    assert [hit.entry for hit in recall(store, OTHER)] == [COUNTING]


def test_a_pool_of_own_examples_hides_nothing(store: Store) -> None:
    """More of them than the pool holds make room for others."""
    steps = [
        WorkedExample(f"the apples after {number} days", "12 - 5 = 7.", ExampleSize.STEP, question=ASKED)
        for number in range(2 * POOL)
    ]
    write(store, *steps)
    write(store, PEARS, questions=(OTHER,))
    assert [hit.entry for hit in recall(store, ASKED, k=3)] == [PEARS]


def test_a_part_of_the_question_finds_no_example_of_it(store: Store) -> None:
    """However the part is worded: the caller says which question it is for."""
    write(store, WHOLE, STEP, COUNTING)
    write(store, PEARS, questions=(OTHER,))
    assert {hit.entry for hit in recall(store, STEP.goal, for_question=COPY)} == {PEARS, COUNTING}
    assert {hit.entry for hit in recall(store, "zebras", for_question=OTHER)} == {WHOLE, STEP, COUNTING}


def test_a_thought_recalls_no_example_of_its_question(tmp_path: Path) -> None:
    """`reason` says for which question it recalls."""
    with open_memory(tmp_path, encoder=ENCODER, starter=False, min_similarity=-1.0) as memory:
        write(memory.store, WHOLE, STEP)
        write(memory.store, PEARS, questions=(OTHER,))
        events = list(memory.reason(ASKED, engine=make_demo_engine()))
        (recalled,) = [one for one in events if isinstance(one, EntriesRecalled)]
        assert [hit.entry for hit in recalled.hits] == [PEARS]
