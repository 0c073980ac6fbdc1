"""Every bad input gets its documented status and a problem document, over a real socket."""

import json
import socket
import threading
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser

import pytest

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.memory import open_memory
from midthought.api.rest.app import create_app
from midthought.api.rest.problems import TITLES
from midthought.api.rest.server import ThoughtServer
from midthought.api.settings import Settings
from midthought.retrieval.encoders.hashing import HashingEncoder

from .bad_inputs import BAD, NS, OWN, Bad, raw

SETTINGS = Settings(
    max_body_mb=1, max_unpacked_mb=4, api_keys=Keyring((ApiKey("own-key", ("own",)), ApiKey("all-key")))
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a service with keys over a memory with one empty namespace, as `midthought serve` runs it."""
    with (
        open_memory(tmp_path_factory.mktemp("bad"), encoder=HashingEncoder(), starter=False) as memory,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        memory.create_namespace("own")
        server = ThoughtServer(create_app(memory, SETTINGS))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(60)


def ask(port: int, said: bytes) -> tuple[int, Message, bytes]:
    """The status, headers and body of the answer to some bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        sender = threading.Thread(target=_send, args=(connection, said))  # a long body is answered before its end
        sender.start()
        answer = b""
        while b"\r\n\r\n" not in answer or len(_body(answer)) < _length(answer):
            block = connection.recv(1 << 16)
            assert block, answer
            answer += block
        sender.join()
    line, _, rest = answer.partition(b"\r\n")
    return int(line.split()[1]), BytesHeaderParser().parsebytes(rest.partition(b"\r\n\r\n")[0]), _body(answer)


def _send(connection: socket.socket, said: bytes) -> None:
    try:
        connection.sendall(said)
    except OSError:
        return  # the service closed a connection whose request it had answered


def _body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def _length(answer: bytes) -> int:
    head = BytesHeaderParser().parsebytes(answer.partition(b"\r\n\r\n")[0].partition(b"\r\n")[2])
    return int(head["content-length"])


def test_the_table_is_long_enough() -> None:
    """At least eighty ways of being wrong, each under its own name."""
    assert len({one.name for one in BAD}) == len(BAD) >= 80


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name.replace(" ", "-"))
def test_a_bad_input_gets_its_problem(port: int, bad: Bad) -> None:
    """The status, the document and what it says; it names the request as the header does."""
    status, head, body = ask(port, bad.request())
    assert status == bad.status, body
    assert head["content-type"] == "application/problem+json"
    problem = json.loads(body)
    assert (problem["status"], problem["title"]) == (status, TITLES[status])
    assert problem["detail"]
    assert problem.get("request_id") == head["x-request-id"]
    assert bad.says in problem["detail"]
    if bad.kind:
        assert problem["type"] == f"urn:midthought:problem:{bad.kind}"


def test_the_service_answers_after_all_of_them(port: int) -> None:
    """None of the bad inputs has left anything, and good requests are answered."""
    status, _, body = ask(port, raw(path=f"{NS}/stats", method="GET"))
    assert (status, json.loads(body)["entries"]) == (200, [])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("a-1:b/c", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("<script>", False), ("", False)],
)
def test_a_request_id_is_taken_if_it_is_well_formed(port: int, sent: str, kept: bool) -> None:
    """Else another is made, which is new for each request."""
    asked = raw(f"X-Request-ID: {sent}", path=f"{NS}/nothing", method="GET")
    first, second = (ask(port, asked)[1]["x-request-id"] for _ in range(2))
    assert (first == sent) is kept
    assert (first == second) is kept


@pytest.mark.parametrize("path", ["/health/live", f"{NS}/stats", f"{NS}/entries/p-none", "/openapi.json"])
def test_head_answers_as_get_without_a_body(port: int, path: str) -> None:
    """The same status and headers; nothing follows them."""
    status, head, _ = ask(port, raw(path=path, method="GET"))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(raw("Connection: close", path=path, method="HEAD"))
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert int(answer.split()[1]) == status
    assert _length(answer) == int(head["content-length"]) > 0 or status == 404
    assert _body(answer) == b""


def test_allow_names_every_method_of_a_path(port: int) -> None:
    """Of all routes that share it."""
    told = [ask(port, raw(path=path, method="BREW"))[1]["allow"] for path in (NS, f"{NS}/entries/p-1", f"{NS}/recall")]
    assert told == ["DELETE, GET, HEAD, PATCH, PUT"] * 2 + ["POST"]


def test_a_traceparent_stands_in_the_log(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """Beside the id of the request and the pattern of its path, without a name that the path holds."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with caplog.at_level("INFO", logger="midthought.api.rest.request_ids"):
        ask(port, raw("X-Request-ID: mine", f"traceparent: {trace}", path=f"{NS}/entries/p-hidden", method="GET"))
        ask(port, raw("X-Request-ID: other", f"traceparent: {trace.upper()}", path=f"{NS}/stats", method="GET"))
    first, second = (one.getMessage() for one in caplog.records)
    assert "GET /v1/namespaces/{namespace}/entries/{entry_id}: status 404" in first
    assert "request mine, traceparent " + trace in first
    assert ("p-hidden" in first, OWN in first) == (False, False)
    assert second.endswith("traceparent none")
