"""Makes backups by itself, and tells when the last good one was made, and what is wrong if none can be."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from midthought.api.settings import Settings, expand_user
from midthought.memory.store import Store

RETRY = timedelta(minutes=10)
"""After a failure, if `every` is not shorter."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackupState:
    """When the last good backup was made (UTC; None: none yet), and why the last attempt failed; empty if not."""

    last_good: datetime | None
    failure: str = ""

    def describe(self) -> str:
        """Return the state for people, without a path."""
        good = f"last good one {self.last_good:%Y-%m-%dT%H:%M:%SZ}" if self.last_good else "none yet"
        return f"failing ({self.failure}), {good}" if self.failure else good


def machine_time() -> datetime:
    """Return the machine's time in UTC, without a time zone."""
    return datetime.now(UTC).replace(tzinfo=None)


class BackupSchedule:
    """Makes a backup at intervals, counted from the newest there is; see `ScheduledTask`.

    Args:
        every: time between two backups.
        keep: how many are kept.
    """

    name = "the backup on schedule"

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        every: timedelta,
        keep: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._folder = store, folder
        self._every, self._keep, self._clock = every, keep, clock
        self._lock = Lock()
        self._state = _look(folder, store.path)
        self._due = clock() + _left(self._state.last_good, every).total_seconds()

    @property
    def state(self) -> BackupState:
        """How it stands."""
        with self._lock:
            return self._state

    def seconds_left(self) -> float:
        """Return in how many seconds the next backup is due."""
        return self._due - self._clock()

    def run(self) -> None:
        """Make one. Raises what went wrong, after noting it."""
        from midthought.memory.maintenance.scheduled_backups import make_scheduled_backup

        try:
            made = make_scheduled_backup(self._store, self._folder, keep=self._keep)
        except Exception as error:
            self._note(BackupState(self.state.last_good, type(error).__name__))
            self._due = self._clock() + min(RETRY, self._every).total_seconds()
            raise
        self._due = self._clock() + self._every.total_seconds()
        self._note(BackupState(made.made_at))
        _log.info("made the backup %s: %s", made.folder.name, made.manifest.describe_counts())

    def _note(self, state: BackupState) -> None:
        with self._lock:
            self._state = state


def _look(folder: Path, home: Path) -> BackupState:
    """Return how it stands when a service starts, which a folder that cannot be read does not stop."""
    try:
        return BackupState(last_good_backup(folder, home))
    except OSError as error:
        return BackupState(None, type(error).__name__)


def _left(last: datetime | None, every: timedelta) -> timedelta:
    """Return the time until the next backup; at most one interval, also if the clock was set back since the last."""
    return timedelta() if last is None else min(max(last + every - machine_time(), timedelta()), every)


def plan_backups(store: Store, settings: Settings) -> BackupSchedule | None:
    """Return the schedule that the settings ask for; None if they ask for none."""
    if settings.backups is None or not settings.backup_every:
        return None
    every = timedelta(hours=settings.backup_every)
    return BackupSchedule(store, expand_user(settings.backups), every=every, keep=settings.backup_keep)


def last_good_backup(folder: Path, home: Path) -> datetime | None:
    """Return when the newest backup of the memory in `home` was made by itself, or None. Raises `OSError`."""
    from midthought.memory.maintenance.scheduled_backups import list_scheduled_backups

    found = list_scheduled_backups(folder, home)
    return found[0].made_at if found else None


def describe_backups(settings: Settings, *, now: datetime) -> tuple[bool, str]:
    """Return whether backups are made as the settings ask, as far as the folder tells, and the last one in words."""
    assert settings.backups is not None
    folder, every = expand_user(settings.backups), timedelta(hours=settings.backup_every)
    if not settings.backup_every:
        return True, f"in {folder}, on demand only"
    try:
        last = last_good_backup(folder, settings.home_directory)
    except OSError as error:
        return False, f"{folder} cannot be read: {error.strerror}"
    # A service that was stopped for a while makes one as soon as it starts, so one that is late is no fault yet.
    late = last is not None and now - last > 2 * every + RETRY
    return not late, f"in {folder} every {settings.backup_every:g} hours, {BackupState(last).describe()}"
