"""An encoder behind an endpoint, against a real server that answers as servers do."""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest

from midthought.memory.errors import BadSettings, Unreachable
from midthought.retrieval.answer_deadline import AnswerDeadline
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.encoders.openai_endpoint import OpenAIEncoder
from midthought.retrieval.encoders.query_batching import QueryBatching
from midthought.retrieval.encoders.registry import EncoderEndpoint

from ..embeddings_server import KEY, EmbeddingsServer, serve_embeddings

TEXTS = ["How do I count arrangements?", "ünïcode ∑", "lone \ud800 surrogate", ""]


@pytest.fixture
def server() -> Iterator[EmbeddingsServer]:
    """A server of its own for every test."""
    with serve_embeddings() as served:
        yield served


def make(server: EmbeddingsServer, sleeps: list[float] | None = None, **options: Any) -> OpenAIEncoder:
    """Return an encoder of that server which does not wait; its pauses are appended to `sleeps`."""
    pauses = [] if sleeps is None else sleeps
    return OpenAIEncoder(replace(EncoderEndpoint(server.url, "tiny"), **options), sleep=pauses.append)


def assert_pauses(sleeps: list[float], least: list[float]) -> None:
    """Each pause is the expected one or up to a quarter longer, by chance."""
    assert len(sleeps) == len(least)
    assert all(expected <= pause <= 1.25 * expected for pause, expected in zip(sleeps, least, strict=True))


@pytest.mark.parametrize("way", ["plain", "base64", "shuffled"])
def test_rows_are_those_of_the_server(server: EmbeddingsServer, way: str) -> None:
    """Numbers or base64, in any order: unit rows in the order of the texts, in batches."""
    server.way = way
    encoder = make(server, batch=2)
    rows = encoder.encode_documents(TEXTS)
    expected = HashingEncoder(48).encode_documents([*TEXTS[:2], "lone ? surrogate", " "])
    assert rows == pytest.approx(expected, abs=1e-6)
    assert (encoder.identity.name, encoder.identity.dimension) == ("openai:tiny", 48)
    assert [len(body["input"]) for body in server.bodies] == [1, 2, 2]
    assert encoder.encode_queries([]).shape == (0, 48)


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("", "/v1/embeddings"),
        ("/", "/v1/embeddings"),
        ("/v1", "/v1/embeddings"),
        ("/v1/", "/v1/embeddings"),
        ("/v1/embeddings", "/v1/embeddings"),
        ("/v1beta/openai/", "/v1beta/openai/embeddings"),
    ],
)
def test_the_base_is_written_as_people_do(server: EmbeddingsServer, base: str, path: str) -> None:
    """With and without /v1, with a slash at the end, or the whole address."""
    make(server, url=server.url + base).encode_queries(["a"])
    assert set(server.paths) == {path}


def test_prefixes_and_dimension_are_sent_and_identify(server: EmbeddingsServer) -> None:
    """Each prefix stands before its texts; model, prefixes and dimension change the digest, the URL does not."""
    encoder = make(server, query_prefix="query: ", document_prefix="passage: ", dimension=16)
    assert encoder.encode_queries(["a"]).shape == encoder.encode_documents(["b"]).shape == (1, 16)
    assert [body["input"] for body in server.bodies] == [["query: a"], ["passage: b"]]
    assert {body["dimensions"] for body in server.bodies} == {16}
    plain = EncoderEndpoint(server.url, "tiny", dimension=16)
    others = [
        plain,
        replace(plain, query_prefix="query: "),
        replace(plain, document_prefix="query: "),
        replace(plain, dimension=17),
        replace(plain, model="other"),
    ]
    assert len({OpenAIEncoder(one).identity.digest for one in others}) == 5
    moved = replace(plain, url="https://elsewhere.example/v1", key="k", batch=1)
    assert OpenAIEncoder(moved).identity == OpenAIEncoder(plain).identity
    assert "dimensions" not in (make(server).identity, server.bodies[-1])[1]
    assert make(server, dimension=48).identity == make(server).identity


def test_the_key_is_sent_and_never_shown(server: EmbeddingsServer, caplog: pytest.LogCaptureFixture) -> None:
    """The server takes it; it is in no log, no repr, and no error, even if the server repeats it."""
    caplog.set_level(logging.DEBUG)
    server.needs_key = True
    assert make(server, key=KEY).encode_queries(["a"]).shape == (1, 48)
    server.planned = [(403, f"no access for {KEY}".encode())]
    with pytest.raises(Unreachable, match=r"no access for \*{8}") as refused:
        make(server, key=KEY).encode_queries(["a"])
    assert KEY not in caplog.text + repr(EncoderEndpoint(key=KEY)) + str(refused.value)


def test_a_wrong_key_is_told_at_once(server: EmbeddingsServer) -> None:
    """Status 401 is not repeated; the error names the address, the model, the status and what the server says."""
    server.needs_key = True
    sleeps: list[float] = []
    with pytest.raises(Unreachable) as caught:
        make(server, sleeps, key="wrong").encode_queries(["a"])
    for part in (f"{server.url}/v1/embeddings", "'tiny'", "status 401", "Incorrect API key"):
        assert part in str(caught.value)
    assert (sleeps, len(server.bodies)) == ([], 1)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_refusal_for_now_is_repeated(server: EmbeddingsServer, status: int) -> None:
    """With growing pauses, until the answer comes."""
    server.planned = [(status, b"later")] * 3
    sleeps: list[float] = []
    assert make(server, sleeps, dimension=8).encode_queries(["a"]).shape == (1, 8)
    assert_pauses(sleeps, [0.5, 1.0, 2.0])


def test_the_pause_a_server_asks_for_is_kept(server: EmbeddingsServer) -> None:
    """``Retry-After`` in seconds or as a date, up to the maximum; a date that is past asks for no pause."""
    sleeps: list[float] = []
    for asked in ("7", "9999", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2099 07:28:00 GMT"):
        server.headers = {"retry-after": asked}
        server.planned = [(429, b"")]
        make(server, sleeps, dimension=8).encode_queries(["a"])
    assert_pauses(sleeps, [7.0, 30.0, 0.5, 30.0])


def test_repeats_end(server: EmbeddingsServer) -> None:
    """After the retries the last refusal is told."""
    server.planned = [(503, b"loading the model")] * 9
    with pytest.raises(Unreachable, match="status 503: loading the model"):
        make(server, retries=2).encode_queries(["a"])
    assert len(server.bodies) == 3


def test_who_waits_for_a_dead_server_is_told_with_the_others(server: EmbeddingsServer) -> None:
    """A server fails three times in a row: queries do not ask it for a second, documents do, and refused texts do not
    count.
    """
    encoder = make(server, retries=0, dimension=48)
    queries = QueryBatching(encoder)
    server.planned = [(503, b"")] * 3
    for n in range(12):
        with pytest.raises(Unreachable, match="status 503" if n < 3 else "3 times in a row"):
            queries.encode_queries([f"query {n}"])
    assert len(server.bodies) == 3
    encoder.encode_documents(["a document is tried all the same"])
    encoder._queries._last -= 1
    assert queries.encode_queries(["query"]).shape == (1, 48)
    server.planned = [(400, b"too long")] * 5
    for n in range(5):
        with pytest.raises(Unreachable, match="too long"):
            queries.encode_queries([f"long {n}"])
    assert queries.encode_queries(["another"]).shape == (1, 48)


def test_a_server_that_is_not_there_is_named() -> None:
    """Lost connections are repeated, then told with the address."""
    with serve_embeddings() as gone:
        url = gone.url
    sleeps: list[float] = []
    with pytest.raises(Unreachable, match=f"{url}/v1/embeddings.*no answer.*ConnectError"):
        OpenAIEncoder(EncoderEndpoint(url, "tiny", retries=1), sleep=sleeps.append).encode_queries(["a"])
    assert_pauses(sleeps, [0.5])


def test_an_answer_that_never_begins_is_none() -> None:
    """One header after the other, each in time: the time-out holds for all of them together."""
    with serve_endless_headers() as url, pytest.raises(Unreachable, match="ReadTimeout"):
        OpenAIEncoder(EncoderEndpoint(url, "tiny", timeout=0.5, retries=0)).encode_queries(["a"])


def test_the_deadline_is_that_of_one_answer() -> None:
    """It ends with the headers, or with the whole of a short answer; the next answer has its own."""
    times = iter((10.0, 11.0, 99.0, 100.0, 102.0, 200.0, 201.5))
    deadline, asked = AnswerDeadline(2.0, clock=lambda: next(times)), []

    class Stream:
        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            asked.append(timeout)
            return b""

    stream = Stream()
    deadline.trace("connection.connect_tcp.complete", {"return_value": stream})
    for state in ("started", "complete", "started"):
        stream.read(1, timeout=5.0)
        deadline.trace(f"http11.receive_response_headers.{state}", {})
    stream.read(1, timeout=5.0)
    with pytest.raises(httpx.ReadTimeout, match="did not come within 2 seconds"):
        stream.read(1, timeout=5.0)
    with deadline.whole():
        for state in ("started", "complete"):
            deadline.trace(f"http11.receive_response_headers.{state}", {})
        stream.read(1, timeout=5.0)
    stream.read(1, timeout=5.0)
    assert asked == [5.0, 1.0, 5.0, 1.0, 0.5, 5.0]


@contextmanager
def serve_endless_headers() -> Iterator[str]:
    """A server that begins to answer, and sends headers for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    connection.sendall(b"x-more: 1\r\n")
                    time.sleep(0.05)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>hello</html>",
        b"[]",
        b"{}",
        b'{"data": null}',
        b'{"data": [3]}',
        b'{"data": [{"index": 0}]}',
        b'{"data": [{"index": 0, "embedding": "?"}]}',
        b'{"data": [{"index": 0, "embedding": []}]}',
        b'{"data": [{"index": 0, "embedding": 3}]}',
        b'{"data": [{"index": 0, "embedding": ["a"]}]}',
        b'{"data": [{"index": 0, "embedding": [1e999, 1]}]}',
        b'{"data": [{"index": 1, "embedding": [1, 1]}]}',
        b'{"data": [{"index": 0, "embedding": [[1, 1]]}]}',
    ],
)
def test_what_are_no_vectors_is_told(server: EmbeddingsServer, answer: bytes) -> None:
    """An answer that is not JSON or holds no vectors is named with its start; nothing else is raised."""
    server.planned = [(200, answer)]
    with pytest.raises(Unreachable, match="in the answer"):
        make(server).encode_queries(["a"])


@pytest.mark.parametrize("way", ["short", "zero"])
def test_missing_vectors_are_told(server: EmbeddingsServer, way: str) -> None:
    """Fewer vectors than texts, or vectors of no length, are refused."""
    server.way = way
    with pytest.raises(Unreachable, match="in the answer"):
        make(server, dimension=8).encode_documents(["a", "b"])


def test_another_dimension_is_told(server: EmbeddingsServer) -> None:
    """A server that ignores the dimension asked for, or changed its model, is found out."""
    server.planned = [(200, b'{"data": [{"index": 0, "embedding": [3, 4]}]}')]
    with pytest.raises(Unreachable, match="vectors have 2 dimensions, not 8"):
        make(server, dimension=8).encode_queries(["a"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": ""}, "needs the settings 'encoder_url' and 'encoder_model'"),
        ({"model": ""}, "needs the settings"),
        ({"url": "localhost:8000"}, "must start with http"),
        ({"url": "http://"}, "must start with http"),
        ({"url": "http://me:pass@host"}, "must hold no user or password"),
        ({"url": "http://[::"}, "is no URL"),
        ({"key": "ключ"}, "printable ASCII"),
        ({"dimension": 0}, "must be 1 or more"),
    ],
)
def test_impossible_settings_are_named(options: dict[str, Any], message: str) -> None:
    """Before any request."""
    with pytest.raises(BadSettings, match=message):
        OpenAIEncoder(EncoderEndpoint(**{"url": "http://host", "model": "tiny"} | options))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_has_its_own_connections(server: EmbeddingsServer) -> None:
    """Parent and child both encode after a fork."""
    encoder = make(server)
    rows = encoder.encode_queries(["a"])
    child = os.fork()
    if child == 0:
        same = encoder._server._client is None and np.array_equal(encoder.encode_queries(["a"]), rows)
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert np.array_equal(encoder.encode_queries(["a"]), rows)
