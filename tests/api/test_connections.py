"""Connections that are opened and not used: each ends by itself, and together they shut nobody out."""

import asyncio
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from midthought.api.rest.connections import BoundedProtocol, ConnectionLimits, limits_of_process, server_config

SHORT = ConnectionLimits(max_open=8, head_seconds=0.3, body_seconds=0.6, answer_seconds=0.3)
HALF = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Half:"
HELD, RELEASED = threading.Event(), threading.Event()
"""Whether the request to /held has begun, and whether it may end."""
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Say how long the body was; /at-once does not read it, /long answers 32 MiB, /held waits first, /who is asking."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    while scope["path"] == "/held" and not RELEASED.is_set():
        HELD.set()
        await asyncio.sleep(0.01)
    size = 0
    while scope["path"] != "/at-once":
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = bytes(32 << 20) if scope["path"] == "/long" else str(size).encode()
    if scope["path"] == "/who":
        body = f"{scope['client'][0]} {scope['scheme']}".encode()
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def running(limits: ConnectionLimits) -> Iterator[tuple[int, uvicorn.Server]]:
    """A server with these limits in a thread, its port, and itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(server_config(answer, limits))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1], server
        finally:
            server.should_exit = True
            thread.join(60)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server with short time-outs."""
    with running(SHORT) as (number, _):
        yield number


@contextmanager
def opened(port: int, *said: bytes) -> Iterator[socket.socket]:
    """A connection on which something was said."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as one:
        for part in said:
            one.sendall(part)
        yield one


def answer_of(one: socket.socket) -> bytes:
    """The one answer, whose body is the digit 0."""
    found = b""
    while not found.endswith(b"\r\n\r\n0"):
        block = one.recv(1000)
        assert block, found
        found += block
    return found


def rest_of(one: socket.socket) -> bytes:
    """Everything until the other side closes; the socket's time-out fails the test where it does not."""
    found = b""
    try:
        while block := one.recv(1 << 20):
            found += block
    except ConnectionError:
        pass
    return found


def drip(one: socket.socket) -> bytes:
    """Send a byte at a time until something comes back, or the connection is closed."""
    for _ in range(3000):
        try:
            one.sendall(b"x")
            return one.recv(1000)
        except TimeoutError:
            continue
        except ConnectionError:
            return b""
    raise AssertionError("the connection is still open after 3,000 bytes, a minute")


def test_small_answers_are_sent_at_once() -> None:
    """No write waits for the client to acknowledge the one before (Nagle's algorithm), whoever made the listener."""
    with running(SHORT) as (number, server), opened(number, WHOLE) as one:
        assert answer_of(one).startswith(b"HTTP/1.1 200 ")
        (connection,) = server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_client_does_not_say_itself_where_it_is(port: int) -> None:
    """An address that it makes up would have attempts of its own, also on this machine."""
    made_up = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    with httpx.Client(trust_env=False, timeout=60) as client:
        assert client.get(f"http://127.0.0.1:{port}/who", headers=made_up).text == "127.0.0.1 http"


def test_headers_that_do_not_come_end_the_connection(port: int) -> None:
    """With 408, whether nothing was said, or half of it; opened together, as each only waits for the time-out."""
    begun = [b"", b"G", HALF, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"]
    with ExitStack() as stack:
        waiting = {said: stack.enter_context(opened(port, said)) for said in begun}
        for said, one in waiting.items():
            assert rest_of(one).startswith(b"HTTP/1.1 408 "), said


def test_headers_that_drip_end_the_connection(port: int) -> None:
    """Every byte does not give them more time."""
    with opened(port, HALF) as one:
        one.settimeout(0.02)
        assert drip(one).startswith(b"HTTP/1.1 408 ")


def test_headers_after_a_first_request_have_a_time_out_too(port: int) -> None:
    """One byte of a next request does not hold the connection for good."""
    with opened(port, WHOLE) as one:
        assert answer_of(one).startswith(b"HTTP/1.1 200 ")
        one.sendall(HALF)
        assert rest_of(one) == b""


def test_a_body_that_stops_ends_the_connection(port: int) -> None:
    """Its request is not answered."""
    with opened(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab") as one:
        assert b"200" not in rest_of(one)


def test_a_body_after_its_answer_ends_the_connection(port: int) -> None:
    """What was refused before it was read is not listened to for long, even if it drips."""
    with opened(port, b"POST /at-once HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n") as one:
        assert answer_of(one).startswith(b"HTTP/1.1 200 ")
        one.settimeout(0.02)
        assert drip(one) == b""


def wait_until(is_so: Callable[[], bool]) -> None:
    """Return as soon as something is so."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_slow_body_is_read_to_its_end() -> None:
    """Every piece gives it more time, and the time in which the service itself does not read is not counted."""
    RELEASED.clear()
    with running(ConnectionLimits()) as (port, server), opened(port) as one:
        one.sendall(b"POST /held HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 200010\r\n\r\n")
        wait_until(lambda: len(server.server_state.connections) == 1)
        (connection,) = server.server_state.connections
        assert isinstance(connection, BoundedProtocol)
        for _ in range(10):
            before = connection._deadline
            one.sendall(b"a")
            wait_until(lambda before=before: connection._deadline not in {before, None})  # type: ignore[misc]
        one.sendall(b"a" * 200_000)
        wait_until(lambda: connection.flow.read_paused)
        before = connection._deadline
        connection.loop.call_soon_threadsafe(connection._give_up)
        wait_until(lambda: connection._deadline not in {before, None})
        RELEASED.set()
        assert rest_of(one).endswith(b"\r\n\r\n200010")


def test_an_answer_that_is_not_taken_ends_the_connection() -> None:
    """Its buffers are given back."""
    with running(SHORT) as (port, server), opened(port, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"):
        wait_until(lambda: server.server_state.total_requests == 1)
        wait_until(lambda: not server.server_state.connections)


def test_an_idle_connection_is_kept_for_its_time() -> None:
    """Between two requests a connection is kept as long as the limits say, and no client's pool keeps it longer."""
    with running(ConnectionLimits(idle_seconds=1)) as (port, _), opened(port, WHOLE) as one:
        answer_of(one)
        one.sendall(WHOLE)
        answer_of(one)
        assert rest_of(one) == b""
    assert server_config(answer, ConnectionLimits()).timeout_keep_alive > 60


def test_the_longest_waiting_makes_room() -> None:
    """Above the cap half-sent connections go, the oldest first; requests that are answered stay."""
    RELEASED.clear()
    HELD.clear()
    limits = ConnectionLimits(max_open=4)
    with running(limits) as (port, _), ExitStack() as stack:
        held = stack.enter_context(opened(port, b"GET /held HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        assert HELD.wait(60)
        half = [stack.enter_context(opened(port, HALF)) for _ in range(6)]
        for one in half[:3]:
            assert rest_of(one).startswith(b"HTTP/1.1 503 ")
        for one in half[3:]:
            one.sendall(b" x\r\nConnection: close\r\n\r\n")
            assert rest_of(one).startswith(b"HTTP/1.1 200 ")
        RELEASED.set()
        assert rest_of(held).startswith(b"HTTP/1.1 200 ")


def test_the_cap_follows_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections, those that are just accepted or closed, and 64 files together stay below them."""
    for allowed in (128, 256, 1024, 65_536, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, found=allowed: (found, found))
        limits = limits_of_process()
        assert 4 <= limits.max_open <= 480
        assert allowed == resource.RLIM_INFINITY or limits.max_open + 4 * limits.backlog <= max(allowed - 64, 20)


@pytest.mark.slow
def test_half_sent_requests_do_not_shut_others_out(tmp_path: Path) -> None:
    """With 128 descriptors, 200 of them leave the service answering; it opens files and learns meanwhile."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128));"
        "from midthought.api.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--home", str(tmp_path / "served")]
    environment = os.environ | {"MIDTHOUGHT_ENCODER": "hashing", "MIDTHOUGHT_STARTER": "false"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        found = re.search(r"at (http://\S+)", process.stderr.readline())
        assert found
        url = urlsplit(found[1])
        with ExitStack() as stack:
            for _ in range(200):
                one = stack.enter_context(closing(socket.create_connection((url.hostname, url.port), timeout=60)))
                one.sendall(HALF)
            for number in range(5):
                with httpx.Client(base_url=found[1], timeout=60, trust_env=False) as client:
                    assert client.get("/health/live").status_code == 200
                    trace = {"question": f"Question {number}?", "thought": "I count.", "answer": "1"}
                    counts = client.post("/v1/namespaces/default/trajectories", content=json.dumps(trace)).json()
                    assert counts["job"]["counts"]["stored"] == 1
    finally:
        process.terminate()
        told = process.communicate(timeout=60)[1]
    assert "out of system resource" not in told
    assert "Too many open files" not in told
