"""The proxy with the memory off: the bytes of both sides are relayed unread."""

import gzip
import json
import resource

import httpx
import pytest

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.proxy.relay import answer_with
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings
from midthought.memory.errors import BadSettings

from ..thinking import until
from .chaos_upstream import serve_chaos
from .proxy_place import serve_proxy
from .raw_upstream import RawAnswer, serve_raw

OFF = {"X-Midthought": "off"}
BODY = b'{"model" : "ok",\t"stream":true, "messages":[{"role":"user","content":"\\ud83d\\u0041 1.0e400"}], "n":1.00}'
KEYRING = Keyring((ApiKey("all"), ApiKey("ada", ("ada",)), ApiKey("two", ("ada", "bob"))))


def ask(url: str, content: bytes = BODY, path: str = "/v1/chat/completions", **headers: str | bytes) -> httpx.Response:
    """The answer to a POST with the memory off."""
    named = {"content-type": "application/json", **OFF, **headers}
    sent = [(name.encode(), value.encode() if isinstance(value, str) else value) for name, value in named.items()]
    return httpx.post(url + path, content=content, headers=sent)


def chat(model: str, **more: object) -> bytes:
    """The body of a streamed chat with the upstream of the chaos tests."""
    return json.dumps(
        {"model": model, "stream": True, "messages": [{"role": "user", "content": "canary-a"}], **more}
    ).encode()


@pytest.mark.parametrize(
    "fault", ["ok", "drip", "gzip", "no-done", "garbage", "wrong-type", "http10", "status-429", "error-event"]
)
def test_the_bytes_are_those_of_the_upstream(memory: Memory, fault: str) -> None:
    """Status, body as it was encoded, and every header that is not of the connection."""
    seen: list[tuple[int, bytes, dict[str, str]]] = []
    with serve_chaos() as chaos, serve_proxy(memory, chaos.url) as proxy, httpx.Client() as client:
        for base in (chaos.url, proxy.url):
            path = f"{base}/v1/chat/completions"
            with client.stream("POST", path, content=chat(fault), headers=OFF) as answer:
                raw = b"".join(answer.iter_raw())
                seen.append((answer.status_code, raw, dict(answer.headers)))
    (status, raw, headers), (status_there, raw_there, headers_there) = seen
    assert (status, raw) == (status_there, raw_there)
    kept = {name: value for name, value in headers.items() if name not in ("transfer-encoding", "connection")}
    assert kept.items() <= headers_there.items()
    assert headers_there["x-midthought"] == "off"


def test_the_names_of_the_upstream_stay_its_own(memory: Memory) -> None:
    """Its request id is what its log has; headers of a proxy like this one are not passed off as ours."""
    answer = RawAnswer(headers=(("x-request-id", "req-7"), ("x-midthought", "on"), ("x-midthought-run", "run-7")))
    with serve_raw(lambda _: answer) as upstream, serve_proxy(memory, upstream.url) as proxy:
        got = ask(proxy.url)
    assert (got.headers["x-request-id"], got.headers["x-midthought"]) == ("req-7", "off")
    assert "x-midthought-run" not in got.headers


def test_a_body_goes_up_as_it_came(memory: Memory) -> None:
    """Byte for byte, also one that is no JSON; our own headers, and those of the connection, stay here."""
    bodies = (BODY, b"\xff no JSON", b"", gzip.compress(BODY))
    with serve_raw() as upstream, serve_proxy(memory, f"{upstream.url}/v1/") as proxy:
        for content in bodies:
            ask(proxy.url, content, **{"X-Custom": b"kept \xe9", "Connection": "x-hop", "X-Hop": "dropped"})
    assert [one.body for one in upstream.asked] == list(bodies)
    for one in upstream.asked:
        assert (one.path, one.headers["x-custom"]) == ("/v1/chat/completions", "kept é")
        assert not {"x-midthought", "x-hop"} & one.headers.keys()
        assert one.headers["host"] == upstream.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models"),
        ("HEAD", "/v1/models"),
        ("GET", "/v1/models/org%2Fname?full=1"),
        ("GET", "/v1/models/org/name"),
        ("POST", "/v1/embeddings"),
        ("GET", "/v1/responses/resp_1?stream=true"),
        ("DELETE", "/v1/responses/resp_1"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("POST", "/v1/messages/count_tokens"),
    ],
)
def test_other_paths_are_relayed_as_they_are(memory: Memory, method: str, path: str) -> None:
    """With their method, escapes and query; also under a namespace, which does not go up."""
    answer = RawAnswer(
        418, b'{"short": "stout"}', (("content-type", "application/json"), ("x-two", "1"), ("x-two", "2"))
    )
    with serve_raw(lambda _: answer) as upstream, serve_proxy(memory, upstream.url) as proxy:
        for given in (path, path.replace("/v1", "/v1/namespaces/ada", 1)):
            got = httpx.request(method, proxy.url + given, content=b"{}" if method == "POST" else b"")
            assert (got.status_code, got.content) == (418, b"" if method == "HEAD" else answer.body)
            assert got.headers["content-length"] == str(len(answer.body))
            assert got.headers.get_list("x-two") == ["1", "2"]
    asked = "GET" if method == "HEAD" else method  # as the service does for its own: no model server has HEAD
    assert [(one.method, one.path) for one in upstream.asked] == [(asked, path)] * 2


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/../../admin",
        "/v1/models/%2e%2e/admin",
        "/v1/models/a%2F..%2F..%2Fadmin",
        "/v1/models/..%5C..%5Cadmin",
        "/v1/namespaces/ada%2Fmodels/files/file-1/content",
        "/v1/namespaces%2Fada/models",
        "/v1/%6eamespaces/ada/models",
    ],
)
def test_no_path_leaves_the_routes(memory: Memory, path: str) -> None:
    """Dots that a server may follow upwards are refused, and escapes that would move the end of the namespace."""
    with serve_raw() as upstream, serve_proxy(memory, upstream.url) as proxy:
        host = httpx.URL(proxy.url)
        request = httpx.Request("GET", host, extensions={"target": path.encode()})
        with httpx.Client() as client:
            assert client.send(request).status_code == 404
    assert upstream.asked == []


KEY_CASES = [
    ("Bearer all", "", 200, "Bearer up"),
    ("bearer  ada", "", 200, "Bearer up"),
    ("", "ada", 200, "Bearer up"),
    ("Bearer nobody", "", 401, ""),
    ("", "nobody", 401, ""),
    ("", "", 401, ""),
]


@pytest.mark.parametrize(("bearer", "other", "status", "sent"), KEY_CASES)
def test_a_key_of_ours_never_goes_up(memory: Memory, bearer: str, other: str, status: int, sent: str) -> None:
    """It stands where either client puts it; the upstream gets its own."""
    headers = {"authorization": bearer, "x-api-key": other}
    given = {name: value for name, value in headers.items() if value}
    with (
        serve_raw() as upstream,
        serve_proxy(memory, upstream.url, api_keys=KEYRING, upstream_key="up", namespace="ada") as proxy,
    ):
        got = ask(proxy.url, **given)
    assert got.status_code == status
    assert [one.headers["authorization"] for one in upstream.asked] == ([sent] if sent else [])
    assert [one.headers.get("x-api-key") for one in upstream.asked] == ([("up" if other else None)] if sent else [])
    if status == 401:
        assert got.json()["error"]["type"] == "authentication_error"
        assert got.headers["www-authenticate"] == "Bearer"


def test_a_key_of_ours_does_not_go_up_without_another(memory: Memory) -> None:
    """An upstream without keys is sent none."""
    with serve_raw() as upstream, serve_proxy(memory, upstream.url, api_keys=KEYRING) as proxy:
        assert ask(proxy.url, authorization="Bearer all", cookie="key=all").status_code == 200
    assert not {"authorization", "x-api-key", "cookie"} & upstream.asked[0].headers.keys()


@pytest.mark.parametrize("upstream_key", ["", "up"])
def test_without_keys_of_ours_that_of_the_caller_goes_up(memory: Memory, upstream_key: str) -> None:
    """Unless the service has one for the upstream."""
    with serve_raw() as upstream, serve_proxy(memory, upstream.url, upstream_key=upstream_key) as proxy:
        ask(proxy.url, authorization="Bearer mine")
        ask(proxy.url, path="/v1/messages", **{"x-api-key": "mine"})
    first, second = (one.headers for one in upstream.asked)
    assert first["authorization"] == f"Bearer {upstream_key or 'mine'}"
    assert second["x-api-key"] == (upstream_key or "mine")


NAMESPACE_CASES = [
    ("ada", "", 200),
    ("two", "", 403),
    ("two", "bob", 200),
    ("ada", "bob", 403),
    ("all", "anything", 200),
    ("all", "", 200),
    ("all", "No!", 400),
]


@pytest.mark.parametrize(("key", "named", "status"), NAMESPACE_CASES)
def test_a_namespace_is_said_by_path_or_key(memory: Memory, key: str, named: str, status: int) -> None:
    """A key of one namespace needs no path; another must open what the path, or the setting, names."""
    path = f"/v1/namespaces/{named}/chat/completions" if named else "/v1/chat/completions"
    with serve_raw() as upstream, serve_proxy(memory, upstream.url, api_keys=KEYRING) as proxy:
        got = ask(proxy.url, path=path, authorization=f"Bearer {key}")
    assert got.status_code == status
    assert len(upstream.asked) == (status == 200)
    if (key, named) == ("two", ""):
        assert "/v1/namespaces/ada" in got.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "outer"),
    [("/v1/chat/completions", None), ("/v1/completions", None), ("/v1/messages", "error"), ("/v1/responses", "error")],
)
def test_an_upstream_that_is_not_there(memory: Memory, path: str, outer: str | None) -> None:
    """502 in the shape that the clients of the path know."""
    with serve_proxy(memory, "http://127.0.0.1:9") as proxy:
        got = ask(proxy.url, path=path)
    error = got.json()["error"]
    assert (got.status_code, got.json().get("type")) == (502, outer)
    assert (error["type"], error["code"], error["param"]) == ("upstream_error", "upstream-unreachable", None)
    assert "http://127.0.0.1:9" in error["message"]


@pytest.mark.parametrize("fault", ["cut-before-head", "cut-in-head", "garbage-head"])
def test_an_upstream_that_breaks_off_before_its_answer(memory: Memory, fault: str) -> None:
    """502 as well."""
    with serve_chaos() as chaos, serve_proxy(memory, chaos.url) as proxy:
        got = ask(proxy.url, chat(fault))
    assert (got.status_code, got.json()["error"]["code"]) == (502, "upstream-unreachable")


def test_a_status_that_is_none(memory: Memory) -> None:
    """502, and no connection that ends without an answer."""
    with serve_raw(lambda _: RawAnswer(999)) as upstream, serve_proxy(memory, upstream.url) as proxy:
        got = ask(proxy.url)
    assert (got.status_code, got.json()["error"]["code"]) == (502, "upstream-unreachable")
    assert "999" in got.json()["error"]["message"]


def test_a_length_beside_chunks_is_not_believed() -> None:
    """The chunks tell where the body ends, to the client as to the proxy."""
    response = httpx.Response(200, headers={"transfer-encoding": "chunked", "content-length": "3", "x-a": "1"})
    assert list(answer_with(response).headers) == [("x-a", "1")]


def test_an_upstream_that_is_too_slow(memory: Memory) -> None:
    """504 after the time that a silence may last."""
    with serve_chaos() as chaos, serve_proxy(memory, chaos.url, upstream_timeout=0.2) as proxy:
        got = ask(proxy.url, chat("silence-before-head"))
    assert (got.status_code, got.json()["error"]["code"]) == (504, "upstream-timeout")


@pytest.mark.parametrize("fault", ["cut-after-event", "silence"])
def test_a_stream_that_breaks_off_ends_with_an_error(memory: Memory, fault: str) -> None:
    """As an event, between two events; no [DONE] follows."""
    with serve_chaos() as chaos, serve_proxy(memory, chaos.url, upstream_timeout=0.3) as proxy:
        got = ask(proxy.url, chat(fault))
    last = got.text.removesuffix("\n\n").rpartition("\n\n")[2]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "upstream-broke"
    assert "[DONE]" not in got.text


def test_a_stream_of_a_known_length_is_not_made_longer(memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    """It ends where the upstream broke off, between two events as well; the log has one line, and no traceback."""
    events = RawAnswer(body=b"data: {}\n\n", headers=(("content-type", "text/event-stream"),), missing=100)
    with serve_raw(lambda _: events) as upstream, serve_proxy(memory, upstream.url) as proxy:
        with pytest.raises(httpx.RemoteProtocolError):
            ask(proxy.url)
        until(lambda: proxy.service.running == 0)
    assert [one for one in caplog.records if one.exc_info] == []
    assert "broke off in the middle" in caplog.text


@pytest.mark.parametrize("fault", ["cut-mid-event", "cut-mid-character", "cut-in-chunk"])
def test_an_event_that_breaks_off_is_not_completed(memory: Memory, fault: str) -> None:
    """The connection ends in the middle of the body, which no client takes for its end."""
    with serve_chaos() as chaos, serve_proxy(memory, chaos.url) as proxy, pytest.raises(httpx.RemoteProtocolError):
        ask(proxy.url, chat(fault))


def test_a_client_that_leaves_ends_the_request_above(memory: Memory) -> None:
    """Before the first byte and in the middle of a stream; nothing is left behind."""
    with serve_chaos() as chaos, serve_proxy(memory, chaos.url) as proxy:
        with httpx.Client(timeout=0.3) as client, pytest.raises(httpx.ReadTimeout):
            client.post(f"{proxy.url}/v1/chat/completions", content=chat("silence-before-head"), headers=OFF)
        until(lambda: chaos.counts.left == 1)
        with (
            httpx.Client() as client,
            client.stream(
                "POST", f"{proxy.url}/v1/chat/completions", content=chat("ok?words=5000&pause=0.01"), headers=OFF
            ) as answer,
        ):
            next(answer.iter_raw())
        until(lambda: chaos.counts.left == 2)
        until(lambda: proxy.service.running == 0)


def test_a_slow_reader_does_not_fill_the_memory(memory: Memory) -> None:
    """The upstream waits: of a long answer only what fits the buffers of connections is taken ahead."""
    size = 192 << 20
    with (
        serve_raw(lambda _: RawAnswer(body=b"x" * size)) as upstream,
        serve_proxy(memory, upstream.url) as proxy,
        httpx.Client(timeout=60) as client,
        client.stream("POST", f"{proxy.url}/v1/embeddings", content=b"{}") as answer,
    ):
        pieces = answer.iter_raw()
        taken = len(next(pieces))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        taken += sum(map(len, pieces))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert taken == size
    assert (after - before) << 10 < size // 3


def test_a_body_may_be_as_large_as_an_upload(memory: Memory) -> None:
    """A conversation with images is more than the 8 MiB of other requests; more than the setting is refused."""
    with serve_raw() as upstream, serve_proxy(memory, upstream.url, max_body_mb=9) as proxy:
        assert ask(proxy.url, b" " * (8 << 20 | 1)).status_code == 200
        got = ask(proxy.url, b" " * (9 << 20 | 1))
    assert (got.status_code, got.json()["error"]["code"]) == (413, "too-large")
    assert len(upstream.asked) == 1


def test_a_mode_that_does_not_exist(memory: Memory) -> None:
    """Is said, and nothing goes up."""
    with serve_raw() as upstream, serve_proxy(memory, upstream.url) as proxy:
        got = ask(proxy.url, **{"X-Midthought": "perhaps"})
    assert (got.status_code, got.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "on, shadow, off, got 'perhaps'" in got.json()["error"]["message"]
    assert upstream.asked == []


def test_the_setting_decides_for_requests_that_do_not(memory: Memory) -> None:
    """With `off`, a request without a header is relayed unread."""
    with serve_raw() as upstream, serve_proxy(memory, upstream.url, proxy_mode="off") as proxy:
        got = httpx.post(f"{proxy.url}/v1/chat/completions", content=BODY)
    assert got.headers["x-midthought"] == "off"
    assert upstream.asked[0].body == BODY


def test_a_service_without_an_upstream_has_no_such_paths(memory: Memory) -> None:
    """The answer says why, as clients of a model server expect errors; other paths that are not there are as before."""
    from midthought.api.rest.app import create_app

    from ..thinking import on_socket

    with on_socket(create_app(memory, Settings())) as url:
        got, other = ask(url), httpx.get(f"{url}/v1/nothing")
    assert (got.status_code, got.json()["error"]["code"]) == (404, "no-upstream")
    assert "--upstream" in got.json()["error"]["message"]
    assert (other.status_code, other.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "url", ["localhost:8000", "http://", "http://h/v1/chat/completions", "http://h/v1?key=1", "http://u:p@h/v1"]
)
def test_an_upstream_that_is_no_base_url(url: str) -> None:
    """Is an error of the settings that names it."""
    with pytest.raises(BadSettings, match="'upstream'"):
        Settings(upstream=url)


def test_a_key_without_an_upstream() -> None:
    """Is an error of the settings, which does not repeat it."""
    with pytest.raises(BadSettings, match="'upstream_key' needs 'upstream'"):
        Settings(upstream_key="secret")
    assert "secret" not in repr(Settings(upstream="http://h", upstream_key="secret"))
