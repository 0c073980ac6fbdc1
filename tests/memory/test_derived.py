"""Checkpoints cost time when they are lost, never data."""

import logging
from pathlib import Path

import pytest

from midthought.memory.database.commit_evidence import evidence_of
from midthought.memory.errors import StoreDamaged
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import Provenance
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector, write_of


def newest_checkpoint(path: Path) -> Path:
    """The only checkpoint directory of the test namespace."""
    (found,) = (path / "derived" / OWNER.name).glob("generation-*/checkpoint-*")
    return found


def everything_found(store: Store, numbers: range) -> bool:
    """Whether each entry is the best hit of its own vector and its own word, and all invariants hold."""
    store.check_integrity(OWNER)
    for number in numbers:
        seq = store.reader.get_entry(OWNER, write_of(number).entry.id).seq
        if store.searcher.search_vectors(OWNER, unit_vector(number), 1)[0][0] != seq:
            return False
        if store.searcher.search_words(OWNER, f"sort{number}", 1)[0][0] != seq:
            return False
    return True


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A closed store with a checkpoint of twenty entries."""
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(20)))
        store.searcher.checkpoint(OWNER)
    return tmp_path


@pytest.mark.slow
def test_a_good_checkpoint_is_loaded(filled: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Reopening believes the checkpoint and complains of nothing."""
    with caplog.at_level(logging.WARNING), Store(filled, encoder=ENCODER) as store:
        assert everything_found(store, range(20))
    assert caplog.records == []


@pytest.mark.slow
def test_rows_after_the_checkpoint_are_replayed(filled: Path) -> None:
    """Writes and forgets that no checkpoint saw are there after opening."""
    store = Store(filled, encoder=ENCODER)
    store.writer.write(OWNER, batch_of(*range(20, 30)))
    store.writer.forget_entry(OWNER, write_of(3).entry.id)
    store.state.database.close()  # as a crash would: nothing is checkpointed
    with Store(filled, encoder=ENCODER) as again:
        assert everything_found(again, range(4, 30))
        assert len(again.reader.list_entries(OWNER)) == 29


@pytest.mark.local_index
@pytest.mark.slow
@pytest.mark.parametrize("name", ["vectors/flat.faiss", "manifest.json", "words/meta.json"])
@pytest.mark.parametrize("harm", ["torn", "missing", "changed"])
def test_a_bad_checkpoint_is_replaced(filled: Path, caplog: pytest.LogCaptureFixture, name: str, harm: str) -> None:
    """Any file torn, missing or changed: a warning, everything replayed, and a good checkpoint afterwards."""
    file = newest_checkpoint(filled) / name
    content = file.read_bytes()
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes(content[: len(content) // 2] if harm == "torn" else content[:-1] + b"X")
    with caplog.at_level(logging.WARNING), Store(filled, encoder=ENCODER) as store:
        assert everything_found(store, range(20))
    assert "is not used, replaying instead" in caplog.text
    caplog.clear()
    with Store(filled, encoder=ENCODER) as store:
        assert everything_found(store, range(20))
    assert caplog.records == []


@pytest.mark.slow
def test_an_unfinished_checkpoint_is_ignored(filled: Path) -> None:
    """A directory that was being written when the process died is not taken for a checkpoint."""
    (filled / "derived" / OWNER.name / "aside-1").mkdir()
    with Store(filled, encoder=ENCODER) as store:
        assert everything_found(store, range(20))


@pytest.mark.local_index
@pytest.mark.slow
def test_a_checkpoint_survives_later_merges(filled: Path) -> None:
    """Changing the live BM25 index does not reach into the checkpoint's hard-linked files."""
    files = {file: file.read_bytes() for file in newest_checkpoint(filled).rglob("*") if file.is_file()}
    store = Store(filled, encoder=ENCODER)
    for number in range(20, 40):
        store.writer.write(OWNER, batch_of(number))
        store.searcher.search_words(OWNER, "sort", 1)
    store.state.database.close()
    assert {file: file.read_bytes() for file in files} == files


@pytest.mark.local_index
@pytest.mark.slow
def test_indexes_of_another_history_are_not_believed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An older copy of the database put back beside newer indexes, and written on, finds all it holds and no more."""
    database = tmp_path / "midthought.duckdb"
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(10)))
        store.searcher.checkpoint(OWNER)
    copy = database.read_bytes()
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(10, 30)))
        store.searcher.checkpoint(OWNER)
    database.write_bytes(copy)
    with pytest.raises(StoreDamaged, match="older than what was acknowledged"):
        Store(tmp_path, encoder=ENCODER)
    evidence_of(database).unlink()
    (tmp_path / "derived").rename(tmp_path / "aside")
    Store(tmp_path, encoder=ENCODER).close()  # takes down what is there now
    (tmp_path / "aside").rename(tmp_path / "derived")
    with caplog.at_level(logging.WARNING), Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(40, 80)))
        assert everything_found(store, range(40, 80))
        assert everything_found(store, range(10))
    assert "restored from elsewhere" in caplog.text


@pytest.mark.slow
def test_sources_that_come_and_go_are_those_that_recall_returns(filled: Path) -> None:
    """Of an entry in a checkpoint: at once, after a crash, from a checkpoint of their own, and after compaction."""
    one, other = write_of(4), Trajectory("How much?", "First I weigh it.", source="other")
    places = (*one.provenance, Provenance(other.id, "other", Span(Part.THOUGHT, 0, 5)))

    def sources(store: Store) -> set[Provenance]:
        ((seq, _),) = store.searcher.search_vectors(OWNER, unit_vector(4), 1)
        return set(store.searcher.entries_by_seq(OWNER, [seq])[seq].provenance)

    store = Store(filled, encoder=ENCODER)
    assert sources(store) == set(one.provenance)
    store.writer.write(OWNER, Batch((TrajectoryWrite(other),), (EntryWrite(one.entry, places, None),)))
    assert sources(store) == set(places)
    store.state.database.close()  # as a crash would: nothing is checkpointed
    with Store(filled, encoder=ENCODER) as again:
        assert sources(again) == set(places)
    with Store(filled, encoder=ENCODER) as again:
        assert again.writer.forget_trajectory(OWNER, other.id) == 0
        assert sources(again) == set(one.provenance)
        compact_store(again)
        assert sources(again) == set(one.provenance)
        again.writer.write(OWNER, Batch((TrajectoryWrite(other),), (EntryWrite(one.entry, places, None),)))
        assert sources(again) == set(places)
        again.check_integrity(OWNER)
