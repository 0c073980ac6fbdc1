"""Every fault is found by name and mended, without losing an entry."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from midthought.memory.errors import StoreDamaged
from midthought.memory.maintenance.reindex import reindex_store
from midthought.memory.maintenance.repair import find_faults, repair_namespace
from midthought.memory.records.faults import FaultKind
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import OWNER, batch_of, write_of

ENCODER = HashingEncoder(8)
NUMBERS = range(30)


def run_sql(home: Path, sql: str) -> None:
    """Change the database behind the store's back."""
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        connection.execute(sql)


def index_file(home: Path, name: str) -> Path:
    """One file of the newest checkpoint."""
    (found,) = (home / "derived" / OWNER.name).glob(f"generation-*/checkpoint-*/{name}")
    return found


def cut(file: Path) -> None:
    """Tear a file in the middle."""
    os.truncate(file, file.stat().st_size // 2)


def change_byte(file: Path) -> None:
    """Change one byte, and no size."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def fall_behind(home: Path, kind: FaultKind) -> None:
    """Let an index lack an entry that it says it has."""
    with Store(home, encoder=ENCODER.identity) as store:
        derived = store.state.indexes.get(OWNER)  # no call of the store's makes such a fault
        seq = int(derived.vectors.seqs()[0])
        if kind is FaultKind.VECTORS_DIFFER:
            derived.vectors.remove([seq])
        else:
            derived.words.update([], [seq])
        derived.checkpointed_seq = 0


ORPHAN = "INSERT INTO vectors SELECT namespace, 999999, encoder_digest, vector FROM vectors LIMIT 1"
STRANGER = "UPDATE vectors SET encoder_digest = 'unknown' WHERE seq = (SELECT min(seq) FROM vectors)"
DOUBLE = "INSERT INTO vectors SELECT * FROM vectors WHERE seq = (SELECT min(seq) FROM vectors)"
STRAY = "INSERT INTO provenance VALUES ('owner', 'p-gone', 'x', NULL, NULL, NULL, NULL, 999998)"
OTHER_SOURCE = "UPDATE provenance SET source = 'another' WHERE entry_seq = (SELECT min(seq) FROM entries)"
FAULTS: dict[str, tuple[set[FaultKind], Callable[[Path], None]]] = {
    "missing vector": (
        {FaultKind.MISSING_VECTOR},
        lambda home: run_sql(home, "DELETE FROM vectors WHERE seq = (SELECT min(seq) FROM vectors)"),
    ),
    "orphan vector": ({FaultKind.ORPHAN_VECTOR}, lambda home: run_sql(home, ORPHAN)),
    "wrong generation": (
        {FaultKind.WRONG_GENERATION, FaultKind.MISSING_VECTOR},
        lambda home: run_sql(home, STRANGER),
    ),
    "double vector": ({FaultKind.DOUBLE_VECTOR}, lambda home: run_sql(home, DOUBLE)),
    "stray source": ({FaultKind.STRAY_SOURCE}, lambda home: run_sql(home, STRAY)),
    "other source": ({FaultKind.TEXTS_DIFFER}, lambda home: run_sql(home, OTHER_SOURCE)),
    "torn index": ({FaultKind.INDEX_FILE}, lambda home: cut(index_file(home, "vectors/*.faiss"))),
    "missing index": ({FaultKind.INDEX_FILE}, lambda home: index_file(home, "vectors/*.faiss").unlink()),
    "changed index": ({FaultKind.INDEX_FILE}, lambda home: change_byte(index_file(home, "vectors/*.faiss"))),
    "torn words": ({FaultKind.INDEX_FILE}, lambda home: cut(index_file(home, "words/meta.json"))),
    "torn manifest": ({FaultKind.INDEX_FILE}, lambda home: cut(index_file(home, "manifest.json"))),
    "FAISS behind": ({FaultKind.VECTORS_DIFFER}, lambda home: fall_behind(home, FaultKind.VECTORS_DIFFER)),
    "BM25 behind": ({FaultKind.WORDS_DIFFER}, lambda home: fall_behind(home, FaultKind.WORDS_DIFFER)),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with entries and a checkpoint, closed."""
    home = tmp_path_factory.mktemp("repair") / "store"
    with Store(home, encoder=ENCODER.identity) as store:
        batch = batch_of(*NUMBERS)
        vectors = ENCODER.encode_documents([one.entry.key for one in batch.entries])
        writes = [type(w)(w.entry, w.provenance, v) for w, v in zip(batch.entries, vectors, strict=True)]
        store.writer.write(OWNER, type(batch)(batch.trajectories, tuple(writes)))
        store.searcher.checkpoint(OWNER)
    return home


@pytest.mark.local_index
@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_mended(filled: Path, tmp_path: Path, name: str) -> None:
    """Found by its kind, mended, not found again, and every entry is recalled by its key."""
    home = tmp_path / "store"
    shutil.copytree(filled, home)
    kinds, harm = FAULTS[name]
    harm(home)
    with Store(home, encoder=ENCODER.identity) as store:
        assert {fault.kind for fault in find_faults(store, OWNER)} >= kinds
        assert {fault.kind for fault in repair_namespace(store, OWNER, ENCODER.encode_documents)} >= kinds
        assert find_faults(store, OWNER) == []
        store.check_integrity(OWNER)
    with Store(home, encoder=ENCODER.identity) as store:
        assert find_faults(store, OWNER) == []
        for number in NUMBERS:
            (query,) = ENCODER.encode_queries([write_of(number).entry.key])
            found = [seq for seq, score in store.searcher.search_vectors(OWNER, query, 30) if score > 0.999]
            assert write_of(number).entry.id in {one.id for one in store.searcher.entries_by_seq(OWNER, found).values()}


@pytest.mark.local_index
@pytest.mark.slow
def test_a_damaged_index_is_never_an_empty_memory(filled: Path, tmp_path: Path) -> None:
    """All index files gone or torn: recall finds what it found before, without any repair."""
    home = tmp_path / "store"
    shutil.copytree(filled, home)
    for file in (home / "derived").rglob("*"):
        if file.is_file():
            cut(file)
    with Store(home, encoder=ENCODER.identity) as store:
        (query,) = ENCODER.encode_queries([write_of(3).entry.key])
        assert store.searcher.search_vectors(OWNER, query, 1)[0][1] == pytest.approx(1.0)
        assert store.searcher.search_words(OWNER, "sort3", 5) != []


def test_what_cannot_be_mended_is_still_said(filled: Path, tmp_path: Path) -> None:
    """An entry without any source stays damage: inventing one would be worse."""
    home = tmp_path / "store"
    shutil.copytree(filled, home)
    run_sql(home, "DELETE FROM provenance WHERE entry_seq = (SELECT min(entry_seq) FROM provenance)")
    with Store(home, encoder=ENCODER.identity) as store:
        repair_namespace(store, OWNER, ENCODER.encode_documents)
        with pytest.raises(StoreDamaged, match="1 entries have no provenance"):
            store.check_integrity(OWNER)


def test_repair_leaves_a_reindex_under_way_alone(filled: Path, tmp_path: Path) -> None:
    """Vectors of a generation that is being built are no fault."""
    home, other = tmp_path / "store", HashingEncoder(16)
    shutil.copytree(filled, home)
    with Store(home, encoder=ENCODER.identity) as store:
        reindex_store(store, other.identity, other.encode_documents)
        reindex_store(store, ENCODER.identity, ENCODER.encode_documents)
        assert find_faults(store, OWNER) == []
