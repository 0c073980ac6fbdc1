"""One route of the proxy as an ASGI application: the request is read, answered, and dropped if its client leaves."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from midthought.api.caller_key import CallerKey, may
from midthought.api.proxy.caller_namespace import find_namespace
from midthought.api.proxy.event_splitter import ends_event
from midthought.api.proxy.exchange import ProxyExchange
from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyReceipt, read_chunks
from midthought.api.proxy.proxy_call import ProxyCall, read_call
from midthought.api.proxy.proxy_headers import OWN, decode_headers, headers_up
from midthought.api.proxy.proxy_kind import ProxyKind, split_namespace
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.proxy_options import read_mode
from midthought.api.proxy.proxy_refusals import ProxyRefused, write_broken_event, write_ending_event, write_refusal
from midthought.api.proxy.proxy_service import ProxyService
from midthought.api.proxy.relay import UpstreamBroke, is_event_stream
from midthought.api.proxy.respond import respond
from midthought.api.proxy.upstream import Headers, UpstreamFailed
from midthought.api.rest.access import admission_of
from midthought.api.rest.ending import Ending, wait_for_first
from midthought.memory.records.api_key import Scope

_log = logging.getLogger(__name__)


class ProxyEndpoint:
    """Answers the requests of one kind."""

    def __init__(self, kind: ProxyKind) -> None:
        self._kind = kind

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that goes away ends everything that is done for it."""
        service: ProxyService = scope["app"].state.proxy
        ending: Ending = scope["app"].state.ending
        request = Request(scope, receive)
        service.running += 1
        try:
            call = await self._read(request, service)
            admission = admission_of(request, call.namespace, Scope.READ)
            exchange = ProxyExchange(call, admission, service, ProxyReceipt(call.options.mode))
            await _until_gone(_answer(exchange, send, ending), receive, ending)
        except ProxyRefused as refused:
            await write_refusal(refused, scope["path"])(scope, receive, send)
        except ClientDisconnect:
            pass  # before its body was complete
        finally:
            service.running -= 1

    async def _read(self, request: Request, service: ProxyService) -> ProxyCall:
        given = decode_headers(request.scope["headers"])
        settings = service.settings
        caller: CallerKey | None = request.state.midthought_key
        named, path = split_namespace(_raw_path(request))
        namespace = find_namespace(request, named, settings)
        mode = read_mode(dict(given).get(OWN)) or ProxyMode(settings.proxy_mode)
        try:
            raw = await request.body()
        except HTTPException as error:  # of the limit of bodies
            raise ProxyRefused(str(error.detail), status=error.status_code, code="too-large") from None
        query = request.scope["query_string"].decode("latin-1")
        call = read_call(
            self._kind,
            method=request.method,
            path=f"{path}?{query}" if query else path,
            headers=headers_up(given, has_own_keys=caller is not None, upstream_key=settings.upstream_key),
            raw=raw,
            namespace=namespace,
            mode=mode,
        )
        return call if may(caller, Scope.WRITE) else replace(call, teaches=False)


def _raw_path(request: Request) -> str:
    """Return the path as it was written; escaped characters stay so on their way up."""
    path: str = request.scope["path"]
    if any(part in (".", "..") for part in path.replace("\\", "/").split("/")):
        raise ProxyRefused("the path has '.' or '..' in it", status=404, code="not-found")
    raw = bytes(request.scope["raw_path"]).partition(b"?")[0].decode("latin-1")
    # The route was found by the unescaped path. What is cut off the other one must be the same.
    if split_namespace(raw)[0] != split_namespace(path)[0]:
        raise ProxyRefused("the path has escaped characters where its namespace stands", status=404, code="not-found")
    return raw


async def _until_gone(work: Coroutine[Any, Any, None], receive: Receive, ending: Ending) -> None:
    """Do the work until it is done, the client has gone, or the service has no more time."""
    working = asyncio.ensure_future(work)
    try:
        await wait_for_first(asyncio.wait((working,)), _wait_until_gone(receive), ending.wait())
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _wait_until_gone(receive: Receive) -> None:
    """Return when the client disconnects; behind the body this is the only message that can come."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(exchange: ProxyExchange, send: Send, ending: Ending) -> None:
    call = exchange.call
    try:
        answer = exchange.capture(await _respond(exchange, ending))
        try:
            await _send(answer, call, send, ending)
        finally:
            await answer.aclose()
    except UpstreamFailed as failed:
        _log.warning("%s %s: %s", call.method, call.kind.value, failed)
        raise ProxyRefused(str(failed), status=failed.status, code=failed.code) from None
    finally:
        exchange.end()


async def _respond(exchange: ProxyExchange, ending: Ending) -> ProxyAnswer:
    try:
        return await respond(exchange)
    except asyncio.CancelledError:
        if not ending.is_over:
            raise
        raise ProxyRefused("the service is ending", status=503, code="service-ending") from None


async def _send(answer: ProxyAnswer, call: ProxyCall, send: Send, ending: Ending) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": _encode(answer.headers)})
    tail = b"\n\n"  # before the first event
    try:
        async with read_chunks(answer) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                tail = (tail + chunk)[-4:]
    except UpstreamBroke as broke:
        _log.warning("%s %s: %s", call.method, call.path, broke)
        if not (broke.is_between_events and _takes_events(answer)):
            return  # the server closes the connection in the middle of the body: no client takes that for the end
        await send({"type": "http.response.body", "body": write_broken_event(call.path), "more_body": True})
    except asyncio.CancelledError:
        if not (ending.is_over and ends_event(tail) and _takes_events(answer)):
            raise
        await send({"type": "http.response.body", "body": write_ending_event(call.path), "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _takes_events(answer: ProxyAnswer) -> bool:
    """Whether an event of ours may be written behind an answer: not if its length was told before."""
    return is_event_stream(answer) and "content-length" not in dict(answer.headers)


def _encode(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
