"""The memory behind a URL, for programs with an event loop: the methods of `Client`, awaited."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

import httpx

from midthought.api.argument_checks import check_arguments
from midthought.api.operations.as_job import AsJob
from midthought.api.operations.reason import Reason, make_reason
from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.api.operations.upkeep import EXPORT_PATH, Export, Import
from midthought.api.python.async_interface import AsyncMemoryInterface
from midthought.api.python.event_stream import EVENT_HEADERS, ThoughtReader
from midthought.api.python.http_call import LOST, TIMEOUT, ServiceTransport, call_of, job_headers
from midthought.api.python.retries import ONCE, CallAttempts
from midthought.api.python.service_jobs import JobFollower
from midthought.api.python.trace_upload import open_upload
from midthought.api.python.transfer_files import open_import, saved_export
from midthought.api.recall_arguments import as_namespace, check_context, check_question
from midthought.api.sources import Traces
from midthought.ingest.transfer.layout import ExportManifest
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.events import ThinkEvent
from midthought.reasoner.thought.think_settings import ThinkSettings

Result = TypeVar("Result")
Opened = TypeVar("Opened")


class AsyncHttpTransport(ServiceTransport):
    """Carries requests to a service; see `AsyncClient` for the arguments."""

    def __init__(
        self, url: str, *, api_key: str, timeout: float, retries: int, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        super().__init__(url, timeout=timeout, retries=retries)
        self._http = self.make_http(httpx.AsyncClient, api_key=api_key, transport=transport)
        self.close = self._http.aclose

    async def send(self, request: Request[Result], namespace: Namespace) -> Result:
        """Return the result of a request, or raise the error it ended with."""
        if isinstance(request, AsJob):
            return await self._follow(request, namespace)
        if isinstance(request, Export):
            return cast(Result, await self._download(request, namespace))
        call = call_of(request, namespace)
        attempts = self.attempts(call.is_repeatable)
        answer = await self.ask(call.method, call.path, attempts=attempts, **self.options_of(call))
        return self.result_of(request, answer, attempts)

    async def _follow(self, request: AsJob[Result], namespace: Namespace) -> Result:
        """Start a job, wait for its end, and return the result that its report tells."""
        job, follower = await self._start(request, namespace), JobFollower(request)
        while (more := follower.next(job)) is not None:
            job = await self.send(more, namespace)
        return request.read(await self.send(request.ask_report(job.id), namespace))

    async def _start(self, request: AsJob[Any], namespace: Namespace) -> Job:
        started = request.start()
        if not isinstance(request, Import):
            return await self.send(started, namespace)
        async with _threaded(open_import(request)) as upload:
            answer = await self.put(started, namespace, upload.blocks, {"Content-Type": upload.media_type})
        return self.result_of(started, answer)

    async def _download(self, request: Export, namespace: Namespace) -> ExportManifest:
        """Save an export, and return its manifest; the file is written in a thread."""
        async with _threaded(saved_export(request, url=self.url)) as saved:
            path, patience = EXPORT_PATH.format(namespace=namespace.name), self.upload_patience()
            download = saved.download
            try:
                async with self._http.stream("GET", path, params=download.params, timeout=patience) as answer:
                    if not answer.is_success:
                        await answer.aread()
                        self.json_of(answer)
                    download.begin(answer.headers)
                    async for block in answer.aiter_bytes():
                        await asyncio.to_thread(download.write, block)
            except LOST as error:
                raise self.unreachable(error) from error
        return saved.manifest

    async def put(
        self, request: Request[Any], namespace: Namespace, blocks: Iterator[bytes], headers: dict[str, str]
    ) -> httpx.Response:
        """Return the answer to a request whose body is sent in blocks, which are read in a thread."""
        call = call_of(request, namespace)
        given: dict[str, Any] = {"params": call.params, "timeout": self.upload_patience(), "headers": headers}
        return await self.ask(call.method, call.path, content=_in_thread(blocks), **given)

    async def ingest(self, traces: Traces, namespace: Namespace) -> Job:
        """Send traces to the service to learn from; a file is read in a thread."""
        with open_upload(traces) as upload:
            answer = await self.put(upload.request, namespace, upload.blocks, job_headers(traces))
            found = self.result_of(upload.request, answer)
        return replace(found.job, source=upload.source)

    async def reason(self, request: Reason, namespace: Namespace) -> AsyncGenerator[ThinkEvent, None]:
        """Yield the events of a thought at the service; closing the generator stops its model."""
        call, reader = call_of(request, namespace), ThoughtReader(self)
        try:
            async with self._http.stream(call.method, call.path, json=call.body, headers=EVENT_HEADERS) as answer:
                if not answer.is_success:
                    await answer.aread()
                self.check_version(answer)
                reader.check(answer)
                async for block in answer.aiter_bytes():
                    for event in reader.push(block):
                        yield event
        except LOST as error:
            raise self.unreachable(error) from error
        reader.finish()

    async def ask(self, method: str, path: str, *, attempts: CallAttempts = ONCE, **options: Any) -> httpx.Response:
        """Return the answer to a call, good or not, after its attempts; raises `Unreachable` if there is none."""
        self.check_open(self._http)
        while True:
            try:
                answer = await self._http.request(method, path, **options)
            except LOST as error:
                wait = attempts.after_error(error)
                if wait is None:
                    raise self.unreachable(error) from error
            else:
                wait = attempts.after_answer(answer)
                if wait is None:
                    return answer
            await asyncio.sleep(wait)


@check_arguments
class AsyncClient(AsyncMemoryInterface):
    """A memory behind a URL: the methods of `Client` as coroutines, with the same results and errors.

    `reason` takes no engine: an engine runs in this process, and not on an event loop.

    Args:
        url: where the service listens, ``http://127.0.0.1:8377``.
        api_key: sent with every request, if the service asks for keys.
        timeout: seconds that an answer may take; what is a job of the service is waited for however long it takes.
        retries: how often a call is sent again after a lost connection, or when the service is busy (it then says after
            how long); only what can be carried out twice with the effect of once. 0 for never.
        transport: another way to reach the service, such as `httpx.ASGITransport`.
    """

    _transport: AsyncHttpTransport

    def __init__(
        self,
        url: str,
        *,
        api_key: str = "",
        timeout: float = TIMEOUT,
        retries: int = 2,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._transport = AsyncHttpTransport(
            url, api_key=api_key, timeout=timeout, retries=retries, transport=transport
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.url!r})"

    async def reason(
        self,
        question: str,
        *,
        settings: ThinkSettings | None = None,
        context: Sequence[Segment] = (),
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> AsyncIterator[ThinkEvent]:
        """Yield the events of a thought at the service as they come; see `Client.reason`."""
        check_question(question)
        check_context(context)
        request = make_reason(question, settings=settings, context=context)
        async with aclosing(self._transport.reason(request, as_namespace(namespace))) as events:
            async for event in events:
                yield event

    async def health(self) -> Json:
        """Return what a ready service reports about itself; raises `Unreachable` if it is not ready."""
        found: Json = self._transport.json_of(await self._transport.ask("GET", "/health/ready"))
        return found


async def _in_thread(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    # Reading a file here would block the event loop.
    while block := await asyncio.to_thread(next, content, b""):
        yield block


@asynccontextmanager
async def _threaded(opened: AbstractContextManager[Opened]) -> AsyncIterator[Opened]:
    """Open and close in a thread what reads or writes files."""
    value = await asyncio.to_thread(opened.__enter__)
    try:
        yield value
    except BaseException as error:
        await asyncio.to_thread(opened.__exit__, type(error), error, error.__traceback__)
        raise
    await asyncio.to_thread(opened.__exit__, None, None, None)
