"""Writers that come together share a commit; what one of them cannot write is no matter of the others."""

import time
from collections.abc import Sequence
from functools import partial
from threading import Barrier, Thread

import numpy as np
import pytest

from midthought.memory import store_commits
from midthought.memory.database.group_commit import Change, GroupCommit
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import NotFound, StoreError, StoreFull
from midthought.memory.records.batch import Batch, EntryWrite, MissingVector
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.records.job import Job, Rejection
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow
from midthought.memory.store import Store
from midthought.memory.store_state import StoreState

from .conftest import OWNER, batch_of, unit_vector, write_of

WRITERS, ROUNDS = 8, 6


def run_together(works: Sequence[object]) -> None:
    """Run calls in threads that start at the same moment."""
    barrier = Barrier(len(works))

    def run(work: object) -> None:
        barrier.wait()
        work()  # type: ignore[operator]

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.slow
def test_writers_share_commits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that come while one commits are committed together, every round, and every entry is there."""
    groups: list[int] = []
    commit = store.writer._commits._commit  # how many share a commit is no promise of a call

    def commit_late(group: Sequence[Change[object]]) -> None:
        groups.append(len(group))
        while sum(groups) % WRITERS and len(group) + len(store.writer._commits._waiting) < WRITERS:
            time.sleep(0.001)  # until all the others wait
        commit(group)

    monkeypatch.setattr(store.writer._commits, "_commit", commit_late)
    for start in range(ROUNDS):
        adds = [lambda number=start * WRITERS + n: store.writer.write(OWNER, batch_of(number)) for n in range(WRITERS)]
        run_together(adds)
    assert sum(groups) == WRITERS * ROUNDS
    assert len(groups) <= 2 * ROUNDS
    assert len(store.reader.list_entries(OWNER)) == WRITERS * ROUNDS
    store.check_integrity(OWNER)


def test_receipts_that_wait_for_searches_share_a_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a search holds the store, receipts gather; then one commit writes all of them, each in its namespace."""
    owners = [OWNER, Namespace("other"), Namespace("unknown")]
    for owner in owners[:2]:
        store.writer.put_namespace(owner)
    commits, groups, taken = store.writer._commits, [], []
    commit, take = commits._commit, commits._take_waiting

    def count_and_commit(group: Sequence[Change[object]]) -> None:
        groups.append(len(group))
        commit(group)

    def count_and_take(count: int) -> list[Change[object]]:
        taken.append(take(count))
        return taken[-1]

    monkeypatch.setattr(commits, "_commit", count_and_commit)
    monkeypatch.setattr(commits, "_take_waiting", count_and_take)
    receipts = [ReceiptRow(f"id-{n}", "recall", f"query {n}", "{}") for n in range(WRITERS)]
    works = [partial(store.writer.record_receipt, owners[n % 3], one) for n, one in enumerate(receipts)]
    threads = [Thread(target=work) for work in works]
    with store.exclusive():
        for thread in threads:
            thread.start()
        while sum(map(len, taken)) + len(commits._waiting) < WRITERS:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert groups == [WRITERS]
    for place, owner in enumerate(owners[:2]):
        stored = {one.id: one for one in store.reader.list_receipts(owner)}
        assert stored == {one.id: one for one in receipts[place::3]}
    assert store.reader.list_receipts(owners[2]) == []


def test_each_writer_gets_its_own_error(store: Store) -> None:
    """An entry without a vector, a vector that cannot be, an id that is not there, and beside them good entries."""
    errors: dict[str, type[BaseException]] = {}
    blank = EntryWrite(write_of(90).entry, write_of(90).provenance, None)
    torn = EntryWrite(write_of(91).entry, write_of(91).provenance, np.full(8, np.nan, dtype=np.float32))

    def note(name: str, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001  # which it is, is compared below
            errors[name] = type(error)

    run_together(
        [
            lambda: note("blank", lambda: store.writer.write(OWNER, Batch(entries=(blank,)))),
            lambda: note("torn", lambda: store.writer.write(OWNER, Batch(entries=(torn,)))),
            lambda: note("gone", lambda: store.writer.forget_entry(OWNER, "p-none")),
            *(
                lambda number=number: note(f"good {number}", lambda: store.writer.write(OWNER, batch_of(number)))
                for number in (1, 2)
            ),
        ]
    )
    assert errors == {"blank": MissingVector, "torn": ValueError, "gone": NotFound}
    assert len(store.reader.list_entries(OWNER)) == 2
    assert store.searcher.search_vectors(OWNER, unit_vector(1), 1)[0][1] == pytest.approx(1.0)


def test_a_group_that_the_disk_refuses_is_tried_one_by_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the whole cannot be written, each that can be is, and the others are told."""
    together = store_commits._commit_together  # stands for a disk with room for little

    def refuse_many(state: StoreState, group: Sequence[Change[object]]) -> None:
        if len(group) > 1:
            raise StoreFull("no room for so many")
        together(state, group)

    monkeypatch.setattr(store_commits, "_commit_together", refuse_many)
    run_together([lambda number=number: store.writer.write(OWNER, batch_of(number)) for number in range(5)])
    assert len(store.reader.list_entries(OWNER)) == 5


def test_an_interrupted_writer_lets_the_next_one_in() -> None:
    """What breaks a commit off reaches its writer, and the next writer commits."""
    calls: list[int] = []

    def commit(group: Sequence[Change[object]]) -> None:
        calls.append(len(group))
        if len(calls) == 1:
            raise KeyboardInterrupt

    commits = GroupCommit(commit)
    with pytest.raises(KeyboardInterrupt):
        commits.run(Change(OWNER, lambda writing: None))
    assert commits.run(Change(OWNER, lambda writing: None)) is None
    assert calls == [1, 1]


def test_text_that_cannot_be_stored_is_no_matter_of_the_others(store: Store) -> None:
    """A lone surrogate in one entry of a group: that writer is told, the others' entries are there."""
    bad = Procedure("How is this \ud800 written?", "It is not.")
    told: list[str] = []

    def write_bad() -> None:
        try:
            store.writer.write(OWNER, Batch(entries=(EntryWrite(bad, (Provenance(None, "t"),), unit_vector(70)),)))
        except StoreError as error:
            told.append(str(error))

    run_together(
        [write_bad, *(lambda number=number: store.writer.write(OWNER, batch_of(number)) for number in range(4))]
    )
    assert len(told) == 1
    assert "cannot be written" in told[0]
    assert len(store.reader.list_entries(OWNER)) == 4
    store.check_integrity(OWNER)


def test_a_change_that_fails_half_way_leaves_nothing(store: Store) -> None:
    """What it had written is undone, and the writers beside it are not."""

    def half(writing: WriteTransaction) -> None:
        writing.connection.execute("DELETE FROM entries")
        raise NotFound("half way")

    def fail() -> None:
        with pytest.raises(NotFound, match="half way"):
            store.writer._commits.run(Change(OWNER, half))  # no call of the store's fails half way

    store.writer.write(OWNER, batch_of(9))
    run_together([fail, *(lambda number=number: store.writer.write(OWNER, batch_of(number)) for number in range(4))])
    assert len(store.reader.list_entries(OWNER)) == 5


@pytest.mark.sampled
@pytest.mark.parametrize("where", ["rejection", "merge", "job"])
def test_a_batch_that_fails_half_way_leaves_nothing_and_says_why(store: Store, where: str) -> None:
    """Its entries are not stored, the writers beside it are not touched, and the cause is told, not what came of it."""
    job = Job("o-1", "ingest", "x")
    batches = {
        "rejection": Batch(
            entries=(write_of(70),),
            rejections=(Rejection("a:1", "bad"), Rejection("a:\ud800", "bad")),
            job=job,
        ),
        "merge": Batch(
            entries=(write_of(70),), merges=(Merge("p-1", "p-2", None, 0.5, MergeVerdict.MERGED, "\ud800"),)
        ),
        "job": Batch(entries=(write_of(70),), job=Job("o-\ud800", "ingest", "x")),
    }

    def fail() -> None:
        with pytest.raises(StoreError, match="surrogate"):
            store.writer.write(OWNER, batches[where])

    run_together([fail, *(lambda number=number: store.writer.write(OWNER, batch_of(number)) for number in range(4))])
    fail()
    assert {one.id for one in store.reader.list_entries(OWNER)} == {write_of(number).entry.id for number in range(4)}
    assert store.reader.list_jobs(OWNER) == store.reader.list_merges(OWNER) == []
    store.check_integrity(OWNER)
