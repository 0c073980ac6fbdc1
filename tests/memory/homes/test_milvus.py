"""What is true of indexes in Milvus alone: whose rows are believed, and what happens when it is away."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from midthought.memory.errors import EncoderMismatch, IndexUnavailable
from midthought.memory.indexes.milvus import connection, index_types
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.milvus.connection import MilvusConnection
from midthought.memory.indexes.milvus.entry_tables import EntryTables
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.reindex import reindex_store
from midthought.memory.records.entry import Entry
from midthought.memory.records.keys import KeyField
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .entries import ENCODER, OTHER, OWNER, Reference, batch_of, make_entries

pytestmark = pytest.mark.slow
ENTRIES = make_entries(40, 1)
MANY = make_entries(240, 6)


@pytest.fixture
def milvus(tmp_path: Path) -> Iterator[MilvusConnection]:
    """A connection to the milvus-lite of the test, which keeps its server while stores come and go."""
    opened = MilvusConnection(MilvusAddress(str(tmp_path / "milvus.db")))
    opened.call("list_collections")
    yield opened
    opened.close()


@pytest.fixture
def open_store(tmp_path: Path, milvus: MilvusConnection) -> Callable[[], Store]:
    """Opens the store of the test."""
    return lambda: Store(tmp_path / "store", encoder=ENCODER.identity, milvus=milvus.address)


def count_rows(milvus: MilvusConnection) -> dict[str, int]:
    """The number of rows of each collection, by its name."""
    names = milvus.call("list_collections")
    return {
        name: milvus.call("query", name, filter="", output_fields=["count(*)"])[0]["count(*)"] for name in sorted(names)
    }


def index_entries(open_store: Callable[[], Store], entries: Sequence[Entry]) -> None:
    """Write entries in a store that is closed again; what Milvus has then is that of a checkpoint."""
    with open_store() as store:
        store.writer.write(OWNER, batch_of(entries))
        store.searcher.checkpoint(OWNER)


def found_words(store: Store, entry_id: str) -> bool:
    """Whether an entry is found by its first words and by its vector."""
    stored = store.reader.get_entry(OWNER, entry_id)
    (vector,) = ENCODER.encode_queries([stored.entry.key])
    words = store.searcher.search_words(OWNER, " ".join(stored.entry.key.split()[:2]), 40)
    return stored.seq in dict(words) and stored.seq == store.searcher.search_vectors(OWNER, vector, 1)[0][0]


def test_each_namespace_has_its_own_collections(open_store: Callable[[], Store], milvus: MilvusConnection) -> None:
    """No row of one is in another's; forgetting a namespace drops those of it, compacting leaves no earlier ones."""
    with open_store() as store:
        for owner, entries in ((OWNER, ENTRIES[:30]), (OTHER, ENTRIES[30:])):
            store.writer.write(owner, batch_of(entries))
            store.searcher.search_words(owner, "x", 1)
        words = {name: rows for name, rows in count_rows(milvus).items() if name.endswith("_words")}
        assert sorted(words.values()) == [11, 31]  # one more for the proof of whose rows they are
        store.writer.forget_entry(OWNER, ENTRIES[0].id)
        store.searcher.search_words(OWNER, "x", 1)
        assert sorted(rows for name, rows in count_rows(milvus).items() if name in words) == [11, 30]
        store.writer.forget_namespace(OTHER)
        assert len(count_rows(milvus)) == 2
        before = set(count_rows(milvus))
        compact_store(store)
        store.searcher.search_words(OWNER, "x", 1)
        assert before.isdisjoint(count_rows(milvus))
        assert len(count_rows(milvus)) == 2


def test_rows_that_milvus_lost_are_sent_again(open_store: Callable[[], Store], milvus: MilvusConnection) -> None:
    """Collections that were dropped, or miss a row, are filled from the start; the fault is named."""
    index_entries(open_store, ENTRIES)
    milvus.call("drop_collection", next(name for name in milvus.call("list_collections") if name.endswith("_keys")))
    with open_store() as store:
        store.check_integrity(OWNER)
        assert "has no collections" in str(store.searcher.find_index_faults(OWNER))
        store.searcher.checkpoint(OWNER)
    name = next(name for name in milvus.call("list_collections") if name.endswith("_words"))
    milvus.call("delete", name, filter="id > 3")
    with open_store() as store:
        store.check_integrity(OWNER)
        assert found_words(store, ENTRIES[-1].id)


def test_a_copy_of_the_directory_has_its_own_collections(
    open_store: Callable[[], Store], tmp_path: Path, milvus: MilvusConnection
) -> None:
    """What is forgotten in a copy is still found in the original, also while both are open."""
    index_entries(open_store, ENTRIES[:20])
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    with open_store() as store, Store(tmp_path / "copy", encoder=ENCODER.identity, milvus=milvus.address) as copy:
        assert found_words(store, ENTRIES[3].id)
        copy.writer.forget_entry(OWNER, ENTRIES[3].id)
        copy.check_integrity(OWNER)
        assert found_words(store, ENTRIES[3].id)
        store.check_integrity(OWNER)
    assert len(count_rows(milvus)) == 4


def test_rows_of_another_history_are_not_believed(
    open_store: Callable[[], Store], tmp_path: Path, milvus: MilvusConnection
) -> None:
    """A database and tables that are put back find their own entries, not those that were written since."""
    index_entries(open_store, ENTRIES[:20])
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    name = (tmp_path / "store" / "derived" / ".milvus").read_text()
    with open_store() as store:
        for entry in ENTRIES[:5]:
            store.writer.forget_entry(OWNER, entry.id)
            store.searcher.search_words(OWNER, "x", 1)
        store.writer.write(OWNER, batch_of(ENTRIES[20:25]))
    for file in (tmp_path / "copy").rglob("*"):
        if file.is_file() and file.name != ".milvus":
            shutil.copy(file, tmp_path / "store" / file.relative_to(tmp_path / "copy"))
    with open_store() as store:
        store.check_integrity(OWNER)
        assert "of another time" in str(store.searcher.find_index_faults(OWNER))
        assert (tmp_path / "store" / "derived" / ".milvus").read_text() == name
        assert all(found_words(store, entry.id) for entry in ENTRIES[:20])


def test_another_encoder_is_refused_until_the_store_is_reindexed(
    open_store: Callable[[], Store], tmp_path: Path, milvus: MilvusConnection
) -> None:
    """Opening with another encoder names both; a reindex fills new collections, switches, and drops the earlier."""
    other = HashingEncoder(48)
    with open_store() as store:
        store.writer.write(OWNER, batch_of(ENTRIES))
        store.searcher.checkpoint(OWNER)
        before = set(count_rows(milvus))
        with pytest.raises(EncoderMismatch, match=r"48 dimensions.*32 dimensions"):
            store.searcher.search_vectors(OWNER, other.encode_queries(["x"])[0], 1, encoder=other.identity)
        reindex_store(store, other.identity, other.encode_documents)
        store.check_integrity(OWNER)
        (vector,) = other.encode_queries([ENTRIES[3].key])
        seq = store.reader.get_entry(OWNER, ENTRIES[3].id).seq
        assert store.searcher.search_vectors(OWNER, vector, 1)[0][0] == seq
        assert before.isdisjoint(count_rows(milvus))
    with pytest.raises(EncoderMismatch, match=r"48 dimensions.*32 dimensions"):
        open_store()


def test_a_memory_moves_to_the_directory_and_back(
    open_store: Callable[[], Store], tmp_path: Path, milvus: MilvusConnection
) -> None:
    """Opened with the other home, it is indexed there at its first search; nothing of the first is believed."""
    index_entries(open_store, ENTRIES[:20])
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        store.writer.write(OWNER, batch_of(ENTRIES[20:]))
        assert found_words(store, ENTRIES[30].id)
        position = store.searcher.index_position(OWNER)
        assert position is not None
        assert (position.home, position.behind) == ("local", 0)
    with open_store() as store:
        assert found_words(store, ENTRIES[30].id)
        store.check_integrity(OWNER)
        assert len(count_rows(milvus)) == 2


def built_for(store: Path) -> int:
    """The number of keys for which the vector index of the namespace was built."""
    tables = EntryTables(next((store / "derived" / OWNER.name).glob("*/milvus.sqlite")))
    state = tables.read_state()
    tables.close()
    assert state is not None
    return state.built_for


def test_many_keys_are_searched_in_lists(
    open_store: Callable[[], Store], tmp_path: Path, milvus: MilvusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past a number of keys lists are built, and again when they are too long; a search by a filter compares all."""
    monkeypatch.setattr(index_types, "EXACT_UP_TO", 60)
    monkeypatch.setattr(index_types, "_MIN_LISTS", 8)
    with open_store() as store:
        built = []
        for start in range(0, 240, 20):
            store.writer.write(OWNER, batch_of(MANY[start : start + 20]))
            near = store.searcher.search_vectors(OWNER, ENCODER.encode_queries(["x"])[0], 1)
            name = next(name for name in milvus.call("list_collections") if name.endswith("_keys"))
            built.append((milvus.call("describe_index", name, "vector")["index_type"], built_for(tmp_path / "store")))
            assert len(near) == 1
        assert built[0][0] == "FLAT"
        assert built[-1][0] == "IVF_FLAT"
        assert len({keys for kind, keys in built if kind == "IVF_FLAT"}) > 1
        reference = Reference(store, OWNER, MANY)
        (vector,) = ENCODER.encode_queries([MANY[7].key])
        cosines, part = reference.cosines(vector, tuple(KeyField)), reference.seqs[::5]
        found = store.searcher.search_vectors(OWNER, vector, 10, within=part)
        best = sorted((cosines[seq] for seq in part.tolist()), reverse=True)[:10]
        assert [score for _, score in found] == pytest.approx(best, abs=1e-5)


@pytest.fixture
def server(tmp_path: Path, unused_port: int) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a Milvus server over one folder and port; what runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(tmp_path / "served")]
        process = subprocess.Popen([*command, "--port", str(unused_port)], stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def unused_port() -> int:
    """A port that nothing listens on."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_answer(store: Store) -> None:
    """Search until Milvus answers."""
    for _ in range(200):
        try:
            store.searcher.search_words(OWNER, "x", 1)
        except IndexUnavailable:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Milvus never answered")


def test_writing_goes_on_while_milvus_is_away(
    tmp_path: Path,
    server: Callable[[], subprocess.Popen[bytes]],
    unused_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A search is a typed error then, a write is not; when Milvus is back, all that was written is found."""
    monkeypatch.setattr(connection, "PAUSE", 0.2)
    monkeypatch.setattr(connection, "_PING_TIMEOUT", 1.0)
    address, running = MilvusAddress(f"http://127.0.0.1:{unused_port}"), server()
    with Store(tmp_path / "store", encoder=ENCODER.identity, milvus=address) as store:
        store.writer.write(OWNER, batch_of(ENTRIES[:20]))
        wait_for_answer(store)
        running.kill()
        running.wait()
        time.sleep(0.3)
        with pytest.raises(IndexUnavailable, match="writing goes on"):
            found_words(store, ENTRIES[1].id)
        store.writer.write(OWNER, batch_of(ENTRIES[20:]))
        store.writer.forget_entry(OWNER, ENTRIES[0].id)
        assert store.reader.get_entry(OWNER, ENTRIES[30].id).entry == ENTRIES[30]
        position = store.searcher.index_position(OWNER)
        assert position is not None
        assert position.behind > 0
        running = server()
        wait_for_answer(store)
        store.check_integrity(OWNER)
        assert found_words(store, ENTRIES[30].id)
        running.kill()
        running.wait()
        store.writer.write(OWNER, batch_of(MANY[:5]))
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        assert found_words(store, MANY[4].id)


def test_a_store_closes_without_milvus(tmp_path: Path, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost if it was never there: the store opens, takes entries, forgets a namespace and closes."""
    monkeypatch.setattr(connection, "_PING_TIMEOUT", 0.5)
    address = MilvusAddress(f"http://127.0.0.1:{unused_port}")
    with Store(tmp_path / "store", encoder=ENCODER.identity, milvus=address) as store:
        store.writer.write(OWNER, batch_of(ENTRIES))
        store.writer.write(OTHER, batch_of(ENTRIES[:2]))
        store.writer.forget_namespace(OTHER)
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        assert found_words(store, ENTRIES[30].id)
