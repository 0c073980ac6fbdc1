"""Every request has an id: in its answer, in its error and in the log, beside the trace of its caller."""

import logging
import re
import secrets
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.api_version import version_headers
from midthought.api.rest.request_context import RequestNames, enter_request, leave_request

REQUEST_ID, TRACEPARENT = "X-Request-ID", "traceparent"
_ID = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")
_TRACE = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, version 00: version, trace, parent, flags; ids of zeros are none."""
_log = logging.getLogger(__name__)


def read_names(headers: Headers) -> RequestNames:
    """Return the names that a caller sent, if they are well-formed; else a new id, and no trace."""
    given, trace = headers.get(REQUEST_ID, ""), headers.get(TRACEPARENT, "")
    name = given if _ID.fullmatch(given) else f"q-{secrets.token_hex(8)}"
    return RequestNames(name, trace if _TRACE.fullmatch(trace) else "")


class RequestIds:
    """Names each request, and puts its id into the answer. It is around everything else, errors of ours included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._versions = version_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its names in the context."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        names, began = read_names(Headers(scope=scope)), monotonic()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault(REQUEST_ID, names.id)  # that of a model server stays
                headers.update(self._versions)
                _note(scope, message["status"], names, seconds=monotonic() - began)
            await send(message)

        token = enter_request(names)
        try:
            await self._app(scope, receive, named)
        finally:
            leave_request(token)


def _note(scope: Scope, status: int, names: RequestNames, *, seconds: float) -> None:
    """Log an answer: the pattern of its path, as a path itself may hold names. 503 is said on purpose."""
    level = logging.WARNING if status >= 500 and status != 503 else logging.INFO
    path = getattr(scope.get("route"), "path", "an unknown path")
    told = (scope["method"], path, status, seconds * 1000, names.id, names.traceparent or "none")
    parts = {"method": scope["method"], "route": path, "status": status, "seconds": round(seconds, 6)}
    _log.log(level, "%s %s: status %d after %.0f ms, request %s, traceparent %s", *told, extra=parts)
