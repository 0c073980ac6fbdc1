"""The commands that look at runs, judge them, and show what they say of entries."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.cli.exit_codes import ExitCode
from midthought.api.python.memory import open_memory
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.run import EntryRole, RunEntry, RunRow
from midthought.memory.records.waiting_trace import Awaited, WaitingBounds, WaitingTrace
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, Cli

RUNS = 40


@pytest.fixture
def judged(home: Path) -> Path:
    """A memory with an entry and runs that differ by whether they withheld it; the last one is not judged."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([LESSON])
        for number in range(RUNS):
            withheld = number % 2 == 1
            role = EntryRole.WITHHELD if withheld else EntryRole.INJECTED
            uses = (RunEntry(LESSON.id, 1, role, 12, 0, chosen=not withheld),)
            run = RunRow(f"run-{number}", f"Question {number}?", "unknown", 1200, 2.5, f'{{"n":{number}}}')
            run = replace(run, withheld=withheld, holdout=0.5, cached_tokens=128, entries=uses)
            memory.store.writer.record_run(DEFAULT_NAMESPACE, run)
    return home


def judge_all(cli: Cli) -> list[str]:
    """Say that exactly the runs that withheld were right; return the lines that tell of retiring."""
    told: list[str] = []
    for number in range(RUNS):
        ran = cli("feedback", f"run-{number}", "correct" if number % 2 else "wrong", "--source", "checker")
        assert ran.code == 0, ran.err
        told += [line for line in ran.out.splitlines() if line.startswith("retired")]
        if told:
            break
    return told


def test_runs_are_listed_and_shown(cli: Cli, judged: Path) -> None:
    """By arm and by entry; one with what it recalled and what was said of it."""
    withheld = cli("runs", "list", "--arm", "withheld", "--entry", LESSON.id, "--limit", "3")
    assert [line.split()[:3] for line in withheld.out.splitlines()] == [
        [f"run-{number}", "unknown", "withheld"] for number in (39, 37, 35)
    ]
    cli("feedback", "run-2", "wrong", "--note", "off by one")
    shown = cli("runs", "show", "run-2")
    assert "wrong  in-thought  1,200 tokens (128 cached)  2.5 s  Question 2?" in shown.out
    assert f"injected {LESSON.id} version 1 at character 12 of branch 0, whose answer was taken" in shown.out
    assert "wrong, says the caller: off by one" in shown.out
    told = json.loads(cli("runs", "show", "run-2", "-o", "json").out)
    assert (told["content"], told["outcome"], told["entries"][0]["role"]) == ({"n": 2}, "wrong", "injected")
    assert cli("runs", "list", "--outcome", "correct").err == "no such runs in namespace default\n"


def test_feedback_is_idempotent_and_knows_its_runs(cli: Cli, judged: Path) -> None:
    """Said twice it says so; of no run, and with no outcome, it is an error."""
    assert cli("feedback", "run-1", "correct").out == "run-1 is correct\n"
    assert cli("feedback", "run-1", "correct").out == "run-1 is correct, as was said before\n"
    overruled = "run-1: noted gold: wrong; caller: correct counts\n"
    assert cli("feedback", "run-1", "wrong", "--source", "gold").out == overruled
    again = "run-1: noted gold: wrong, as was said before; caller: correct counts\n"
    assert cli("feedback", "run-1", "wrong", "--source", "gold").out == again
    told = cli("feedback", "run-1", "wrong", "--source", "agreement", "-o", "json").json
    assert (told["outcome"], told["source"]) == ("correct", "caller")
    assert cli("feedback", "run-none", "wrong").code == ExitCode.FAILED
    for outcome in ("unknown", "maybe"):
        ran = cli("feedback", "run-1", outcome)
        assert (ran.code, f"outcome must be correct or wrong, got {outcome!r}" in ran.err) == (ExitCode.USAGE, True)


def test_what_harms_retires_and_is_restored(cli: Cli, judged: Path) -> None:
    """The feedback that completes the evidence names the entry; `utility` says why, and takes it back."""
    assert cli("recall", LESSON.situation, "-o", "json").out.count(LESSON.id) >= 1
    assert judge_all(cli) == [f"retired {LESSON.id}: `midthought utility` says why"]
    listed = cli("utility").out
    assert listed.startswith(f"{LESSON.id}  retired  effect -1.000 (")
    assert "  retired: right in 0 of " in listed
    assert LESSON.id not in cli("recall", LESSON.situation, "-o", "json").out
    restored = cli("utility", "--restore", LESSON.id)
    assert restored.out.startswith(
        f"restored {LESSON.id}: only runs from now on count\n{LESSON.id}  restored  effect un"
    )
    assert LESSON.id in cli("recall", LESSON.situation, "-o", "json").out
    assert cli("utility", "--restore", LESSON.id).code == ExitCode.FAILED
    (entry,) = map(json.loads, cli("utility", "-o", "json").out.splitlines())
    assert (entry["state"], entry["injected"], entry["effect"]) == ("restored", 0, None)


def test_runs_that_do_not_count_are_told(cli: Cli, home: Path) -> None:
    """Judged runs without hold-out, and those in which every hint was held out, count for nothing, which is said."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([LESSON])
        for number, holdout in enumerate((0.0, 1.0, 0.5)):
            role = EntryRole.WITHHELD if holdout == 1 else EntryRole.INJECTED
            run = RunRow(f"run-{number}", "Why?", "unknown", 12, 2.5, f'{{"n":{number}}}', holdout=holdout)
            run = replace(run, withheld=holdout == 1, entries=(RunEntry(LESSON.id, 1, role),))
            memory.store.writer.record_run(DEFAULT_NAMESPACE, run)
    for number in range(2):
        assert cli("feedback", f"run-{number}", "correct").code == 0
    told = cli("utility").out
    assert "  3 more runs do not count: without hold-out, not judged, " in told
    assert "; set holdout, such as 0.25, and judge all runs\n" in told
    cli("feedback", "run-2", "correct")
    told = cli("utility").out
    assert "  2 more runs do not count: " in told
    assert "set holdout" not in told


def test_only_an_entry_can_be_restored(cli: Cli, judged: Path) -> None:
    """An id that no entry has is another error than an entry that was never retired."""
    assert "no entry 'nope' in namespace default" in cli("utility", "--restore", "nope").err
    assert "is not retired in namespace default" in cli("utility", "--restore", LESSON.id).err


def test_arms_are_compared(cli: Cli, judged: Path) -> None:
    """With what a run takes; without questions of both there is no difference."""
    for number in range(4):
        cli("feedback", f"run-{number}", "correct" if number % 2 else "wrong")
    told = cli("runs", "compare", "withheld", "in-thought").out.splitlines()
    assert told[0].startswith("withheld: 20 runs, 2 right of 2 judged (100.0%), a run takes 1,200 tokens, 128 cached")
    assert told[1].startswith("in-thought: 20 runs, 0 right of 2 judged (0.0%)")
    assert told[2] == "no question has judged runs of both arms: their difference is not known"
    assert json.loads(cli("runs", "compare", "withheld", "none", "-o", "json").out)["second"]["runs"] == 0
    refused = cli("runs", "compare", "withheld", "in-though")
    assert (refused.code, "got 'in-though'; did you mean 'in-thought'?" in refused.err) == (ExitCode.USAGE, True)


def test_a_run_is_forgotten(cli: Cli, judged: Path) -> None:
    """It is gone, and cannot be forgotten twice."""
    assert cli("runs", "forget", "run-3").out == "forgot run-3\n"
    assert cli("runs", "show", "run-3").code == ExitCode.FAILED
    assert cli("runs", "forget", "run-3").code == ExitCode.FAILED


def test_nothing_is_known_of_entries_without_runs(cli: Cli) -> None:
    """It is said on standard error."""
    cli("ingest", "/dev/null")
    ran = cli("utility")
    assert (ran.code, ran.out, ran.err.splitlines()[-1]) == (0, "", "no entries with runs in namespace default")


def test_traffic_shows_what_waits(cli: Cli, judged: Path) -> None:
    """How many traces wait and since when, the run of each, and why other answers were left out; JSON has the same."""
    trace = WaitingTrace("w-1", "run-1", Awaited.FEEDBACK, "In how many ways?", "{}")
    with open_memory(judged, encoder=HashingEncoder()) as memory:
        memory.store.writer.add_traces(DEFAULT_NAMESPACE, [trace], left_out={"cut off": 2}, bounds=WaitingBounds())
    told = cli("traffic")
    assert "namespace default: 1 traces wait for a verdict, the oldest since" in told.out
    assert "2 left out: cut off" in told.out
    assert "run-1" in told.out
    assert "waits for feedback  In how many ways?" in told.out
    assert "does not learn from its traffic" in told.err
    assert cli("traffic", "-o", "json").json["left_out"] == {"cut off": 2}
    assert "1 traces of the traffic wait, 2 answers or traces were left out" in cli("doctor").out
