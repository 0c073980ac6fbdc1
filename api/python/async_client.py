"""The memory behind a URL, for programs with an event loop: the methods of `Client`, awaited."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

import httpx

from midthought.api.argument_checks import check_arguments
from midthought.api.operations.reason import Reason, make_reason
from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.api.python.async_interface import AsyncMemoryInterface
from midthought.api.python.event_stream import EVENT_HEADERS, ThoughtReader
from midthought.api.python.http_call import LOST, UPLOAD_PATIENCE, ServiceTransport, call_of, job_headers
from midthought.api.python.trace_upload import open_upload
from midthought.api.recall_arguments import as_namespace, check_context, check_question
from midthought.api.sources import Traces
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.events import ThinkEvent
from midthought.reasoner.thought.think_settings import ThinkSettings

Result = TypeVar("Result")


class AsyncHttpTransport(ServiceTransport):
    """Carries requests to a service; see `AsyncClient` for the arguments."""

    def __init__(self, url: str, *, api_key: str, transport: httpx.AsyncBaseTransport | None) -> None:
        super().__init__(url)
        self._http = self.make_http(httpx.AsyncClient, api_key=api_key, transport=transport)
        self.close = self._http.aclose

    async def send(self, request: Request[Result], namespace: Namespace) -> Result:
        """Return the result of a request, or raise the error it ended with."""
        call = call_of(request, namespace)
        answer = await self.ask(call.method, call.path, params=call.params, json=call.body)
        return self.result_of(request, answer)

    async def ingest(self, traces: Traces, namespace: Namespace) -> Job:
        """Send traces to the service to learn from; a file is read in a thread."""
        with open_upload(traces) as upload:
            call = call_of(upload.request, namespace)
            answer = await self.ask(
                call.method,
                call.path,
                params=call.params,
                timeout=UPLOAD_PATIENCE,
                headers=job_headers(traces),
                content=_in_thread(upload.blocks),
            )
            found = self.result_of(upload.request, answer)
        return replace(found.job, source=upload.source)

    async def reason(self, request: Reason, namespace: Namespace) -> AsyncGenerator[ThinkEvent, None]:
        """Yield the events of a thought at the service; closing the generator stops its model."""
        call, reader = call_of(request, namespace), ThoughtReader(self)
        try:
            async with self._http.stream(call.method, call.path, json=call.body, headers=EVENT_HEADERS) as answer:
                if not answer.is_success:
                    await answer.aread()
                reader.check(answer)
                async for block in answer.aiter_bytes():
                    for event in reader.push(block):
                        yield event
        except LOST as error:
            raise self.unreachable(error) from error
        reader.finish()

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a call, good or not; raises `Unreachable` if there is none."""
        try:
            return await self._http.request(method, path, **options)
        except LOST as error:
            raise self.unreachable(error) from error


@check_arguments
class AsyncClient(AsyncMemoryInterface):
    """A memory behind a URL: the methods of `Client` as coroutines, with the same results and errors.

    `reason` takes no engine: an engine runs in this process, and not on an event loop.

    Args:
        url: where the service listens, ``http://127.0.0.1:8377``.
        api_key: sent with every request, if the service asks for keys.
        transport: another way to reach the service, such as `httpx.ASGITransport`.
    """

    _transport: AsyncHttpTransport

    def __init__(self, url: str, *, api_key: str = "", transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = AsyncHttpTransport(url, api_key=api_key, transport=transport)

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
