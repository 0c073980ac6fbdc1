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
    """A copy an hour old with the id of this process, one a day old, and what was being removed; not one that another
    service makes, which in a container may have the same id.
    """
    store, folder = made
    name = "scheduled-20260102T000000.000000Z"
    left = [folder / f"{name}.unfinished-{os.getpid()}", folder / f"{name}.unfinished-1", folder / f"{name}.removing"]
    works = [folder / f"{name}.unfinished-2", folder / f"{name[:-2]}1Z.unfinished-{os.getpid()}"]
    for one in (*left, *works):
        shutil.copytree(folder / "20260101T000000.000000Z", one)
    for one, hours in ((left[0], 2), (left[1], 48), (works[0], 2), (works[1], 48)):
        moment = time.time() - 3600 * hours
        for inside in (one, *one.iterdir()):
            os.utime(inside, (moment, moment))
    (works[1] / "midthought.duckdb").touch()  # written to now
    make_scheduled_backup(store, folder, keep=1)
    assert [one for one in left if one.exists()] == []
    assert all(one.exists() for one in works)


def test_what_only_has_the_name_of_a_backup_stops_none(made: Made) -> None:
    """A file, a link, a manifest that no reader can parse: backups go on, and all of them stay."""
    store, folder = made
    name = "scheduled-2026010{}T000000.000000Z"
    (folder / name.format(2)).write_text("a file")
    (folder / name.format(3)).mkdir()
    (folder / name.format(3) / "manifest.json").write_text("[" * 100_000)
    (folder / f"{name.format(4)}.removing").write_text("a file")
    (folder / f"{name.format(5)}.removing").symlink_to(folder / name.format(3))
    before = {one.name for one in folder.iterdir()}
    backup = make_scheduled_backup(store, folder, keep=1)
    assert {one.name for one in folder.iterdir()} == before | {backup.folder.name}
