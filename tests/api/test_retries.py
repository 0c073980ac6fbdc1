"""A client sends again what can be carried out twice with the effect of once, and nothing else."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from fastapi.testclient import TestClient

from midthought.api.python.async_client import AsyncClient
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.python.retries import CallAttempts, RetryPolicy, read_retry_after
from midthought.memory.errors import BadInput, MidthoughtError, NotFound, TooManySessions, Unreachable

from .conftest import LESSON, PROCEDURE, ServiceTransport, service_over

LOST = httpx.RemoteProtocolError("the server disconnected")
REFUSED = httpx.ConnectError("connection refused")


@dataclass
class Flaky(httpx.BaseTransport):
    """The way to a real service; some answers are lost after the service gave them, others are of another hand."""

    inner: ServiceTransport
    faults: list[Exception | httpx.Response] = field(default_factory=list)
    sent: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer of the service, unless a fault is next."""
        self.sent.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, httpx.Response):
            return fault
        if fault is REFUSED:
            raise fault
        answer = self.inner.handle_request(request)
        if fault is not None:
            raise fault
        return answer


@pytest.fixture
def flaky(memory: Memory) -> Iterator[Flaky]:
    """The way to a service over a memory."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as service:
        yield Flaky(ServiceTransport(service))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client waits, in place of waiting."""
    found: list[float] = []
    monkeypatch.setattr("midthought.api.python.client.time.sleep", found.append)
    return found


def test_a_write_that_is_sent_again_is_carried_out_once(flaky: Flaky, waits: list[float], memory: Memory) -> None:
    """The client makes a key for it; the result is that of the first time."""
    flaky.faults = [LOST, LOST]
    client = Client("http://127.0.0.1", transport=flaky)
    assert client.add_entries([LESSON]).new == 1
    keys = {one.headers["idempotency-key"] for one in flaky.sent}
    assert (len(flaky.sent), len(keys), len(waits)) == (3, 1, 2)
    assert client.add_entries([LESSON]).new == 0
    assert flaky.sent[-1].headers["idempotency-key"] not in keys
    assert [one.version for one in memory.list_entries()] == [1]


CALLS: dict[str, tuple[Callable[[Client], object], bool]] = {
    "recall": (lambda client: client.recall("pencils"), True),
    "get": (lambda client: client.get(LESSON.id), True),
    "revise": (lambda client: client.revise(LESSON.id, PROCEDURE), True),
    "verify": (lambda client: client.verify(LESSON.id), True),
    "patch": (lambda client: client.patch(LESSON.id, {"suggestion": "Sharpen it."}), False),
    "open_session": (lambda client: client.open_session("How many?"), False),
    "ingest": (lambda client: client.ingest({"question": "Q?", "thought": "T"}), False),
}


@pytest.mark.parametrize("name", CALLS)
def test_only_what_is_safe_is_sent_again(flaky: Flaky, waits: list[float], memory: Memory, name: str) -> None:
    """After an answer that was lost, by a connection that broke; before anything was sent, everything but uploads."""
    memory.add_entries([LESSON])
    call, is_safe = CALLS[name]
    flaky.faults = [LOST]
    client = Client("http://127.0.0.1", transport=flaky)
    if is_safe:
        call(client)
    else:
        with pytest.raises(Unreachable, match="the server disconnected"):
            call(client)
    assert (len(flaky.sent), len(waits)) == ((2, 1) if is_safe else (1, 0))


def test_a_call_that_was_not_sent_is_sent_again(flaky: Flaky, waits: list[float]) -> None:
    """Whatever it is; and not for ever."""
    client = Client("http://127.0.0.1", transport=flaky)
    flaky.faults = [REFUSED]
    assert client.open_session("How many?").id
    flaky.faults = [REFUSED] * 9
    with pytest.raises(Unreachable, match="is it running"):
        client.open_session("How many?")
    assert (len(flaky.sent), len(waits)) == (2 + 3, 1 + 2)
    with pytest.raises(Unreachable):
        Client("http://127.0.0.1", transport=flaky, retries=0).stats()
    assert len(flaky.sent) == 2 + 3 + 1


def test_a_busy_service_says_when_to_come_again(flaky: Flaky, waits: list[float]) -> None:
    """It is obeyed, also for a call that is otherwise not repeated; too long a wait is the caller's to decide."""
    client = Client("http://127.0.0.1", transport=flaky)
    flaky.faults = [
        httpx.Response(503, headers={"Retry-After": "3"}),
        httpx.Response(429, headers={"Retry-After": "4"}),
    ]
    assert client.open_session("How many?").id
    assert waits == [3.0, 4.0]
    flaky.faults = [httpx.Response(503, headers={"Retry-After": "3600"}, json={"type": "about:blank", "status": 503})]
    with pytest.raises(Unreachable, match="503"):
        client.stats()
    assert waits == [3.0, 4.0]


def test_a_refusal_is_not_repeated(flaky: Flaky, waits: list[float]) -> None:
    """An error of the caller, and one of the service that another time does not mend."""
    client = Client("http://127.0.0.1", transport=flaky)
    with pytest.raises(NotFound):
        client.get("p-none")
    session = {"type": "urn:midthought:problem:too-many-sessions", "status": 429, "detail": "x"}
    flaky.faults = [httpx.Response(429, json=session)]
    with pytest.raises(TooManySessions):
        client.open_session("How many?")
    assert (len(flaky.sent), waits) == (2, [])


def test_what_the_lost_call_removed_is_told(flaky: Flaky, waits: list[float], memory: Memory) -> None:
    """The second time it is not there any more: the error says that the first time may have done it."""
    memory.add_entries([LESSON])
    flaky.faults = [LOST]
    with pytest.raises(NotFound) as caught:
        Client("http://127.0.0.1", transport=flaky).forget(LESSON.id)
    assert "the first time may have removed it" in caught.value.__notes__[0]
    assert (memory.list_entries(), len(waits)) == ([], 1)


def test_the_awaited_client_does_the_same(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same rules, and without holding the event loop."""
    waits: list[float] = []
    sent: list[httpx.Request] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    class FlakyAsync(httpx.ASGITransport):
        """Loses the first answer."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            """Return the answer of the service, but the first time."""
            answer = await super().handle_async_request(request)
            sent.append(request)
            if len(sent) == 1:
                raise LOST
            return answer

    async def run() -> None:
        async with AsyncClient("http://127.0.0.1", transport=FlakyAsync(service_over(memory))) as client:
            assert (await client.add_entries([LESSON])).new == 1

    monkeypatch.setattr("midthought.api.python.async_client.asyncio.sleep", wait)
    asyncio.run(run())
    assert (len(waits), len({one.headers["idempotency-key"] for one in sent})) == (1, 1)


def test_waits_grow_up_to_a_bound() -> None:
    """Each is at most twice the one before, and they are spread, so that clients do not come together."""
    policy = RetryPolicy(times=8, first=1.0, longest=10.0)
    attempts = CallAttempts(policy, is_repeatable=True)
    found = [attempts.after_error(REFUSED) for _ in range(9)]
    assert found[-1] is None
    for number, wait in enumerate(found[:-1]):
        assert wait is not None
        assert min(2**number, 10) / 2 <= wait <= min(2**number, 10)
    other = CallAttempts(policy, is_repeatable=True)
    assert [other.after_error(REFUSED) for _ in range(8)] != found[:-1]


@pytest.mark.parametrize("told", ["", "soon", "-1", "1.5", "1e9", "Wed, 99 Foo"])
def test_what_is_no_time_to_come_again_is_ignored(told: str) -> None:
    """The client waits by its own rules."""
    assert read_retry_after({"retry-after": told}) is None


def test_a_time_to_come_again_may_be_a_date() -> None:
    """One that is over means now."""
    for seconds in (-60, 90):
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        found = read_retry_after({"retry-after": format_datetime(moment, usegmt=True)})
        assert found is not None
        assert max(0, seconds) - 5 < found <= max(0, seconds)


@pytest.mark.parametrize("wrong", [{"timeout": 0.0}, {"timeout": float("nan")}, {"retries": -1}, {"retries": 11}])
def test_impossible_choices_are_refused(wrong: dict[str, float]) -> None:
    """Before anything is sent."""
    with pytest.raises(BadInput):
        Client("http://127.0.0.1", **wrong)  # type: ignore[arg-type]  # each of its own type


def test_a_gateway_is_asked_again_and_a_model_that_failed_is_not(flaky: Flaky, waits: list[float]) -> None:
    """Both are 502; the service says its own with a problem document."""
    client = Client("http://127.0.0.1", transport=flaky)
    flaky.faults = [httpx.Response(502, text="<html>")]
    client.stats()
    problem = {"type": "urn:midthought:problem:engine-failed", "status": 502, "detail": "x"}
    headers = {"content-type": "application/problem+json"}
    flaky.faults = [httpx.Response(502, json=problem, headers=headers)]
    with pytest.raises(MidthoughtError):
        client.stats()
    assert len(waits) == 1
