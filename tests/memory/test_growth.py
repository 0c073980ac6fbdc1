"""What is open and what is on disk stay bounded, however many small writes and namespaces there are."""

from pathlib import Path
from threading import Thread

import pytest

from midthought.memory.indexes import index_pool
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

from ..scale import DRAWS
from .conftest import ENCODER, OWNER, batch_of, unit_vector

ADDS = 2_500 * DRAWS
THREADS = 8


def open_files() -> int:
    """How many files this process holds open."""
    return len(list(Path("/dev/fd").iterdir()))


def bytes_below(folder: Path) -> int:
    """Of all files, hard links counted once."""
    sizes = {file.stat().st_ino: file.stat().st_size for file in folder.rglob("*") if file.is_file()}
    return sum(sizes.values())


@pytest.mark.slow
@pytest.mark.scaled
def test_thousands_of_single_adds_stay_bounded(tmp_path: Path) -> None:
    """One entry a commit, from several threads, with searches between: files and bytes an entry are what they were."""
    home = tmp_path / "store"
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(0))
        store.searcher.search_vectors(OWNER, unit_vector(0), 1)
        before = open_files()

        def add_some(first: int) -> None:
            for number in range(first, ADDS, THREADS):
                store.writer.write(OWNER, batch_of(number))
                if number % 1000 == 3:
                    store.searcher.search_words(OWNER, f"sort{number}", 3)

        threads = [Thread(target=add_some, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store.searcher.search_vectors(OWNER, unit_vector(5), 1)
        assert open_files() <= before + 40
        assert len(store.reader.list_entries(OWNER, limit=2 * ADDS)) == ADDS
        store.check_integrity(OWNER)
    assert bytes_below(home) / ADDS < 2_500


@pytest.mark.slow
def test_namespaces_are_opened_when_searched_and_closed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More namespaces than may be open: each is found, no more are open than allowed, and files do not pile up."""
    monkeypatch.setattr(index_pool, "MAX_OPEN", 5)
    owners = [Namespace(f"owner{number}") for number in range(25)]
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        for number, owner in enumerate(owners):
            store.writer.write(owner, batch_of(number))
        assert not (tmp_path / "store" / "derived").exists(), "nothing is searched yet"
        counts = []
        for _ in range(2):
            for number, owner in enumerate(owners):
                ((_, score),) = store.searcher.search_vectors(owner, unit_vector(number), 3)
                assert score == pytest.approx(1.0)
            counts.append(open_files())
        assert counts[1] <= counts[0] + 5
        assert len(store.state.indexes._open) <= 5  # how many are open is no promise of a call


def test_the_bytes_of_vectors_bound_what_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the vectors of two namespaces are more than may be in memory, one of them is closed."""
    monkeypatch.setattr(index_pool, "MAX_BYTES", 40 * 8 * 4)
    one, other = Namespace("one"), Namespace("other")
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        for owner in (one, other):
            store.writer.write(owner, batch_of(*range(30)))
        for owner in (one, other, one):
            assert len(store.searcher.search_vectors(owner, unit_vector(1), 30)) == 30
            assert list(store.state.indexes._open) == [owner]  # as above


def test_the_least_recently_searched_are_closed_until_the_rest_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both bounds may be reached and not passed; one index stays open, however large it is."""
    owners = [Namespace(name) for name in ("first", "second", "third")]
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        for owner in owners:
            store.writer.write(owner, batch_of(1))
        pool = store.state.indexes  # as above

        def left(name: str, allowed: int) -> list[Namespace]:
            for owner in owners:
                store.searcher.search_vectors(owner, unit_vector(1), 1)
            with monkeypatch.context() as patch:
                patch.setattr(index_pool, name, allowed)
                pool._close_some()
            return list(pool._open)

        assert left("MAX_OPEN", 3) == owners, "within both bounds all stay open"
        assert left("MAX_OPEN", 2) == owners[1:]
        assert left("MAX_OPEN", 0) == owners[2:]
        left("MAX_OPEN", 3)
        assert left("MAX_BYTES", pool._bytes) == owners
        assert left("MAX_BYTES", pool._bytes - 1) == owners[1:]
        assert left("MAX_BYTES", 0) == owners[2:]


def test_a_checkpoint_is_written_with_the_row_that_is_due(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a namespace is searched, fewer rows than that are ever without a checkpoint."""
    monkeypatch.setattr(index_pool, "CHECKPOINT_EVERY", 3)
    behind = []
    for number in range(7):
        store.writer.write(OWNER, batch_of(number))
        store.searcher.search_vectors(OWNER, unit_vector(number), 1)
        index = store.state.indexes._open[OWNER]  # as above
        behind.append(index.last_seq - index.checkpointed_seq)
    assert behind == [1, 2, 0, 1, 2, 0, 1]


def test_closing_indexes_what_is_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of namespaces that were written to and not searched, those with as many new rows as set have a checkpoint."""
    monkeypatch.setattr(index_pool, "_WORTH_A_CHECKPOINT", 3)
    few, many = Namespace("few"), Namespace("many")
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        store.writer.write(few, batch_of(1, 2))
        store.writer.write(many, batch_of(1, 2, 3))
    found = [folder.parts[-3] for folder in (tmp_path / "store" / "derived").glob("*/generation-*/checkpoint-*")]
    assert found == ["many"]
