"""Times of rows never go back, whatever the machine's clock does."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from midthought.memory.database import clock
from midthought.memory.database.clock import StoreClock, machine_now
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.filter import Filter
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, write_of

AHEAD = timedelta(days=400)


def times(store: Store, *numbers: int) -> list[datetime]:
    """When entries were stored."""
    found = [store.reader.history(OWNER, write_of(number).entry.id)[-1].created_at for number in numbers]
    return [one for one in found if one is not None]


def seen(store: Store, moment: datetime) -> int:
    """How many entries a recall as of a moment can return."""
    found = store.searcher.matching(
        OWNER, Filter(until=store.searcher.resolve_time(moment) + timedelta(microseconds=1))
    )
    assert found is not None
    return len(found)


@pytest.fixture
def ahead(store: Store) -> Store:
    """A store with two entries, the second stored while the machine's clock was 400 days ahead."""
    store.writer.write(OWNER, batch_of(0))
    store.writer.write(OWNER, batch_of(1))
    with store.transaction() as connection:
        connection.execute("UPDATE entries SET learnt_at = learnt_at + ? WHERE id = ?", [AHEAD, write_of(1).entry.id])
    return store


@pytest.mark.slow
def test_a_clock_set_back_between_openings(ahead: Store) -> None:
    """What is stored after it is not older than what was; as of now, everything is seen; earlier, what was there."""
    ahead.close()
    before = machine_now()
    with Store(ahead.path, encoder=ENCODER) as store:
        assert seen(store, machine_now()) == 2
        store.writer.write(OWNER, batch_of(2))
        store.writer.write(OWNER, batch_of(3))
        first, second, third, fourth = times(store, 0, 1, 2, 3)
        assert first < second <= third <= fourth
        assert seen(store, machine_now()) == 4
        assert seen(store, before - timedelta(seconds=1)) <= 1
        compact_store(store)
        store.writer.write(OWNER, batch_of(4))
        assert times(store, 4)[0] >= fourth
        assert seen(store, machine_now()) == 5


def test_a_clock_set_back_while_it_is_open(store: Store, machine: Callable[[timedelta], None]) -> None:
    """The same, in one process."""
    machine(AHEAD)
    store.writer.write(OWNER, batch_of(0))
    machine(timedelta())
    store.writer.write(OWNER, batch_of(1))
    first, second = times(store, 0, 1)
    assert second >= first + AHEAD / 2, "DuckDB's own clock was not ahead: only what the store holds can be"
    assert seen(store, clock.machine_now()) == 2


@pytest.fixture
def machine(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets what the store takes for the machine's clock; DuckDB's own goes on as it is."""
    now = machine_now

    def put(ahead: timedelta) -> None:
        monkeypatch.setattr(clock, "machine_now", lambda: now() + ahead)

    return put


def test_a_clock_that_goes_forward_is_followed(store: Store) -> None:
    """Times are those of the machine, and a moment between two entries tells them apart."""
    begun = machine_now()
    store.writer.write(OWNER, batch_of(0))
    time.sleep(0.002)
    between = machine_now()
    time.sleep(0.002)
    store.writer.write(OWNER, batch_of(1))
    first, second = times(store, 0, 1)
    assert begun <= first <= between <= second <= machine_now()
    assert (seen(store, begun - timedelta(seconds=1)), seen(store, between), seen(store, machine_now())) == (0, 1, 2)


def test_a_moment_before_the_last_commit_is_what_it_says(tmp_path: Path) -> None:
    """Only from the last commit on does a moment mean everything."""
    one = StoreClock()
    assert one.resolve(datetime(2026, 1, 1)) == datetime(2026, 1, 1)
    with Store(tmp_path, encoder=ENCODER) as store:
        early = machine_now() - timedelta(hours=1)
        store.writer.write(OWNER, batch_of(0))
        assert store.searcher.resolve_time(early) == early
