"""Operations that in process are one call, and at a service a job."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from midthought.api.operations.request import Request

if TYPE_CHECKING:
    from midthought.api.operations.job_reports import JobReport
    from midthought.memory.records.job import Job

Result_co = TypeVar("Result_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsJob(Request[Result_co]):
    """An operation that takes long: at a service it is started as a job, which is waited for; then its report is read.

    A field `on_progress` is called in both places, and `is_stopped` asked.

    Attributes:
        of_all: it is about all namespaces, so its report needs a key for all of them.
    """

    of_all: ClassVar[bool] = False

    def start(self) -> "Request[Job]":
        """Return what starts the job; raises `BadInput` for what cannot be sent to a service."""
        raise NotImplementedError

    def ask_report(self, job_id: str) -> "Request[JobReport]":
        """Return what asks for the report of the job."""
        from midthought.api.operations.job_reports import GetJobReport, GetUpkeepReport

        return (GetUpkeepReport if self.of_all else GetJobReport)(job_id=job_id)

    def read(self, report: "JobReport") -> Result_co:
        """Return the result that the report of the job tells."""
        raise NotImplementedError
