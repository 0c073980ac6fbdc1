"""What makes a search read the change log: changes of entries, and nothing else."""

from dataclasses import replace

import pyarrow as pa
import pytest

from midthought.memory.database import replay
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.index_changes import Changes
from midthought.memory.records.job import Job
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.store import Store
from midthought.memory.transfer.export_tables import RECEIPTS
from midthought.memory.transfer.import_rows import ImportPage

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of, unit_vector, write_of


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The namespace of every reading of the change log, as it happens."""
    seen: list[str] = []
    read = replay.read_changes

    def read_changes(connection: object, namespace: object, *rest: object, **limit: object) -> Changes:
        seen.append(str(namespace))
        return read(connection, namespace, *rest, **limit)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(replay, "read_changes", read_changes)
    return seen


def test_receipts_runs_and_operations_replay_nothing(store: Store, replays: list[str]) -> None:
    """Nor does a trajectory that taught nothing, or the receipts of an import."""
    store.writer.write(OWNER, batch_of(1, 2))
    store.searcher.search_vectors(OWNER, unit_vector(1), 1)
    replays.clear()
    moment = pa.scalar(0, pa.timestamp("us"))
    row = {"id": "r-9", "run_id": None, "kind": "recall", "query": "q", "content": "{}", "written_at": moment.as_py()}
    page = ImportPage(RECEIPTS, pa.Table.from_pylist([row], RECEIPTS.schema), ENCODER, {})
    for number in range(5):
        store.writer.record_receipt(OWNER, ReceiptRow(f"r-{number}", "recall", "q", "{}"))
        store.writer.record_run(OWNER, RunRow(f"run-{number}", "q", "unknown", 1, 1.0, "{}"))
        store.writer.put_job(OWNER, Job(f"o-{number}", "ingest", "tests"))
        store.writer.write(OWNER, Batch((TrajectoryWrite(TRAJECTORY),)))
        store.writer.import_rows(OWNER, page)
        assert len(store.searcher.search_vectors(OWNER, unit_vector(1), 5)) == 2
        assert len(store.searcher.search_words(OWNER, "sort1", 5)) == 1
    assert replays == []
    assert len(store.reader.list_receipts(OWNER)) == 6


@pytest.mark.slow
def test_every_change_of_entries_is_replayed(store: Store, replays: list[str]) -> None:
    """An entry written, one that gains a source, one revised, one forgotten: the next search knows each."""
    store.writer.write(OWNER, batch_of(1, 2))
    store.searcher.search_vectors(OWNER, unit_vector(1), 1)
    changes = (
        lambda: store.writer.write(OWNER, batch_of(3)),
        lambda: store.writer.write(OWNER, batch_of(2, trajectory=replace(TRAJECTORY, answer="Four."))),
        lambda: store.writer.revise_entry(OWNER, write_of(3).entry.id, write_of(4)),
        lambda: store.writer.forget_entry(OWNER, write_of(4).entry.id),
        lambda: store.writer.forget_trajectory(OWNER, TRAJECTORY.id),
    )
    for change in changes:
        replays.clear()
        change()
        found = store.searcher.search_vectors(OWNER, unit_vector(1), 5)
        assert set(replays) == {OWNER.name}
        assert {seq for seq, _ in found} == {one.seq for one in store.reader.list_entries(OWNER)}
