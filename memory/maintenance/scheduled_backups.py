"""Backups that a service makes by itself: each in a new folder, verified, and the oldest removed."""

import os
import re
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from midthought.memory.atomic_files import sync
from midthought.memory.database.database_copy import count_tables
from midthought.memory.errors import BadInput, StoreDamaged
from midthought.memory.maintenance.backup import Backup, check_backup, write_backup
from midthought.memory.scratch import remove_tree
from midthought.memory.store import Store

_NAME = "scheduled-%Y%m%dT%H%M%S.%fZ"
_LEFT = re.compile(r"scheduled-[0-9TZ.]+\.(unfinished-(?P<pid>\d+)|removing)")
"""What a process that was killed left: a copy it was making, or a backup it was removing."""
_OLD_SECONDS, _OWN_SECONDS = 86_400.0, 3600.0
"""An unfinished copy to which nothing was written for so long is nobody's: another service may make one in the same
folder now. The second is for one with the id of this process, as a service has that is killed and started again."""


@dataclass(frozen=True, slots=True)
class ScheduledBackup:
    """A complete backup that was made by itself, of this memory: its folder, when it was made (UTC), its manifest."""

    folder: Path
    made_at: datetime
    manifest: Backup


def make_scheduled_backup(store: Store, folder: Path, *, keep: int) -> ScheduledBackup:
    """Make and verify a backup in a new folder inside `folder`; then remove all but the newest `keep`.

    Removed are only backups that were made by this function, of this memory. One that cannot be verified is removed at
    once, and no other is. Raises `StoreFull`, `StoreDamaged` and `StoreError` if there is no new backup.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(folder)
    earlier = list_scheduled_backups(folder, store.path)
    made_at = datetime.now(UTC).replace(tzinfo=None)
    if earlier:  # the clock may have been set back: the newest must stay the newest
        made_at = max(made_at, earlier[0].made_at + timedelta(microseconds=1))
    target = folder / made_at.strftime(_NAME)
    write_backup(store, target, scheduled_for=_home_of(store))
    try:
        manifest = verify_backup(target)
    except BaseException:
        _remove(target)
        raise
    for old in list_scheduled_backups(folder, store.path)[keep:]:
        _remove(old.folder)
    return ScheduledBackup(target, made_at, manifest)


def verify_backup(folder: Path) -> Backup:
    """Return the manifest of a backup after comparing every byte with it, opening it for reading, and counting rows.

    Raises `BadInput` and `StoreDamaged`.
    """
    manifest = check_backup(folder)
    with Store(folder, read_only=True) as store, store.snapshot() as connection:
        rows = count_tables(connection)
    if rows != manifest.rows:
        raise StoreDamaged(f"{folder} holds {dict(rows)}, its manifest says {dict(manifest.rows)}")
    return manifest


def list_scheduled_backups(folder: Path, home: Path) -> list[ScheduledBackup]:
    """Return the complete backups in `folder` that were made by themselves of the memory in `home`, newest first.

    Those of another memory, those made by hand, and folders without a readable manifest are left out.
    """
    found = []
    for place in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        with suppress(ValueError, BadInput):
            made_at = datetime.strptime(place.name, _NAME)  # UTC, as the store keeps times
            manifest = Backup.read(place)
            if manifest.scheduled_for == str(home.resolve()):
                found.append(ScheduledBackup(place, made_at, manifest))
    return found


def _home_of(store: Store) -> str:
    return str(store.path.resolve())


def _remove(folder: Path) -> None:
    # Under another name first: one that is half removed must not look like a backup.
    gone = folder.with_name(f"{folder.name}.removing")
    folder.rename(gone)
    sync(folder.parent)
    remove_tree(gone)


def _clear_leftovers(folder: Path) -> None:
    for place in folder.iterdir():
        left = _LEFT.fullmatch(place.name)
        # What cannot be removed, or another service removes at the same time, must not stop the backup.
        with suppress(OSError):
            if left is not None and _is_folder(place) and (not left["pid"] or _is_abandoned(place, int(left["pid"]))):
                remove_tree(place)


def _is_folder(place: Path) -> bool:
    """Whether a name is that of a folder, as all that is made here, and not of a link to one."""
    return stat.S_ISDIR(place.lstat().st_mode)


def _is_abandoned(place: Path, pid: int) -> bool:
    written = max(one.stat().st_mtime for one in (place, *place.iterdir()))
    # The same process id proves little: in containers all services that share a folder may have it.
    return time.time() - written > (_OWN_SECONDS if pid == os.getpid() else _OLD_SECONDS)
