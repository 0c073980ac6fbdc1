"""How much one caller may ask for: per second, at once, in one request, and with keys that are refused."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from midthought.api.caller_key import NOBODY, CallerKey
from midthought.api.explorer.key_cookie import COOKIE
from midthought.api.explorer.paths import SIGN_IN
from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.rest.caller_limits import CallerLimits
from midthought.api.rest.refused_keys import Attempts, address_of
from midthought.api.rest.token_buckets import Quota, TokenBuckets
from midthought.api.settings import Settings
from midthought.memory.errors import Overloaded

from .conftest import LESSON, ServiceTransport, service_over

KEYS = Keyring((ApiKey("key-of-alice", ("alice",)), ApiKey("key-of-bob", ("bob",))))
FREE = Attempts(None)
QUOTA = Quota(rate=2, burst=4)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 3)), max_size=60))
def test_no_caller_gets_more_than_its_quota(asked: list[tuple[str, float]]) -> None:
    """In any span of time it takes its burst and what was gained meanwhile at most; nobody takes it from another."""
    buckets, now, taken = TokenBuckets(QUOTA), 0.0, dict[str, list[float]](a=[], b=[], c=[])
    for caller, later in asked:
        now += later
        balance = buckets.take(caller, now)
        spent = [one for one in taken[caller] if one > now - QUOTA.burst / QUOTA.rate]
        if balance.wait == 0:
            taken[caller].append(now)
        else:
            assert len(spent) >= 1
            assert buckets.take(caller, now + balance.wait + 1e-6).wait == 0
            now += balance.wait + 1e-6
            taken[caller].append(now)
    for times in taken.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                allowed = QUOTA.burst + QUOTA.rate * (times[last] - times[first])
                assert last - first + 1 <= allowed + 1e-6


def test_callers_beyond_the_table_share_one_bucket() -> None:
    """However many there are, the table does not grow, and none of them gets a bucket of its own by that."""
    buckets = TokenBuckets(QUOTA, max_callers=10)
    assert sum(buckets.take(f"caller {number}", 0.0).wait == 0 for number in range(1000)) == 10 + QUOTA.burst
    assert buckets.callers == 11
    assert buckets.take("caller 0", 0.0).left == 2
    assert buckets.take("a new one, later", 60.0).left == QUOTA.burst - 1
    assert buckets.callers == 1


def ask(limits: CallerLimits, *, key: CallerKey | None, path: str = "/v1/x") -> Any:
    """The start and the body of the answer to one request."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "path": path, "method": "POST", "headers": [], "state": {"midthought_key": key}}
    asyncio.run(limits(scope, receive, send))  # type: ignore[arg-type]  # the parts of a scope that are read
    return sent


def test_requests_at_once_are_counted_until_their_stream_ends() -> None:
    """A second one is refused while the first streams, and let in behind it; other keys and health checks are not."""
    seen: list[int] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/outer":
            for key, path in ((alice, "/v1/x"), (CallerKey("b"), "/v1/x"), (alice, "/health/live"), (NOBODY, "/_/x")):
                inner: list[Any] = []

                async def keep(message: Any, inner: list[Any] = inner) -> None:
                    inner.append(message)

                await limits({**scope, "path": path, "state": {"midthought_key": key}}, receive, keep)
                seen.append(inner[0]["status"])
        await send({"type": "http.response.body", "body": b"x"})

    alice = CallerKey("a")
    limits = CallerLimits(stream, settings=Settings(key_concurrency=1), attempts=FREE)
    assert ask(limits, key=alice, path="/outer")[0]["status"] == 200
    assert seen == [429, 200, 200, 200]
    assert ask(limits, key=alice)[0]["status"] == 200


def test_a_request_that_fails_is_not_counted_for_ever() -> None:
    """Nor one whose caller goes away."""

    async def fail(_: Scope, __: Receive, ___: Send) -> None:
        raise asyncio.CancelledError

    limits = CallerLimits(fail, settings=Settings(key_concurrency=1), attempts=FREE)
    for _ in range(2):
        with pytest.raises(asyncio.CancelledError):
            ask(limits, key=CallerKey("a"))


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    """A service with two keys, each for three requests in a row, before a model server that is not there."""
    for name in ("alice", "bob"):
        memory.create_namespace(name)
    settings = Settings(api_keys=KEYS, key_rate=0.001, key_burst=3, key_attempts=4, upstream="http://127.0.0.1:9")
    with TestClient(service_over(memory, settings), base_url="http://127.0.0.1") as opened:
        yield opened


def as_(name: str) -> dict[str, str]:
    """The header with a key."""
    return {"Authorization": f"Bearer key-of-{name}"}


def test_a_key_has_a_rate(client: TestClient) -> None:
    """Answers say what is left; beyond it they say when to come again, in the form of each path. Others go on."""
    place = "/v1/namespaces/alice/stats"
    told = [client.get(place, headers=as_("alice")) for _ in range(4)]
    assert [one.status_code for one in told] == [200, 200, 200, 429]
    assert [one.headers["ratelimit"].partition(";t=")[0] for one in told] == [
        f'"key";r={left}' for left in (2, 1, 0, 0)
    ]
    assert told[0].headers["ratelimit-policy"] == '"key";q=3;w=3000'
    assert told[3].json()["type"] == "urn:midthought:problem:too-many-requests"
    assert 0 < int(told[3].headers["retry-after"]) <= 1000
    chat = client.post("/v1/chat/completions", json={}, headers=as_("alice"))
    assert (chat.status_code, chat.json()["error"]["type"]) == (429, "rate_limit_error")
    assert (chat.json()["error"]["code"], int(chat.headers["retry-after"]) > 0) == ("too-many-requests", True)
    messages = client.post("/v1/messages", json={}, headers={"x-api-key": "key-of-alice"})
    assert (messages.status_code, messages.json()["type"]) == (429, "error")
    page = client.get("/explore/alice", headers=as_("alice") | {"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert client.get("/v1/namespaces/bob/stats", headers=as_("bob")).status_code == 200
    assert all(client.get("/health/live", headers=as_("alice")).status_code == 200 for _ in range(9))


def test_a_client_raises_that_it_must_wait(client: TestClient) -> None:
    """If the service asks for more patience than the client has."""
    with Client("http://127.0.0.1", api_key="key-of-alice", transport=ServiceTransport(client)) as here:
        for _ in range(3):
            here.stats(namespace="alice")
        with pytest.raises(Overloaded, match="or 3 in a row"):
            here.stats(namespace="alice")


def test_keys_are_not_guessed_quickly(client: TestClient) -> None:
    """Beyond the limit no further key is told to be good, by no path; who was let in before goes on."""
    place = "/v1/namespaces/bob/stats"
    assert client.get(place, headers=as_("bob")).status_code == 200
    told = [client.get(place, headers=as_(f"nobody-{number}")).status_code for number in range(6)]
    assert told == [401] * 4 + [429] * 2
    form = {"Sec-Fetch-Site": "same-origin"}
    cookie = {"Cookie": f"{COOKIE}=a2V5LW9mLWFsaWNl", "Accept": "text/html"}  # key-of-alice
    guesses = [
        client.get("/v1/namespaces/alice/stats", headers=as_("alice")),
        client.post("/v1/messages", json={}, headers={"x-api-key": "key-of-alice"}),
        client.post("/explore/_/sign-in", data={"key": "key-of-alice"}, headers=form, follow_redirects=False),
        client.get("/explore/_/sign-in", headers=cookie, follow_redirects=False),
        client.get("/explore/alice", headers=cookie, follow_redirects=False),
    ]
    assert [(one.status_code, "retry-after" in one.headers) for one in guesses] == [(429, True)] * 5
    assert client.get(place, headers=as_("bob")).status_code == 200
    assert client.get(place).status_code == 401
    assert client.get("/health/live").status_code == 200


def test_the_form_and_the_cookie_are_attempts(client: TestClient) -> None:
    """A person who is led to the form has sent a key that is not good."""
    form = {"Sec-Fetch-Site": "same-origin"}
    for _ in range(2):
        assert client.post("/explore/_/sign-in", data={"key": "x"}, headers=form).status_code == 403
        led = client.get("/explore/alice", headers={"Cookie": f"{COOKIE}=eHh4"}, follow_redirects=False)
        assert led.status_code == 303
    assert client.get("/v1/namespaces/alice/stats", headers=as_("alice")).status_code == 429


@pytest.mark.parametrize("path", ["/mcp", "/mcp/alice", "/v1/namespaces/alice/recall", SIGN_IN])
def test_a_client_that_goes_away_is_no_error_of_the_service(memory: Memory, path: str) -> None:
    """Its body ended in the middle: nothing is raised, which would log a traceback, and no answer says 5xx."""
    app = service_over(memory)
    coming: list[Any] = [{"type": "http.request", "body": b'{"qu', "more_body": True}, {"type": "http.disconnect"}]
    statuses: list[int] = []

    async def receive() -> Any:
        return coming.pop(0) if len(coming) > 1 else coming[0]

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"100")]
    if path == SIGN_IN:
        headers[1] = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    asyncio.run(app(scope, receive, send))
    assert max(statuses, default=0) < 500


def test_addresses_are_told_apart_by_what_a_customer_has() -> None:
    """All of an IPv6 network of 64 bits are one, and an IPv4 address is one whichever way it is written."""
    hosts = ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1", "::ffff:10.0.0.1", "10.0.0.1", "fe80::1%eth0", "x")
    found = [address_of({"client": (host, 1)}) for host in hosts]
    assert found == ["2001:db8::", "2001:db8::", "2001:db8:0:1::", "10.0.0.1", "10.0.0.1", "fe80::", "x"]


def test_without_keys_nothing_is_limited_unless_it_is_set(memory: Memory) -> None:
    """Then all callers share what is set."""
    for rate, last in ((None, 200), (0.001, 429)):
        app = service_over(memory, Settings(key_rate=rate, key_burst=2))
        with TestClient(app, base_url="http://127.0.0.1") as opened:
            answers = [opened.get("/v1/namespaces/default/stats") for _ in range(3)]
        assert answers[-1].status_code == last
        assert ("ratelimit" in answers[0].headers) == (rate is not None)


def test_a_batch_and_a_body_have_limits(memory: Memory) -> None:
    """Each names its limit, over REST and as a tool."""
    with TestClient(
        service_over(memory, Settings(max_batch=2, max_request_mb=1)), base_url="http://127.0.0.1"
    ) as opened:
        entry = {"kind": "lesson", "situation": LESSON.situation, "suggestion": LESSON.suggestion}
        place = "/v1/namespaces/default"
        assert opened.post(f"{place}/entries", json={"entries": [entry] * 2}).status_code == 201
        for path, body in (("entries", {"entries": [entry] * 3}), ("recall:batch", {"recalls": [{"query": "x"}] * 3})):
            refused = opened.post(f"{place}/{path}", json=body)
            assert (refused.status_code, "takes 2 at once (max_batch)" in refused.json()["detail"]) == (413, True)
        call = {"name": "remember", "arguments": {"entries": [entry] * 3}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        tool = opened.post("/mcp", json=message, headers={"Accept": "application/json, text/event-stream"})
        assert tool.json()["result"]["structuredContent"]["status"] == 413
        long = opened.post(f"{place}/recall", json={"query": "x" * (1 << 20)})
        assert (long.status_code, "1,048,576" in long.json()["detail"]) == (413, True)
