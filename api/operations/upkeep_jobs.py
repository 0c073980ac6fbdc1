"""Operations that begin a job of upkeep: reindex, compact, back up, and harvest. Each answers with the queued job."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, MaxLen, MinLen

from midthought.api.harvesting import DEFAULT_TEMPERATURE, DEFAULT_TOKENS, MAX_ROUNDS
from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.shapes import JobJson
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace

MAX_TASKS = 1000
"""Tasks of one harvest."""
Text = Annotated[str, MinLen(1), MaxLen(100_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartReindex(Request[Job]):
    """Begin to encode all keys of all namespaces with another encoder, and to switch to it; the answer is the job.

    Recalls use the old encoder until the switch. A job that was stopped is continued by the next one.
    """

    route: ClassVar = Route("POST", "/v1/reindex", Scope.ADMIN, status=202)
    result: ClassVar = JobJson
    example: ClassVar[dict[str, Any]] = {"encoder": "minilm"}

    encoder: Annotated[str, MinLen(1), MaxLen(200)]
    """the name of a built-in encoder, or the one of the service's settings"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Record the job."""
        from midthought.retrieval.encoders.registry import ENCODERS

        # A caller of a service must not choose paths of its machine, or what it downloads.
        if self.encoder not in (*ENCODERS, memory.jobs.upkeep.plan.encoder):
            raise BadInput(
                f"encoder must be that of the settings, or one of {', '.join(ENCODERS)}, got {self.encoder!r}"
            )
        return memory.jobs.upkeep.accept(UpkeepTask.REINDEX, namespace, {"encoder": self.encoder}, source=self.encoder)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCompact(Request[Job]):
    """Begin to remove every byte of what was forgotten, and vectors of earlier encoders; the answer is the job.

    Other calls wait while it runs.
    """

    route: ClassVar = Route("POST", "/v1/compact", Scope.ADMIN, status=202)
    result: ClassVar = JobJson

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Record the job."""
        return memory.jobs.upkeep.accept(UpkeepTask.COMPACT, namespace, {}, source="all namespaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBackup(Request[Job]):
    """Begin to copy the whole memory to a new folder in the directory of the setting `backups`; the answer is the job.

    The `source` of the job is the name of the folder.
    """

    route: ClassVar = Route("POST", "/v1/backups", Scope.ADMIN, status=202)
    result: ClassVar = JobJson

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Record the job."""
        if memory.jobs.upkeep.plan.backups is None:
            raise BadInput("no directory for backups is named: set `backups` in the settings of the service")
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        return memory.jobs.upkeep.accept(UpkeepTask.BACKUP, namespace, {"name": name}, source=name)


@dataclass(frozen=True, slots=True)
class HarvestTask:
    """A question, and its right answer."""

    question: Text
    gold: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHarvest(Request[Job]):
    """Begin to let the model of the service attempt tasks, and to learn from its attempts; the answer is the job.

    What was learnt is counted in a job of its own, of the kind ``harvest``.
    """

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/harvest", Scope.WRITE, status=202)
    result: ClassVar = JobJson
    example: ClassVar[dict[str, Any]] = {"tasks": [{"question": "What is 12 times 12?", "gold": "144"}], "samples": 2}
    makes_namespace: ClassVar = True

    tasks: Annotated[tuple[HarvestTask, ...], MinLen(1), MaxLen(MAX_TASKS)]
    """questions with the right answers, by which attempts are judged"""
    samples: Annotated[int, Ge(1), Le(64)] = 4
    """attempts at each task in each round"""
    rounds: Annotated[int, Ge(1), Le(MAX_ROUNDS)] = 1
    recall: bool = True
    """from the second round on, what the memory finds for a task is put before it"""
    temperature: Annotated[float, Ge(0), Le(2)] = DEFAULT_TEMPERATURE
    max_tokens: Annotated[int, Ge(1), Le(1_000_000)] = DEFAULT_TOKENS
    """the longest attempt"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Record the job."""
        if memory.jobs.upkeep.plan.harvest is None:
            raise BadInput("no language model is configured: give the settings 'model' and 'model_url'")
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        given["tasks"] = [{"question": one.question, "gold": one.gold} for one in self.tasks]
        source = f"{len(self.tasks)} tasks"
        return memory.jobs.upkeep.accept(UpkeepTask.HARVEST, namespace, given, source=source)
