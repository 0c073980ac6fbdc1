"""The steps of a trajectory: written with it, read in order, gone with it, and checked."""

from pathlib import Path

import duckdb
import pytest

from midthought.memory.errors import NotFound
from midthought.memory.maintenance.backup import restore_backup, write_backup
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import find_faults, repair_namespace
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.step import Step, StepKind, check_steps
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of

THOUGHT, ANSWER = len(TRAJECTORY.thought), len(TRAJECTORY.answer)
STEPS = (
    Step(Span(Part.THOUGHT, 0, 6), StepKind.PLAN, "", 0),
    Step(Span(Part.THOUGHT, 6, THOUGHT), StepKind.WORK, "the zanzibar count", 1),
    Step(Span(Part.ANSWER, 0, ANSWER), StepKind.RESULT),
)
OTHER = Namespace("other")


def write(store: Store, namespace: Namespace = OWNER, steps: tuple[Step, ...] = STEPS) -> None:
    """Store the trajectory with its steps."""
    store.writer.write(namespace, Batch((TrajectoryWrite(TRAJECTORY, "tests-1", steps),)))


def test_steps_come_back_in_order(store: Store) -> None:
    """Spans, kinds, goals and depths are as they were written, in the namespace of their trajectory alone."""
    write(store)
    assert store.reader.get_steps(OWNER, TRAJECTORY.id) == list(STEPS)
    store.writer.put_namespace(OTHER)
    with pytest.raises(NotFound):
        store.reader.get_steps(OTHER, TRAJECTORY.id)
    with pytest.raises(NotFound):
        store.reader.get_steps(OWNER, "t-none")


def test_writing_again_changes_nothing(store: Store) -> None:
    """A trajectory that has steps keeps them, whatever a later split says; one that has none gains them."""
    write(store, steps=())
    assert store.reader.get_steps(OWNER, TRAJECTORY.id) == []
    write(store)
    write(store, steps=(Step(Span(Part.THOUGHT, 0, THOUGHT), StepKind.TALK),))
    write(store, OTHER)
    for owner in (OWNER, OTHER):
        assert store.reader.get_steps(owner, TRAJECTORY.id) == list(STEPS)
        store.check_integrity(owner)


def test_one_transaction_may_bring_a_trajectory_twice(store: Store) -> None:
    """Each of its steps is stored once."""
    one = TrajectoryWrite(TRAJECTORY, "tests-1", STEPS)
    store.writer.write(OWNER, Batch((one, one)))
    assert store.reader.get_steps(OWNER, TRAJECTORY.id) == list(STEPS)


@pytest.mark.parametrize(
    ("spans", "wrong"),
    [
        ([(Part.THOUGHT, 1, THOUGHT)], "begin at 0 of the thought, got 1"),
        ([(Part.THOUGHT, 0, 4), (Part.THOUGHT, 5, THOUGHT)], "step 1 must begin at 4"),
        ([(Part.THOUGHT, 0, 6), (Part.THOUGHT, 5, THOUGHT)], "step 1 must begin at 6"),
        ([(Part.THOUGHT, 0, THOUGHT - 1)], f"which has {THOUGHT} characters"),
        ([(Part.THOUGHT, 0, THOUGHT), (Part.ANSWER, 0, ANSWER + 1)], f"the answer, which has {ANSWER} characters"),
    ],
)
def test_steps_that_do_not_cover_their_text_are_refused(spans: list[tuple[Part, int, int]], wrong: str) -> None:
    """Before anything is written."""
    steps = tuple(Step(Span(*span), StepKind.WORK) for span in spans)
    with pytest.raises(ValueError, match=wrong):
        TrajectoryWrite(TRAJECTORY, "tests-1", steps)
    check_steps(TRAJECTORY, STEPS)
    check_steps(Trajectory("Why?", ""), ())


def test_steps_go_with_their_trajectory_and_namespace(store: Store, tmp_path: Path) -> None:
    """And after `compact` no byte of a goal is left in any file."""
    write(store)
    write(store, OTHER)
    store.writer.forget_trajectory(OWNER, TRAJECTORY.id)
    store.writer.forget_namespace(OTHER)
    with store.snapshot() as connection:
        assert connection.execute("SELECT count(*) FROM steps").fetchall() == [(0,)]
    compact_store(store)
    files = [one.read_bytes() for one in (tmp_path / "store").rglob("*") if one.is_file()]
    assert files
    assert not any(b"zanzibar" in one for one in files)


def test_steps_are_in_a_backup(store: Store, tmp_path: Path) -> None:
    """And come back with it."""
    write(store)
    write_backup(store, tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    with Store(tmp_path / "restored", encoder=ENCODER) as restored:
        assert restored.reader.get_steps(OWNER, TRAJECTORY.id) == list(STEPS)


@pytest.mark.parametrize(
    ("sql", "kind", "count"),
    [
        ("UPDATE steps SET span_end = span_end + 1 WHERE number = 2", FaultKind.BAD_STEPS, 3),
        ("UPDATE steps SET span_end = span_end - 1 WHERE number = 1", FaultKind.BAD_STEPS, 3),
        ("UPDATE steps SET span_start = 7 WHERE number = 1", FaultKind.BAD_STEPS, 3),
        ("DELETE FROM steps WHERE number = 0", FaultKind.BAD_STEPS, 2),
        ("UPDATE steps SET trajectory_id = 't-none' WHERE number = 0", FaultKind.STRAY_STEP, 1),
    ],
)
def test_faults_of_steps_are_found_and_mended(tmp_path: Path, sql: str, kind: FaultKind, count: int) -> None:
    """Those of a text that they do not cover are deleted; nothing else of the trajectory is."""
    home = tmp_path / "home"
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
        write(store)
        write(store, OTHER)
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        connection.execute(f"{sql} AND namespace = 'owner'")
    with Store(home, encoder=ENCODER) as store:
        found = {fault.kind: fault.count for fault in find_faults(store, OWNER)}
        assert found[kind] == count
        assert not find_faults(store, OTHER)
        repair_namespace(store, OWNER, lambda keys: pytest.fail(f"every vector is known, but not of {keys}"))
        store.check_integrity(OWNER)
        assert store.reader.get_steps(OTHER, TRAJECTORY.id) == list(STEPS)
        assert store.reader.get_trajectory(OWNER, TRAJECTORY.id) == TRAJECTORY
