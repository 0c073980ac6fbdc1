"""The library's face of a running service: the methods of `Memory` that a URL can answer, with the same types."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import httpx

from midthought.api.argument_checks import check_arguments
from midthought.api.opening import check_path
from midthought.api.recall_arguments import (
    Moment,
    check_context,
    check_page,
    check_query,
    check_question,
    make_filter,
    read_kind,
    read_moment,
    read_origin,
)
from midthought.api.rest.problems import error_from_problem
from midthought.api.results import Added, Forgotten
from midthought.api.service_address import is_loopback
from midthought.api.sources import tell_format
from midthought.api.text_validation import check_entry, check_id, check_text
from midthought.api.wire import (
    Record,
    filter_to_dict,
    history_from_list,
    job_from_dict,
    moment_to_text,
    namespace_from_dict,
    stats_from_dict,
    trajectory_from_dict,
)
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.stream.reader import STDIN, standard_input
from midthought.memory.errors import BadInput, BadSettings, Unreachable
from midthought.memory.records.entry import Entry, EntryKind, EntryVersion, Origin, StoredEntry
from midthought.memory.records.entry_json import entry_to_dict, stored_from_dict
from midthought.memory.records.job import Counts, Job, Rejection
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace, NamespaceRecord
from midthought.memory.records.store_stats import StoreStats
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.in_thought import InThoughtRecall, ThinkEvent
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.hits import RecallResult

_BLOCK = 1 << 20
_PAGE = 1000
_PATIENCE = httpx.Timeout(60, connect=5)
_UPLOAD_PATIENCE = httpx.Timeout(60, connect=5, read=None)
"""An upload is answered when all of it is learnt, however long that takes."""


@check_arguments
class Client:
    """A memory behind a URL. Methods take the namespace by name, as `Memory`'s do.

    Args:
        url: where the service listens, ``http://127.0.0.1:8377``.
        api_key: sent with every request, where the service asks for keys.
        transport: another way to reach the service, for tests.

    Raises:
        Unreachable: from every method, where the service does not answer or refuses.
    """

    def __init__(self, url: str, *, api_key: str = "", transport: httpx.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        try:
            local = is_loopback(urlsplit(url).hostname or "")
            # A proxy of the environment is for the world outside, not for this machine.
            self._http = httpx.Client(
                base_url=self._url, headers=headers, timeout=_PATIENCE, trust_env=not local, transport=transport
            )
        except (ValueError, httpx.InvalidURL):
            raise BadSettings(f"url or api_key cannot be used: check url {url!r}; a key is ASCII text") from None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ingest(
        self,
        source: str | Path,
        *,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        format: str = Format.AUTO,
        strict: bool = False,
        on_progress: OnProgress = ignore_progress,
        stream: BinaryIO | None = None,
    ) -> Job:
        """Stream a file, or `stream` (standard input if None) where the source is ``-``, to the service to learn from.

        Progress is told in bytes sent. The places of rejected records begin with ``<stdin>``.
        """
        check_path(source, place="source")
        with _opened(source, stream) as (file, total):
            told = format if format != Format.AUTO or str(source) == STDIN else tell_format(Path(source))
            options = {"format": str(told), "strict": str(strict).lower()}
            answer = self._ask(
                "POST",
                _path(namespace, "trajectories"),
                params=options,
                content=_blocks(file, total, on_progress),
                timeout=_UPLOAD_PATIENCE,
            )
        return job_from_dict(answer["job"] | {"source": str(source)})

    def recall(
        self,
        query: str,
        *,
        k: int = 5,
        kinds: Sequence[EntryKind | str] = (),
        domains: Sequence[str] = (),
        tags: Sequence[str] = (),
        outcomes: Sequence[Outcome | str] = (),
        sources: Sequence[str] = (),
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> RecallResult:
        """Return the best entries for a query, or an abstention with its reason; see `Memory.recall`."""
        check_query(query, k=k)
        where = make_filter(
            kinds=kinds, domains=domains, tags=tags, outcomes=outcomes, sources=sources, since=since, until=until
        )
        moment = moment_to_text(read_moment("as_of", as_of))
        body = {"query": query, "k": k, **filter_to_dict(where), "as_of": moment}
        return RecallResult.from_dict(self._ask("POST", _path(namespace, "recall"), json=body))

    def add_entries(
        self, entries: Sequence[Entry], *, source: str = "own", namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> Added:
        """Store entries of one's own, together."""
        check_text(source, place="source")
        for place, entry in enumerate(entries, start=1):
            check_entry(entry, place=f"entry {place}")
        body = {"entries": [entry_to_dict(entry) for entry in entries], "source": source}
        answer = self._ask("POST", _path(namespace, "entries"), json=body)
        return Added(tuple(answer["ids"]), answer["new"])

    def revise(
        self,
        entry_id: str,
        entry: Entry,
        *,
        source: str = "own",
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> StoredEntry:
        """Let a new wording take an entry's place, and return it; see `Memory.revise`."""
        check_text(source, place="source")
        check_entry(entry, place="the new wording")
        body = {"entry": entry_to_dict(entry), "source": source}
        return stored_from_dict(self._ask("PUT", _path(namespace, "entries", entry_id), json=body))

    def history(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[EntryVersion]:
        """Return every wording of the entry that has, or had, this id, oldest first; raises `NotFound`."""
        return history_from_list(self._ask("GET", _path(namespace, "entries", entry_id, "history")))

    def reason(
        self,
        question: str,
        *,
        engine: Engine,
        settings: ThinkSettings | None = None,
        context: Sequence[Segment] = (),
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> Iterator[ThinkEvent]:
        """Solve a question with a model here and the memory there; the service records the recall, not the run."""
        check_question(question)
        check_context(context)

        def find(query: str, *, k: int) -> RecallResult:
            return self.recall(query, k=k, namespace=namespace)

        with closing(InThoughtRecall(engine, find, settings=settings).think(question, context=context)) as events:
            yield from events

    def get(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoredEntry:
        """Return the entry that has, or had, this id, in its wording now; raises `NotFound`."""
        return stored_from_dict(self._ask("GET", _path(namespace, "entries", entry_id)))

    def get_trajectory(self, trajectory_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Trajectory:
        """Return one trajectory; raises `NotFound`."""
        return trajectory_from_dict(self._ask("GET", _path(namespace, "trajectories", trajectory_id)))[1]

    def list_entries(
        self,
        *,
        kind: EntryKind | str | None = None,
        after: str = "",
        limit: int = _PAGE,
        origin: Origin | str = Origin.OWN,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[StoredEntry]:
        """Return entries ordered by id, those after the id `after`, at most `limit`; see `Memory.list_entries`."""
        check_page(after, limit=limit)
        wanted = read_kind(kind)
        params = {"after": after, "limit": limit, "origin": read_origin(origin).value} | (
            {"kind": wanted.value} if wanted else {}
        )
        return [stored_from_dict(one) for one in self._ask("GET", _path(namespace, "entries"), params=params)["items"]]

    def list_trajectories(
        self, *, after: str = "", limit: int = _PAGE, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[tuple[str, Trajectory]]:
        """Return (id, trajectory) ordered by id, those after the id `after`, at most `limit`."""
        check_page(after, limit=limit)
        params = {"after": after, "limit": limit}
        answer = self._ask("GET", _path(namespace, "trajectories"), params=params)
        return [trajectory_from_dict(one) for one in answer["items"]]

    def rejections(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Rejection]:
        """Return the records an operation could not read, in reading order."""
        answer = self._ask("GET", _path(namespace, "jobs", job_id, "rejections"))
        return [Rejection(one["place"], one["reason"]) for one in answer]

    def forget(self, item_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Forgotten:
        """Forget an entry, or a trajectory (``t-``) with all that came from it alone."""
        group = "trajectories" if item_id.startswith("t-") else "entries"
        return Forgotten(**self._ask("DELETE", _path(namespace, group, item_id)))

    def forget_namespace(self, namespace: str | Namespace) -> int:
        """Forget everything of a namespace, which has no default here; return how many entries went."""
        answer = self._ask("DELETE", _path(namespace), params={"confirm": str(namespace)})
        count: int = answer["entries"]
        return count

    def namespaces(self) -> list[NamespaceRecord]:
        """Return every namespace that exists and that the key opens, by name."""
        return [namespace_from_dict(one) for one in self._ask("GET", "/v1/namespaces")]

    def create_namespace(self, namespace: str | Namespace, *, starter: bool = True) -> NamespaceRecord:
        """Make a namespace that holds nothing, and return it; see `Memory.create_namespace`."""
        return namespace_from_dict(self._ask("PUT", _path(namespace), json={"starter": starter}))

    def set_namespace(self, namespace: str | Namespace, *, starter: bool) -> NamespaceRecord:
        """Let a namespace see the starter memory, or not, and return it; raises `NotFound`."""
        return namespace_from_dict(self._ask("PATCH", _path(namespace), json={"starter": starter}))

    def stats(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoreStats:
        """Return what a namespace holds."""
        return stats_from_dict(self._ask("GET", _path(namespace, "stats")))

    def health(self) -> Record:
        """Return what the service says of itself once it is ready; raises `Unreachable` before."""
        found: Record = self._ask("GET", "/health/ready")
        return found

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, path, **options)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Unreachable(
                f"{self._url} does not answer ({error or type(error).__name__}): is it running?"
            ) from error
        try:
            record = answer.json()
        except ValueError as error:
            raise Unreachable(
                f"{self._url} answered no JSON (status {answer.status_code}): is it Midthought?"
            ) from error
        if answer.is_success:
            return record
        raise error_from_problem(record if isinstance(record, Mapping) else {"status": answer.status_code})


def _path(namespace: str | Namespace, *parts: str) -> str:
    for part in parts:
        check_id(part)
    owner = Namespace(str(namespace))
    return "/".join(["/v1/namespaces", owner.name, *(quote(part, safe="") for part in parts)])


@contextmanager
def _opened(source: str | Path, stream: BinaryIO | None) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file with its size, closed afterwards; or the stream, left open."""
    if str(source) == STDIN:
        yield stream or standard_input(), None
        return
    with ExitStack() as closing_file:
        try:
            file = closing_file.enter_context(Path(source).open("rb"))
        except OSError as error:
            raise BadInput(f"cannot be opened: {error.strerror}", place=str(source)) from error
        yield file, Path(source).stat().st_size


def _blocks(file: BinaryIO, total: int | None, on_progress: OnProgress) -> Iterator[bytes]:
    sent = 0
    while block := file.read(_BLOCK):
        yield block
        sent += len(block)
        on_progress(Progress("upload", sent, total, Counts()))
