"""Keys that have ended: what becomes of answers that take long, and how long such keys are kept."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from midthought.api.caller_key import CallerKey
from midthought.api.explorer.paths import ROOT, SIGN_IN
from midthought.api.key_check import KeyCheck
from midthought.api.keyring import ApiKey, Keyring
from midthought.api.operations.keys import RevokeKey
from midthought.api.operations.request import OnBehalf
from midthought.api.operations.thought_json import ThoughtFailed
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.traffic.policies import read_policies
from midthought.api.proxy.traffic.traffic import KEY_ENDED
from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.rest.access import Admission, AdmissionEnded
from midthought.api.rest.running_thoughts import AHEAD
from midthought.api.retention_schedule import RetentionSchedule
from midthought.api.settings import Settings
from midthought.memory.errors import NotAllowed
from midthought.memory.records.api_key import Scope, id_of_key
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.thought_session import SessionAction, SessionAnswer
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..stream_server import Streamed, serve_streams
from .conftest import PROCEDURE, TRACE, service_over
from .proxy.passing import chat_events
from .proxy.proxy_place import serve_proxy
from .test_api_keys import Later, ask, bearer, key_for, kind
from .test_jobs import Gate
from .thinking import EVENTS, REASON, EndlessEngine, messages_of, thinking_app, until

HERE = "http://127.0.0.1"
JOBS = "/v1/namespaces/default/jobs"


@pytest.fixture
def service(memory: Memory) -> TestClient:
    """The service over a memory with the namespace alice."""
    memory.create_namespace("alice", starter=False)
    return TestClient(service_over(memory), base_url=HERE)


@pytest.fixture
def gated(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[tuple[Memory, Gate]]:
    """A memory whose first ingestion stops at a gate."""
    gate = Gate()
    with open_memory(lay_store(tmp_path / "gated"), encoder=gate, starter=False) as memory:
        yield memory, gate
        gate.open.set()


def made(memory: Memory, **rights: Any) -> str:
    """A new key for the namespace of the tests."""
    return memory.create_key("test", namespaces=["default"], **rights).key


def last_event(text: str) -> tuple[str, dict[str, Any]]:
    """The name and the data of the last event of a job."""
    told = dict(line.split(": ", 1) for line in text.strip().rpartition("\n\n")[2].splitlines())
    return told["event"], json.loads(told["data"])


def kind_of(problem: dict[str, Any]) -> tuple[int, str]:
    """The status of a problem, and its stable code."""
    return problem["status"], problem["type"].rpartition(":")[2]


def test_events_of_a_job_end_with_the_key(gated: tuple[Memory, Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    """The last event says why: revoked, expired, or none where now one is needed. Other streams of the job go on."""
    memory, gate = gated
    later = Later(memory, monkeypatch)
    service = TestClient(service_over(memory), base_url=HERE)
    streams = service.app.state.job_streams.open  # type: ignore[attr-defined]  # a FastAPI
    job = memory.ingest([TRACE], wait=False)
    assert gate.reached.wait(30)

    def listen(key: str = "") -> str:
        return service.get(f"{JOBS}/{job.id}/events", headers=bearer(key) if key else {}).text

    with ThreadPoolExecutor(4) as pool:

        def begin(key: str = "") -> Future[str]:
            open_before = len(streams)
            begun = pool.submit(listen, key)
            until(lambda: len(streams) > open_before)
            return begun

        keyless = begin()
        revoked, lasting = made(memory), made(memory)
        expiring = made(memory, expires_at=later.now() + timedelta(hours=1))
        reading = [begin(one) for one in (revoked, expiring, lasting)]
        memory.revoke_key(id_of_key(revoked))
        told = [last_event(one.result(60)) for one in (keyless, reading[0])]
        later.move(timedelta(hours=2))
        told.append(last_event(reading[1].result(60)))
        gate.open.set()
        assert last_event(reading[2].result(60))[0] == "end"
    assert {name for name, _ in told} == {"error"}
    assert [kind_of(problem) for _, problem in told] == [
        (401, "invalid-key"),
        (401, "key-revoked"),
        (401, "key-expired"),
    ]
    again = service.get(f"{JOBS}/{job.id}/events", headers=bearer(revoked))
    assert kind_of(again.json()) == kind_of(told[1][1])


@pytest.mark.parametrize("headers", [EVENTS, {}], ids=["streamed", "whole"])
def test_a_thought_ends_with_the_key(
    lay_store: Callable[[Path], Path], tmp_path: Path, headers: dict[str, str]
) -> None:
    """The model is stopped; the last event, or the answer, says why."""
    model, place = EndlessEngine(), lay_store(tmp_path / "memory")
    with (
        open_memory(place, encoder=HashingEncoder(), starter=False, engine=model) as memory,
        TestClient(thinking_app(memory, max_tokens=10_000), base_url=HERE) as service,
        ThreadPoolExecutor(1) as pool,
    ):
        key = made(memory, scope=Scope.WRITE)
        running = service.app.state.thoughts.running  # type: ignore[attr-defined]  # a FastAPI
        asked = pool.submit(service.post, REASON, json={"question": "Why?"}, headers=headers | bearer(key))
        until(lambda: model.words > 2 * AHEAD)  # so that the answer has begun
        memory.revoke_key(id_of_key(key))
        answer = asked.result(60)
        until(lambda: not len(running))
    if headers:
        last = messages_of(answer.text)[-1].event
        assert isinstance(last, ThoughtFailed)
        assert kind_of(last.problem) == (401, "key-revoked")
    else:
        assert (answer.status_code, *kind_of(answer.json())) == (401, 401, "key-revoked")


def test_an_answer_of_the_proxy_goes_on_and_is_not_learnt(memory: Memory) -> None:
    """The client has the model's answer to its end; the namespace learns nothing from it, and says so."""
    begun, may_end = threading.Event(), threading.Event()
    whole = chat_events("I try, and it works. So the answer is 30.", "30")

    def chunks() -> Iterator[bytes]:
        yield whole[:60]
        begun.set()
        assert may_end.wait(30)
        yield whole[60:]

    memory.add_entries([PROCEDURE])
    key = made(memory, scope=Scope.WRITE)
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": TRACE["question"]}]}
    policies = read_policies("default=unjudged")
    with (
        serve_streams(lambda _, asked: Streamed(chunks=chunks()) if asked.get("stream") else Streamed(404)) as model,
        serve_proxy(memory, model.url, traffic=policies) as proxy,
        ThreadPoolExecutor(1) as pool,
    ):
        ask = {"json": body, "headers": bearer(key), "timeout": 60}
        asked = pool.submit(httpx.post, f"{proxy.url}/v1/chat/completions", **ask)  # type: ignore[arg-type]  # as given
        assert begun.wait(30)
        memory.revoke_key(id_of_key(key))
        may_end.set()
        answer = asked.result(60)
        assert answer.status_code == 200
        assert answer.text.endswith("data: [DONE]\n\n")
        ask["headers"] = bearer(made(memory, scope=Scope.WRITE))
        assert httpx.post(f"{proxy.url}/v1/chat/completions", **ask).status_code == 200  # type: ignore[arg-type]
        until(lambda: not (proxy.service.tasks or proxy.service.running))
        proxy.service.traffic.learn_now()
        assert memory.traffic().left_out == {KEY_ENDED: 1}
        assert len(memory.list_trajectories()) == 1


class Asked:
    """A session that counts its steps."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self, text: str, *, position: int, ended: bool = False) -> SessionAnswer:
        """Count one."""
        self.steps += 1
        return SessionAnswer(SessionAction.NONE)


def test_a_thought_of_the_proxy_recalls_no_more(memory: Memory) -> None:
    """A recall in the middle of the thought is left out, and the receipt says why; the thought goes on."""
    check = KeyCheck(Settings(), memory)
    caller = check.find(made(memory))
    admission, session = Admission(check, caller, Namespace("default"), Scope.READ), Asked()

    async def think() -> list[SessionAnswer]:
        with ThreadPoolExecutor(1) as threads:
            steps = ThoughtSteps(session, executor=threads, timeout=10, check=admission.check)
            first = await steps.step("", position=0)
            memory.revoke_key(caller.id)
            return [first, await steps.step("Wait.", position=0)]

    first, second = asyncio.run(think())
    assert session.steps == 1
    assert (first.degraded, second.action) == ((), SessionAction.NONE)
    assert "this key was revoked" in second.degraded[0]


def test_rights_are_those_of_now(memory: Memory) -> None:
    """Who lost the namespace, or the key itself, is told what a new request would be; other rights go on."""
    memory.create_namespace("alice", starter=False)
    check = KeyCheck(Settings(api_keys=Keyring((ApiKey("own"),))), memory)
    both, every = (memory.create_key("x", namespaces=one, scope=Scope.WRITE).key for one in (["alice", "bob"], ["*"]))
    callers = [check.find(one) for one in (both, every, "own")]
    admissions = [Admission(check, one, Namespace("alice"), Scope.WRITE) for one in callers]
    for one in admissions:
        one.check()
    memory.forget_namespace("alice")
    with pytest.raises(AdmissionEnded) as refused:
        admissions[0].check()
    assert kind_of(refused.value.problem) == (404, "not-found")
    for one in admissions[1:]:
        one.check()
    with pytest.raises(AdmissionEnded) as refused:
        replace(admissions[1], needed=Scope.ADMIN).check()
    assert kind_of(refused.value.problem) == (403, "not-allowed")


def test_keys_that_ended_long_ago_are_removed(
    memory: Memory, service: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once they were kept as long as the schedule keeps them, and not the last: the service would be open."""
    later = Later(memory, monkeypatch)
    first, second, third = (memory.create_key("x", namespaces=["alice"]) for _ in range(3))
    ends = memory.create_key("x", namespaces=["alice"], expires_at=later.now() + timedelta(days=1))
    memory.revoke_key(first.stored.id)
    ask(service, bearer(first.key))
    schedule = RetentionSchedule(
        memory.store, core_of(memory).jobs.upkeep, 3600.0, keep_keys=timedelta(days=Settings().key_days)
    )
    later.move(timedelta(days=90))
    with caplog.at_level(logging.INFO, logger="midthought"):
        schedule.run()
    assert first.stored.id in caplog.text
    assert {one.id for one in memory.list_keys()} == {one.stored.id for one in (second, third, ends)}
    assert kind(ask(service, bearer(first.key))) == (401, "invalid-key")
    caller = CallerKey(first.stored.id, ("alice",))
    with pytest.raises(NotAllowed, match="was removed"):
        memory.send(OnBehalf(request=RevokeKey(key_id=second.stored.id), caller=caller))
    for one in (second, third):
        memory.revoke_key(one.stored.id)
    later.move(timedelta(days=91))
    for _ in range(2):
        schedule.run()
        assert [one.id for one in memory.list_keys()] == [ends.stored.id]
    assert kind(ask(service, {})) == (401, "invalid-key")
    assert kind(ask(service, bearer(ends.key))) == (401, "key-expired")
    key_for(memory, "alice")
    schedule.run()
    assert [one.name for one in memory.list_keys()] == ["test"]


def test_keys_are_listed_page_by_page(memory: Memory, service: TestClient) -> None:
    """As the other lists, and each caller's own: no page begins after a key that it may not manage."""
    hers = key_for(memory, "alice", scope=Scope.ADMIN)
    for _ in range(4):
        key_for(memory, "alice")
    other = memory.create_key("his", namespaces=["bob"]).stored.id
    found: list[str] = []
    while True:
        place = {"limit": 2, "after": found[-1]} if found else {"limit": 2}
        page = service.get("/v1/keys", params=place, headers=hers).json()
        found += [one["id"] for one in page]
        if len(page) < 2:
            break
    assert found == [one.id for one in memory.list_keys() if one.id != other]
    assert len(found) == 5
    for wrong, status in ({"after": other}, 404), ({"after": "0123456789ab"}, 404), ({"limit": 0}, 422):
        assert service.get("/v1/keys", params=wrong, headers=hers).status_code == status


def test_pages_left_open_with_an_ended_key_lock_nobody_out(memory: Memory) -> None:
    """They ask again and again, and are sent to the form; there another key is taken. Guesses still run out."""
    browser = TestClient(service_over(memory, Settings(key_attempts=5)), base_url=HERE, follow_redirects=False)
    old, new = (made(memory) for _ in range(2))
    form = {"headers": {"Sec-Fetch-Site": "same-origin"}}
    assert browser.post(SIGN_IN, data={"key": old}, **form).status_code == 303  # type: ignore[arg-type]  # as given
    page = f"{ROOT}/default/jobs"
    assert browser.get(page).status_code == 200
    memory.revoke_key(id_of_key(old))
    for _ in range(20):
        answer = browser.get(page)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, SIGN_IN)
        assert "midthought" not in answer.text
    assert browser.post(SIGN_IN, data={"key": new}, **form).status_code == 303  # type: ignore[arg-type]  # as given
    assert browser.get(page).status_code == 200
    guesses = [browser.get("/v1/namespaces", headers=bearer(f"guess-{n}")).status_code for n in range(7)]
    assert guesses == [401] * 5 + [429] * 2
