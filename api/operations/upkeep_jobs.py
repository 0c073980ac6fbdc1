"""Operations that begin a job of upkeep: reindex, compact, back up, and harvest. Each answers with the queued job."""

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, MaxLen, MinLen

from midthought.api.harvesting import DEFAULT_TEMPERATURE, DEFAULT_TOKENS, MAX_ROUNDS, NoModel
from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.shapes import JobJson
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.ingest.harvest.checkers import GYM
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.ingest.verdicts.policy import WrongPolicy
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace

MAX_TASKS = 1000
"""Tasks of one harvest."""
Text = Annotated[str, MinLen(1), MaxLen(100_000)]
_FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


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
    example: ClassVar[dict[str, Any]] = {"name": "before-the-move"}

    name: Annotated[str, MaxLen(100)] = ""
    """the name of the new folder, of letters, digits and ``._-``; empty: the time"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Record the job."""
        if memory.jobs.upkeep.plan.backups is None:
            raise BadInput("no directory for backups is named: set `backups` in the settings of the service")
        if self.name and not _FOLDER.fullmatch(self.name):
            raise BadInput(f"name must be letters, digits and ._-, and begin with no dot, got {self.name!r}")
        name = self.name or f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        if (memory.jobs.upkeep.plan.backups / name).exists():
            raise BadInput("is there already: choose another name, or remove it first", place=name)
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

    tasks: Annotated[tuple[HarvestTask, ...], MaxLen(MAX_TASKS)] = ()
    """questions with the right answers, by which attempts are judged"""
    generated: Annotated[str, MaxLen(200)] = ""
    """instead of tasks, those of a generator, which judges: ``reasoning-gym:NAME[+NAME...][:SIZE[:SEED]]``"""
    samples: Annotated[int, Ge(1), Le(64)] = 4
    """attempts at each task in each round"""
    rounds: Annotated[int, Ge(1), Le(MAX_ROUNDS)] = 1
    recall: bool = True
    """from the second round on, what the memory finds for a task is put before it"""
    temperature: Annotated[float, Ge(0), Le(2)] = DEFAULT_TEMPERATURE
    max_tokens: Annotated[int, Ge(1), Le(1_000_000)] = DEFAULT_TOKENS
    """the longest attempt"""
    wrong: WrongPolicy = WrongPolicy.SKIP
    """what becomes of wrong attempts: skip them, or keep what they teach, marked as wrong"""
    skip_checks: tuple[str, ...] = ()
    """checks that are switched off, by name"""
    mask_secrets: bool = True
    """replace keys, passwords and card numbers before anything is stored"""
    decompose: bool = True
    """split right attempts into procedures"""
    all_attempts: bool = False
    """split every right attempt at a task, not only the first"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Record the job."""
        if bool(self.tasks) == bool(self.generated):
            raise BadInput("give either tasks or generated")
        if self.generated and not self.generated.startswith(GYM):
            raise BadInput(f"generated must begin with {GYM}, got {self.generated[:80]!r}")
        if memory.jobs.upkeep.plan.harvest is None:
            raise NoModel("no language model is configured: give the settings 'model' and 'model_url'")
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        given["tasks"] = [{"question": one.question, "gold": one.gold} for one in self.tasks]
        source = self.generated or f"{len(self.tasks)} tasks"
        return memory.jobs.upkeep.accept(UpkeepTask.HARVEST, namespace, given, source=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadImport(Request[Job]):
    """Take in what an export of Midthought or of another tool holds, the body; the answer is the job that does."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/import", Scope.WRITE, status=202, raw_body=True)
    result: ClassVar = JobJson

    format: ImportFormat = ImportFormat.AUTO
    """what the body is; `auto` looks at it"""
    trusted: bool = False
    """it is your own: its entries need not be verified"""
    name: Annotated[str, MaxLen(200)] = ""
    """what it is called, for people"""
