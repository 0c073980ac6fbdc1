"""What a user of the client reads if the URL, the key or the version is wrong, or nothing is there."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from fastapi.testclient import TestClient

import midthought
from midthought.api.api_version import API_HEADER, API_VERSION, VERSION_HEADER
from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput, BadSettings, NotAllowed, NotFound, Unreachable

from .conftest import LESSON, ServiceTransport, service_over

Change = Callable[[httpx.Response], httpx.Response]


class Changed(ServiceTransport):
    """The way to a service whose answers are changed."""

    def __init__(self, service: TestClient, change: Change) -> None:
        super().__init__(service)
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the changed answer."""
        return self._change(super().handle_request(request))


@pytest.fixture
def service(memory: Memory) -> Iterator[TestClient]:
    """A service over a memory."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as opened:
        yield opened


def headed(name: str, value: str) -> Change:
    """Give answers another header."""

    def change(answer: httpx.Response) -> httpx.Response:
        answer.headers[name] = value
        return answer

    return change


def test_every_answer_says_its_version(service: TestClient) -> None:
    """Errors, files and pages as well."""
    for path in ("/health/live", "/nowhere", "/v1/namespaces", "/docs"):
        headers = service.get(path).headers
        assert (headers[API_HEADER], headers[VERSION_HEADER]) == (str(API_VERSION), midthought.__version__)


@pytest.mark.parametrize(("told", "older"), [(API_VERSION + 1, "midthought here"), (API_VERSION - 1, "the service")])
def test_another_version_of_the_api_says_who_is_to_upgrade(service: TestClient, told: int, older: str) -> None:
    """Whatever was asked."""
    client = Client("http://127.0.0.1", transport=Changed(service, headed(API_HEADER, str(told))))
    with pytest.raises(Unreachable, match=f"version {told} of the API.* upgrade {older}"):
        client.stats()


def test_an_operation_of_another_version_is_told(service: TestClient) -> None:
    """A path that the service does not have names both versions; so does an answer that is not understood."""

    def unknown(answer: httpx.Response) -> httpx.Response:
        problem = {"type": "about:blank", "status": 404, "detail": "Not Found"}
        return httpx.Response(404, json=problem, headers={VERSION_HEADER: "0.0.1", API_HEADER: str(API_VERSION)})

    told = rf"has no GET /v1/.*service is Midthought 0\.0\.1, this client is {midthought.__version__}"
    with pytest.raises(Unreachable, match=told):
        Client("http://127.0.0.1", transport=Changed(service, unknown)).stats()
    strange = Changed(service, lambda _: httpx.Response(200, json=[], headers={VERSION_HEADER: "0.0.1"}))
    with pytest.raises(Unreachable, match=r"not understood.*service is Midthought 0\.0\.1"):
        Client("http://127.0.0.1", transport=strange).stats()


def test_the_same_version_is_not_mentioned(service: TestClient) -> None:
    """Errors read as those of a memory."""
    with pytest.raises(NotFound) as caught:
        Client("http://127.0.0.1", transport=ServiceTransport(service)).get("p-none")
    assert "version" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_key_is_not_allowed(memory: Memory, key: str) -> None:
    """An error of its own, that does not repeat the key."""
    settings = Settings(api_keys=Keyring((ApiKey("right"), ApiKey("narrow", ("own",)))))
    with TestClient(service_over(memory, settings), base_url="http://127.0.0.1") as opened:
        client = Client("http://127.0.0.1", api_key=key, transport=ServiceTransport(opened))
        with pytest.raises(NotAllowed, match="refused the api_key" if key else "asks for a key") as caught:
            client.stats()
        assert "wrong" not in str(caught.value)
        narrow = Client("http://127.0.0.1", api_key="narrow", transport=ServiceTransport(opened))
        with pytest.raises(NotAllowed):
            narrow.check_integrity()


@pytest.mark.parametrize("url", ["localhost:8377", "ftp://localhost", "http://", "http://a:b", "http://ä", "x", ""])
def test_what_is_no_url_is_refused_at_once(url: str) -> None:
    """With an example of one; nothing is asked."""
    with pytest.raises(BadSettings, match="url"):
        Client(url)


def test_a_url_may_end_with_the_version(service: TestClient) -> None:
    """As the documentation of a service shows its paths."""
    for url in ("http://127.0.0.1/v1", "http://127.0.0.1/v1/", "http://127.0.0.1/"):
        client = Client(url, transport=ServiceTransport(service))
        assert client.stats().namespace == "default"
        assert repr(client) == "Client('http://127.0.0.1')"


def test_a_url_is_no_directory() -> None:
    """Nor is a memory made in one of that name."""
    with pytest.raises(BadSettings, match=r"midthought\.Client"):
        midthought.open("http://127.0.0.1:8377")


def test_a_closed_client_says_so(service: TestClient) -> None:
    """As a closed memory does."""
    with Client("http://127.0.0.1", transport=ServiceTransport(service)) as client:
        client.stats()
    with pytest.raises(Unreachable, match="is closed"):
        client.stats()


class Stranger(BaseHTTPRequestHandler):
    """A server of something else: pages, and JSON."""

    def do_GET(self) -> None:
        """Answer 404."""
        body = b'{"detail": "Not Found"}' if "json" in self.path else b"<html>nothing here</html>"
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("path", ["", "/json"])
def test_another_server_is_asked_whether_it_is_midthought(path: str) -> None:
    """The error names the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}{path}"
        with pytest.raises(Unreachable, match=rf"{url} .*is it Midthought\?"), Client(url) as client:
            client.stats()
        server.shutdown()


def test_a_slow_answer_says_what_may_have_happened(service: TestClient) -> None:
    """And how to wait longer."""

    def slow(_: httpx.Response) -> httpx.Response:
        raise httpx.ReadTimeout("too slow")

    client = Client("http://127.0.0.1", transport=Changed(service, slow), timeout=7)
    with pytest.raises(Unreachable, match=r"within 7 seconds: it may still do.*`timeout`"):
        client.add_entries([LESSON])


def test_a_field_that_an_older_service_does_not_know_names_both_versions(service: TestClient) -> None:
    """The refusal is of the same class; only its words say more."""
    client = Client("http://127.0.0.1", transport=Changed(service, headed(VERSION_HEADER, "0.0.1")))
    with pytest.raises(BadInput, match=r"the service is Midthought 0\.0\.1"):
        client.recall("x", k=1001)
