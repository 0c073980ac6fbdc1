"""What HTTP itself says of every request: HEAD is GET without a body, and a body has one length."""

from collections.abc import Iterable

from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.rest.problems import MEDIA_TYPE, problem

_TWO_LENGTHS = "the request has both Content-Length and Transfer-Encoding: which of them counts is not clear"


class RawRequest:
    """Answers HEAD as GET would be answered, and refuses a request whose end two programs could see differently."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            # RFC 9112, section 6.1: an attempt to smuggle a request past a proxy; the connection is closed.
            answer = JSONResponse(problem(400, _TWO_LENGTHS), 400, {"Connection": "close"}, media_type=MEDIA_TYPE)
            await answer(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _Bodiless(send))
        else:
            await self._app(scope, receive, send)


class _Bodiless:
    """Sends the headers of an answer, and ends it there, also if more would follow: a stream stops then."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
        elif not self._ended:
            self._ended = True
            await self._send({"type": "http.response.body", "body": b""})


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """Return the value of ``Allow`` for a path: the methods of all its routes, of which Starlette names the first's.

    Empty if the path has no routes.
    """
    matching = [one for one in routes if isinstance(one, Route) and one.matches(scope)[0] is not Match.NONE]
    # `/drafts/accept` is not meant as the draft of that name.
    exact = min((len(one.param_convertors) for one in matching), default=0)
    found = {name for one in matching if len(one.param_convertors) == exact for name in one.methods or ()}
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))
