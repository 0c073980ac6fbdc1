"""Forgotten is gone: out of every answer at once, and after compacting out of every byte on disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from midthought.memory.errors import NotFound, StoreError
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.records.kept_answer import KeptAnswer
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.records.waiting_trace import Awaited, WaitingBounds, WaitingTrace
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of, unit_vector, write_of

CANARY = "xylophonequartz"


def canary_write(number: int = 77) -> EntryWrite:
    """An entry whose key and body hold the canary."""
    entry = Procedure(f"How does {CANARY} work?", f"Ask {CANARY} for {number}.", tags=(f"tag{CANARY}",))
    return EntryWrite(entry, (Provenance(None, f"source{CANARY}"),), unit_vector(number))


def files_with(folder: Path, text: str) -> list[str]:
    """Every file below a folder that has the bytes of `text`, in any case."""
    wanted = text.lower().encode()
    return [str(f) for f in folder.rglob("*") if f.is_file() and wanted in f.read_bytes().lower()]


def fill(store: Store) -> str:
    """Write the canary everywhere an entry's text can get to, beside other entries; return its id."""
    store.writer.write(OWNER, batch_of(*range(40)))
    entry_id = canary_write().entry.id
    other = Procedure(f"What does {CANARY} do?", "much")
    merge = Merge(entry_id, other.id, other, 0.95, MergeVerdict.MERGED, f"about {CANARY}")
    store.writer.write(OWNER, Batch(entries=(canary_write(),), merges=(merge,)))
    store.writer.revise_entry(OWNER, entry_id, canary_write(78))
    run = RunRow("run-1", "A question?", "correct", 10, 1.0, f'{{"thought": "I recall {CANARY}"}}')
    now = canary_write(78).entry.id
    store.writer.record_run(
        OWNER, run, [ReceiptRow("receipt-1", "injection", "q", f'{{"entry_id": "{now}"}}', "run-1")]
    )
    shown = WaitingTrace("w-1", "", Awaited.NOTHING, f"Why {CANARY}?", f'{{"thought": "{CANARY}", "shown": ["{now}"]}}')
    store.writer.add_traces(OWNER, [shown], left_out={}, bounds=WaitingBounds())
    store.writer.keep_answer(OWNER, KeptAnswer("key-1", "d-1", 200, "{}", f'{{"text": "{CANARY}"}}'))
    store.searcher.search_words(OWNER, CANARY, 3)
    store.searcher.checkpoint(OWNER)
    return now


@pytest.mark.slow
def test_no_byte_of_a_forgotten_entry_is_left_after_compacting(tmp_path: Path) -> None:
    """Key, body, tags, source, old wordings, merged wordings; runs, waiting traces and answers that repeat it."""
    home = tmp_path / "store"
    with Store(home, encoder=ENCODER) as store:
        entry_id = fill(store)
        assert files_with(home, CANARY), "the canary is on disk before"
        store.writer.forget_entry(OWNER, entry_id)
        assert store.searcher.search_words(OWNER, CANARY, 3) == []
        compact_store(store)
        assert files_with(home, CANARY) == []
        store.check_integrity(OWNER)
        assert len(store.reader.list_entries(OWNER)) == 40
    assert files_with(home, CANARY) == []


@pytest.mark.slow
def test_no_byte_of_a_forgotten_namespace_is_left(tmp_path: Path) -> None:
    """Everything an owner had goes, the other owner keeps all."""
    home, other = tmp_path / "store", Namespace("other")
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(other, batch_of(1, 2))
        fill(store)
        store.writer.write(OWNER, batch_of(3, trajectory=replace(TRAJECTORY, thought=f"I think {CANARY}.")))
        assert store.writer.forget_namespace(OWNER) == 41
        compact_store(store)
        assert store.reader.list_entries(OWNER) == []
        assert store.reader.stats(OWNER).forgotten == 41
        assert len(store.reader.list_entries(other)) == 2
        store.check_integrity(other)
    assert files_with(home, CANARY) == []


@pytest.mark.slow
def test_no_byte_of_a_forgotten_trajectory_is_left(tmp_path: Path) -> None:
    """Its own text, what it alone taught, and a wording of it that was merged into an entry that stays."""
    home, trajectory = tmp_path / "store", replace(TRAJECTORY, thought=f"First {CANARY}.", answer=CANARY)
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1, 2))
        kept, other = write_of(1).entry, Procedure(f"What does {CANARY} do?", "much")
        merge = Merge(kept.id, other.id, other, 0.95, MergeVerdict.MERGED, "alike")
        writes = (canary_write(), write_of(1, trajectory))
        place = Provenance(trajectory.id, "tests")
        taught = tuple(EntryWrite(one.entry, (place,), one.vectors) for one in writes)
        store.writer.write(OWNER, Batch(batch_of(trajectory=trajectory).trajectories, taught, merges=(merge,)))
        store.searcher.search_words(OWNER, CANARY, 3)
        store.searcher.checkpoint(OWNER)
        assert files_with(home, CANARY)
        assert store.writer.forget_trajectory(OWNER, trajectory.id) == 1
        compact_store(store)
        assert {one.id for one in store.reader.list_entries(OWNER)} == {write_of(1).entry.id, write_of(2).entry.id}
        store.check_integrity(OWNER)
    assert files_with(home, CANARY) == []


def test_tombstones_of_all_wordings_keep_them_out_of_a_replay(store: Store) -> None:
    """An entry that was revised and forgotten is in no index that is built from nothing."""
    store.writer.write(OWNER, batch_of(1))
    store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(2))
    store.writer.forget_entry(OWNER, write_of(2).entry.id)
    assert store.searcher.search_vectors(OWNER, unit_vector(1), 5) == []
    with pytest.raises(NotFound):
        store.reader.history(OWNER, write_of(1).entry.id)
    store.check_integrity(OWNER)


def test_compacting_waits_for_no_backup(store: Store) -> None:
    """While someone reads a snapshot, compacting is refused and says why."""
    store.writer.write(OWNER, batch_of(1))
    with store.snapshot(), pytest.raises(StoreError, match="backed up, exported or reindexed"):
        compact_store(store)
    compact_store(store)
    store.check_integrity(OWNER)
