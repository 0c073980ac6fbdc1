"""What a language model answered: kept once, found by its request, gone with its trajectory, and in no export."""

from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from midthought.memory.errors import NotFound
from midthought.memory.maintenance.backup import restore_backup, write_backup
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of

KEPT = KeptCompletion("m-1", TRAJECTORY.id, "scripted:a", "zanzibar", "stop", 120, 100, 7, 0.25)
OTHER = Namespace("other")


def count_rows(store: Store) -> int:
    """The number of answers that are kept, in all namespaces."""
    with store.snapshot() as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM completions").fetchall()
    return int(count)


def test_an_answer_is_found_by_its_request(store: Store) -> None:
    """In its namespace alone, also before its trajectory is stored, and after the store was opened again."""
    store.writer.put_namespace(OWNER)
    store.writer.put_namespace(OTHER)
    store.writer.keep_completion(OWNER, KEPT)
    assert store.reader.known_completions(OWNER, ["m-1", "m-2"]) == {"m-1": KEPT}
    assert store.reader.known_completions(OTHER, ["m-1"]) == {}
    assert store.reader.known_completions(OWNER, []) == {}
    store.close()
    with Store(store.path, encoder=ENCODER) as opened:
        assert opened.reader.known_completions(OWNER, ["m-1"]) == {"m-1": KEPT}


def test_the_first_answer_stays(store: Store) -> None:
    """Whatever is kept under its digest later, in how many threads ever."""
    store.writer.put_namespace(OWNER)
    store.writer.keep_completion(OWNER, KEPT)
    later = [replace(KEPT, text=f"answer {number}") for number in range(4)]
    writers = [Thread(target=store.writer.keep_completion, args=(OWNER, one)) for one in later]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert store.reader.known_completions(OWNER, ["m-1"]) == {"m-1": KEPT}
    assert count_rows(store) == 1


def test_text_that_no_column_holds_is_kept_readable(store: Store) -> None:
    """A NUL and half a surrogate pair become replacement characters; the other characters stay."""
    store.writer.put_namespace(OWNER)
    store.writer.keep_completion(OWNER, replace(KEPT, text="a\0b\ud800c\U0001f600"))
    text = store.reader.known_completions(OWNER, ["m-1"])["m-1"].text
    assert (text[0], text[2], text[-2:]) == ("a", "b", "c\U0001f600")
    assert set(text[1] + text[3:-2]) == {"\ufffd"}


def test_answers_go_with_their_trajectory_and_namespace(store: Store) -> None:
    """And after `compact` no byte of them is left in any file."""
    store.writer.write(OWNER, batch_of(1))
    store.writer.put_namespace(OTHER)
    store.writer.keep_completion(OWNER, KEPT)
    store.writer.keep_completion(OWNER, replace(KEPT, digest="m-2", trajectory_id="t-other", text="stays"))
    store.writer.keep_completion(OTHER, KEPT)
    store.writer.forget_trajectory(OWNER, TRAJECTORY.id)
    assert store.reader.known_completions(OWNER, ["m-1", "m-2"]).keys() == {"m-2"}
    store.writer.forget_namespace(OTHER)
    assert count_rows(store) == 1
    compact_store(store)
    files = [one.read_bytes() for one in Path(store.path).rglob("*") if one.is_file()]
    assert files
    assert not any(b"zanzibar" in one for one in files)


def test_answers_about_what_was_never_stored_can_be_forgotten(store: Store) -> None:
    """A job that was stopped leaves them; after that the trajectory is unknown."""
    store.writer.put_namespace(OWNER)
    store.writer.keep_completion(OWNER, KEPT)
    assert store.writer.forget_trajectory(OWNER, TRAJECTORY.id) == 0
    assert count_rows(store) == 0
    with pytest.raises(NotFound):
        store.writer.forget_trajectory(OWNER, TRAJECTORY.id)


def test_an_answer_that_comes_after_its_namespace_was_forgotten_is_dropped(store: Store) -> None:
    """And does not make the namespace exist again."""
    store.writer.put_namespace(OTHER)
    store.writer.forget_namespace(OTHER)
    store.writer.keep_completion(OTHER, KEPT)
    assert count_rows(store) == 0
    assert OTHER not in store.reader.list_namespaces()


def test_answers_are_in_a_backup(store: Store, tmp_path: Path) -> None:
    """And come back with it."""
    store.writer.put_namespace(OWNER)
    store.writer.keep_completion(OWNER, KEPT)
    write_backup(store, tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    with Store(tmp_path / "restored", encoder=ENCODER) as restored:
        assert restored.reader.known_completions(OWNER, ["m-1"]) == {"m-1": KEPT}
