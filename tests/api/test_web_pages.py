"""A service without keys answers no web page but its own, over a real socket."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from .test_service import Service, serving

ROOT = "/v1/namespaces/default"
OWN = "http://{host}"
"""The service's own origin, as the caller addressed it."""

Headers = list[tuple[str, str]]

REFUSED: dict[str, Headers] = {
    "an image on another site": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
    "a link on another site": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
    "another port of this machine": [("Sec-Fetch-Site", "same-site"), ("Origin", "http://localhost:3000")],
    "the same without an origin": [("Sec-Fetch-Site", "same-site")],
    "a word that no browser sends": [("Sec-Fetch-Site", "")],
    "two sites": [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    "an origin without fetch metadata": [("Origin", "http://evil.example")],
    "another port as origin": [("Origin", "http://localhost:3000")],
    "this machine under another name": [("Origin", "http://localhost.evil.example")],
    "a sandboxed frame": [("Origin", "null")],
    "a file": [("Origin", "file://")],
    "a file of this machine": [("Origin", "file://localhost")],
    "an extension": [("Origin", "chrome-extension://abcdefgh")],
    "half an address": [("Origin", "http://[::1")],
    "an empty origin": [("Origin", "")],
    "two origins": [("Origin", OWN), ("Origin", "http://evil.example")],
    "an older browser's image": [("Referer", "http://evil.example/page.html")],
    "a name before this machine's": [("Referer", "http://127.0.0.1@evil.example/")],
    "a preflight": [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "DELETE")],
    "a form": [("Origin", "http://evil.example"), ("Content-Type", "text/plain")],
    "a rebound name": [("Host", "evil.example")],
    "a rebound name with its own origin": [
        ("Host", "evil.example:80"),
        ("Origin", "http://evil.example:80"),
        ("Sec-Fetch-Site", "same-origin"),
    ],
    "half a host": [("Host", "[::1")],
    "an empty host": [("Host", "")],
    "every address": [("Host", "0.0.0.0")],  # noqa: S104  # a name, not a place to listen
    "a host with a user": [("Host", "localhost@evil.example")],
}  # fmt: skip

ANSWERED: dict[str, Headers] = {
    "a program": [],
    "a program by name": [("Host", "localhost:8377")],
    "a program by IPv6": [("Host", "[::1]:8377")],
    "a typed address": [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")],
    "our own page": [("Sec-Fetch-Site", "same-origin"), ("Origin", OWN), ("Referer", OWN + "/docs")],
    "our own page behind a proxy with TLS": [("Host", "localhost"), ("Origin", "https://localhost")],
    "our own page on port 80": [("Host", "localhost:80"), ("Origin", "http://LOCALHOST")],
}

ASKED = [
    ("GET", f"{ROOT}/stats"),
    ("HEAD", f"{ROOT}/stats"),
    ("OPTIONS", f"{ROOT}/entries"),
    ("POST", f"{ROOT}/trajectories"),
    ("POST", f"{ROOT}/recall"),
    ("PUT", f"{ROOT}/entries/p-nothing"),
    ("DELETE", f"{ROOT}?confirm=default"),
    ("GET", "/docs"),
    ("GET", "/explore/default"),
    ("GET", "/redoc"),
    ("GET", "/openapi.json"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/nothing"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without keys, for the whole module: nothing here changes it."""
    with serving(tmp_path_factory.mktemp("served"), encoder="hashing", starter="false") as running:
        yield running


def ask(service: Service, method: str, path: str, headers: Headers) -> tuple[int, str | None, dict[str, str]]:
    """The status, the media type and all headers of the answer to exactly these headers."""
    host = urlsplit(service.url).netloc
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        named = any(name == "Host" for name, _ in headers)
        connection.putrequest(method, path, skip_host=named, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.format(host=host))
        body = b"{}" if method in {"POST", "PUT"} else b""
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("content-type"), {k.lower(): v for k, v in answer.getheaders()}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_a_page_of_another_origin_is_refused_everywhere(service: Service, headers: Headers) -> None:
    """Every method and path answers 403, with no header that would let a page read or go on."""
    for method, path in ASKED:
        status, media_type, answered = ask(service, method, path, headers)
        assert (method, path, status, media_type) == (method, path, 403, "application/problem+json")
        assert not [name for name in answered if name.startswith("access-control-")]


@pytest.mark.parametrize("headers", ANSWERED.values(), ids=ANSWERED)
def test_what_this_machine_means_is_answered(service: Service, headers: Headers) -> None:
    """Programs, typed addresses and our own page get through to the endpoint, whatever that says."""
    for method, path in ASKED:
        if method != "DELETE":
            assert ask(service, method, path, headers)[0] != 403
    assert ask(service, "GET", f"{ROOT}/stats", headers)[0] == 200


@pytest.mark.slow
def test_without_a_host_nothing_is_answered(service: Service) -> None:
    """HTTP/1.0 may leave it out; no browser does, and a service that listens here alone is always named."""
    host = urlsplit(service.url)
    with closing(http.client.HTTPConnection(host.netloc, timeout=30)) as connection:
        connection._http_vsn_str = "HTTP/1.0"  # type: ignore[attr-defined]  # the only way to say it
        connection.putrequest("GET", f"{ROOT}/stats", skip_host=True)
        connection.endheaders()
        assert connection.getresponse().status == 403


@pytest.mark.slow
def test_health_checks_need_no_key_and_name_no_host(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With keys a check may come from any machine; everything else needs its key, web page or not."""
    home = tmp_path_factory.mktemp("kept")
    with serving(home, encoder="hashing", starter="false", api_keys="s3cret") as kept:
        assert ask(kept, "GET", "/health/live", [("Host", "service.example")])[0] == 200
        assert ask(kept, "GET", f"{ROOT}/stats", [("Host", "service.example")])[0] == 401
        own = [("Host", "service.example"), ("Authorization", "Bearer s3cret"), ("Sec-Fetch-Site", "cross-site")]
        assert ask(kept, "GET", f"{ROOT}/stats", own)[0] == 200
        assert ask(kept, "POST", f"{ROOT}/trajectories", [("Host", "x")])[0] == 401
