"""The shapes of requests and answers, for validation and for OpenAPI."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from midthought.api.rest.entry_models import EntryModel, HitModel, StoredModel, Strict


class EntryPage(BaseModel):
    """Entries by id; ask again with ``after`` = `next` until that is null."""

    items: list[StoredModel]
    next: str | None


class TrajectoryModel(BaseModel):
    """A stored trajectory."""

    id: str
    question: str
    thought: str
    answer: str
    gold: str | None
    outcome: Literal["correct", "wrong", "unknown"]
    finished: bool
    source: str
    model: str
    metadata: dict[str, object]


class TrajectoryPage(BaseModel):
    """Trajectories by id; ask again with ``after`` = `next` until that is null."""

    items: list[TrajectoryModel]
    next: str | None


class AddBody(Strict):
    """Entries of one's own."""

    entries: list[EntryModel] = Field(min_length=1, max_length=1000)
    source: str = Field(default="own", min_length=1, max_length=200, description="who says so, kept as provenance")


class AddedModel(BaseModel):
    """An id for every entry sent, in order, and how many were new."""

    ids: list[str]
    new: int


Names = Annotated[list[str], Field(max_length=1000)]


class ReviseBody(Strict):
    """The new wording of an entry."""

    entry: EntryModel
    source: str = Field(default="own", min_length=1, max_length=200, description="who says so, kept as provenance")


class VersionModel(BaseModel):
    """One wording of an entry. `learnt_at` is null for what is older than times; `retired_at` for the wording now."""

    version: int
    id: str
    learnt_at: str | None
    retired_at: str | None
    entry: EntryModel


class RecallBody(Strict):
    """What to look for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"query": "How do I count arrangements when some items repeat?", "k": 3}]},
    )

    query: str = Field(max_length=100_000)
    k: int = Field(default=5, ge=1, le=1000)
    kinds: list[Literal["procedure", "concept", "lesson"]] = Field(default=[], description="empty for every kind")
    domains: Names = Field(default=[], description="of one of these domains; empty for every domain")
    tags: Names = Field(default=[], description="with at least one of these tags")
    outcomes: list[Literal["correct", "wrong", "unknown"]] = Field(
        default=[], description="learnt from a trajectory with one of these outcomes"
    )
    sources: Names = Field(default=[], description="learnt from one of these sources")
    since: datetime | None = Field(default=None, description="stored then or later; UTC unless it says otherwise")
    until: datetime | None = Field(default=None, description="stored before then")
    as_of: datetime | None = Field(default=None, description="answer as the memory was at that moment")


class AbstentionModel(BaseModel):
    """Why nothing was returned."""

    reason: str
    detail: str
    nearest: list[HitModel] = Field(description="the nearest hits, which were not good enough; at most three")


class UsageModel(BaseModel):
    """What a recall cost. `tokens` is null if the encoder does not count them."""

    texts: int
    tokens: int | None
    encode_ms: float
    search_ms: float


class SnapshotModel(BaseModel):
    """The state that was searched: number of the set of vectors, and of the namespace's newest change."""

    generation: int
    sequence: int


class RecallModel(BaseModel):
    """Hits best first, or an abstention."""

    query: str
    hits: list[HitModel]
    abstention: AbstentionModel | None
    degraded: list[str] = Field(description="what could not be done, one short reason each")
    usage: UsageModel
    snapshot: SnapshotModel
    request_id: str = Field(description="names this recall; the id of its receipt, if one was recorded")


class CountsModel(BaseModel):
    """``read = stored + merged + rejected``, ``stored = taught + untaught``, and ``drafted = entries_stored +
    entries_merged + entries_refused``. `untaught` counts stored records that taught nothing, by reason.
    """

    read: int
    stored: int
    merged: int
    rejected: int
    taught: int
    drafted: int
    entries_stored: int
    entries_merged: int
    entries_refused: int
    reasons: dict[str, int]
    untaught: dict[str, int]


class JobModel(BaseModel):
    """One ingestion."""

    id: str
    kind: str
    source: str
    state: Literal["running", "finished", "failed", "interrupted"]
    position: int
    counts: CountsModel
    error: str | None


class RejectionModel(BaseModel):
    """One record that was not stored: where it stood in the body, and why."""

    place: str
    reason: str


class IngestModel(BaseModel):
    """What an upload became."""

    job: JobModel
    rejections: list[RejectionModel]


class ForgottenModel(BaseModel):
    """What was removed."""

    id: str
    trajectories: int
    entries: int
    hidden: int = Field(description="of the starter memory: shared, so this namespace alone does not see it any more")


class ForgottenNamespaceModel(BaseModel):
    """How many entries went with their namespace."""

    namespace: str
    entries: int


class NamespaceBody(Strict):
    """A namespace to make."""

    starter: bool = Field(default=True, description="whether it sees the starter memory")


class SwitchBody(Strict):
    """What to change of a namespace."""

    starter: bool = Field(description="whether it sees the starter memory")


class NamespaceModel(BaseModel):
    """A namespace that exists; `created_at` is null for what is older than store format 7."""

    name: str
    created_at: str | None
    starter: bool


class OutcomeCount(BaseModel):
    """Trajectories of one outcome."""

    outcome: str
    finished: bool
    count: int


class KindCount(BaseModel):
    """Entries of one kind."""

    kind: str
    count: int


class DomainCount(BaseModel):
    """Entries of one domain; empty for those learnt from traces without one."""

    domain: str
    count: int


class StatsModel(BaseModel):
    """What a namespace holds."""

    namespace: str
    trajectories: list[OutcomeCount]
    entries: list[KindCount]
    domains: list[DomainCount]
    jobs: int
    runs: int
    receipts: int
    forgotten: int
    starter: int = Field(description="entries of the starter memory that the namespace sees, in no other count")


class HealthModel(BaseModel):
    """That the service is there, and what it is."""

    status: str
    version: str
    encoder: str = ""


class ProblemModel(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    place: str | None = None
    errors: list[RejectionModel] | None = None
