"""Operations on trajectories."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from midthought.api.operations.entries import Forgotten
from midthought.api.operations.request import MemoryCore, PageRequest, Request, Route, StoreRead
from midthought.api.operations.shapes import IdentifiedTrajectory, JobJson, StepJson, TrajectoryJson
from midthought.ingest.formats.format import Format
from midthought.ingest.verdicts.policy import UnjudgedPolicy, WrongPolicy
from midthought.memory.errors import NotFound
from midthought.memory.records.api_key import Scope
from midthought.memory.records.job import Rejection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.step import Step

_TRAJECTORIES = "/v1/namespaces/{namespace}/trajectories"


@dataclass(frozen=True, slots=True)
class TrajectoryPage:
    """Trajectories by id; ask again with ``after`` = `next` until that is null."""

    items: tuple[TrajectoryJson, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an upload became: the job, and the first records that were rejected."""

    job: JobJson
    rejections: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTrajectories(PageRequest[TrajectoryPage]):
    """Return trajectories by id, page by page."""

    route: ClassVar = Route("GET", _TRAJECTORIES)
    result: ClassVar = TrajectoryPage

    def run(self, memory: MemoryCore, namespace: Namespace) -> TrajectoryPage:
        """List them in the store."""
        found = memory.store.reader.list_trajectories(namespace, after=self.after, limit=self.limit)
        return TrajectoryPage(tuple(found), found[-1][0] if len(found) == self.limit else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTrajectory(Request[IdentifiedTrajectory]):
    """Return one trajectory, whole."""

    route: ClassVar = Route("GET", f"{_TRAJECTORIES}/{{trajectory_id}}")
    result: ClassVar = TrajectoryJson

    trajectory_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> IdentifiedTrajectory:
        """Find it in the store."""
        return self.trajectory_id, memory.store.reader.get_trajectory(namespace, self.trajectory_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSteps(StoreRead[list[Step]]):
    """Return the steps that a trajectory was split into, in order; none if an earlier version stored it."""

    route: ClassVar = Route("GET", f"{_TRAJECTORIES}/{{trajectory_id}}/steps")
    result: ClassVar = list[StepJson]
    reads: ClassVar = "get_steps"

    trajectory_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetTrajectory(Request[Forgotten]):
    """Forget a trajectory and every entry learnt from it alone."""

    route: ClassVar = Route("DELETE", f"{_TRAJECTORIES}/{{trajectory_id}}", Scope.WRITE)
    result: ClassVar = Forgotten

    trajectory_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> Forgotten:
        """Remove it from the store."""
        if not self.trajectory_id.startswith("t-"):
            raise NotFound(f"no trajectory {self.trajectory_id!r} in namespace {namespace}")
        entries = memory.store.writer.forget_trajectory(namespace, self.trajectory_id)
        return Forgotten(self.trajectory_id, trajectories=1, entries=entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTrajectories(Request[Ingested]):
    """Learn from trajectories. The answer comes when all of it is stored: counts, and the first 1,000 records rejected.

    Nothing is stored if no record can be read. When the sender goes away, work ends before the next record.
    """

    route: ClassVar = Route("POST", _TRAJECTORIES, Scope.WRITE, raw_body=True)
    result: ClassVar = Ingested

    format: Format = Format.AUTO
    """how the records are written"""
    map: str = ""
    """the fields of records in no known format: question=FIELD,thought=FIELD,answer=FIELD,gold=FIELD,outcome=FIELD"""
    strict: bool = False
    """refuse the whole body if one record cannot be read"""
    draft: bool = False
    """let what is learnt wait until a person accepts it"""
    unjudged: UnjudgedPolicy = UnjudgedPolicy.SKIP
    """what becomes of traces that nobody judged: skip, accept as right, or let attempts at one question agree"""
    wrong: WrongPolicy = WrongPolicy.SKIP
    """what becomes of wrong traces: skip them, or keep what they teach, marked as wrong"""
    skip_checks: tuple[str, ...] = ()
    """checks that are switched off, by name; may be given several times"""
    mask_secrets: bool = True
    """replace keys, passwords and card numbers before anything is stored"""
    decompose: bool = True
    """ask the language model of the memory, if it has one, to split right traces into procedures"""
    all_attempts: bool = False
    """ask it about every right attempt at a question, not only the first"""
    concepts: bool = False
    """ask it for concepts and lessons, too"""
    passes: Annotated[int, Ge(1), Le(3)] = 1
    """how often it goes through the problems for concepts, with what is known then in view"""
