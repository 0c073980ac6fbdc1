"""The memory behind a URL: the methods of `Memory`, sent over HTTP to a running service."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

import httpx

from midthought.api.argument_checks import check_arguments
from midthought.api.opening import check_path
from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.api.operations.trajectories import UploadTrajectories
from midthought.api.python.http_call import LOST, PATIENCE, UPLOAD_PATIENCE, call_of, json_of, result_of, unreachable
from midthought.api.python.interface import MemoryInterface, as_namespace
from midthought.api.recall_arguments import check_context, check_question, read_choice
from midthought.api.service_address import is_loopback
from midthought.api.sources import TraceSource, open_records, tell_format
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.stream.reader import STDIN, standard_input
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.job import Counts, Job
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.in_thought import InThoughtRecall, ThinkEvent
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.hits import RecallResult

Result = TypeVar("Result")
_BLOCK = 1 << 20


class HttpTransport:
    """Carries requests to a service; see `Client` for the arguments."""

    def __init__(self, url: str, *, api_key: str, transport: httpx.BaseTransport | None) -> None:
        self.url = url.rstrip("/")
        try:
            self._http = httpx.Client(**client_options(url, api_key), transport=transport)
        except (ValueError, httpx.InvalidURL):
            raise bad_url(url) from None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, request: Request[Result], namespace: Namespace) -> Result:
        """Return the result of a request, or raise the error it ended with."""
        call = call_of(request, namespace)
        return result_of(request, self.ask(call.method, call.path, params=call.params, json=call.body), self.url)

    def upload(self, request: Request[Result], namespace: Namespace, content: Iterator[bytes]) -> Result:
        """Return the result of a request whose body is `content`."""
        call = call_of(request, namespace)
        answer = self.ask(call.method, call.path, params=call.params, content=content, timeout=UPLOAD_PATIENCE)
        return result_of(request, answer, self.url)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a call, good or not; raises `Unreachable` if there is none."""
        try:
            return self._http.request(method, path, **options)
        except LOST as error:
            raise unreachable(self.url, error) from error


@check_arguments
class Client(MemoryInterface):
    """A memory behind a URL: the methods of `Memory`, with the same results and errors.

    Methods that need the directory of the memory (`compact`, `reindex`, `backup`, `export`, `import_`, `warm_up`) raise
    `BadSettings`.

    Args:
        url: where the service listens, ``http://127.0.0.1:8377``.
        api_key: sent with every request, if the service asks for keys.
        transport: another way to reach the service, for tests.

    Raises:
        Unreachable: from every method, if the service does not answer or refuses.
    """

    _transport: HttpTransport

    def __init__(self, url: str, *, api_key: str = "", transport: httpx.BaseTransport | None = None) -> None:
        self._transport = HttpTransport(url, api_key=api_key, transport=transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def ingest(
        self,
        source: TraceSource,
        *,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        format: str = Format.AUTO,
        strict: bool = False,
        on_progress: OnProgress = ignore_progress,
        stream: BinaryIO | None = None,
    ) -> Job:
        """Send traces to the service to learn from; see `Memory.ingest`.

        Progress is told in bytes sent. The places of rejected records begin with ``<stdin>``.
        """
        place, stream = open_records(source, stream)
        check_path(place, place="source")
        told = read_choice("format", format, Format)
        with opened(place, stream) as (file, total):
            if told is Format.AUTO and str(place) != STDIN:
                told = tell_format(Path(place))
            request = UploadTrajectories(format=told, strict=strict)
            found = self._transport.upload(request, as_namespace(namespace), blocks(file, total, on_progress))
        return replace(found.job, source=str(place))

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

    def health(self) -> Json:
        """Return what the service says of itself once it is ready; raises `Unreachable` before."""
        found: Json = json_of(self._transport.ask("GET", "/health/ready"), self._transport.url)
        return found


def client_options(url: str, api_key: str) -> dict[str, Any]:
    """Return how an HTTP client is made for a service. Raises `ValueError` for a URL that cannot be read."""
    local = is_loopback(urlsplit(url).hostname or "")
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    # A proxy of the environment is for the world outside, not for this machine.
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": PATIENCE, "trust_env": not local}


def bad_url(url: str) -> BadSettings:
    """Return the error for a URL or key that no client can be made with."""
    return BadSettings(f"url or api_key cannot be used: check url {url!r}; a key is ASCII text")


@contextmanager
def opened(source: str | Path, stream: BinaryIO | None) -> Iterator[tuple[BinaryIO, int | None]]:
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


def blocks(file: BinaryIO, total: int | None, on_progress: OnProgress) -> Iterator[bytes]:
    """Yield the content of a file, and tell how much of it was sent."""
    sent = 0
    while block := file.read(_BLOCK):
        yield block
        sent += len(block)
        on_progress(Progress("upload", sent, total, Counts()))
