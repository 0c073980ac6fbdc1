"""Make the store that every format's fixture holds, with the Midthought that is importable: ``make_store.py FILE.gz``.

Run it from a checkout of the commit whose format is wanted (``PYTHONPATH=src``); it uses what every version has. See
README.md beside it.
"""

import gzip
import sys
import tempfile
from pathlib import Path

import numpy as np

from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Lesson, Procedure, Provenance
from midthought.memory.records.job import Counts, Job, JobState, Rejection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory
from midthought.memory.store import Store

ENCODER = EncoderIdentity("fixtures", "digest-of-fixtures", 4)
TRAJECTORY = Trajectory("How many?", "First I count them.", answer="Three.", outcome=Outcome.CORRECT, source="fixture")
COUNTING = Procedure("How do I count?", "Point at each one, once.", tags=("numbers", "basics"), domain="counting")
KETTLE = Lesson("The kettle whistles", "Take it off the stove.")
GONE = Lesson("This was forgotten", "It must not come back.")


def write(store: Store, owner: Namespace, entry: Procedure | Lesson, axis: int) -> None:
    """Store one entry whose vector is a unit along one axis."""
    vector = np.eye(ENCODER.dimension, dtype=np.float32)[axis]
    places = (Provenance(TRAJECTORY.id, "fixture", Span(Part.THOUGHT, 0, 5)), Provenance(None, "own"))
    store.writer.write(owner, Batch((TrajectoryWrite(TRAJECTORY, "fixture-1"),), (EntryWrite(entry, places, vector),)))


def fill(store: Store) -> None:
    """Write a row to every table the first format has."""
    owner = Namespace("owner")
    for axis, entry in enumerate((COUNTING, KETTLE, GONE)):
        write(store, owner, entry, axis)
    store.writer.forget_entry(owner, GONE.id)
    write(store, Namespace("other"), KETTLE, 3)
    counts = Counts(read=2, stored=1, rejected=1, taught=1)
    job = Job("o-1", "ingest", "traces.jsonl", JobState.FINISHED, 2, counts)
    store.writer.write(owner, Batch(rejections=(Rejection("traces.jsonl:2", "not JSON"),), job=job))
    receipt = ReceiptRow("x-1", "recall", "count", "{}", "r-1")
    store.writer.record_run(owner, RunRow("r-1", "How many?", "correct", 7, 0.5, "{}"), [receipt])
    store.searcher.checkpoint(owner)


def main(file: Path) -> None:
    """Write the database of such a store, compressed."""
    with tempfile.TemporaryDirectory() as folder:
        with Store(folder, encoder=ENCODER) as store:
            fill(store)
        data = (Path(folder) / "midthought.duckdb").read_bytes()
    file.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
