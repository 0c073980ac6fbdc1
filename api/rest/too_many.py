"""The answer to a caller that asks for more than it may."""

import math
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from midthought.api.explorer.key_cookie import wants_page
from midthought.api.explorer.page import render
from midthought.api.explorer.paths import is_page
from midthought.api.explorer.visit import error_page
from midthought.api.proxy.proxy_kind import is_proxied
from midthought.api.proxy.proxy_refusals import ProxyRefused, write_refusal
from midthought.api.rest.problems import MEDIA_TYPE, problem


@dataclass(frozen=True, slots=True)
class TooMany:
    """Why a request is not looked at: a stable code, a sentence, and in how many seconds to come again."""

    code: str
    detail: str
    seconds: float


def answer_refusal(refusal: TooMany, scope: Scope, *, has_proxy: bool) -> Response:
    """Return 429 in the form that the client of a path expects, with the seconds to wait."""
    path, status = scope["path"], HTTPStatus.TOO_MANY_REQUESTS
    if has_proxy and is_proxied(path):
        answer = write_refusal(ProxyRefused(refusal.detail, status=status, code=refusal.code), path)
    elif is_page(path) and wants_page(Headers(scope=scope)):
        answer = render(error_page(status, refusal.detail))
    else:
        answer = JSONResponse(problem(status, refusal.detail, kind=refusal.code), status, media_type=MEDIA_TYPE)
    answer.headers["Retry-After"] = str(math.ceil(refusal.seconds))
    return answer
