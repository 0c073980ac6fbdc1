"""What a job of upkeep did, in the shape in which it is kept and sent."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar

from midthought.api.operations.jobs import GetJob
from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.retention import ReportJson
from midthought.api.operations.shape import FieldShape, shape_fields
from midthought.api.operations.shapes import JOB
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.ingest.harvest.rounds import HarvestReport, RoundReport
from midthought.ingest.transfer.import_export import TableCount
from midthought.ingest.transfer.imports import Imported
from midthought.memory import errors
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.memory.maintenance.backup import Backup
from midthought.memory.records.api_key import Scope
from midthought.memory.records.compacted import Compacted
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.retention_report import RetentionReport

_OF_ALL = {UpkeepTask.REINDEX, UpkeepTask.COMPACT, UpkeepTask.BACKUP}
_ROWS = FieldShape(dict, lambda record: tuple(record.items()), dict[str, int])
BACKUP = shape_fields(Backup, rows=_ROWS)
IMPORTED = shape_fields(
    Imported,
    tables=FieldShape(
        lambda tables: [asdict(one) for one in tables],
        lambda records: tuple(TableCount(**one) for one in records),
        list[TableCount],
    ),
    job=FieldShape(lambda job: job and JOB.write(job), lambda job: job and JOB.read(job), JOB.described() | None),
)
HARVESTED = shape_fields(
    HarvestReport,
    job=FieldShape(JOB.write, JOB.read, JOB.described()),
    rounds=FieldShape(
        lambda rounds: [asdict(one) for one in rounds],
        lambda records: tuple(RoundReport(**one) for one in records),
        list[RoundReport],
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """What a finished job of upkeep did: the one field of its kind is there, the others are null.

    Attributes:
        encoded: keys that a reindex encoded.
    """

    encoded: int | None = None
    compacted: Compacted | None = None
    backup: Annotated[Backup, BACKUP] | None = None
    imported: Annotated[Imported, IMPORTED] | None = None
    harvest: Annotated[HarvestReport, HARVESTED] | None = None
    retention: ReportJson | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetJobReport(Request[JobReport]):
    """Return what a finished job of a namespace did: an import, a harvest, retention.

    If the job failed, the answer is the error that it failed with.
    """

    route: ClassVar = Route("GET", f"{GetJob.route.path}/report")
    result: ClassVar = JobReport

    job_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> JobReport:
        """Read it from the store."""
        job = GetJob(job_id=self.job_id).run(memory, namespace)
        if job.kind in _OF_ALL:  # it counts what is in other namespaces
            raise BadInput(f"job {job.id} is about all namespaces: its report needs a key for all of them")
        return _report_of(memory, namespace, job)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUpkeepReport(Request[JobReport]):
    """Return what a finished job about all namespaces did: a reindex, a compaction, a backup.

    If the job failed, the answer is the error that it failed with.
    """

    route: ClassVar = Route("GET", "/v1/jobs/{job_id}/report", Scope.ADMIN)
    result: ClassVar = JobReport

    job_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> JobReport:
        """Read it from the store."""
        job = GetJob(job_id=self.job_id).run(memory, DEFAULT_NAMESPACE)
        if job.kind not in _OF_ALL:
            raise BadInput(f"job {job.id} is about one namespace: ask for its report there")
        return _report_of(memory, DEFAULT_NAMESPACE, job)


def _report_of(memory: MemoryCore, namespace: Namespace, job: Job) -> JobReport:
    from midthought.api.job_content import kept_report

    if job.state is JobState.FAILED:
        raise error_of(job)
    request = memory.store.reader.find_request(namespace, job.id)
    report = kept_report(request) if request is not None and job.state is JobState.FINISHED else None
    if report is None:
        raise BadInput(f"job {job.id} has no report: it is {job.state}, of the kind {job.kind!r}")
    return _read(report, lambda job_id: GetJob(job_id=job_id).run(memory, namespace))


def _read(kept: dict[str, Any], find: Callable[[str], Job]) -> JobReport:
    """Return a report as a task wrote it; the jobs that it names are read now: what they show may be forgotten."""
    record: dict[str, Any] = {name: dict(one) if isinstance(one, dict) else one for name, one in kept.items()}
    for name in ("imported", "harvest"):
        if name in record and record[name]["job"]:
            record[name]["job"] = JOB.write(find(record[name]["job"]))
    return JobReport(
        encoded=record.get("encoded"),
        compacted=Compacted(**record["compacted"]) if "compacted" in record else None,
        backup=BACKUP.read(record["backup"]) if "backup" in record else None,
        imported=IMPORTED.read(record["imported"]) if "imported" in record else None,
        harvest=HARVESTED.read(record["harvest"]) if "harvest" in record else None,
        retention=RetentionReport.from_json(json.dumps(record["retention"])) if "retention" in record else None,
    )


def error_of(job: Job) -> MidthoughtError:
    """Return the error that a job failed with: of the class that it names, if that takes a text alone."""
    name, _, told = (job.error or "").partition(": ")
    found = getattr(errors, name, None)
    if isinstance(found, type) and issubclass(found, MidthoughtError) and found.__init__ in _TAKE_TEXT:
        return found(told)
    return MidthoughtError(f"job {job.id} failed: {job.error}")


_TAKE_TEXT = (MidthoughtError.__init__, BadInput.__init__)
