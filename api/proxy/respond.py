"""The way of one request through the proxy."""

from dataclasses import replace

from midthought.api.proxy.proxy_answer import ProxyAnswer
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_headers import OWN
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.proxy_service import ProxyService
from midthought.api.proxy.relay import relay


async def respond(call: ProxyCall, service: ProxyService) -> ProxyAnswer:
    """Return the answer to a request. Raises `UpstreamFailed`."""
    answer = await relay(call, service.upstream)
    return replace(answer, headers=[*answer.headers, (OWN, ProxyMode.OFF)]) if call.kind.recalls else answer
