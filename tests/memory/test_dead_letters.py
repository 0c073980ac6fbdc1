"""Dead letters: written with their job's batch, read in order, replaced, cured, and gone with their trajectory."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import find_faults, repair_namespace
from midthought.memory.records.batch import Batch
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of

JOB = Job("o-1", "ingest", "traces.jsonl", JobState.RUNNING, 1, Counts(dead_letters=2, calls=5, tokens_in=900))
FIRST = DeadLetter("o-1", TRAJECTORY.id, "subroutine", "How do I count?", "names no passage", "zanzibar", 3)
SECOND = DeadLetter("o-1", TRAJECTORY.id, "subquestions", "", "the answer is empty", "", 2)
OTHER = Namespace("other")


def write(store: Store, *letters: DeadLetter, namespace: Namespace = OWNER, **more: object) -> None:
    """Write letters in a batch of their job."""
    store.writer.write(namespace, replace(batch_of(1), job=JOB, dead_letters=letters, **more))


def test_letters_come_back_in_the_order_they_were_written(store: Store) -> None:
    """Those of one job, in one namespace."""
    write(store, FIRST, SECOND)
    write(store, FIRST, namespace=OTHER)
    assert store.reader.list_dead_letters(OWNER, "o-1") == [FIRST, SECOND]
    assert store.reader.list_dead_letters(OTHER, "o-1") == [FIRST]
    assert store.reader.list_dead_letters(OWNER, "o-2") == []
    assert store.reader.get_job(OWNER, "o-1").counts == JOB.counts
    store.check_integrity(OWNER)


def test_a_letter_is_replaced_by_the_next_of_its_kind(store: Store) -> None:
    """The last cause and output count, also if one batch brings both."""
    write(store, FIRST, SECOND)
    again = replace(FIRST, cause="too long", raw="more", attempts=6)
    write(store, replace(FIRST, cause="in between"), again)
    assert set(store.reader.list_dead_letters(OWNER, "o-1")) == {again, SECOND}


def test_a_cured_trajectory_has_no_letters_left(store: Store) -> None:
    """Those of other trajectories and of other jobs stay, and so does what the same batch brings anew."""
    other_job = replace(FIRST, job_id="o-2")
    elsewhere = replace(FIRST, trajectory_id="t-other")
    write(store, FIRST, SECOND, other_job, elsewhere)
    store.writer.put_job(OWNER, replace(JOB, id="o-2"))
    again = replace(SECOND, attempts=4)
    write(store, again, cured=(("o-1", TRAJECTORY.id),))
    assert store.reader.list_dead_letters(OWNER, "o-1") == [elsewhere, again]
    assert store.reader.list_dead_letters(OWNER, "o-2") == [other_job]


def test_letters_need_a_job(store: Store) -> None:
    """Without one the whole batch is refused."""
    with pytest.raises(ValueError, match="need the job"):
        store.writer.write(OWNER, replace(batch_of(1), dead_letters=(FIRST,)))
    assert store.reader.list_entries(OWNER) == []


def test_letters_go_with_their_trajectory_and_namespace(store: Store) -> None:
    """And after `compact` no byte of what the model said is left."""
    stays = replace(FIRST, trajectory_id="t-other", raw="another")
    write(store, FIRST, stays)
    write(store, FIRST, namespace=OTHER)
    store.writer.forget_trajectory(OWNER, TRAJECTORY.id)
    store.writer.forget_namespace(OTHER)
    assert store.reader.list_dead_letters(OWNER, "o-1") == [stays]
    compact_store(store)
    files = [one.read_bytes() for one in Path(store.path).rglob("*") if one.is_file()]
    assert files
    assert not any(b"zanzibar" in one for one in files)


def test_letters_without_a_job_are_found_and_mended(tmp_path: Path) -> None:
    """Only those."""
    home = tmp_path / "home"
    with Store(home, encoder=ENCODER) as store:
        write(store, FIRST, SECOND)
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        connection.execute("UPDATE dead_letters SET operation_id = 'o-none' WHERE stage = 'subquestions'")
    with Store(home, encoder=ENCODER) as store:
        assert [(fault.kind, fault.count) for fault in find_faults(store, OWNER)] == [(FaultKind.STRAY_LETTER, 1)]
        repair_namespace(store, OWNER, lambda keys: pytest.fail(f"every vector is known, but not of {keys}"))
        store.check_integrity(OWNER)
        assert store.reader.list_dead_letters(OWNER, "o-1") == [FIRST]


def test_a_batch_without_entries_keeps_letters(store: Store) -> None:
    """The trajectory may have taught nothing."""
    store.writer.write(OWNER, Batch(job=JOB, dead_letters=(SECOND,)))
    assert store.reader.list_dead_letters(OWNER, "o-1") == [SECOND]
