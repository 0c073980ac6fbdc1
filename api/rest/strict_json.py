"""JSON bodies, read strictly: what two programs could understand differently is refused."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

MAX_DEPTH = 64
"""Lists and objects inside one another; a good body has at most five."""
MAX_NAMES, MAX_ALL_NAMES = 1000, 100_000
"""Names in one object, and in all of a body; a good body has sixty, and with a thousand long concepts 60,000. Each that
does not exist is an error, and 200,000 errors take four seconds, in which the event loop answers nobody."""
_LONG = 1 << 16
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+\\?"?', re.DOTALL)  # also one without an end: it is looked at once
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ADVICE = "send -H 'Content-Type: application/json' with a JSON body in UTF-8"


def read_json(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises `json.JSONDecodeError` for text that is not JSON or not UTF-8, for a name that stands twice in an object,
    for NaN and infinities, for numbers of more than 4,300 digits, for more than `MAX_DEPTH` levels, and for more names
    than `MAX_NAMES` or `MAX_ALL_NAMES`.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise json.JSONDecodeError(f"not UTF-8: {error.reason}", "", error.start) from None
    _check_depth(body)
    try:
        return json.loads(text, object_pairs_hook=_Names().read, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise json.JSONDecodeError(str(error), "", 0) from None


def _check_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise json.JSONDecodeError(f"more than {MAX_DEPTH} lists and objects inside one another", "", 0)


class _Names:
    """Reads the objects of a body, and counts their names."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object. Raises `ValueError` for a name that stands twice, and for too many."""
        self._count += len(pairs)
        if len(pairs) > MAX_NAMES or self._count > MAX_ALL_NAMES:
            raise ValueError(f"more than {MAX_NAMES:,} names in an object, or {MAX_ALL_NAMES:,} in all")
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            raise ValueError(f"the name {twice[:80]!a} stands twice in an object")
        return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


class StrictRoute(APIRoute):
    """A route that reads its body with `read_json`, and refuses bodies of other media types with 415."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if self.body_field is not None:
                _check_type(request)
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        # A long body takes a tenth of a second, in which the event loop would answer nobody.
        return read_json(body) if len(body) < _LONG else await asyncio.to_thread(read_json, body)


def _check_type(request: Request) -> None:
    """Refuse a body that is not called JSON: by default `curl -d` sends the header of a form."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    if not _is_json(given := headers.get("content-type", "")):
        shown = f"is {given[:80]!a}" if given else "is missing"
        raise HTTPException(415, f"the Content-Type header {shown}: {_ADVICE}")
    if (coding := headers.get("content-encoding", "identity").strip().lower()) != "identity":
        raise HTTPException(415, f"the Content-Encoding header is {coding[:80]!a}, which only uploads may have")


def _is_json(given: str) -> bool:
    kind, _, parameters = given.lower().partition(";")
    kind = kind.strip()
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]*)", parameters)
    named = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    return named and (charset is None or charset[1] in {"utf-8", "utf8"})
