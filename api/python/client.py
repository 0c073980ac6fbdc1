"""The memory behind a URL: the methods of `Memory`, sent over HTTP to a running service."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, cast

import httpx

from midthought.api.argument_checks import check_arguments
from midthought.api.operations.as_job import AsJob
from midthought.api.operations.reason import Reason, make_reason
from midthought.api.operations.recall import MAX_QUESTION
from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.api.operations.upkeep import EXPORT_PATH, Export, Import
from midthought.api.python.event_stream import EVENT_HEADERS, ThoughtReader
from midthought.api.python.http_call import LOST, TIMEOUT, ServiceTransport, call_of, job_headers
from midthought.api.python.reasoning import ReasoningInterface
from midthought.api.python.retries import ONCE, CallAttempts
from midthought.api.python.service_jobs import JobFollower
from midthought.api.python.trace_upload import open_upload
from midthought.api.python.transfer_files import open_import, saved_export
from midthought.api.sources import Traces
from midthought.ingest.transfer.layout import ExportManifest
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.events import ThinkEvent
from midthought.reasoner.thought.in_thought import FindsEntries
from midthought.reasoner.thought.think_settings import ThinkSettings

Result = TypeVar("Result")


class HttpTransport(ServiceTransport):
    """Carries requests to a service; see `Client` for the arguments."""

    def __init__(
        self, url: str, *, api_key: str, timeout: float, retries: int, transport: httpx.BaseTransport | None
    ) -> None:
        super().__init__(url, timeout=timeout, retries=retries)
        self._http = self.make_http(httpx.Client, api_key=api_key, transport=transport)
        self.close = self._http.close

    def send(self, request: Request[Result], namespace: Namespace) -> Result:
        """Return the result of a request, or raise the error it ended with."""
        if isinstance(request, AsJob):
            return cast(Result, self._follow(request, namespace))
        if isinstance(request, Export):
            return cast(Result, self._download(request, namespace))
        call = call_of(request, namespace)
        attempts = self.attempts(call.is_repeatable)
        answer = self.ask(call.method, call.path, attempts=attempts, **self.options_of(call))
        return self.result_of(request, answer, attempts)

    def _follow(self, request: AsJob[Result], namespace: Namespace) -> Result:
        """Start a job, wait for its end, and return the result that its report tells."""
        job, follower = self._start(request, namespace), JobFollower(request)
        while (more := follower.next(job)) is not None:
            job = self.send(more, namespace)
        return request.read(self.send(request.ask_report(job.id), namespace))

    def _start(self, request: AsJob[Any], namespace: Namespace) -> Job:
        started = request.start()
        if not isinstance(request, Import):
            return self.send(started, namespace)
        with open_import(request) as upload:
            answer = self.put(started, namespace, upload.blocks, {"Content-Type": upload.media_type})
        return self.result_of(started, answer)

    def _download(self, request: Export, namespace: Namespace) -> ExportManifest:
        """Save an export, and return its manifest."""
        with saved_export(request, url=self.url) as saved:
            path, patience = EXPORT_PATH.format(namespace=namespace.name), self.upload_patience()
            download = saved.download
            try:
                with self._http.stream("GET", path, params=download.params, timeout=patience) as answer:
                    if not answer.is_success:
                        answer.read()
                        self.json_of(answer)
                    download.begin(answer.headers)
                    for block in answer.iter_bytes():
                        download.write(block)
            except LOST as error:
                raise self.unreachable(error) from error
        return saved.manifest

    def put(self, request: Request[Any], namespace: Namespace, blocks: Any, headers: dict[str, str]) -> httpx.Response:
        """Return the answer to a request whose body is sent in blocks."""
        call = call_of(request, namespace)
        given = {"params": call.params, "timeout": self.upload_patience(), "headers": headers, "content": blocks}
        return self.ask(call.method, call.path, **given)

    def ingest(self, traces: Traces, namespace: Namespace) -> Job:
        """Send traces to the service to learn from; the job names the source as it is called here."""
        with open_upload(traces) as upload:
            answer = self.put(upload.request, namespace, upload.blocks, job_headers(traces))
            found = self.result_of(upload.request, answer)
        return replace(found.job, source=upload.source)

    def reason(self, request: Reason, namespace: Namespace) -> Iterator[ThinkEvent]:
        """Yield the events of a thought at the service; closing the generator stops its model."""
        call, reader = call_of(request, namespace), ThoughtReader(self)
        try:
            with self._http.stream(call.method, call.path, json=call.body, headers=EVENT_HEADERS) as answer:
                if not answer.is_success:
                    answer.read()
                self.check_version(answer)
                reader.check(answer)
                for block in answer.iter_bytes():
                    yield from reader.push(block)
        except LOST as error:
            raise self.unreachable(error) from error
        reader.finish()

    def ask(self, method: str, path: str, *, attempts: CallAttempts = ONCE, **options: Any) -> httpx.Response:
        """Return the answer to a call, good or not, after its attempts; raises `Unreachable` if there is none."""
        self.check_open(self._http)
        while True:
            try:
                answer = self._http.request(method, path, **options)
            except LOST as error:
                wait = attempts.after_error(error)
                if wait is None:
                    raise self.unreachable(error) from error
            else:
                wait = attempts.after_answer(answer)
                if wait is None:
                    return answer
            time.sleep(wait)


@check_arguments
class Client(ReasoningInterface):
    """A memory behind a URL: the methods of `Memory`, with the same results and errors.

    What takes long is a job of the service, which is waited for; if the program ends before, the job goes on.

    Args:
        url: where the service listens, ``http://127.0.0.1:8377``.
        api_key: sent with every request, if the service asks for keys.
        timeout: seconds that an answer may take; what is a job of the service is waited for however long it takes.
        retries: how often a call is sent again after a lost connection, or when the service is busy (it then says after
            how long); only what can be carried out twice with the effect of once. 0 for never.
        transport: another way to reach the service, for tests.

    Raises:
        Unreachable: from every method, if the service does not answer or refuses.
    """

    _transport: HttpTransport

    def __init__(
        self,
        url: str,
        *,
        api_key: str = "",
        timeout: float = TIMEOUT,
        retries: int = 2,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._transport = HttpTransport(url, api_key=api_key, timeout=timeout, retries=retries, transport=transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.url!r})"

    def _reason_there(
        self, question: str, settings: ThinkSettings | None, context: Sequence[Segment], owner: Namespace
    ) -> Iterator[ThinkEvent]:
        request = make_reason(question, settings=settings, context=context)
        return self._transport.reason(request, owner)

    def _finder(self, owner: Namespace, question: str) -> FindsEntries:
        return partial(self.recall, for_question=question[:MAX_QUESTION], namespace=owner)

    def health(self) -> Json:
        """Return what a ready service reports about itself; raises `Unreachable` if it is not ready."""
        found: Json = self._transport.json_of(self._transport.ask("GET", "/health/ready"))
        return found
