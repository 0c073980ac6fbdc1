"""Operations that remove what a namespace does not keep any longer, and that tell what was removed."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.retention_shapes import CHANGE, ChangeJson
from midthought.api.operations.shape import FieldShape, shape_fields
from midthought.api.operations.shapes import JobJson, moment_from_text, moment_to_text
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention_report import RemovedRows, RetentionReport

_RETENTION = "/v1/namespaces/{namespace}/retention"
_MOMENT = FieldShape(moment_to_text, moment_from_text, str | None)
_ROWS = shape_fields(RemovedRows, oldest=_MOMENT, newest=_MOMENT, ids=FieldShape(list, tuple, list[str]))
REPORT = shape_fields(
    RetentionReport,
    removed=FieldShape(
        lambda rows: [_ROWS.write(one) for one in rows],
        lambda records: tuple(_ROWS.read(one) for one in records),
        list[_ROWS.described()],  # type: ignore[misc]  # a class that is made there
    ),
)
ReportJson = Annotated[RetentionReport, REPORT]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRetention(Request[Job]):
    """Begin to remove what is beyond the limits of the namespace; the answer is the job, which has a report.

    What an entry needs is kept, see `protect` of the namespace. If such a job was not finished, it is that job.
    """

    route: ClassVar = Route("POST", _RETENTION, Scope.WRITE, status=202)
    result: ClassVar = JobJson

    dry_run: bool = False
    """remove nothing, and report what would be removed"""
    retention: ChangeJson | None = None
    """limits that a dry run tries, as a change of those of the namespace; they are not set"""

    def __post_init__(self) -> None:
        Request.__post_init__(self)
        if self.retention is not None and not self.dry_run:
            raise BadInput(
                "retention is what a dry run tries: without dry_run only limits that are set may remove anything; "
                "set them on the namespace"
            )

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Record the job."""
        arguments: dict[str, Any] = {"dry_run": self.dry_run}
        source = "dry run" if self.dry_run else "rules of the namespace"
        if self.retention is not None:
            arguments["retention"] = CHANGE.write(self.retention)
            source = "dry run of limits that are not set"
        return memory.jobs.upkeep.accept(UpkeepTask.RETENTION, namespace, arguments, source=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRetentionReport(Request[RetentionReport]):
    """Return what a job of retention has removed so far, by kind; of a dry run what would be removed."""

    route: ClassVar = Route("GET", f"{_RETENTION}/{{job_id}}")
    result: ClassVar = ReportJson

    job_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> RetentionReport:
        """Read it from the store."""
        return memory.store.reader.get_retention_report(namespace, self.job_id)
