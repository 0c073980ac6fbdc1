"""Folders for what is under way: never used twice, and gone when nobody needs them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import rebuild_indexes
from midthought.memory.scratch import Scratch, remove_tree
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector


@contextmanager
def writing_into(folder: Path) -> Iterator[Event]:
    """A thread that makes files in a folder by its name, as a library's does after its index was let go."""
    stop, wrote = Event(), Event()

    def go_on() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                (folder / f"late-{number}").write_bytes(b"late")
            except FileNotFoundError:
                continue
            wrote.set()

    thread = Thread(target=go_on)
    thread.start()
    try:
        assert wrote.wait(600)
        yield stop
    finally:
        stop.set()
        thread.join()


def live_words(home: Path) -> Path:
    """The folder of the one open BM25 index."""
    (found,) = (home / "derived" / ".scratch").glob("*/words")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("way", ["rebuild", "forget", "compact", "close"])
def test_a_thread_that_writes_on_stops_nothing(tmp_path: Path, way: str) -> None:
    """Files appear in an abandoned index's folder all the time: it goes, and the next index opens and is whole."""
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(5)))
        store.searcher.search_words(OWNER, "count", 1)
        with writing_into(live_words(tmp_path)):
            match way:
                case "rebuild":
                    rebuild_indexes(store, OWNER)
                case "forget":
                    store.writer.forget_namespace(OWNER)
                case "compact":
                    compact_store(store)
                case "close":
                    store.close()
    with Store(tmp_path, encoder=ENCODER) as store:
        store.check_integrity(OWNER)
        assert len(store.searcher.search_vectors(OWNER, unit_vector(1), 9)) == (0 if way == "forget" else 5)
    assert not (tmp_path / "derived" / ".scratch").exists()


def test_a_folder_that_is_being_filled_is_removed_in_the_end(tmp_path: Path) -> None:
    """Removal waits for the last file of whoever writes through the folder's own name."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with writing_into(folder) as stop:
        Thread(target=stop.set).start()
        remove_tree(folder)
    assert not folder.exists()


def test_no_name_is_given_out_twice(tmp_path: Path) -> None:
    """A removed folder's name is not that of a later one, nor of one after the next opening."""
    given = set()
    for _ in range(20):
        scratch = Scratch(tmp_path / "scratch")
        one, other = scratch.folder(), scratch.folder()
        given |= {one.name, other.name}
        scratch.remove(one)
        assert not one.exists()
        assert other.exists()
        scratch.close()
        assert not other.exists()
    assert len(given) == 40


def test_what_a_killed_process_left_goes_at_the_next_opening(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Live files of today's version and of earlier ones hold texts: none stays."""
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(5)))
        store.searcher.checkpoint(OWNER)
    generation = tmp_path / "derived" / OWNER.name / "generation-1"
    left = [tmp_path / "derived" / ".scratch" / "0a", generation / "live", generation / "aside-7"]
    for folder in left:
        (folder / "words").mkdir(parents=True)
        (folder / "words" / "text.store").write_bytes(b"How do I count things")
    with caplog.at_level(logging.WARNING), Store(tmp_path, encoder=ENCODER) as store:
        assert len(store.searcher.search_words(OWNER, "count", 9)) == 5
        assert [folder.name for folder in left if folder.exists()] == []
    assert caplog.records == []
    assert [path.name for path in generation.iterdir()] == ["checkpoint-00000000000000000005"]
