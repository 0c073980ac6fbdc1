"""What two stores each add to a run or an entry is joined by an import, whichever of them was first."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.memory.database.tables import retirements
from midthought.memory.maintenance.retention import apply_retention
from midthought.memory.records.job import Job
from midthought.memory.records.retention import KeepLimit, RetentionChange
from midthought.memory.records.run import EntryRole, OutcomeSource, RunEntry, RunOutcome, RunRow
from midthought.memory.records.utility import UtilityState
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, PROCEDURE, export, import_rows, write_entries

RUN = RunRow("r-1", "How?", "unknown", 12, 0.1, "{}")
CONTENT = '{"configuration": {"holdout": 0.25}}'
INJECTED = EntryRole.INJECTED
CALLER, CHECKER = OutcomeSource.CALLER, OutcomeSource.CHECKER


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A store with an entry and a run of which nothing was said, and one that imported it."""
    with (
        Store(tmp_path / "one", encoder=ENCODER.identity) as one,
        Store(tmp_path / "two", encoder=ENCODER.identity) as two,
    ):
        write_entries(one, OWNER, PROCEDURE)
        one.writer.record_run(OWNER, RUN)
        move(one, two, tmp_path / "first")
        yield one, two


def move(source: Store, target: Store, place: Path) -> dict[str, int]:
    """Export one store and import it into the other; return how many rows of each table were new."""
    return {one.table: one.stored for one in import_rows(target, export(source, place))}


def said_in(store: Store) -> tuple[str, list[tuple[str, OutcomeSource]]]:
    """The outcome that counts, and everything that was said."""
    run = store.reader.get_run(OWNER, RUN.id)
    return run.outcome, [(one.outcome, one.source) for one in run.outcomes]


def decide(store: Store, state: UtilityState) -> None:
    """Add a decision on the entry."""
    with store.transaction() as connection:
        retirements.add_retirement(connection, OWNER, PROCEDURE.id, state, reason="it harms", run_id=RUN.id)


def decided_in(store: Store) -> tuple[UtilityState, bool]:
    """What holds for the entry, as the list of effects and as recall say it."""
    (found,) = store.reader.list_utilities(OWNER)
    return found.state, bool(store.searcher.retired_numbers(OWNER))


def count_decisions(store: Store) -> int:
    """How many decisions are kept."""
    with store.snapshot() as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM retirements").fetchall()
    return int(count)


@pytest.mark.parametrize("caller_first", [True, False])
def test_feedback_of_both_stores_is_kept(pair: tuple[Store, Store], tmp_path: Path, caller_first: bool) -> None:
    """Both statements are there, oldest first, and the stronger source counts, in both stores."""
    one, two = pair
    steps = [(one, RunOutcome("correct", CALLER)), (two, RunOutcome("wrong", CHECKER))]
    for store, said in steps if caller_first else reversed(steps):
        store.writer.add_outcome(OWNER, RUN.id, said)
    assert move(one, two, tmp_path / "a")["outcomes"] == 1
    assert move(two, one, tmp_path / "b")["outcomes"] == 1
    both = [("correct", CALLER), ("wrong", CHECKER)]
    expected = ("correct", both if caller_first else both[::-1])
    assert [said_in(store) for store in pair] == [expected] * 2
    assert move(one, two, tmp_path / "c")["outcomes"] == move(two, one, tmp_path / "d")["outcomes"] == 0


@pytest.mark.parametrize("last", [0, 1])
def test_the_latest_of_one_source_counts_in_both_stores(pair: tuple[Store, Store], tmp_path: Path, last: int) -> None:
    """An earlier statement that is imported later does not take the place of a later one."""
    pair[1 - last].writer.add_outcome(OWNER, RUN.id, RunOutcome("wrong", CALLER))
    pair[last].writer.add_outcome(OWNER, RUN.id, RunOutcome("correct", CALLER))
    move(pair[0], pair[1], tmp_path / "a")
    move(pair[1], pair[0], tmp_path / "b")
    assert [said_in(store) for store in pair] == [("correct", [("wrong", CALLER), ("correct", CALLER)])] * 2
    again = [store.writer.add_outcome(OWNER, RUN.id, RunOutcome("correct", CALLER))[0] for store in pair]
    assert again == [False, False]


def test_feedback_after_that_of_a_clock_that_is_ahead_counts(pair: tuple[Store, Store], tmp_path: Path) -> None:
    """What is said after an import is later than what was imported, whatever the machines' clocks say."""
    one, two = pair
    one.writer.add_outcome(OWNER, RUN.id, RunOutcome("wrong", CALLER))
    decide(one, UtilityState.RETIRED)
    with one.transaction() as connection:
        connection.execute("UPDATE outcomes SET given_at = given_at + INTERVAL 1 DAY")
        connection.execute("UPDATE retirements SET decided_at = decided_at + INTERVAL 1 DAY")
    move(one, two, tmp_path / "a")
    two.writer.add_outcome(OWNER, RUN.id, RunOutcome("correct", CALLER))
    two.writer.restore_entry(OWNER, PROCEDURE.id)
    assert said_in(two) == ("correct", [("wrong", CALLER), ("correct", CALLER)])
    assert decided_in(two) == (UtilityState.RESTORED, False)


@pytest.mark.parametrize("last", [UtilityState.RETIRED, UtilityState.RESTORED])
def test_the_last_decision_of_both_stores_holds(pair: tuple[Store, Store], tmp_path: Path, last: UtilityState) -> None:
    """Under whatever number it comes: decisions of both stores are kept in the order of their times."""
    one, two = pair
    decide(one, UtilityState.RETIRED)
    move(one, two, tmp_path / "a")
    assert decided_in(two) == (UtilityState.RETIRED, True)
    if last is UtilityState.RETIRED:
        two.writer.restore_entry(OWNER, PROCEDURE.id)
    one.writer.restore_entry(OWNER, PROCEDURE.id)
    decide(one, UtilityState.RETIRED)
    if last is UtilityState.RESTORED:
        two.writer.restore_entry(OWNER, PROCEDURE.id)
    assert move(one, two, tmp_path / "b")["retirements"] == 2
    assert move(two, one, tmp_path / "c")["retirements"] == 1
    assert [decided_in(store) for store in pair] == [(last, last is UtilityState.RETIRED)] * 2
    assert [count_decisions(store) for store in pair] == [4, 4]
    for store in pair:
        store.check_integrity(OWNER)


def remove_runs(store: Store) -> None:
    """Keep no run."""
    store.writer.change_retention(OWNER, RetentionChange(runs=KeepLimit(max_count=0)))
    store.writer.put_job(OWNER, Job("o-retention", "retention", "rules"))
    apply_retention(store, OWNER, "o-retention", dry_run=False, tell=lambda *_: None)


@pytest.mark.parametrize("removed_first", [True, False])
def test_a_run_that_one_store_removed_counts_once_in_both(
    pair: tuple[Store, Store], tmp_path: Path, removed_first: bool
) -> None:
    """Whether the other store has the run already, or gets it later: what it says of an entry is not doubled."""
    one, two = pair
    run = replace(
        RUN,
        id="r-judged",
        outcome="correct",
        holdout=0.25,
        content=CONTENT,
        entries=(RunEntry(PROCEDURE.id, 1, INJECTED),),
    )
    one.writer.record_run(OWNER, run)
    whole = export(one, tmp_path / "whole")
    remove_runs(one)
    removed = export(one, tmp_path / "removed")
    for place in (removed, whole) if removed_first else (whole, removed):
        import_rows(two, place)
    counted = [(one.injected, one.injected_right) for store in pair for one in store.reader.list_utilities(OWNER)]
    assert counted == [(1, 1)] * 2
    assert [row.id for row in two.reader.list_runs(OWNER) if row.id == run.id] == [run.id]
