"""What a job can do beside ingesting, each in one function here."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midthought.ingest.progress import IsStopped, OnProgress, Progress
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.job import Counts
from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from midthought.ingest.harvest.rounds import HarvestReport
    from midthought.memory.store import Store
    from midthought.retrieval.encoders.base import Encoder
    from midthought.retrieval.encoders.current import CurrentEncoder


class UpkeepTask(StrEnum):
    """What a job does; it is the kind of the job."""

    REINDEX = "reindex"
    COMPACT = "compact"
    BACKUP = "backup"
    IMPORT = "import"
    RETENTION = "retention"
    HARVEST = "harvest-tasks"
    """It asks for a harvest, which records the job of its own kind."""


@dataclass(frozen=True, slots=True)
class UpkeepPlan:
    """What a service allows its jobs to use; None for what it does not have.

    Attributes:
        backups: the folder in which each backup is a new folder.
        encoder: the name of the encoder of the settings.
        make_encoder: returns the encoder of a name; None: that of the registry.
        harvest: lets the model of the memory attempt tasks: `Memory.harvest`.
    """

    backups: Path | None = None
    encoder: str = ""
    make_encoder: "Callable[[str], Encoder] | None" = None
    harvest: "Callable[..., HarvestReport] | None" = None

    def find_encoder(self, name: str) -> "Encoder":
        """Return the encoder of a name; raises `BadInput` or `BadSettings` for one that there is not."""
        from midthought.api.opening import check_path
        from midthought.retrieval.encoders.registry import EncoderEndpoint, make_encoder

        check_path(name, place="encoder")  # it may be a directory
        return self.make_encoder(name) if self.make_encoder else make_encoder(name, EncoderEndpoint())


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One run of a task.

    Attributes:
        job_id: of the job that the run belongs to.
        arguments: as JSON values, as the job was asked for.
        upload: the file with what was sent for it; None if nothing was.
    """

    store: "Store"
    current: "CurrentEncoder"
    plan: UpkeepPlan
    namespace: Namespace
    job_id: str
    arguments: dict[str, Any]
    upload: Path | None
    on_progress: OnProgress
    is_stopped: IsStopped

    def tell(self, stage: str, done: int, total: int) -> None:
        """Tell how far it is."""
        self.on_progress(Progress(stage, done, total, Counts()))


TaskReport = dict[str, Any]
"""What a task did, as `JobReport` is written; jobs in it are named by their ids."""


def run_task(task: UpkeepTask, run: TaskRun) -> TaskReport:
    """Carry a task out, and return what it did; `TaskRun.on_progress` may stop it by an error."""
    return _TASKS[task](run)


def _reindex(run: TaskRun) -> TaskReport:
    encoder = run.plan.find_encoder(run.arguments["encoder"])
    encoded = run.current.reindex(encoder, on_progress=lambda done, total: run.tell("reindex", done, total))
    return {"encoded": encoded}


def _compact(run: TaskRun) -> TaskReport:
    from midthought.memory.maintenance.compact import compact_store

    return {"compacted": asdict(compact_store(run.store))}


def _backup(run: TaskRun) -> TaskReport:
    from midthought.memory.maintenance.backup import Backup, write_backup

    folder: Path = _given(run.plan.backups, "backups")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / run.arguments["name"]
    # One that exists was complete, and the process was killed before it said so.
    backup = Backup.read(target) if target.exists() else write_backup(run.store, target, job_id=run.job_id)
    return {"backup": {**backup.to_record(), "folder": target.name}}


def _retain(run: TaskRun) -> TaskReport:
    from midthought.api.operations.retention_shapes import CHANGE
    from midthought.memory.maintenance.retention import apply_retention

    dry_run, tried = run.arguments["dry_run"], run.arguments.get("retention")
    change = CHANGE.read(tried) if tried is not None else None
    report = apply_retention(run.store, run.namespace, run.job_id, dry_run=dry_run, tried=change, tell=run.tell)
    return {"retention": json.loads(report.to_json())}


def _import(run: TaskRun) -> TaskReport:
    assert run.upload is not None  # recorded together with the job
    chosen = ImportFormat(run.arguments["format"])
    with tempfile.TemporaryDirectory(prefix="midthought-import-") as folder:
        file = Path(folder, "upload") if run.arguments.get("archive") else run.upload
        return _import_at(run, file, chosen, packed=run.upload)


def _import_at(run: TaskRun, file: Path, chosen: ImportFormat, *, packed: Path) -> TaskReport:
    from midthought.ingest.ingestion import Ingestion
    from midthought.ingest.transfer.archive import unpack_folder
    from midthought.ingest.transfer.imports import import_path

    name = run.arguments.get("name", "upload")
    try:
        if file != packed:
            unpack_folder(packed, file)
        done = run.current.use(
            lambda encoder: import_path(
                Ingestion(run.store, encoder, run.namespace),
                file,
                format=chosen,
                trusted=run.arguments.get("trusted", False),
                shown=name,
                on_progress=run.on_progress,
            )
        )
    except BadInput as error:  # callers of a service need not know where its files lie
        raise BadInput(str(error).replace(str(file), name).replace(str(packed), name)) from None
    tables = [asdict(one) for one in done.tables]
    return {"imported": {"format": done.format.value, "tables": tables, "job": done.job and done.job.id}}


def _harvest(run: TaskRun) -> TaskReport:
    harvest = _given(run.plan.harvest, "harvests")
    arguments = dict(run.arguments)
    told, generated = arguments.pop("tasks"), arguments.pop("generated", "")
    heard = {"on_progress": run.on_progress, "is_stopped": run.is_stopped}
    with tempfile.TemporaryDirectory() as folder:
        tasks = Path(folder, "tasks.jsonl")
        tasks.write_text("".join(f"{json.dumps(one)}\n" for one in told), encoding="utf-8")
        done = harvest(generated or tasks, namespace=run.namespace, **arguments, **heard)
    return {"harvest": {"job": done.job.id, "rounds": [asdict(one) for one in done.rounds]}}


_TASKS: dict[UpkeepTask, Callable[[TaskRun], TaskReport]] = {
    UpkeepTask.REINDEX: _reindex,
    UpkeepTask.COMPACT: _compact,
    UpkeepTask.BACKUP: _backup,
    UpkeepTask.IMPORT: _import,
    UpkeepTask.RETENTION: _retain,
    UpkeepTask.HARVEST: _harvest,
}


def _given(value: Any, name: str) -> Any:
    if value is None:
        raise BadSettings(f"this service has no setting for {name}: see docs/settings.md")
    return value
