"""What waits to be learnt: verdicts reach it whenever they are said, it is bounded, and it goes with what it is of."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from midthought.memory.errors import NotFound
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import find_unreadable_rows
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import OutcomeSource, RunOutcome, RunRow
from midthought.memory.records.waiting_trace import CROWDED_OUT, EXPIRED, Awaited, WaitingBounds, WaitingTrace
from midthought.memory.store import Store

from .conftest import OWNER
from .test_forgetting import files_with

WIDE = WaitingBounds()
NOW = WaitingBounds(max_age=timedelta(0))


def trace(name: str, awaits: Awaited = Awaited.FEEDBACK, run_id: str = "") -> WaitingTrace:
    """A trace that waits."""
    return WaitingTrace(f"w-{name}", run_id or f"run-{name}", awaits, "Why?", f'{{"thought": "{name}"}}')


def add(store: Store, *traces: WaitingTrace, bounds: WaitingBounds = WIDE) -> None:
    """Keep traces, in a namespace that may not exist yet."""
    store.writer.add_traces(OWNER, traces, left_out={}, bounds=bounds, begins=True)


def run(store: Store, name: str) -> None:
    """Record the run of a trace."""
    store.writer.put_namespace(OWNER)
    store.writer.record_run(OWNER, RunRow(f"run-{name}", "Why?", "unknown", 1, 0.1, "{}"))


def verdicts(store: Store, ready: bool | None = None) -> dict[str, tuple[str, str]]:
    """The outcome of each trace, and who said it."""
    return {one.id: (one.outcome, one.judged_by) for one in store.reader.list_waiting_traces(OWNER, ready=ready)}


@pytest.mark.parametrize("first", ["trace", "verdict"])
def test_a_verdict_reaches_its_trace(store: Store, first: str) -> None:
    """Whether it was said before the trace was kept or after, that of the strongest source counts; others wait on."""
    run(store, "a")
    run(store, "b")
    said = [RunOutcome("wrong", OutcomeSource.CHECKER), RunOutcome("correct", OutcomeSource.CALLER)]
    steps = [lambda: add(store, trace("a"), trace("b")), lambda: judge(store, "a", said)]
    for step in steps if first == "trace" else steps[::-1]:
        step()
    assert verdicts(store) == {"w-a": ("correct", "caller"), "w-b": ("unknown", "")}
    assert list(verdicts(store, ready=True)) == ["w-a"]


def judge(store: Store, name: str, said: Sequence[RunOutcome]) -> None:
    """Say of a run whether it was right."""
    for one in said:
        store.writer.add_outcome(OWNER, f"run-{name}", one)


def test_only_what_waits_for_feedback_takes_it(store: Store) -> None:
    """What is taken without a verdict, or waits for agreement, stays as it is."""
    run(store, "a")
    add(store, trace("1", Awaited.NOTHING, "run-a"), trace("2", Awaited.AGREEMENT, "run-a"))
    judge(store, "a", [RunOutcome("correct", OutcomeSource.CALLER)])
    assert set(verdicts(store).values()) == {("unknown", "")}
    assert list(verdicts(store, ready=True)) == ["w-1"]


def test_the_same_trace_waits_once(store: Store) -> None:
    """Its id says what it is."""
    add(store, trace("a"))
    add(store, trace("a"), trace("b"))
    assert sorted(verdicts(store)) == ["w-a", "w-b"]


def test_the_oldest_are_dropped_and_counted(store: Store) -> None:
    """Beyond the number that is kept; those with a verdict, and those in a batch, are never dropped."""
    run(store, "1")
    for name in "1234":
        add(store, trace(name))
    judge(store, "1", [RunOutcome("correct", OutcomeSource.CALLER)])
    store.writer.begin_batch(OWNER, ["w-2"], "b-1")
    add(store, trace("5"), bounds=WaitingBounds(max_traces=1))
    assert sorted(verdicts(store)) == ["w-1", "w-2", "w-5"]
    assert store.reader.traffic_state(OWNER).left_out == {CROWDED_OUT: 2}


def test_what_is_too_old_is_dropped_or_taken_without(store: Store) -> None:
    """What waits for feedback goes, what waits for agreement is taken without; both can be seen."""
    add(store, trace("f"), trace("a", Awaited.AGREEMENT))
    state = store.reader.traffic_state(OWNER)
    assert (state.waiting, state.ready, state.oldest is None) == (2, 0, False)
    store.writer.trim_traces(OWNER, NOW)
    state = store.reader.traffic_state(OWNER)
    assert (state.waiting, state.ready, state.oldest, state.left_out) == (0, 1, None, {EXPIRED: 1})


def test_counts_add_up(store: Store) -> None:
    """What is left out is counted by its reason over all commits."""
    for number in (1, 2):
        store.writer.add_traces(OWNER, [], left_out={"cut off": number, "no text": 1}, bounds=WIDE, begins=True)
    assert store.reader.traffic_state(OWNER).left_out == {"cut off": 3, "no text": 2}


def test_a_forgotten_run_leaves_nothing_that_waits(store: Store) -> None:
    """Its traces go with it, and the end of a batch says which were forgotten meanwhile."""
    run(store, "a")
    add(store, trace("a"), trace("b"))
    store.writer.begin_batch(OWNER, ["w-a", "w-b"], "b-1")
    store.writer.forget_run(OWNER, "run-a")
    assert [one.batch for one in store.reader.list_waiting_traces(OWNER)] == ["b-1"]
    assert store.writer.end_batch(OWNER, ["w-a", "w-b"]) == {"w-a"}
    assert not verdicts(store)


def test_what_was_forgotten_is_in_no_file(store: Store) -> None:
    """After compaction no byte of a trace is left that went with its run, was dropped, or was ingested."""
    run(store, "a")
    add(store, *(trace(f"zymurgyquokka{number}", run_id=f"run-{name}") for number, name in enumerate("abc")))
    store.writer.forget_run(OWNER, "run-a")
    store.writer.end_batch(OWNER, ["w-zymurgyquokka1"])
    store.writer.trim_traces(OWNER, NOW)
    compact_store(store)
    assert files_with(store.path, "zymurgyquokka") == []


def test_rows_that_cannot_be_read_are_named(store: Store) -> None:
    """As those of every table."""
    add(store, WaitingTrace("w-a", "", Awaited.NOTHING, "Why?", "torn {"))
    assert [
        one
        for one in find_unreadable_rows(store, OWNER, read_calibration=json.loads)
        if "table waiting_traces, id w-a, column content" in one
    ]


def test_a_forgotten_namespace_leaves_nothing(store: Store) -> None:
    """Neither traces nor counts stay, and what was on its way is not written into a namespace that is gone."""
    owner = Namespace("alice")
    store.writer.add_traces(owner, [trace("a")], left_out={"cut off": 1}, bounds=WIDE, begins=True)
    assert store.reader.namespaces_with_traces() == [owner]
    store.writer.forget_namespace(owner)
    store.writer.add_traces(owner, [trace("b")], left_out={"cut off": 1}, bounds=WIDE)
    assert not store.reader.namespaces_with_traces()
    assert not store.reader.list_waiting_traces(owner)
    assert store.reader.traffic_state(owner).left_out == {}
    with pytest.raises(NotFound):
        store.reader.get_namespace(owner)
