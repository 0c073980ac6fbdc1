"""A namespace with a row in every table, and the means to write and compare exports of it."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from midthought.ingest.ingestion import Ingestion
from midthought.ingest.transfer.export import export_namespace
from midthought.ingest.transfer.import_export import TableCount, import_export
from midthought.ingest.transfer.layout import ExportFormat, starter_job
from midthought.ingest.transfer.read_export import open_export
from midthought.memory.database.tables import drafts, retirements
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.draft import DraftWrite
from midthought.memory.records.entry import Concept, ConceptKind, Entry, Lesson, Parameter, Procedure, Provenance
from midthought.memory.records.entry_json import entry_to_json
from midthought.memory.records.job import Counts, Job, JobState, Rejection
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import EntryRole, OutcomeSource, ReceiptRow, RunEntry, RunOutcome, RunRow
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory
from midthought.memory.records.utility import UtilityState
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.hashing import HashingEncoder

OWNER = Namespace("owner")
ENCODER = HashingEncoder(16)
TRAJECTORY = Trajectory(
    "How many?\u2028",
    'First "I" count.\n\U0001f600',
    answer="Three",
    gold="3",
    outcome=Outcome.CORRECT,
    metadata='{"a":1}',
)
PROCEDURE = Procedure("How do I count?", "For problems like this I should count.", pitfalls=("twice",), tags=("a", "b"))
CONCEPT = Concept(
    "Parity", ConceptKind.STRUCTURE, "odd or even", parameters=(Parameter("n", "int"),), cues=("odd",), domain="numbers"
)
LESSON = Lesson("The kettle whistles", "Take it off the stove")
OLD_WORDING = Procedure("How do I tally?", "For problems like this I should tally.")
DRAFT = Lesson("The kettle is cold", "Switch it on")
PLACES = (Provenance(TRAJECTORY.id, "tests", Span(Part.THOUGHT, 0, 5)), Provenance(None, "own"))
STEPS = (
    Step(Span(Part.THOUGHT, 0, 5), StepKind.PLAN),
    Step(Span(Part.THOUGHT, 5, len(TRAJECTORY.thought)), StepKind.WORK, 'the "number"', 1),
    Step(Span(Part.ANSWER, 0, 5), StepKind.RESULT),
)
NEW_WORDING = Procedure("How do I tally well?", "For problems like this I should tally in fives.")


def write_entries(store: Store, namespace: Namespace, *entries: Entry, encoder: Encoder = ENCODER) -> None:
    """Store entries, all from one span of the trajectory and one named source."""
    writes, _ = Ingestion(store, encoder, namespace).encode_new({entry.id: (entry, PLACES) for entry in entries})
    store.writer.write(namespace, Batch((TrajectoryWrite(TRAJECTORY, "tests-1", STEPS),), writes))


def revise(store: Store, namespace: Namespace, old: Entry, new: Entry, moment: datetime, *, version: int = 2) -> None:
    """Give a stored entry another wording: rows as the format has them, and the store is opened anew by the caller."""
    write_entries(store, namespace, new)
    with store.state.database.transaction() as connection:
        connection.execute(
            """INSERT INTO retired SELECT namespace, id, seq, kind, version, domain, key, content, lineage, learnt_at,
               tags, (SELECT max(seq) FROM entries), $2 FROM entries WHERE id = $1""",
            [old.id, moment],
        )
        connection.execute(
            """UPDATE entries SET version = $3, learnt_at = $4,
               lineage = (SELECT lineage FROM entries WHERE id = $2) WHERE id = $1""",
            [new.id, old.id, version, moment],
        )
        connection.execute("DELETE FROM provenance WHERE entry_id = ?", [old.id])
        connection.execute("DELETE FROM entries WHERE id = ?", [old.id])


def fill(store: Store, namespace: Namespace) -> None:
    """Put a row in every table."""
    write_entries(store, namespace, PROCEDURE, CONCEPT, LESSON, OLD_WORDING)
    revise(store, namespace, OLD_WORDING, NEW_WORDING, datetime(2026, 3, 1, 12, 30, 0, 7))
    links = (
        RecognisedLink(PROCEDURE.id, TRAJECTORY.id, Span(Part.THOUGHT, 6, 10), 0.75, "count", "recognition-1"),
        RecognisedLink(NEW_WORDING.id, TRAJECTORY.id, Span(Part.ANSWER, 0, 5), 0.5),
    )
    store.writer.write(namespace, Batch(links=links))
    counts = Counts(read=3, stored=1, rejected=2, taught=1, dead_letters=1, calls=3)
    job = Job("o-1", "ingest", "traces.jsonl", JobState.FINISHED, 3, counts)
    rejections = (Rejection("traces.jsonl:2", "not JSON"), Rejection("traces.jsonl:1", "no question"))
    letters = (
        DeadLetter("o-1", TRAJECTORY.id, "subroutine", PROCEDURE.subquestion, "no passage", "I \u201csay\u201d", 3),
    )
    store.writer.write(namespace, Batch(rejections=rejections, job=job, dead_letters=letters))
    planted = Counts(drafted=1, entries_stored=1)
    store.writer.put_job(namespace, Job(starter_job(namespace), "starter", "starter", JobState.FINISHED, 1, planted))
    receipt = ReceiptRow("x-1", "injection", "how?", '{"score": 0.10}', "r-1")
    used = RunEntry(PROCEDURE.id, 1, EntryRole.INJECTED, 3, 0, chosen=True), RunEntry(LESSON.id, 1, EntryRole.RECALLED)
    run = RunRow("r-1", "How?", "correct", 12, 0.1, '{"b": 1, "a": 2.50}', entries=used)
    store.writer.record_run(namespace, run, [receipt])
    store.writer.add_outcome(namespace, "r-1", RunOutcome("wrong", OutcomeSource.CHECKER, "it is \u201ctwo\u201d"))
    store.writer.record_receipt(namespace, ReceiptRow("x-2", "recall", "how?", "{}"))
    with store.state.database.transaction() as connection:
        drafts.insert_drafts(
            connection, namespace, [DraftWrite(DRAFT, PLACES), DraftWrite(LESSON, PLACES)], job_id="o-1"
        )
        drafts.reject_drafts(connection, namespace, [LESSON.id])
        connection.execute("UPDATE drafts SET drafted_at = TIMESTAMP '2026-02-03 04:05:06.000009'")
        retirements.add_retirement(
            connection, namespace, PROCEDURE.id, UtilityState.RETIRED, reason="it harms", run_id="r-1"
        )
        connection.execute(
            """INSERT INTO run_evidence VALUES
               (?, 'r-removed', ?, 'withheld', TRUE, 0.25, 'wrong', TIMESTAMP '2026-02-03 04:05:06.000007')""",
            [namespace.name, PROCEDURE.id],
        )
        connection.execute(
            """INSERT INTO merges VALUES (?, ?, 'p-other', ?, 0.97, 'merged', 'same literals',
               TIMESTAMP '2026-02-03 04:05:06.000008')""",
            [namespace.name, PROCEDURE.id, entry_to_json(LESSON)],
        )


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store whose namespace `OWNER` has a row in every table."""
    place = tmp_path_factory.mktemp("filled") / "full"
    with Store(place, encoder=ENCODER.identity) as store:
        fill(store, OWNER)
    return place


@pytest.fixture
def full(filled: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of that store, opened."""
    with Store(shutil.copytree(filled, tmp_path / "full"), encoder=ENCODER.identity) as store:
        yield store


@pytest.fixture
def empty(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """A store that holds nothing."""
    with Store(lay_store(tmp_path / "empty"), encoder=ENCODER.identity) as store:
        yield store


def export(
    store: Store, path: Path, *, namespace: Namespace = OWNER, format: str = "jsonl", vectors: bool = False
) -> Path:
    """Export, and return where to."""
    export_namespace(store, namespace, path, format=ExportFormat(format), vectors=vectors)
    return path


def import_rows(
    store: Store, path: Path, *, namespace: Namespace = OWNER, encoder: Encoder = ENCODER
) -> tuple[TableCount, ...]:
    """Import what lies at a path."""
    return import_export(Ingestion(store, encoder, namespace), open_export(path))


def contents(path: Path) -> dict[str, bytes]:
    """Every byte of an export but its manifest, by file."""
    if path.is_file():
        return {"": path.read_bytes().rstrip(b"\n").rpartition(b"\n")[0]}
    return {file.name: file.read_bytes() for file in path.iterdir() if file.name != "manifest.json"}
