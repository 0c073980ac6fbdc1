"""What a namespace does not keep any longer goes whole, and what an entry needs stays; the report tells what went."""

import io
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest

from midthought.memory.errors import BadInput, NotFound
from midthought.memory.maintenance import retention
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.retention import Tell, apply_retention, has_overdue
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.job import Job, JobState, Rejection
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import KeepLimit, Protection, RetainedKind, RetentionChange
from midthought.memory.records.retention_report import MAX_IDS, RetentionReport
from midthought.memory.records.run import EntryRole, ReceiptRow, RunEntry, RunRow
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.records.waiting_trace import Awaited, WaitingBounds, WaitingTrace
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of, write_of
from .test_forgetting import CANARY, files_with

JOB = "o-retention"
OTHER = Namespace("other")
OUTCOMES = {True: "correct", False: "wrong"}


def attempt(number: int) -> Trajectory:
    """A trajectory that taught nothing."""
    return Trajectory(f"How many are {number}?", f"I count to {number}.", answer=str(number))


def keep_attempts(store: Store, *numbers: int) -> list[str]:
    """Store trajectories with a step each, one commit each; return their ids."""
    for number in numbers:
        trace = attempt(number)
        spans = (Span(Part.THOUGHT, 0, len(trace.thought)), Span(Part.ANSWER, 0, len(trace.answer)))
        steps = tuple(Step(span, StepKind.WORK, "", 0) for span in spans)
        store.writer.write(OWNER, Batch((TrajectoryWrite(trace, "tests-1", steps),)))
    return [attempt(number).id for number in numbers]


def apply(store: Store, *, dry_run: bool = False, tell: Tell = lambda *_: None) -> RetentionReport:
    """Apply the rules of the namespace, as a job."""
    store.writer.put_job(OWNER, Job(JOB, "retention", "rules"))
    with store.writer.claim_job(JOB):
        return apply_retention(store, OWNER, JOB, dry_run=dry_run, tell=tell)


def stored(store: Store) -> set[str]:
    """The ids of the trajectories of the namespace."""
    return {trajectory_id for trajectory_id, _ in store.reader.list_trajectories(OWNER)}


def age(store: Store, days: int, **columns: str) -> None:
    """Make all rows of tables older, by the column that tells their age."""
    with store.transaction() as connection:
        for table, column in columns.items():
            connection.execute(f"UPDATE {table} SET {column} = {column} - to_days({days})")


def test_the_newest_are_kept_and_the_report_tells_the_others(store: Store) -> None:
    """By number: three of five go, the oldest, with their steps; the other namespace and the sums stay right."""
    ids = keep_attempts(store, 1, 2, 3, 4, 5)
    store.writer.write(OTHER, Batch((TrajectoryWrite(attempt(1), "tests-1"),)))
    store.writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_count=2)))
    gone = apply(store).of("trajectories")
    assert (gone.count, gone.ids, gone.needed) == (3, tuple(ids[:3]), 0)
    texts = [attempt(number) for number in (1, 2, 3)]
    metadata = len(texts[0].metadata)
    assert gone.bytes == sum(len(one.question + one.thought + one.answer) + metadata for one in texts)
    assert gone.oldest is not None
    assert gone.newest is not None
    assert gone.oldest < gone.newest
    assert stored(store) == set(ids[3:])
    assert len(store.reader.get_steps(OWNER, ids[4])) == 2
    assert store.reader.list_trajectories(OTHER)
    store.check_integrity(OWNER)
    assert not has_overdue(store, OWNER)


def test_size_and_age_are_limits_as_well(store: Store) -> None:
    """By bytes the newest that fit are kept; by days those that are younger."""
    ids = keep_attempts(store, 1, 2, 3)
    size = sum(len(part) for part in (attempt(3).question, attempt(3).thought, attempt(3).answer, attempt(3).metadata))
    store.writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_bytes=2 * size)))
    assert apply(store).of("trajectories").ids == (ids[0],)
    store.writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_days=10)))
    assert not has_overdue(store, OWNER)
    age(store, 11, trajectories="stored_at")
    (young,) = keep_attempts(store, 4)
    apply(store)
    assert stored(store) == {young}


def test_a_dry_run_removes_nothing_and_tells_the_same(store: Store) -> None:
    """What it tells is what the next job removes."""
    ids = keep_attempts(store, 1, 2, 3)
    store.writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_count=1)))
    told = apply(store, dry_run=True)
    assert told.dry_run
    assert stored(store) == set(ids)
    assert apply(store).of("trajectories") == told.of("trajectories")


def test_what_an_entry_comes_from_is_kept_beyond_every_limit(store: Store) -> None:
    """Its source, and a trace in which it was recognised, unless the rules say otherwise; the report counts them."""
    store.writer.write(OWNER, batch_of(1))
    entry, (linked,) = write_of(1).entry, keep_attempts(store, 1)
    link = RecognisedLink(entry.id, linked, Span(Part.THOUGHT, 0, 3), 0.9, "words", "tests-1")
    store.writer.write(OWNER, Batch(links=(link,)))
    store.writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_count=0)))
    assert (apply(store).of("trajectories").count, apply(store).of("trajectories").needed) == (0, 2)
    store.writer.change_retention(OWNER, RetentionChange(protect=Protection.SOURCES))
    gone = apply(store).of("trajectories")
    assert (gone.ids, gone.needed) == ((linked,), 1)
    assert store.reader.list_links(OWNER) == []
    assert store.reader.get_entry(OWNER, entry.id).provenance[0].trajectory_id == TRAJECTORY.id
    store.check_integrity(OWNER)


def test_without_protection_what_it_taught_goes_as_if_forgotten(store: Store) -> None:
    """An entry of that trace alone is a tombstone, one with another source keeps that; search finds neither's words."""
    store.writer.write(OWNER, batch_of(1, 2))
    store.writer.write(OWNER, batch_of(2, trajectory=attempt(7)))
    rules = RetentionChange(trajectories=KeepLimit(max_count=1), protect=Protection.NOTHING)
    store.writer.change_retention(OWNER, rules)
    report = apply(store)
    assert report.of("trajectories").ids == (TRAJECTORY.id,)
    assert report.of("entries").ids == (write_of(1).entry.id,)
    (left,) = store.reader.list_entries(OWNER)
    assert left.id == write_of(2).entry.id
    assert {one.trajectory_id for one in left.provenance} == {attempt(7).id}
    assert store.reader.stats(OWNER).forgotten == 1
    assert store.searcher.search_words(OWNER, "sort1", 3) == []
    store.check_integrity(OWNER)


def record(store: Store, number: int, *, right: bool, role: EntryRole = EntryRole.INJECTED) -> str:
    """Record a judged run with an entry, by chance or not, and its receipt; return its id."""
    entry = RunEntry(write_of(1).entry.id, 1, role)
    run = RunRow(
        f"run-{number}", f"Question {number}?", "correct" if right else "wrong", 1, 0.1, f'{{"text": "{CANARY}"}}'
    )
    run = replace(run, withheld=role is EntryRole.WITHHELD, holdout=0.25, entries=(entry,))
    store.writer.record_run(OWNER, run, [ReceiptRow(f"receipt-{number}", "injection", "q", "{}", run.id)])
    return run.id


def test_runs_go_and_what_they_say_of_entries_stays(store: Store) -> None:
    """Every figure of the utility is the same; an entry that is restored afterwards begins anew, as with its runs."""
    store.writer.write(OWNER, batch_of(1, 2))
    for number in range(12):
        right = number % 3 == 0
        record(store, number, right=right, role=EntryRole.INJECTED if number % 4 else EntryRole.WITHHELD)
    before = store.reader.list_utilities(OWNER)
    assert before[0].injected + before[0].withheld == 12
    store.writer.change_retention(OWNER, RetentionChange(runs=KeepLimit(max_count=5)))
    gone = apply(store).of("runs")
    assert (gone.count, len(gone.ids)) == (7, 7)
    assert len(store.reader.list_runs(OWNER)) == len(store.reader.list_receipts(OWNER)) == 5
    assert store.reader.list_utilities(OWNER) == before
    with pytest.raises(NotFound):
        store.reader.get_run(OWNER, "run-0")
    store.check_integrity(OWNER)
    store.writer.forget_entry(OWNER, write_of(1).entry.id)
    assert store.reader.list_utilities(OWNER) == []


def test_a_run_whose_trace_waits_for_its_verdict_is_kept(store: Store) -> None:
    """Feedback on the run decides what is learnt from the trace."""
    store.writer.write(OWNER, batch_of(1))
    first, second = record(store, 1, right=True), record(store, 2, right=True)
    trace = WaitingTrace("w-1", first, Awaited.FEEDBACK, "Why?", "{}")
    store.writer.add_traces(OWNER, [trace], left_out={}, bounds=WaitingBounds())
    store.writer.change_retention(OWNER, RetentionChange(runs=KeepLimit(max_count=0)))
    gone = apply(store).of("runs")
    assert (gone.ids, gone.needed) == ((second,), 1)


def test_receipts_of_single_recalls_have_a_limit_of_their_own(store: Store) -> None:
    """Those of a run stay with it."""
    store.writer.write(OWNER, batch_of(1))
    record(store, 1, right=True)
    for number in range(3):
        store.writer.record_receipt(OWNER, ReceiptRow(f"single-{number}", "recall", "q", "{}"))
    store.writer.change_retention(OWNER, RetentionChange(receipts=KeepLimit(max_count=1)))
    assert apply(store).of("receipts").ids == ("single-0", "single-1")
    assert {one.id for one in store.reader.list_receipts(OWNER)} == {"receipt-1", "single-2"}


@pytest.mark.parametrize("stops", [False, True])
def test_rows_of_one_time_go_in_the_order_of_their_ids(
    store: Store, monkeypatch: pytest.MonkeyPatch, stops: bool
) -> None:
    """By number and by size, with ties on the limit, stopped or not: the same rows stay, and none that is older."""
    monkeypatch.setitem(retention._TOGETHER, RetainedKind.RECEIPTS, 2)
    keep_attempts(store, 1)
    random = Random(7)
    kept: list[ReceiptRow] = []
    for _group in range(4):  # receipts of one commit have one time
        rows = [ReceiptRow(f"r-{random.random()}", "recall", "q" * random.choice((1, 5)), "{}") for _ in range(5)]
        store.writer.record_receipts([(OWNER, one) for one in rows])
        kept = sorted(rows, key=lambda one: one.id) + kept
    for count, size in ((17, 77), (13, 1000), (9, 30), (9, 30), (5, 12), (0, 0)):
        sizes = accumulate(len(one.query) + len(one.content) for one in kept)
        kept = [
            one for place, (one, total) in enumerate(zip(kept, sizes, strict=True)) if place < count and total <= size
        ]
        limit = KeepLimit(max_count=count, max_bytes=size)
        store.writer.change_retention(OWNER, RetentionChange(receipts=limit))

        def stop(kind: str, done: int, total: int) -> None:
            if stops and done >= 2:
                raise Stop

        with suppress(Stop):
            apply(store, tell=stop)
        apply(store)
        assert {one.id for one in store.reader.list_receipts(OWNER)} == {one.id for one in kept}
        assert not has_overdue(store, OWNER)


def test_jobs_that_ended_and_kept_answers_are_bounded(store: Store) -> None:
    """With what they rejected, their keys and what was sent; a job that waits is kept, and so is the one that works."""
    for number in range(3):
        job = Job(f"o-{number}", "ingest", "traces.jsonl", JobState.FINISHED)
        store.writer.write(OWNER, Batch(job=job, rejections=(Rejection("traces.jsonl:1", "no JSON"),)))
        store.writer.put_request(OWNER, JobRequest(job.id, f"key-{number}", "d", "{}"))
    store.writer.accept_job(
        OWNER, Job("o-waits", "ingest", "x", JobState.QUEUED), JobRequest("o-waits", "", "", "{}", "", True)
    )
    name, digest = store.uploads.keep(io.BytesIO(b"what was sent"))
    store.writer.put_request(OWNER, JobRequest("o-0", "", digest, "{}", upload=name))
    answer = KeptCompletion("d-1", attempt(1).id, "model", "A long answer.", "stop", 1, 0, 1, 0.1)
    store.writer.keep_completion(OWNER, answer)
    age(store, 91, completions="kept_at")
    store.writer.change_retention(OWNER, RetentionChange(jobs=KeepLimit(max_count=0)))
    report = apply(store)
    assert report.of("jobs").ids == ("o-0", "o-1", "o-2")
    assert (report.of("completions").count, report.of("completions").bytes) == (1, len(answer.text))
    assert [one.id for one in store.reader.list_jobs(OWNER)] == ["o-waits", JOB]
    assert store.reader.list_rejections(OWNER, "o-0") == []
    assert store.reader.request_of_key(OWNER, "key-0") is None
    assert store.uploads.names() == set()
    assert store.reader.known_completions(OWNER, ["d-1"]) == {}


class Stop(Exception):
    """Stops a job between two transactions."""


def test_a_job_that_was_stopped_goes_on_and_its_report_counts_everything(store: Store) -> None:
    """What was removed before it stopped is in the report, once."""
    writes = tuple(TrajectoryWrite(attempt(number), "tests-1") for number in range(120))
    store.writer.write(OWNER, Batch(writes))
    store.writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_count=0)))

    def stop(kind: str, done: int, total: int) -> None:
        assert (kind, total) == ("trajectories", 120)
        if done >= 100:
            raise Stop

    with pytest.raises(Stop):
        apply(store, tell=stop)
    told = store.reader.get_retention_report(OWNER, JOB).of("trajectories")
    assert told.count == 120 - len(stored(store)) == 100
    gone = apply(store).of("trajectories")
    assert (gone.count, gone.ids) == (120, tuple(sorted(one.trajectory.id for one in writes)[:MAX_IDS]))
    assert stored(store) == set()


def test_an_entry_learnt_meanwhile_keeps_its_source(store: Store) -> None:
    """Whether a row is needed is asked in the transaction that removes it."""
    (trajectory_id,) = keep_attempts(store, 7)
    store.writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_count=0)))

    def learn(kind: str, done: int, total: int) -> None:
        if not done:
            store.writer.write(OWNER, batch_of(3, trajectory=attempt(7)))

    assert apply(store, tell=learn).of("trajectories").count == 0
    assert stored(store) == {trajectory_id}


def test_a_job_that_is_run_again_meanwhile_is_kept(store: Store) -> None:
    """Whether a job runs is asked in the transaction that removes it, not once for all of them."""
    names = [f"o-{number:03}" for number in range(101)]  # one more than go together
    for name in names:
        store.writer.put_job(OWNER, Job(name, "ingest", "traces.jsonl", JobState.FINISHED))
    store.writer.change_retention(OWNER, RetentionChange(jobs=KeepLimit(max_count=0)))
    with ExitStack() as running:

        def begin(kind: str, done: int, total: int) -> None:
            if done == 100:
                running.enter_context(store.writer.claim_job(names[-1]))

        assert apply(store, tell=begin).of("jobs").count == 100
        assert [one.id for one in store.reader.list_jobs(OWNER)] == [names[-1], JOB]


@pytest.mark.slow
def test_no_byte_of_what_was_removed_is_left_after_compacting(tmp_path: Path) -> None:
    """Of runs with their receipts, trajectories, receipts of recalls, jobs and answers of a model."""
    home = tmp_path / "store"
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
        record(store, 1, right=True)
        trace = replace(TRAJECTORY, thought=f"First {CANARY}.")
        job = Job("o-1", "ingest", CANARY, JobState.FINISHED)
        rejected = (Rejection(CANARY, CANARY),)
        store.writer.write(OWNER, Batch((TrajectoryWrite(trace, "tests-1"),), job=job, rejections=rejected))
        store.writer.record_receipt(OWNER, ReceiptRow("single", "recall", CANARY, "{}"))
        store.writer.keep_completion(OWNER, KeptCompletion("d", trace.id, "m", CANARY, "stop", 1, 0, 1, 0.1))
        none = KeepLimit(max_count=0)
        change = RetentionChange(**{kind.value: none for kind in RetainedKind})
        store.writer.change_retention(OWNER, change)
        assert files_with(home, CANARY)
        apply(store)
        compact_store(store)
        assert files_with(home, CANARY) == []
        store.check_integrity(OWNER)
        assert len(store.reader.list_entries(OWNER)) == 1
    assert files_with(home, CANARY) == []


def test_rules_that_cannot_be_are_refused() -> None:
    """With the value and the bounds."""
    with pytest.raises(BadInput, match="max_days must be from 0 to 36500, got -1"):
        KeepLimit(max_days=-1)
    with pytest.raises(BadInput, match="max_count must be"):
        KeepLimit(max_count=-1)
    with pytest.raises(BadInput, match="max_days"):
        KeepLimit(max_days=float("nan"))


def test_rules_are_kept_with_the_namespace_until_it_is_forgotten(tmp_path: Path) -> None:
    """A kind that is given gets its new limit, the others keep theirs; the default namespace begins anew."""
    default = Namespace("default")
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        store.writer.change_retention(default, RetentionChange(runs=KeepLimit(max_days=30)))
        store.writer.change_retention(default, RetentionChange(receipts=KeepLimit(max_count=7)))
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        rules = store.reader.get_namespace(default).retention
        assert (rules.runs, rules.receipts) == (KeepLimit(max_days=30), KeepLimit(max_count=7))
        assert rules.jobs.is_limited
        store.writer.forget_namespace(default)
        assert store.reader.get_namespace(default).retention.runs == KeepLimit()
        with pytest.raises(NotFound):
            store.writer.change_retention(OTHER, RetentionChange())
