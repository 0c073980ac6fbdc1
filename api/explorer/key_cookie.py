"""The key of a person who has signed in: a cookie that the browser sends to the explorer's pages and nowhere else.

A page cannot add a header to the address that somebody opens, so the key travels in a cookie. No script reads it
(``HttpOnly``), and it comes with no request that another site caused (``SameSite=Strict``).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from midthought.api.explorer.paths import HOME, ROOT, SIGN_IN, is_page

COOKIE = "midthought_key"
_OWN_PORTS = {"http": 80, "https": 443}


def keep_key(answer: Response, request: Request, secret: str) -> None:
    """Let the browser keep a key until it is closed."""
    # Encoded: a key may hold characters that no cookie may.
    value = urlsafe_b64encode(secret.encode()).decode()
    answer.set_cookie(COOKIE, value, path=ROOT, secure=_is_encrypted(request), httponly=True, samesite="strict")


def drop_key(answer: Response, request: Request) -> None:
    """Let the browser forget it."""
    answer.delete_cookie(COOKIE, path=ROOT, secure=_is_encrypted(request), httponly=True, samesite="strict")


def find_secret(request: Request) -> str:
    """Return the key in the cookie of a request for a page of the explorer; empty for any other request."""
    value = request.cookies.get(COOKIE, "") if is_page(request.url.path) else ""
    try:
        return urlsafe_b64decode(value.encode()).decode()
    except ValueError:  # a cookie of somebody else's, or one that was cut
        return ""


def ask_to_sign_in(request: Request) -> Response | None:
    """Return the way to the form, for a person who opened a page without a valid key; None for any other request."""
    path = request.url.path
    if request.method not in {"GET", "HEAD"} or "authorization" in request.headers:
        return None
    if path == "/" and wants_page(request.headers):
        return RedirectResponse(HOME, 303)
    if not is_page(path):
        return None
    target = f"{path}?{request.url.query}" if request.url.query else path
    return RedirectResponse(f"{SIGN_IN}?next={quote(target, safe='')}", 303)


def wants_page(headers: Headers) -> bool:
    """Whether the caller accepts HTML by name, as browsers do; programs accept anything, or JSON."""
    return any(one.partition(";")[0].strip().lower() == "text/html" for one in headers.get("accept", "").split(","))


def is_own_form(headers: Headers) -> bool:
    """Whether a form that was sent is one of ours, for a service under any name.

    ``Sec-Fetch-Site`` cannot be set by a page. Browsers send it over HTTPS and to this machine; over plain HTTP the
    ``Origin`` must name the host that was addressed.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(headers.get("origin", ""))
    return origin.scheme in _OWN_PORTS and _names_host(origin.netloc, headers.get("host", ""), origin.scheme)


def _names_host(origin: str, host: str, scheme: str) -> bool:
    port = f":{_OWN_PORTS[scheme]}"
    return bool(host) and origin.lower().removesuffix(port) == host.lower().removesuffix(port)


def _is_encrypted(request: Request) -> bool:
    """Whether the browser speaks HTTPS: the origin says so, even if a proxy before the service took the TLS off."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
