"""After many writes the indexes follow by themselves, before a search needs them."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from midthought.memory.database import replay
from midthought.memory.indexes import index_pool
from midthought.memory.records.index_changes import Changes
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector, write_of

ReadChanges = Callable[..., Changes]


def join_follower() -> None:
    """Wait until the thread that follows has ended."""
    for thread in threading.enumerate():
        if thread.name == "midthought-follow":
            thread.join()


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose indexes follow after ten rows, four at a time."""
    join_follower()  # of a test before
    monkeypatch.setattr(index_pool, "FOLLOW_AT", 10)
    monkeypatch.setattr(index_pool, "_FOLLOWED_AT_ONCE", 4)
    return Store(tmp_path, encoder=ENCODER)


@pytest.mark.parametrize("searched", [False, True])
def test_a_search_after_many_writes_has_nothing_to_replay(
    followed: Store, monkeypatch: pytest.MonkeyPatch, *, searched: bool
) -> None:
    """Whether or not the namespace was searched before: the search reads no rows, and finds every entry."""
    with followed as store:
        store.writer.write(OWNER, batch_of(0))  # the first write begins the indexes
        if searched:
            store.searcher.search_words(OWNER, "sort", 1)
        for start in range(1, 31, 5):
            store.writer.write(OWNER, batch_of(*range(start, start + 5)))
        join_follower()
        applied: list[int] = []
        read = replay.read_changes

        def note(*args: object, **kwargs: object) -> Changes:
            changes = read(*args, **kwargs)  # type: ignore[arg-type]
            applied.append(len(changes.documents))
            return changes

        monkeypatch.setattr(replay, "read_changes", note)
        seqs = {number: store.reader.get_entry(OWNER, write_of(number).entry.id).seq for number in range(31)}
        assert all(store.searcher.search_vectors(OWNER, unit_vector(one), 1)[0][0] == seqs[one] for one in seqs)
        assert all(store.searcher.search_words(OWNER, f"sort{one}", 1)[0][0] == seqs[one] for one in seqs)
        assert sum(applied) < index_pool.FOLLOW_AT
        store.check_integrity(OWNER)


@pytest.mark.local_index
def test_few_writes_are_left_to_the_search(followed: Store, caplog: pytest.LogCaptureFixture) -> None:
    """No thread begins for them, and a store that is forgotten meanwhile is no error."""
    with followed as store, caplog.at_level(logging.WARNING):
        store.writer.write(OWNER, batch_of(*range(9)))
        assert all(thread.name != "midthought-follow" for thread in threading.enumerate())
        store.writer.write(OWNER, batch_of(*range(9, 29)))
        store.writer.forget_namespace(OWNER)
        join_follower()
        assert store.searcher.search_words(OWNER, "sort1", 1) == []
    assert caplog.records == []


def test_an_error_is_left_to_the_next_search(
    followed: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged; the next search replays everything."""

    def fail(*args: object, **kwargs: object) -> Changes:
        raise OSError("the disk is full")

    with followed as store, caplog.at_level(logging.WARNING):
        store.writer.write(OWNER, batch_of(0))
        with monkeypatch.context() as patched:
            patched.setattr(replay, "read_changes", fail)
            store.writer.write(OWNER, batch_of(*range(1, 20)))
            join_follower()
        assert "the disk is full" in caplog.text
        assert len(store.searcher.search_words(OWNER, "sort17", 20)) >= 1
        store.check_integrity(OWNER)


def test_catching_up_leaves_nothing_to_the_first_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the start of a service whose process was killed: many rows are indexed, few are left."""
    monkeypatch.setattr(index_pool, "_WORTH_A_CHECKPOINT", 10)
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(0))  # the first write begins the indexes
        store.writer.write(OWNER, batch_of(*range(1, 21)))
        store.writer.write(Namespace("other"), batch_of(*range(3)))
        behind = store.measure().rows_behind
        store.catch_up()
        store.catch_up()
        assert [path.name for path in (tmp_path / "derived").glob("[!.]*")] == [OWNER.name]
        seq = store.reader.get_entry(OWNER, write_of(7).entry.id).seq
        assert store.searcher.search_vectors(OWNER, unit_vector(7), 1)[0][0] == seq
        assert (behind, store.measure().open_indexes) == (23, 1)
        store.check_integrity(OWNER)
