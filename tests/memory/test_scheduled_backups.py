"""Backups that are made by themselves: verified, of one memory, the newest kept."""

import os
import shutil
import time
from pathlib import Path

import pytest

from midthought.memory.errors import BadInput, StoreDamaged
from midthought.memory.maintenance import scheduled_backups
from midthought.memory.maintenance.backup import Backup, restore_backup, write_backup
from midthought.memory.maintenance.scheduled_backups import (
    list_scheduled_backups,
    make_scheduled_backup,
    verify_backup,
)
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of

Made = tuple[Store, Path]


@pytest.fixture
def made(store: Store, tmp_path: Path) -> Made:
    """A store with two entries, and the folder of its backups, in which others lie already."""
    store.writer.write(OWNER, batch_of(1, 2))
    folder = tmp_path / "backups"
    write_backup(store, folder / "20260101T000000.000000Z")
    write_backup(store, folder / "scheduled-20260101T000000.000000Z", scheduled_for="/another/memory")
    return store, folder


def test_the_newest_are_kept_and_others_are_not_touched(made: Made, tmp_path: Path) -> None:
    """Of four two stay, which restore; those made by hand, and those of another memory, stay as well."""
    store, folder = made
    before = {one.name for one in folder.iterdir()}
    backups = [make_scheduled_backup(store, folder, keep=2) for _ in range(4)]
    assert [one.folder for one in list_scheduled_backups(folder, store.path)] == [one.folder for one in backups[:1:-1]]
    assert {one.name for one in folder.iterdir()} == before | {one.folder.name for one in backups[2:]}
    restore_backup(backups[3].folder, tmp_path / "restored")
    with Store(tmp_path / "restored", encoder=ENCODER) as restored:
        assert restored.reader.list_entries(OWNER) == store.reader.list_entries(OWNER)


def test_a_clock_that_was_set_back_does_not_let_the_new_one_go(made: Made) -> None:
    """The newest by name is the newest that was made."""
    store, folder = made
    first = make_scheduled_backup(store, folder, keep=1)
    ahead = folder / "scheduled-20990101T000000.000000Z"
    first.folder.rename(ahead)
    newest = make_scheduled_backup(store, folder, keep=1)
    assert newest.folder.name > ahead.name
    assert [one.folder for one in list_scheduled_backups(folder, store.path)] == [newest.folder]


def test_one_that_cannot_be_verified_is_no_backup(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is removed, the good one before stays, and the error says what is wrong."""
    store, folder = made
    good = make_scheduled_backup(store, folder, keep=1)

    def check(path: Path) -> Backup:
        raise BadInput("is not what was written", place=str(path))

    monkeypatch.setattr(scheduled_backups, "check_backup", check)
    with pytest.raises(BadInput, match="is not what was written"):
        make_scheduled_backup(store, folder, keep=1)
    assert [one.folder for one in list_scheduled_backups(folder, store.path)] == [good.folder]


def test_a_backup_with_other_rows_than_it_says_is_damaged(made: Made) -> None:
    """The database is whole, and the manifest counts another table."""
    store, folder = made
    target = make_scheduled_backup(store, folder, keep=1).folder
    manifest = target / "manifest.json"
    assert verify_backup(target).rows
    manifest.write_text(manifest.read_text().replace('"trajectories": 1', '"trajectories": 2'))
    with pytest.raises(StoreDamaged, match="its manifest says"):
        verify_backup(target)
    assert {one.name for one in target.iterdir()} == {"midthought.duckdb", "manifest.json"}


def test_what_a_killed_process_left_is_removed(made: Made) -> None:
    """A copy of this process, one that is a day old, and what was being removed; not one that another service makes."""
    store, folder = made
    name = "scheduled-20260102T000000.000000Z"
    left = [folder / f"{name}.unfinished-{os.getpid()}", folder / f"{name}.unfinished-1", folder / f"{name}.removing"]
    works = folder / f"{name}.unfinished-2"
    for one in (*left, works):
        shutil.copytree(folder / "20260101T000000.000000Z", one)
    long_ago = time.time() - 2 * 86_400
    os.utime(left[1], (long_ago, long_ago))
    make_scheduled_backup(store, folder, keep=1)
    assert [one for one in left if one.exists()] == []
    assert works.exists()
