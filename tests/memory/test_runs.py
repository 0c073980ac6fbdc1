"""Runs are kept with their entries and what was said of them; what they show of an entry retires it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from midthought.memory.bootstrap import mean_bounds
from midthought.memory.errors import BadInput, NotFound, StoreDamaged
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import find_unreadable_rows, repair_namespace
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import EntryRole, OutcomeSource, ReceiptRow, RunEntry, RunOutcome, RunRow
from midthought.memory.records.utility import UtilityState
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, write_of
from .test_forgetting import files_with

ENTRY = write_of(1).entry.id
OTHER_ENTRY = write_of(2).entry.id
OTHER = Namespace("other")
RUN = RunRow("run-1", "How many?", "unknown", 7, 0.5, "{}")
CALLER, GOLD, CHECKER, AGREEMENT = OutcomeSource
NOTE = "zymurgyquokka"


def run_with(number: int, *, right: bool | None, withheld: bool, entry_id: str = ENTRY) -> RunRow:
    """A run that could have withheld an entry with a chance of one half."""
    role = EntryRole.WITHHELD if withheld else EntryRole.INJECTED
    outcome = {None: "unknown", True: "correct", False: "wrong"}[right]
    run = replace(RUN, id=f"run-{number}", question=f"Question {number}?", outcome=outcome)
    return replace(run, withheld=withheld, holdout=0.5, entries=(RunEntry(entry_id, 1, role),))


def harm(store: Store, namespace: Namespace = OWNER, *, begin: int = 1000, count: int = 20) -> list[str]:
    """Record runs that are right exactly if the entry was withheld; return what each retired."""
    retired: list[str] = []
    for number in range(begin, begin + count):
        withheld = number % 2 == 1
        retired += store.writer.record_run(namespace, run_with(number, right=withheld, withheld=withheld))
    return retired


def state_of(store: Store, namespace: Namespace = OWNER, entry_id: str = ENTRY) -> UtilityState:
    """Whether an entry is retired, as the list of effects says."""
    return next(one.state for one in store.reader.list_utilities(namespace) if one.entry_id == entry_id)


def outcome_of(store: Store, run_id: str = "run-1") -> str:
    """The outcome that counts."""
    return store.reader.get_run(OWNER, run_id).outcome


@pytest.fixture
def taught(store: Store) -> Store:
    """A store with two entries in each of two namespaces, and one run."""
    for namespace in (OWNER, OTHER):
        store.writer.write(namespace, batch_of(1, 2))
    store.writer.record_run(OWNER, RUN)
    return store


def test_a_run_comes_back_with_everything_that_was_recorded(taught: Store) -> None:
    """Columns, entries in their order, and an outcome that its caller knew."""
    entries = (
        RunEntry(ENTRY, 3, EntryRole.INJECTED, 12, 0, chosen=True),
        RunEntry(OTHER_ENTRY, 1, EntryRole.INJECTED, 12, 1),
        RunEntry("l-gone", 1, EntryRole.RECALLED),
    )
    run = replace(RUN, id="run-2", outcome="wrong", arm="before", holdout=0.25, engine="demo", cached_tokens=128)
    taught.writer.record_run(OWNER, replace(run, entries=entries))
    found = taught.reader.get_run(OWNER, "run-2")
    (said,) = found.outcomes
    assert replace(found, outcomes=()) == replace(run, entries=entries)
    assert (said.outcome, said.source, said.note) == ("wrong", CALLER, "")
    assert said.given_at is not None


def test_runs_are_listed_by_arm_outcome_and_entry(taught: Store) -> None:
    """A run that withheld is of the arm `withheld`, whatever its own; conditions hold together."""
    taught.writer.record_run(OWNER, run_with(2, right=True, withheld=True))
    taught.writer.record_run(OWNER, run_with(3, right=False, withheld=False, entry_id=OTHER_ENTRY))

    def listed(**given: str) -> set[str]:
        return {run.id for run in taught.reader.list_runs(OWNER, **given)}  # type: ignore[arg-type]  # texts alone

    assert listed() == {"run-1", "run-2", "run-3"}
    assert listed(arm="withheld") == {"run-2"}
    assert listed(arm="in-thought") == {"run-1", "run-3"}
    assert listed(outcome="correct") == {"run-2"}
    assert listed(entry_id=OTHER_ENTRY) == {"run-3"}
    assert listed(entry_id=OTHER_ENTRY, outcome="correct") == set()
    assert len(taught.reader.list_runs(OWNER, limit=2)) == 2


def test_the_latest_of_the_strongest_source_counts(taught: Store) -> None:
    """A weaker source that speaks later changes nothing, the same source does; nothing that was said is lost."""
    steps = ((AGREEMENT, "correct", "correct"), (GOLD, "wrong", "wrong"), (CHECKER, "correct", "wrong"))
    for source, said, counts in (*steps, (GOLD, "correct", "correct"), (CALLER, "wrong", "wrong")):
        taught.writer.add_outcome(OWNER, "run-1", RunOutcome(said, source))
        assert outcome_of(taught) == counts
    assert [one.outcome for one in taught.reader.get_run(OWNER, "run-1").outcomes] == [
        *("correct", "wrong", "correct", "correct", "wrong")
    ]


def test_the_same_said_again_changes_nothing(taught: Store) -> None:
    """Of one source in a row; after a correction the first statement is news again, and so is another note."""
    say = taught.writer.add_outcome
    right, wrong = RunOutcome("correct", CALLER, "sure"), RunOutcome("wrong", CALLER, "no")
    added = [say(OWNER, "run-1", said)[0] for said in (right, right, wrong, right, replace(right, note="very"))]
    assert added == [True, False, True, True, True]
    assert len(taught.reader.get_run(OWNER, "run-1").outcomes) == 4


def test_feedback_on_no_run_is_an_error(taught: Store) -> None:
    """Also on one of another namespace."""
    for namespace, run_id in ((OWNER, "run-0"), (OTHER, "run-1")):
        with pytest.raises(NotFound, match=f"no run '{run_id}' in namespace {namespace}"):
            taught.writer.add_outcome(namespace, run_id, RunOutcome("wrong", CALLER))
    assert taught.reader.get_run(OWNER, "run-1").outcomes == ()


def test_an_entry_that_harms_retires_in_the_commit_that_decides(taught: Store) -> None:
    """The call that completes the evidence returns it; the reason names the figures and the run."""
    assert harm(taught) == [ENTRY]
    (found,) = taught.reader.list_utilities(OWNER)
    assert (found.state, found.upper < 0, found.effect) == (UtilityState.RETIRED, True, -1.0)
    connection = taught.state.database.connection
    ((reason, run_id),) = connection.execute("SELECT reason, run_id FROM retirements").fetchall()
    assert found.reason == reason
    assert reason.startswith("right in 0 of ")
    assert taught.reader.get_run(OWNER, run_id).outcome in {"correct", "wrong"}


def test_feedback_that_comes_later_retires_as_well(taught: Store) -> None:
    """Runs without an outcome decide nothing; the last feedback that completes the evidence does."""
    for number in range(20):
        assert taught.writer.record_run(OWNER, run_with(number + 10, right=None, withheld=number % 2 == 1)) == []
    retired: list[str] = []
    for number in range(20):
        said = RunOutcome("correct" if number % 2 == 1 else "wrong", CHECKER)
        retired += taught.writer.add_outcome(OWNER, f"run-{number + 10}", said)[1]
    assert retired == [ENTRY]


def test_runs_without_a_draw_decide_nothing(taught: Store) -> None:
    """Where nothing could be withheld, wrong runs say nothing of an entry; they are counted as others."""
    for number in range(40):
        run = replace(run_with(number + 10, right=False, withheld=False), holdout=0.0)
        assert taught.writer.record_run(OWNER, run) == []
    (found,) = taught.reader.list_utilities(OWNER)
    assert (found.injected, found.other, found.effect, found.upper) == (0, 40, None, 1.0)


def test_a_namespace_retires_for_itself(taught: Store) -> None:
    """What the runs of one show changes nothing in another, also if both have the entry."""
    harm(taught)
    taught.writer.record_run(OTHER, run_with(1, right=True, withheld=False))
    assert (state_of(taught), state_of(taught, OTHER)) == (UtilityState.RETIRED, UtilityState.ACTIVE)
    assert taught.searcher.retired_numbers(OTHER) == frozenset()
    assert len(taught.searcher.retired_numbers(OWNER)) == 1


def test_a_restored_entry_begins_again(taught: Store) -> None:
    """What retired it no longer counts; new runs that show harm retire it again."""
    harm(taught)
    taught.writer.restore_entry(OWNER, ENTRY)
    assert taught.searcher.retired_numbers(OWNER) == set()
    (found,) = taught.reader.list_utilities(OWNER)
    assert (found.state, found.injected, found.withheld) == (UtilityState.RESTORED, 0, 0)
    with pytest.raises(BadInput, match="is not retired"):
        taught.writer.restore_entry(OWNER, ENTRY)
    assert harm(taught, begin=2000) == [ENTRY]
    assert state_of(taught) is UtilityState.RETIRED


def test_an_entry_that_retired_again_shows_the_runs_that_decided(taught: Store) -> None:
    """Its counts are those of the reason, of the runs since it was restored; earlier ones are among the others."""
    retired, number = harm(taught, count=60), 2000
    taught.writer.restore_entry(OWNER, ENTRY)
    assert retired == [ENTRY]
    while state_of(taught) is not UtilityState.RETIRED and number < 2060:
        harm(taught, begin=number, count=1)
        number += 1
    (found,) = taught.reader.list_utilities(OWNER)
    assert (found.injected + found.withheld, found.other) == (number - 2000, 60)
    said = f"right in {found.injected_right} of {found.injected} runs with it and in {found.withheld_right}"
    assert found.reason.startswith(f"{said} of {found.withheld} without it")


def test_a_revision_has_no_past(taught: Store) -> None:
    """Another wording is another text: it is recalled, and its runs are counted from none."""
    harm(taught)
    taught.writer.revise_entry(OWNER, ENTRY, write_of(3))
    assert taught.searcher.retired_numbers(OWNER) == set()
    assert taught.reader.list_utilities(OWNER) == []


def test_retiring_outlives_the_process(tmp_path: Path) -> None:
    """It is read from the database by the next."""
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
        harm(store)
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        assert len(store.searcher.retired_numbers(OWNER)) == 1
        store.check_integrity(OWNER)


def test_retired_at_an_earlier_moment(taught: Store) -> None:
    """Before the decision nothing was retired, after the restoring nothing is."""
    before = taught.searcher.now()
    harm(taught)
    between = taught.searcher.now()
    taught.writer.restore_entry(OWNER, ENTRY)
    counts = [len(taught.searcher.retired_numbers(OWNER, one)) for one in (before, between, taught.searcher.now())]
    assert counts == [0, 1, 0]


def test_no_byte_of_a_forgotten_run_is_left(tmp_path: Path) -> None:
    """Its text, what it recalled and what was said of it: in no table at once, in no file after compacting."""
    home = tmp_path / "store"
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
        run = replace(run_with(1, right=True, withheld=False), question=f"{NOTE}?", content=f'{{"text":"{NOTE}"}}')
        store.writer.record_run(OWNER, run, [ReceiptRow("x-1", "recall", NOTE, "{}", "run-1")])
        store.writer.add_outcome(OWNER, "run-1", RunOutcome("wrong", CALLER, NOTE))
        assert files_with(home, NOTE)
        store.writer.forget_run(OWNER, "run-1")
        connection = store.state.database.connection
        for table in ("runs", "run_entries", "outcomes", "receipts"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]
        with pytest.raises(NotFound):
            store.writer.forget_run(OWNER, "run-1")
        compact_store(store)
        store.check_integrity(OWNER)
    assert files_with(home, NOTE) == []


@pytest.mark.parametrize("what", ["entry", "trajectory", "namespace"])
def test_what_is_forgotten_takes_its_runs_along(taught: Store, what: str) -> None:
    """The runs that recalled it, what was said of them, and what was decided on it."""
    harm(taught)
    taught.writer.add_outcome(OWNER, "run-1003", RunOutcome("wrong", GOLD, NOTE))
    if what == "entry":
        taught.writer.forget_entry(OWNER, ENTRY)
    elif what == "trajectory":
        ((trajectory_id, _),) = taught.reader.list_trajectories(OWNER)
        taught.writer.forget_trajectory(OWNER, trajectory_id)
    else:
        taught.writer.forget_namespace(OWNER)
    connection = taught.state.database.connection
    for table in ("run_entries", "outcomes", "retirements"):
        assert connection.execute(f"SELECT count(*) FROM {table} WHERE namespace = 'owner'").fetchall() == [(0,)]


def test_stray_rows_are_found_and_repaired(taught: Store) -> None:
    """Rows that belong to no run are a fault, which repairing deletes."""
    connection = taught.state.database.connection
    connection.execute("INSERT INTO outcomes VALUES ('owner', 'r-x', 0, 'wrong', 'gold', '', now())")
    connection.execute("INSERT INTO run_entries VALUES ('owner', 'r-x', 0, 'p-1', 1, 'injected', 0, 0, FALSE, TRUE)")
    with pytest.raises(StoreDamaged, match=r"1 entries of runs belong to no run.*1 outcomes belong to no run"):
        taught.check_integrity(OWNER)
    repair_namespace(taught, OWNER, lambda keys: pytest.fail(f"every vector is known, but not of {keys}"))
    taught.check_integrity(OWNER)


@pytest.mark.parametrize(
    ("table", "column", "row_id"),
    [("run_entries", "role", "run-1000"), ("outcomes", "source", "run-1000"), ("retirements", "state", ENTRY)],
)
def test_what_a_later_version_wrote_is_named(taught: Store, table: str, column: str, row_id: str) -> None:
    """A role, source or state that is not known cannot be read, and the row that holds it is told."""
    harm(taught)
    taught.state.database.connection.execute(f"UPDATE {table} SET {column} = 'eaten'")
    told = next(iter(find_unreadable_rows(taught, OWNER, read_calibration=str)))
    assert told.startswith(f"table {table}, id {row_id}, column {column} cannot be read")


def test_threads_that_judge_at_once_lose_nothing(taught: Store) -> None:
    """Every statement is there, and an entry retires once."""
    for number in range(20):
        taught.writer.record_run(OWNER, run_with(number + 10, right=None, withheld=number % 2 == 1))
    retired: list[str] = []

    def judge(part: int) -> None:
        for number in range(part, 20, 4):
            said = RunOutcome("correct" if number % 2 == 1 else "wrong", CALLER)
            retired.extend(taught.writer.add_outcome(OWNER, f"run-{number + 10}", said)[1])

    threads = [Thread(target=judge, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert retired == [ENTRY]
    connection = taught.state.database.connection
    assert connection.execute("SELECT count(*) FROM outcomes").fetchall() == [(20,)]
    assert connection.execute("SELECT count(*) FROM retirements").fetchall() == [(1,)]


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from midthought.memory.database.tables import retirements
from midthought.memory.store import Store
from tests.memory.conftest import ENCODER, OWNER, batch_of
from tests.memory.test_runs import harm

add = retirements.add_retirement

def add_and_die(*given, **named):
    add(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

retirements.add_retirement = add_and_die
store = Store(sys.argv[1], encoder=ENCODER)
store.writer.write(OWNER, batch_of(1))
harm(store)
"""


@pytest.mark.slow
def test_killed_while_retiring_neither_the_outcome_nor_the_decision_is_there(tmp_path: Path, root: Path) -> None:
    """They are one commit: the same outcome given again decides the same."""
    home = tmp_path / "store"
    done = subprocess.run([sys.executable, "-c", KILLED, str(home), str(root)], env=os.environ, cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
    with Store(home, encoder=ENCODER) as store:
        store.check_integrity(OWNER)
        runs = len(store.reader.list_runs(OWNER))
        assert state_of(store) is UtilityState.ACTIVE
        ((said,),) = store.state.database.connection.execute("SELECT count(*) FROM outcomes").fetchall()
        assert said == runs
        withheld = runs % 2 == 1
        run = run_with(1000 + runs, right=withheld, withheld=withheld)
        assert store.writer.record_run(OWNER, run) == [ENTRY]


def test_arms_are_compared_over_the_questions_of_both(taught: Store) -> None:
    """Each question counts once, however often it was run; what one arm alone has counts for its means only."""
    for number, (question, arm, outcome, tokens) in enumerate(
        [
            *(("a", "none", "wrong", 10), ("a", "in-thought", "correct", 20), ("a", "in-thought", "correct", 20)),
            *(("b", "none", "correct", 10), ("b", "in-thought", "wrong", 20), ("b", "in-thought", "correct", 20)),
            *(("c", "none", "correct", 40), ("d", "none", "unknown", 100)),
        ]
    ):
        run = replace(RUN, id=f"run-c{number}", question=question, arm=arm, outcome=outcome, tokens=tokens)
        taught.writer.record_run(OWNER, run)
    found = taught.reader.compare_runs(OWNER, "none", "in-thought")
    assert (found.questions, found.difference) == (2, 0.25)  # +1 and -.5
    assert (found.first.runs, found.first.judged, found.first.accuracy, found.first.tokens) == (4, 3, 2 / 3, 40.0)
    assert (found.second.runs, found.second.judged, found.second.accuracy) == (5, 4, 0.75)
    assert (found.lower, found.upper) == (-0.5, 1.0)
    nothing = taught.reader.compare_runs(OWNER, "none", "withheld")
    assert (nothing.questions, nothing.difference, nothing.lower, nothing.second.accuracy) == (0, None, None, None)


def test_the_bootstrap_interval_is_that_of_the_mean() -> None:
    """For many questions it is the normal one, 1.96 standard errors on either side."""
    differences = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], 2000)
    interval = mean_bounds(differences)
    assert interval is not None
    error = 1.96 * differences.std() / np.sqrt(len(differences))
    assert interval == pytest.approx((differences.mean() - error, differences.mean() + error), abs=0.1 * error)
    assert mean_bounds(differences[:1]) is None


def test_an_import_reads_the_columns_in_the_content(taught: Store) -> None:
    """A run that comes from an export is the run that was recorded."""
    from midthought.memory.database.tables.runs import EXPORT
    from midthought.memory.transfer.export_rows import ExportScope, read_pages
    from midthought.memory.transfer.import_rows import ImportPage

    told = {"arm": "before", "withheld": True, "engine": "demo", "configuration": {"holdout": 0.25}}
    content = json.dumps(told | {"turns": [{"cached_tokens": 3}, {"cached_tokens": 4}]})
    run = replace(RUN, id="run-9", content=content, arm="before", withheld=True, holdout=0.25)
    run = replace(run, engine="demo", cached_tokens=7)
    taught.writer.record_run(OWNER, run)
    for page in read_pages(taught.state.database.connection, EXPORT, ExportScope(OWNER)):
        taught.writer.import_rows(OTHER, ImportPage(EXPORT, page, ENCODER, {}))
    assert taught.reader.get_run(OTHER, "run-9") == taught.reader.get_run(OWNER, "run-9") == run
    assert taught.reader.get_run(OTHER, "run-1") == RUN
