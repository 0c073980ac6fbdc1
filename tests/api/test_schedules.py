"""What a service does by itself: it removes what is not kept, makes backups, and tells when that fails."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from midthought.api.backup_schedule import BackupSchedule, describe_backups, machine_time
from midthought.api.doctor import check_all
from midthought.api.python.memory import Memory, core_of
from midthought.api.retention_schedule import RetentionSchedule
from midthought.api.schedule import ScheduleThread
from midthought.api.settings import Settings
from midthought.memory import KeepLimit, RetentionChange
from midthought.memory.errors import BadSettings
from midthought.memory.records.job import JobState

from .conftest import PROCEDURE, service_over


class Clock:
    """Seconds that a test lets go by."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


def backups_of(memory: Memory, folder: Path, clock: Clock) -> BackupSchedule:
    """A backup every two hours."""
    return BackupSchedule(memory.store, folder, every=timedelta(hours=2), keep=2, clock=clock)


def test_a_backup_is_made_at_once_and_then_at_intervals(memory: Memory, tmp_path: Path, clock: Clock) -> None:
    """The next process goes on from the newest there is, and makes none before its time."""
    folder = tmp_path / "backups"
    schedule = backups_of(memory, folder, clock)
    assert (schedule.seconds_left(), schedule.state.describe()) == (0, "none yet")
    schedule.run()
    assert schedule.seconds_left() == 7200
    assert schedule.state.describe().startswith("last good one 20")
    clock.now += 7000
    assert schedule.seconds_left() == 200
    restarted = backups_of(memory, folder, clock)
    assert 7100 < restarted.seconds_left() <= 7200
    assert restarted.state.last_good == schedule.state.last_good


def test_a_backup_that_fails_is_told_and_tried_again(
    memory: Memory, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, in the state and ten minutes later; the good one before stays. A full disk raises the same error."""
    folder = tmp_path / "backups"
    schedule = backups_of(memory, folder, clock)
    schedule.run()
    good = schedule.state.last_good
    folder.rename(tmp_path / "aside")
    folder.write_text("a file where the folder was")
    thread = ScheduleThread([schedule])
    with caplog.at_level(logging.ERROR):
        thread._run(schedule)
    assert "the backup on schedule failed" in caplog.text
    assert schedule.state.describe().startswith("failing (FileExistsError), last good one 20")
    assert schedule.state.last_good == good
    assert schedule.seconds_left() == 600
    folder.unlink()
    (tmp_path / "aside").rename(folder)
    schedule.run()
    assert "failing" not in schedule.state.describe()
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("error", [OSError("no space left on device"), RecursionError("a mistake of ours")])
def test_a_schedule_runs_what_is_due_and_survives_its_failure(error: Exception) -> None:
    """A task that fails is run again when it says so; closing waits for nothing that is not running."""
    done = threading.Event()

    class Task:
        name, runs = "a task", 0

        def seconds_left(self) -> float:
            return 3600.0 if self.runs > 1 else 0.0

        def run(self) -> None:
            self.runs += 1
            if self.runs == 1:
                raise error
            done.set()

    thread = ScheduleThread([Task()])
    thread.start()
    assert done.wait(20)
    thread.close()


def test_retention_begins_a_job_only_where_something_is_overdue(memory: Memory, clock: Clock) -> None:
    """A minute after the start and then at intervals; a second look begins no second job."""
    core = core_of(memory)
    schedule = RetentionSchedule(core.store, core.jobs.upkeep, 3600.0, clock=clock)
    assert schedule.seconds_left() == 60
    memory.add_entries([PROCEDURE])
    memory.create_namespace("other")
    for _ in range(3):
        memory.recall("anything")
    memory.set_namespace("default", retention=RetentionChange(receipts=KeepLimit(max_count=1)))
    schedule.run()
    assert schedule.seconds_left() == 3600
    (job,) = memory.jobs()
    ended = memory.wait_job(job.id, timeout=60)
    assert (ended.kind, ended.state, ended.source) == ("retention", JobState.FINISHED, "schedule")
    assert memory.retention_report(job.id).of("receipts").count == 2
    assert len(memory.receipts()) == 1
    assert memory.jobs(namespace="other") == []
    schedule.run()
    assert len(memory.jobs()) == 1


@pytest.fixture
def service(memory: Memory, tmp_path: Path) -> Iterator[TestClient]:
    """A service that makes backups."""
    app = service_over(memory)
    app.state.settings = Settings(home=memory.store.path, backups=tmp_path / "backups", backup_every=1.0)
    with TestClient(app, base_url="http://127.0.0.1") as opened:
        yield opened


def test_a_service_and_the_doctor_tell_the_last_good_backup(
    service: TestClient, memory: Memory, tmp_path: Path
) -> None:
    """It is there soon after the start; a service that makes none says nothing."""
    thread = next(one for one in threading.enumerate() if one.name == "midthought-schedule")
    while not list((tmp_path / "backups").glob("scheduled-*Z")):
        assert thread.is_alive()
        thread.join(0.05)
    while "last good one" not in (told := service.get("/health/ready").json()["backup"]):
        thread.join(0.05)
    settings = Settings(home=memory.store.path, backups=tmp_path / "backups", backup_every=1.0)
    found = next(one for one in check_all(settings) if one.name == "backups")
    assert found.well
    assert told in found.detail


def test_backups_on_schedule_need_a_directory() -> None:
    """The error names both settings."""
    with pytest.raises(BadSettings, match="'backup_every' needs 'backups'"):
        Settings(backup_every=24)


def test_a_folder_that_cannot_be_read_stops_no_service(
    memory: Memory, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state says so, and so does the doctor; the next attempt may find it mended."""
    (tmp_path / "backups").mkdir()

    def refuse(folder: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    schedule = backups_of(memory, tmp_path / "backups", clock)
    assert schedule.state.describe() == "failing (PermissionError), none yet"
    assert schedule.seconds_left() == 0
    settings = Settings(home=memory.store.path, backups=tmp_path / "backups", backup_every=1.0)
    well, told = describe_backups(settings, now=machine_time())
    assert (well, told.endswith("cannot be read: Permission denied")) == (False, True)


def test_a_backup_that_is_late_is_no_good_finding(memory: Memory, tmp_path: Path, clock: Clock) -> None:
    """After two intervals the service cannot have run, or it cannot make one."""
    backups_of(memory, tmp_path / "backups", clock).run()
    settings = Settings(home=memory.store.path, backups=tmp_path / "backups", backup_every=1.0)
    assert describe_backups(settings, now=machine_time())[0]
    assert not describe_backups(settings, now=machine_time() + timedelta(hours=3))[0]
