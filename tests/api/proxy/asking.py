"""One request whose thought recalls: through the real parts, up to the bytes that a client gets."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from midthought import Memory
from midthought.api.operations.sessions import OpenSession
from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyReceipt
from midthought.api.proxy.proxy_call import ProxyCall, ProxyKind
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.proxy_options import ProxyOptions
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.thoughts.ability_table import AbilityTable
from midthought.api.proxy.thoughts.think import think
from midthought.api.proxy.upstream import Upstream
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.thought_session import ThoughtSession
from midthought.retrieval.packing import count_tokens

from ...stream_server import BREAK, Respond, Streamed

QUESTION = "In how many ways can the letters of LEVEL be arranged?"
Cut = Callable[[bytes], Iterator[bytes]]


class FakeTransport(httpx.AsyncBaseTransport):
    """Hands requests to a fake in this process, and its bytes back as they are cut.

    Attributes:
        asked: the path and the body of every request.
        left: streams that were closed before their end.
    """

    def __init__(self, respond: Respond, cut: Cut = lambda whole: iter([whole])) -> None:
        self._respond, self._cut = respond, cut
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.left = self.open = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        body = json.loads(await request.aread() or b"{}")
        path = request.url.path
        self.asked.append((path, body))
        answer = self._respond(path, body)
        if answer.chunks is None:
            return httpx.Response(answer.status, json=answer.content)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(answer.status, headers=headers, stream=_Chunks(self, answer))

    def cut(self, answer: Streamed) -> Iterator[bytes]:
        """Yield the bytes of an answer."""
        pieces = list(answer.chunks or ())
        broken = BREAK in pieces
        yield from self._cut(b"".join(one for one in pieces if one is not BREAK))
        if broken:
            raise httpx.ReadError("cut")


class _Chunks(httpx.AsyncByteStream):
    """A body that counts whether it was read to its end."""

    def __init__(self, transport: FakeTransport, answer: Streamed) -> None:
        self._transport, self._answer = transport, answer
        self._ended = self._closed = False
        transport.open += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._transport.cut(self._answer):
            yield chunk
            await asyncio.sleep(0)
        self._ended = True

    async def aclose(self) -> None:
        """Count."""
        if not self._closed:
            self._closed = True
            self._transport.open -= 1
            self._transport.left += not self._ended


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one request."""

    answer: ProxyAnswer | None
    receipt: ProxyReceipt
    body: bytes

    @property
    def json(self) -> Any:
        """The body in one piece."""
        return json.loads(self.body)


def make_call(body: dict[str, Any], *, path: str = "/v1/chat/completions", **options: Any) -> ProxyCall:
    """Return a request; options as in ``extra_body={"midthought": ...}``."""
    session = OpenSession(question=QUESTION, **{"later_margin": 0.0, **options})
    headers = [("content-type", "application/json"), ("authorization", "Bearer k")]
    raw = json.dumps(body).encode()
    how = ProxyOptions(ProxyMode.ON, session)
    return ProxyCall(ProxyKind(path), "POST", path, headers, raw, how, Namespace("default"), body, QUESTION)


def make_steps(memory: Memory, call: ProxyCall, executor: ThreadPoolExecutor) -> ThoughtSteps:
    """Return the steps of a session over a real memory."""

    def recall(query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> Any:
        return memory.recall(query, k=k, exclude=list(exclude), explain=explain)

    session = ThoughtSession(
        QUESTION,
        call.options.session.settings(),
        recall=recall,
        count_tokens=count_tokens,
        on_injection=lambda _: "",
    )
    return ThoughtSteps(session, executor=executor, timeout=10.0)


def make_table(place: str | httpx.AsyncBaseTransport) -> AbilityTable:
    """Return what is known of a server at a URL, or of one in this process: nothing yet."""
    url, transport = (place, None) if isinstance(place, str) else ("http://upstream", place)
    return AbilityTable(Upstream(url, transport=transport))


async def run_call(memory: Memory, table: AbilityTable, call: ProxyCall) -> Asked:
    """Return what comes of a request, all of it."""
    receipt = ProxyReceipt(ProxyMode.ON)
    with ThreadPoolExecutor(1) as executor:
        answer = await think(call, make_steps(memory, call, executor), receipt, table=table)
        body = b"" if answer is None else b"".join([chunk async for chunk in answer.chunks])
    if answer is not None:
        await answer.aclose()
    return Asked(answer, receipt, body)


def ask(memory: Memory, place: str | httpx.AsyncBaseTransport, body: dict[str, Any], **how: Any) -> Asked:
    """Ask a server at a URL, or one in this process."""

    async def run() -> Asked:
        table = make_table(place)
        try:
            return await run_call(memory, table, make_call(body, **how))
        finally:
            await table.aclose()
            await table.upstream.aclose()

    return asyncio.run(run())


def chat(*, stream: bool = True, **more: Any) -> dict[str, Any]:
    """Return the body of a chat."""
    return {"model": "model", "messages": [{"role": "user", "content": QUESTION}], "stream": stream, **more}
