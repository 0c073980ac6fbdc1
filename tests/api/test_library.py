"""The embedded library beyond what its parts promise: receipts, own entries, runs, wire shapes."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from midthought.api.operations.shapes import JOB, STATS, TRAJECTORY
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Lesson, Procedure
from midthought.memory.records.entry_json import stored_from_dict, stored_to_dict
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Trajectory
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.reasoner.thought.events import RunFinished
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import RecallResult

from .conftest import LESSON, PROCEDURE, Cli


def test_every_recall_leaves_a_receipt(memory: Memory) -> None:
    """A hit and an abstention alike, the same query twice included."""
    memory.add_entries([PROCEDURE])
    for query in (PROCEDURE.key, PROCEDURE.key, "zebra"):
        memory.recall(query)
    receipts = memory.store.reader.list_receipts(DEFAULT_NAMESPACE)
    assert len({receipt.id for receipt in receipts}) == 3
    newest, *_, oldest = [json.loads(receipt.content) for receipt in receipts]
    assert "not close enough" in newest["abstention"] or "nothing" in newest["abstention"]
    assert oldest["entries"][0]["entry_id"] == PROCEDURE.id


def test_a_receipt_is_written_in_the_characters_of_the_query(memory: Memory) -> None:
    """Its JSON is compact, in the order of the names, and no letter of it is an escape."""
    memory.recall("Wie zähle ich Äpfel? 数える")
    (receipt,) = memory.store.reader.list_receipts(DEFAULT_NAMESPACE)
    assert receipt.query == "Wie zähle ich Äpfel? 数える"
    assert '"query":"Wie zähle ich Äpfel? 数える"' in receipt.content
    assert list(json.loads(receipt.content)) == sorted(json.loads(receipt.content))


@pytest.mark.slow
def test_a_recall_has_a_bar_of_its_own(memory: Memory, cli: Cli, home: Path) -> None:
    """Given per call it takes the place of the one the memory was opened with, in Python and on the command line."""
    memory.add_entries([PROCEDURE])
    words = "sharpen the saw before lunch tomorrow"
    assert not memory.recall(words)
    found = memory.recall(words, min_similarity=-1)
    assert found.hits[0].id == PROCEDURE.id
    similarity = found.hits[0].similarity
    assert similarity is not None
    assert memory.recall(words, min_similarity=similarity - 0.001)
    assert not memory.recall(words, min_similarity=similarity + 0.001)
    with open_memory(home, encoder=HashingEncoder(), starter=False) as other:
        other.add_entries([PROCEDURE])
    assert cli("recall", words, "-o", "json").json["hits"] == []
    assert cli("recall", words, "--min-similarity", "-1", "-o", "json").json["hits"][0]["id"] == PROCEDURE.id
    assert cli("recall", words, "--min-similarity", "2").code == 2


def test_receipts_can_be_left_out(tmp_path: Path) -> None:
    """With receipts off a recall writes nothing."""
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, receipts=False) as memory:
        memory.recall("anything")
        assert memory.stats().receipts == 0


def test_own_entries_are_added_once(memory: Memory) -> None:
    """Added twice, an entry is there once, and both sources are kept."""
    assert memory.add_entries([PROCEDURE, LESSON]).new == 2
    added = memory.add_entries([PROCEDURE], source="elsewhere")
    assert (added.ids, added.new) == ((PROCEDURE.id,), 0)
    assert {place.source for place in memory.get(PROCEDURE.id).provenance} == {"own", "elsewhere"}
    assert memory.recall(LESSON.key).hits[0].stored.id == LESSON.id


@pytest.mark.sampled
@pytest.mark.parametrize("entry", [Procedure(" ", "body"), Procedure("key", ""), Procedure("a\0b", "body")])
def test_an_empty_or_unstorable_entry_is_refused(memory: Memory, entry: Procedure) -> None:
    """All or none: the good entry beside it is not stored either."""
    with pytest.raises(BadInput, match="entry 2"):
        memory.add_entries([PROCEDURE, entry])
    assert memory.stats().entry_count == 0


@pytest.mark.parametrize("query", ["a\0b", "half \ud800 pair"])
def test_unstorable_questions_are_refused(memory: Memory, query: str) -> None:
    """NUL and lone surrogates are bad input, not a crash inside."""
    with pytest.raises(BadInput):
        memory.recall(query)


def test_a_run_is_recorded_with_its_receipts(memory: Memory) -> None:
    """One run, one recall and an injection for every branch; a second run of the same is a second run."""
    memory.add_entries([Procedure("How do I count arrangements when items repeat?", "Divide by the repetitions.")])
    for _ in range(2):
        *_, last = memory.reason("How many anagrams has LEVEL?", engine=make_demo_engine())
        assert isinstance(last, RunFinished)
        assert last.run.answer == "42"
    stats = memory.stats()
    assert (stats.runs, stats.receipts) == (2, 4)


def test_a_thought_closed_early_is_not_recorded(memory: Memory) -> None:
    """Only a complete run counts."""
    events = memory.reason("How many?", engine=make_demo_engine())
    next(events)
    events.close()  # type: ignore[attr-defined]  # it is a generator
    assert memory.stats().runs == 0


def test_the_wire_keeps_everything(memory: Memory, traces: Path) -> None:
    """What is sent is read back as the same value."""
    job = memory.ingest(traces)
    memory.add_entries([PROCEDURE, LESSON])
    result = memory.recall(PROCEDURE.key)
    assert RecallResult.from_dict(json.loads(json.dumps(result.to_dict()))).to_dict() == result.to_dict()
    assert JOB.read(json.loads(json.dumps(JOB.write(job)))) == job
    assert STATS.read(json.loads(json.dumps(STATS.write(memory.stats())))) == memory.stats()
    for stored in memory.list_entries():
        assert stored_from_dict(json.loads(json.dumps(stored_to_dict(stored)))).entry == stored.entry
    for one in memory.list_trajectories():
        assert TRAJECTORY.read(json.loads(json.dumps(TRAJECTORY.write(one)))) == one


@pytest.mark.slow
def test_threads_share_a_memory(memory: Memory) -> None:
    """Recalls, additions and an ingestion at once: every one succeeds, and the memory is whole afterwards."""
    lessons = [Lesson(f"Situation {number} of its own", "Act.") for number in range(40)]
    traces = [Trajectory(f"Question {number}?", "I think and think.") for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        learning = [pool.submit(memory.ingest_trajectories, traces) for _ in range(2)]
        adding = [pool.submit(memory.add_entries, [lesson]) for lesson in lessons]
        asking = [pool.submit(memory.recall, lesson.key) for lesson in lessons]
        counts = [one.result().counts for one in learning]
        assert sum(one.result().new for one in adding) == 40
        assert all(one.result() for one in asking)
    assert sum(one.read for one in counts) == 200
    assert (memory.stats().trajectory_count, memory.stats().entry_count, memory.stats().receipts) == (100, 40, 40)
    memory.check_integrity()


def test_forgetting_while_adding_is_no_error(tmp_path: Path) -> None:
    """An entry forgotten between looking what is known and writing is stored again with the new ones."""
    known = Procedure("How do I count known things?", "I count them.")
    fresh = Procedure("How do I count fresh things?", "I count them, too.")

    class Forgetful(HashingEncoder):
        armed = False

        def encode_documents(self, texts: Sequence[str]) -> Vectors:
            if self.armed:
                self.armed = False
                memory.forget(known.id)
            return super().encode_documents(texts)

    encoder = Forgetful()
    with open_memory(tmp_path, encoder=encoder, starter=False) as memory:
        memory.add_entries([known])
        encoder.armed = True
        assert memory.add_entries([fresh, known]).new == 2
        assert {one.id for one in memory.list_entries()} == {known.id, fresh.id}
        memory.check_integrity()
