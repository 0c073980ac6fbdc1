"""Errors of the proxy, in the shape of the errors that clients of its paths know."""

import json
from typing import Any

from starlette.responses import Response

from midthought.api.proxy.proxy_kind import split_namespace
from midthought.api.rest.ending import RETRY_SECONDS

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    502: "upstream_error",
    503: "overloaded_error",
    504: "upstream_error",
}
_HEADERS = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": str(RETRY_SECONDS)}}


class ProxyRefused(Exception):
    """A request that is answered by the proxy itself.

    Attributes:
        status: of HTTP.
        code: for programs, as in ``bad-input``.
        param: the field of the body that is wrong; empty for none.
    """

    def __init__(self, message: str, *, status: int = 400, code: str = "bad-input", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


def write_refusal(refused: ProxyRefused, path: str) -> Response:
    """Return the answer to a refused request."""
    headers = _HEADERS.get(refused.status)
    return Response(
        json.dumps(_describe(refused, path)), refused.status, headers=headers, media_type="application/json"
    )


def write_broken_event(path: str) -> bytes:
    """Return the last event of a stream whose upstream broke off. No ``[DONE]`` follows it."""
    refused = ProxyRefused("the model server broke off in the middle of its answer", status=502, code="upstream-broke")
    return _write_error_event(refused, path)


def write_ending_event(path: str) -> bytes:
    """Return the last event of a stream for which an ending service has no more time. No ``[DONE]`` follows it."""
    refused = ProxyRefused("the service ended in the middle of the answer", status=503, code="service-ending")
    return _write_error_event(refused, path)


def _write_error_event(refused: ProxyRefused, path: str) -> bytes:
    name = b"" if path.endswith("/completions") else b"event: error\n"
    return name + b"data: " + json.dumps(_describe(refused, path)).encode() + b"\n\n"


def _describe(refused: ProxyRefused, path: str) -> dict[str, Any]:
    error = {
        "message": str(refused),
        "type": _TYPES.get(refused.status, "api_error"),
        "param": refused.param or None,
        "code": refused.code,
    }
    # Anthropic's clients look for the outer type, and OpenAI's for nothing but the inner object.
    is_plain = split_namespace(path)[1].endswith("/completions")
    return {"error": error} if is_plain else {"type": "error", "error": error}
