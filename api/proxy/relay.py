"""The answer of the upstream, passed on as it comes."""

from collections.abc import AsyncIterator

import httpx

from midthought.api.proxy.event_splitter import ends_event
from midthought.api.proxy.proxy_answer import ProxyAnswer
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_headers import decode_headers, headers_down, without
from midthought.api.proxy.upstream import Upstream

_BODYLESS = (204, 304)


class UpstreamBroke(Exception):
    """The upstream ended in the middle of its answer; `is_between_events` if an event may be written behind it."""

    def __init__(self, *, is_between_events: bool) -> None:
        super().__init__("the model server broke off in the middle of its answer")
        self.is_between_events = is_between_events


async def relay(call: ProxyCall, upstream: Upstream, *, content: bytes | None = None) -> ProxyAnswer:
    """Return the answer to a request, its bytes as they come. Raises `UpstreamFailed` if there is none.

    Args:
        call: the request.
        upstream: the model server.
        content: in place of the body that came.
    """
    raw = call.raw if content is None else content
    response = await upstream.send(call.method, call.path, headers=call.headers, content=raw)
    return answer_with(response)


def answer_with(response: httpx.Response) -> ProxyAnswer:
    """Return a response of the upstream as an answer; closing the answer closes the connection."""
    headers = headers_down(decode_headers(response.headers.raw))
    # Of a body in chunks a length that stands beside them says nothing.
    if response.status_code in _BODYLESS or "transfer-encoding" in response.headers:
        headers = without(headers, "content-length")
    return ProxyAnswer(response.status_code, headers, _relay_bytes(response), response.aclose)


def is_event_stream(answer: ProxyAnswer) -> bool:
    """Whether events can be read in the answer, and written behind it."""
    headers = dict(answer.headers)
    is_plain = headers.get("content-encoding", "identity") == "identity"
    return is_plain and headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream"


async def _relay_bytes(response: httpx.Response) -> AsyncIterator[bytes]:
    tail = b"\n\n"  # before the first event
    try:
        async for chunk in response.aiter_raw():
            tail = (tail + chunk)[-4:] if len(chunk) < 4 else chunk[-4:]
            yield chunk
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise UpstreamBroke(is_between_events=ends_event(tail)) from error
