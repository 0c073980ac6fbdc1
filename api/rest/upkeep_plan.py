"""What the settings of a service allow its jobs of upkeep to use, and what it does by itself."""

from dataclasses import replace
from datetime import timedelta

from starlette.datastructures import State

from midthought.api.backup_schedule import BackupSchedule, plan_backups
from midthought.api.opening import make_encoder
from midthought.api.python.memory import Memory, core_of
from midthought.api.retention_schedule import RetentionSchedule
from midthought.api.schedule import ScheduledTask, ScheduleThread
from midthought.api.settings import Settings, expand_user
from midthought.api.upkeep_tasks import UpkeepPlan
from midthought.retrieval.encoders.base import Encoder


def plan_upkeep(memory: Memory, settings: Settings) -> None:
    """Let the jobs of a memory use what the settings name: a directory, encoders, the language model."""

    def make(name: str) -> Encoder:
        return make_encoder(replace(settings, encoder=name))

    backups = expand_user(settings.backups) if settings.backups is not None else None
    harvest = memory.harvest if settings.model_url else None
    core_of(memory).jobs.upkeep.plan = UpkeepPlan(backups, settings.encoder, make, harvest)


def start_schedule(state: State) -> ScheduleThread:
    """Begin what a service does by itself, and return the thread; a memory that is only read needs nothing."""
    core, settings = core_of(state.memory), state.settings
    state.backups = None if core.store.read_only else plan_backups(core.store, settings)
    tasks: list[ScheduledTask] = []
    if settings.retention_every and not core.store.read_only:
        kept = timedelta(days=settings.key_days) if settings.key_days else None
        every = settings.retention_every * 3600
        tasks.append(RetentionSchedule(core.store, core.jobs.upkeep, every, keep_keys=kept))
    backups: BackupSchedule | None = state.backups
    if backups is not None:
        tasks.append(backups)
    schedule = ScheduleThread(tasks)
    schedule.start()
    return schedule
