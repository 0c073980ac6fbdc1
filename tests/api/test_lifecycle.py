"""Entries change and go: revised, forgotten with their namespace, encoded anew, mended, while others look on."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.progress import Progress
from midthought.memory.errors import BadInput, EncoderMismatch, NotFound
from midthought.memory.records.entry import Lesson, Origin, Procedure
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Trajectory
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE

BETTER = replace(PROCEDURE, subroutine="For problems like this I should cut away from myself, slowly.")


@pytest.mark.slow
def test_a_revised_entry_is_the_one_that_is_recalled(memory: Memory) -> None:
    """One version more, an id of its own, and where both wordings came from."""
    memory.add_entries([PROCEDURE])
    stored = memory.revise(PROCEDURE.id, BETTER, source="editor")
    assert (stored.id, stored.version, stored.entry) == (BETTER.id, 2, BETTER)
    assert {place.source for place in stored.provenance} == {"own", "editor"}
    assert [hit.stored.id for hit in memory.recall(PROCEDURE.key).hits] == [BETTER.id]
    assert memory.get(PROCEDURE.id) == stored
    assert memory.revise(PROCEDURE.id, BETTER).version == 2
    memory.check_integrity()


@pytest.mark.slow
def test_history_and_as_of_give_the_old_wording_back(memory: Memory) -> None:
    """By either id; and recall as of its time hands it on."""
    memory.add_entries([PROCEDURE])
    memory.revise(PROCEDURE.id, BETTER)
    first, second = memory.history(PROCEDURE.id)
    assert memory.history(BETTER.id) == [first, second]
    assert (first.entry, second.entry) == (PROCEDURE, BETTER)
    assert first.retired_at == second.created_at
    assert first.created_at is not None
    (hit,) = memory.recall(PROCEDURE.key, as_of=first.created_at).hits
    assert (hit.stored.entry, hit.stored.version) == (PROCEDURE, 1)
    (hit,) = memory.recall(PROCEDURE.key, as_of=f"{first.created_at.isoformat()}+00:00").hits
    assert hit.stored.entry == PROCEDURE
    with pytest.raises(NotFound):
        memory.history("p-nothing")


def test_impossible_revisions_are_refused(memory: Memory) -> None:
    """Of nothing, to nothing, and to what another entry says; the entry stays as it was."""
    memory.add_entries([PROCEDURE, LESSON])
    with pytest.raises(NotFound, match="p-nothing"):
        memory.revise("p-nothing", BETTER)
    with pytest.raises(BadInput, match="the new wording"):
        memory.revise(PROCEDURE.id, replace(PROCEDURE, subroutine=" "))
    with pytest.raises(BadInput, match=f"another entry already, {LESSON.id}"):
        memory.revise(PROCEDURE.id, LESSON)
    assert [one.version for one in memory.history(PROCEDURE.id)] == [1]


@pytest.mark.slow
def test_a_forgotten_namespace_begins_anew(tmp_path: Path) -> None:
    """All of it goes and nothing of another; used again, it sees all of the starter memory as a new one does."""
    with open_memory(tmp_path, encoder=HashingEncoder()) as memory:
        memory.add_entries([PROCEDURE], namespace="alice")
        memory.add_entries([LESSON], namespace="bob")
        shared = memory.list_entries(origin=Origin.STARTER, limit=2)
        memory.forget(shared[0].id, namespace="alice")
        memory.add_entries([shared[1].entry], namespace="alice")
        assert memory.forget_namespace("alice") == 2
        assert [one.name for one in memory.namespaces()] == ["bob", "default"]
        assert memory.get(LESSON.id, namespace="bob").entry == LESSON
        memory.create_namespace("alice")
        stats = memory.stats(namespace="alice")
        assert (stats.entry_count, stats.starter) == (0, memory.stats().starter)


@pytest.mark.slow
def test_compacting_leaves_no_byte(tmp_path: Path) -> None:
    """What was forgotten is in no file; what was not is found as before."""
    secret = "xylophone7391"
    with open_memory(tmp_path, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([LESSON, Procedure(f"How do I tune a {secret}?", f"Listen to the {secret}.")])
        memory.recall(LESSON.key)
        memory.store.searcher.checkpoint(DEFAULT_NAMESPACE)
        (gone,) = [one.id for one in memory.list_entries() if one.entry != LESSON]
        memory.forget(gone)
        memory.compact()
        assert memory.recall(LESSON.key).hits[0].stored.entry == LESSON
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if secret.encode() in file.read_bytes()] == []


@pytest.mark.slow
def test_a_memory_moves_to_another_encoder_and_back(tmp_path: Path) -> None:
    """Progress is told, both are generations, going back encodes only what came since, and the new one opens it."""
    small, large = HashingEncoder(64), HashingEncoder(256)
    told: list[Progress] = []
    with open_memory(tmp_path, encoder=small, starter=False) as memory:
        memory.add_entries([PROCEDURE], namespace="alice")
        memory.add_entries([LESSON])
        assert memory.reindex(large, on_progress=told.append) == 2
        assert (told[-1].stage, told[-1].done, told[-1].total) == ("reindex", 2, 2)
        assert memory.encoder is large
        assert memory.recall(PROCEDURE.key, namespace="alice").hits[0].stored.entry == PROCEDURE
        memory.add_entries([Lesson("A third thing happens", "Look.")])
        assert memory.reindex(small) == 1
        assert [(one.number, str(one.state)) for one in memory.generations()] == [(1, "current"), (2, "earlier")]
        memory.reindex(large)
        memory.check_integrity()
    with pytest.raises(EncoderMismatch) as told_of:
        open_memory(tmp_path, encoder=small, starter=False)
    message = str(told_of.value)
    assert "hashing (256 dimensions" in message
    assert "hashing (64 dimensions" in message
    assert "midthought reindex --encoder" in message
    with open_memory(tmp_path, encoder=large, starter=False) as memory:
        assert memory.recall(LESSON.key).hits[0].stored.entry == LESSON


@pytest.mark.slow
def test_everything_goes_on_while_the_encoder_changes(tmp_path: Path) -> None:
    """Adding, recalling, thinking, revising and ingesting threads never see a switch, to and fro between encoders."""
    stop = Event()
    small, large = HashingEncoder(64), HashingEncoder(96)
    with open_memory(tmp_path, encoder=small, starter=False) as memory, ThreadPoolExecutor(6) as pool:
        memory.add_entries([PROCEDURE, LESSON])

        def add() -> int:
            return sum(memory.add_entries([Lesson(f"Event {n} happens", "Act.")]).new for n in _until(stop))

        def ask() -> int:
            return sum(memory.recall(LESSON.key, k=1).hits[0].stored.entry == LESSON for _ in _until(stop))

        def think() -> int:
            return sum(len(list(memory.reason("How many?", engine=make_demo_engine()))) > 0 for _ in _until(stop))

        def learn() -> int:
            traces = ([Trajectory(f"Question {n}?", "How do I count? I count them all up.")] for n in _until(stop))
            return sum(memory.ingest_trajectories(one).counts.stored for one in traces)

        def revise() -> int:
            (entry_id,) = memory.add_entries([Lesson("A thing changes", "Look.")]).ids
            revised = (memory.revise(entry_id, Lesson("A thing changes", f"Look {n} times.")) for n in _until(stop))
            return sum(bool(one) for one in revised)

        running = [pool.submit(one) for one in (add, ask, think, learn, revise)]
        try:
            for encoder in (large, small, large, small, large):
                memory.reindex(encoder)
        finally:
            stop.set()
        assert all(one.result() > 0 for one in running)
        memory.check_integrity()


@pytest.mark.slow
def test_an_upload_outlives_a_switch(tmp_path: Path, traces: Path) -> None:
    """A stream cannot be read again: the batch that met the switch is encoded anew, and nothing is lost."""

    class Switching(HashingEncoder):
        armed = True

        def encode_documents(self, texts: Sequence[str]) -> Vectors:
            vectors = super().encode_documents(texts)
            if self.armed and texts:
                self.armed = False
                memory.reindex(HashingEncoder(64))
            return vectors

    with (
        open_memory(tmp_path / "m", encoder=Switching(32), starter=False) as memory,
        traces.open("rb") as stream,
    ):
        counts = memory.ingest("-", stream=stream).counts
        assert (counts.stored, counts.rejected) == (2, 1)
        assert memory.encoder.identity.dimension == 64
        assert memory.stats().entry_count == counts.entries_stored > 0
        memory.check_integrity()


@pytest.mark.slow
def test_faults_are_mended(memory: Memory) -> None:
    """A vector that is gone is made again, and what was wrong is told."""
    memory.add_entries([PROCEDURE])
    with memory.store.transaction() as connection:
        connection.execute("DELETE FROM vectors")
    assert FaultKind.MISSING_VECTOR in {fault.kind for fault in memory.repair()}
    assert memory.repair() == []
    assert memory.recall(PROCEDURE.key).hits[0].stored.entry == PROCEDURE
    memory.check_integrity()


@pytest.mark.slow
def test_simultaneous_additions_count_each_entry_once(memory: Memory) -> None:
    """Of threads that add the same entries, one is told that each was new."""
    lessons = [Lesson(f"Situation {number}", "Act.") for number in range(30)]
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda _: [memory.add_entries([one]).new for one in lessons], range(8)))
    assert [sum(column) for column in zip(*added, strict=True)] == [1] * 30
    assert memory.stats().entry_count == 30


def test_an_index_kind_can_be_chosen(tmp_path: Path) -> None:
    """It is the one that is made, and nothing else changes."""
    with open_memory(tmp_path, encoder=HashingEncoder(), starter=False, index="hnsw") as memory:
        memory.add_entries([PROCEDURE, LESSON])
        assert memory.recall(LESSON.key).hits[0].stored.entry == LESSON
        memory.store.searcher.checkpoint(DEFAULT_NAMESPACE)
    assert any('"hnsw"' in file.read_text() for file in (tmp_path / "derived").rglob("manifest.json"))


def _until(stop: Event) -> Iterator[int]:
    """Count at least once, until told to stop; not as fast as can be, or what it is beside takes half a minute."""
    for number in count():
        yield number
        if stop.wait(0.01):
            return
