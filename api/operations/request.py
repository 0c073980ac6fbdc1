"""What an operation is: a request with its fields, the route that carries it, its result, and how it is carried out."""

from dataclasses import dataclass, field, fields
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeVar

from annotated_types import Ge, Le, MaxLen

from midthought.api.caller_key import CallerKey
from midthought.api.recall_arguments import check_page
from midthought.api.text_validation import check_id
from midthought.api.watch.listener import WatchPoint
from midthought.memory.errors import BadInput, TooLarge
from midthought.memory.records.api_key import Scope
from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from midthought.api.ingest_jobs import IngestJobs
    from midthought.api.session_table import SessionTable
    from midthought.api.sources import IngestDefaults
    from midthought.memory.store import Store
    from midthought.retrieval.encoders.base import Encoder
    from midthought.retrieval.encoders.current import CurrentEncoder
    from midthought.retrieval.recall_settings import RecallSettings

Result_co = TypeVar("Result_co", covariant=True)
Limit = Annotated[int, Ge(1), Le(1000)]
After = Annotated[str, MaxLen(200)]
MAX_LISTED = 10_000
"""Items of one answer of a service, also if no limit is given. In process a larger limit is taken."""
MAX_SKIP = 10**12
Listed = Annotated[int, Ge(1), Le(MAX_LISTED)]


@dataclass(frozen=True, slots=True)
class Route:
    """How an operation travels over HTTP.

    Attributes:
        method: ``GET`` and ``DELETE`` send fields as query parameters, the others as a JSON body.
        path: fields in braces are part of the path; ``{namespace}`` is the namespace.
        scope: what the caller's key must allow.
        status: of an answer that is no error.
        raw_body: the body is no JSON of ours but what is uploaded; fields are query parameters.
        streams: the answer may be a stream of events, so the route is written by hand.
        grouped: a service answers such requests of several callers together.
        secret: the answer holds a secret, so that it is never kept.
        deprecated: earlier paths that still work.
    """

    method: str
    path: str
    scope: Scope = Scope.READ
    status: int = 200
    raw_body: bool = False
    streams: bool = False
    grouped: bool = False
    secret: bool = False
    deprecated: tuple[str, ...] = ()

    @property
    def takes_key(self) -> bool:
        """Whether a request may have an idempotency key: a POST that changes what is stored, and whose answer may be
        kept.
        """
        changes = self.method == "POST" and self.scope is not Scope.READ
        return changes and not (self.raw_body or self.streams or self.secret)

    @property
    def sends_query(self) -> bool:
        """Whether fields that are not in the path are query parameters; else they are the JSON body."""
        return self.raw_body or self.method in {"GET", "DELETE"}

    @property
    def path_fields(self) -> frozenset[str]:
        """The names in braces."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.path) if name)


@dataclass(frozen=True, slots=True)
class MemoryCore:
    """What operations are carried out on: the opened store, its encoder, and how recall is done.

    Attributes:
        encoder: the current encoder; `reindex` changes it.
        recall: how both searches are fused, and when recall abstains.
        receipts: every recall is recorded.
        jobs: every ingestion.
        learning: what is the same for every ingestion.
        sessions: those that are open.
        watch: tells listeners what is done.
    """

    store: "Store"
    current: "CurrentEncoder"
    recall: "RecallSettings"
    receipts: bool
    jobs: "IngestJobs"
    learning: "IngestDefaults"
    sessions: "SessionTable"
    watch: WatchPoint = field(default_factory=WatchPoint)

    @property
    def encoder(self) -> "Encoder":
        """The encoder of keys and queries now."""
        return self.current.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[Result_co]):
    """One operation, ready to be carried out. A request that can be made is well-formed: `BadInput` says why not.

    Attributes:
        route: None for what only the process that holds the directory can do.
        result: the type of the answer, for pydantic.
        example: a body, shown in the description of the service.
        tagged: its answer is the state of one thing, so that a service names the state by a tag (``ETag``).
        guarded_by: the operation that reads what this one changes; a caller of a service may expect a state.
        changes_nothing: although it is a POST, it can be sent twice: at most a receipt more is kept.
        makes_namespace: it may name a namespace that does not exist yet. Any other is refused before `run`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}
    route: ClassVar[Route | None] = None
    result: ClassVar[Any] = None
    example: ClassVar[dict[str, Any] | None] = None
    changes_nothing: ClassVar[bool] = False
    makes_namespace: ClassVar[bool] = False
    tagged: ClassVar[bool] = False
    guarded_by: "ClassVar[type[Request[Any]] | None]" = None

    def __post_init__(self) -> None:
        for name in self.route.path_fields - {"namespace"} if self.route else ():
            check_id(getattr(self, name))
        # `after` and `limit` mean the same in every operation that has them.
        check_page(getattr(self, "after", ""), limit=getattr(self, "limit", 1))

    def run(self, memory: MemoryCore, namespace: Namespace) -> Result_co:
        """Carry the operation out."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerRequest(Request[Result_co]):
    """An operation that no namespace owns, and whose result depends on who asks."""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Result_co:
        """Carry the operation out for who holds the directory, and so may do everything."""
        return self.run_for(memory, None)

    def run_for(self, memory: MemoryCore, caller: CallerKey | None) -> Result_co:
        """Carry the operation out for a caller of a service."""
        raise NotImplementedError

    def check_served(self, memory: MemoryCore, caller: CallerKey | None) -> None:
        """Refuse what a caller of a service must not do, and who holds the directory may."""

    def run_served(self, memory: MemoryCore, caller: CallerKey | None) -> Result_co:
        """Carry the operation out for a caller of a service, if that may."""
        self.check_served(memory, caller)
        return self.run_for(memory, caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBehalf(Request[Result_co]):
    """A request that is carried out for a caller of a service."""

    request: CallerRequest[Result_co]
    caller: CallerKey | None

    def run(self, memory: MemoryCore, namespace: Namespace) -> Result_co:
        """Carry it out."""
        return self.request.run_served(memory, self.caller)


def check_batch(request: Request[Any], limit: int) -> None:
    """Raise `TooLarge` if a list of a request has more items than a service takes at once."""
    for one in fields(request):
        value = getattr(request, one.name)
        if isinstance(value, list | tuple) and len(value) > limit:
            raise TooLarge(f"{one.name} has {len(value):,} items, and this service takes {limit:,} at once (max_batch)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRead(Request[Result_co]):
    """An operation that is one call of the store's reader: the fields of the request are its arguments.

    Attributes:
        reads: the name of the method of `StoreReader`; named, so that a description of the service opens no store.
    """

    reads: ClassVar[str]

    def run(self, memory: MemoryCore, namespace: Namespace) -> Result_co:
        """Read from the store."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        found: Result_co = getattr(memory.store.reader, self.reads)(namespace, **given)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest(Request[Result_co]):
    """An operation that lists by id, page by page."""

    after: After = ""
    """the `next` of the page before"""
    limit: Limit = 100
    """the largest number of items in the answer"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreList(StoreRead[Result_co]):
    """An operation that reads a list, up to a number of rows."""

    limit: Limit = 100
    """the largest number of items in the answer"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRows(Request[Result_co]):
    """An operation that lists what belongs to a job in the order it was written."""

    job_id: str
    skip: Annotated[int, Ge(0), Le(MAX_SKIP)] = 0
    """how many of the first are left out: for the next page, as many as were read"""
    limit: Listed = MAX_LISTED
    """the largest number of items in the answer"""

    def __post_init__(self) -> None:
        Request.__post_init__(self)
        if not 0 <= self.skip <= MAX_SKIP:
            raise BadInput(f"skip must be from 0 to {MAX_SKIP}, got {self.skip}")
