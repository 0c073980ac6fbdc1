"""Backups: a copy of the whole database as it was at one moment, made while others write, and how it is restored.

A backup is a folder with ``midthought.duckdb`` and ``manifest.json``. The derived indexes are not in it: a restored
memory builds them at its first search.
"""

import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from midthought.memory.atomic_files import PRIVATE, atomic_file, file_digest, sync_tree
from midthought.memory.database.database_copy import copy_database
from midthought.memory.database.directory_lock import DirectoryLock
from midthought.memory.database.opening_checks import DATABASE, RESTORING
from midthought.memory.database.tables.migrations import migrations
from midthought.memory.errors import BadInput, StoreFull, StoreTooNew
from midthought.memory.interrupts import apart, run_apart
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.scratch import remove_tree
from midthought.memory.store import Store
from midthought.memory.transfer.regular_files import check_regular

_MANIFEST = "manifest.json"
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Backup:
    """The manifest of a backup.

    Attributes:
        store_format: the number of the last migration.
        size: bytes of the database file.
        sha256: its digest.
        rows: (table, how many), ordered; of all namespaces and of the starter memory together.
        starter: how many of the entries belong to the starter memory; 0 in the manifest of an earlier version.
        scheduled_for: the directory of the memory, if a service made it by itself; empty if it was asked for.
        folder: where it is; at a service, the name of the folder. Not in the manifest.
    """

    store_format: int
    size: int
    sha256: str
    rows: tuple[tuple[str, int], ...]
    starter: int = 0
    scheduled_for: str = ""
    folder: str = field(default="", compare=False)

    def describe_counts(self) -> str:
        """Return the entries and trajectories for people; those of the starter memory are counted apart."""
        rows = dict(self.rows)
        shared = f" and {self.starter} of the starter memory" if self.starter else ""
        return f"{rows['entries'] - self.starter} entries{shared}, {rows['trajectories']} trajectories"

    def to_json(self) -> str:
        """Return the manifest."""
        return json.dumps({"midthought_backup": 1, **self.to_record()}, indent=1, sort_keys=True)

    def to_record(self) -> dict[str, Any]:
        """Return what the manifest says, without where it lies."""
        record = {**asdict(self), "rows": dict(self.rows)}
        del record["folder"]
        return record

    @classmethod
    def read(cls, folder: Path) -> "Backup":
        """Return the manifest in a backup's folder; raises `BadInput` if there is none."""
        file = folder / _MANIFEST
        try:
            record = json.loads(check_regular(file, within=folder).read_text(encoding="utf-8"))
            rows = tuple(record["rows"].items())
            later = (record.get("starter", 0), record.get("scheduled_for", ""))
            found = cls(record["store_format"], record["size"], record["sha256"], rows, *later)
            record["midthought_backup"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, FileNotFoundError) and not folder.exists():
                raise BadInput("is not there: give the folder of a backup", place=str(folder)) from None
            raise BadInput(f"is no backup, or was stopped before its end: {error}", place=str(file)) from None
        return found


@apart
def write_backup(store: Store, path: Path, *, scheduled_for: str = "", job_id: str = "") -> Backup:
    """Write everything acknowledged before the call to the new folder `path`; others may write meanwhile.

    The copy is opened and checked before it gets its name; a stopped backup leaves nothing under `path`. A job that
    makes the backup, `job_id`, runs while it is copied, and is finished in the copy.

    Raises:
        BadInput: `path` exists.
        StoreFull: the disk refused.
        StoreDamaged: the copy is damaged, because the memory is.
    """
    with atomic_file(path) as aside:
        aside.mkdir(mode=PRIVATE)
        file = aside / DATABASE
        with store.snapshot() as snapshot:
            rows = copy_database(snapshot, file)
        # Checked before the manifest is written: a copy of a damaged memory must not look like a backup.
        starter = _check_copy(aside, job_id)
        backup = Backup(len(migrations()), file.stat().st_size, file_digest(file), rows, starter, scheduled_for)
        (aside / _MANIFEST).write_text(backup.to_json() + "\n", encoding="utf-8")
    return replace(backup, folder=str(path))


def newest_backup(folder: Path) -> float | None:
    """Return when the newest whole backup of a folder of backups was made, seconds since 1970; None if there is none.

    The manifest is written last, and the backup gets its name after it, so that one with a manifest is whole.
    """
    times = []
    for manifest in folder.glob(f"[!.]*/{_MANIFEST}"):
        with suppress(OSError):  # it may be removed at any moment
            times.append(manifest.stat().st_mtime)
    return max(times, default=None)


def restore_backup(path: str | Path, home: str | Path) -> Backup:
    """Restore the backup in the folder `path` into the new or empty directory `home`.

    Everything is checked first. Stopped at any instant, `home` holds either the whole memory or none.

    Raises:
        BadInput: `path` is no complete backup, or `home` is not empty.
        StoreInUse, StoreFull, StoreTooNew, StoreDamaged: see `midthought.memory.errors`.
    """
    return run_apart(lambda: _restore_backup(Path(path), Path(home)))


def _restore_backup(path: Path, home: Path) -> Backup:
    backup = check_backup(path)
    try:
        home.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        lock = DirectoryLock(home)
        try:
            _refuse_full(home)
            starter = _restore(path / DATABASE, home)
        finally:
            lock.close()
    except OSError as error:
        raise StoreFull(f"{home} cannot be written, and nothing was restored: {error}") from error
    return replace(backup, starter=starter)


def check_backup(path: Path) -> Backup:
    """Return the manifest of a backup after checking every byte. Raises `BadInput` and `StoreTooNew`."""
    backup, file = Backup.read(path), path / DATABASE
    if not file.exists():
        raise BadInput("is missing from the backup: take another one", place=str(file))
    check_regular(file, within=path)
    if file.stat().st_size != backup.size or file_digest(file) != backup.sha256:
        wrong = f"is not what was written: its size or SHA-256 differs from {_MANIFEST}: take another one"
        raise BadInput(wrong, place=str(file))
    if backup.store_format > len(migrations()):
        raise StoreTooNew(
            f"{path} has store format {backup.store_format}, this Midthought reads up to {len(migrations())}: "
            f"upgrade midthought"
        )
    return backup


def _check_copy(folder: Path, job_id: str = "") -> int:
    """Open a database in its folder and check it, migrating an earlier format; then remove all other files.

    The job `job_id` is recorded as finished. Returns the number of starter entries.
    """
    with Store(folder) as store:
        for namespace in store.reader.list_namespaces():
            _finish_job(store, namespace, job_id)
            store.check_integrity(namespace)
        starter = store.reader.stats(STARTER_NAMESPACE).entry_count
    # Opening the copy made a lock, evidence and indexes next to it, which belong to no backup.
    for inside in folder.iterdir():
        if inside.is_dir():
            remove_tree(inside)
        elif inside.name != DATABASE:
            inside.unlink()
    return starter


def _finish_job(store: Store, namespace: Namespace, job_id: str) -> None:
    """Record a job as finished, so that a service over the restored memory does not run it again."""
    if job_id and (job := store.reader.get_job(namespace, job_id)) is not None:
        store.writer.update_job(namespace, replace(job, state=JobState.FINISHED))
        store.writer.set_waiting(namespace, job_id, waits=False)


def _refuse_full(home: Path) -> None:
    found = sorted(one.name for one in home.iterdir() if one.name not in {_LOCK, RESTORING})
    if found:
        raise BadInput(f"is not empty, it holds {found[0]!r}: restore into a new directory", place=str(home))


def _restore(file: Path, home: Path) -> int:
    aside = home / RESTORING
    if aside.exists():  # left by a restore that was killed
        remove_tree(aside)
    aside.mkdir()
    try:
        shutil.copyfile(file, aside / DATABASE)
        starter = _check_copy(aside)
        sync_tree(aside)
        # The memory exists from this rename on; before it, a killed restore leaves only the folder `.restoring`.
        (aside / DATABASE).rename(home / DATABASE)
        sync_tree(home)
    finally:
        remove_tree(aside)
    return starter
