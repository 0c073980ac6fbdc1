"""A request with an idempotency key is carried out once, and answered the same again, also by the next process."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api.operations.catalogue import OPERATIONS
from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.rest.app import create_app
from midthought.api.settings import Settings
from midthought.memory.database.tables import kept_answers
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.kept_answer import KeptAnswer
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, service_over
from .test_openapi import described

ROOT = "/v1/namespaces/default"
BODY = {"entries": [entry_to_dict(LESSON)]}


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    """The service over an empty memory."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as opened:
        yield opened


def add(client: TestClient, key: str, body: Any = BODY, **options: Any) -> Any:
    """Add entries under a key."""
    return client.post(f"{ROOT}/entries", json=body, headers={"Idempotency-Key": key.encode("latin-1")}, **options)


def test_the_same_key_is_answered_the_same(client: TestClient) -> None:
    """Byte for byte, and marked as a repetition; without the key the second answer is another."""
    first, second = add(client, "a-1"), add(client, "a-1")
    assert (first.status_code, first.content) == (second.status_code, second.content) == (201, first.content)
    assert second.json()["new"] == 1
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert client.post(f"{ROOT}/entries", json=BODY).json()["new"] == 0
    client.delete(f"{ROOT}/entries/{LESSON.id}")
    assert add(client, "a-1").json()["new"] == 1
    assert client.get(f"{ROOT}/entries").json()["items"] == []


@pytest.mark.parametrize(("key", "words"), [("a-1", "another request"), ("\u00e9", "ASCII"), ("x" * 201, "200")])
def test_a_key_of_another_request_is_refused(client: TestClient, key: str, words: str) -> None:
    """Whether its body or its path is another; so is a key that cannot be kept. Nothing is changed."""
    add(client, "a-1")
    answers = [
        add(client, key, {"entries": [entry_to_dict(PROCEDURE)]}),
        client.post(f"{ROOT}/repair", headers={"Idempotency-Key": key.encode("latin-1")}),
    ]
    for answer in answers:
        assert (answer.status_code, words in answer.json()["detail"]) == (400, True)
    assert len(client.get(f"{ROOT}/entries").json()["items"]) == 1


def test_a_key_is_of_its_namespace(client: TestClient) -> None:
    """Two owners may use the same."""
    add(client, "a-1")
    told = {"Idempotency-Key": "a-1"}
    other = client.post("/v1/namespaces/other/entries", json={"entries": [entry_to_dict(PROCEDURE)]}, headers=told)
    assert (other.status_code, other.json()["ids"]) == (201, [PROCEDURE.id])
    client.delete("/v1/namespaces/other", params={"confirm": "other"})
    again = client.post("/v1/namespaces/other/entries", json=BODY, headers=told)
    assert (again.status_code, again.json()["ids"]) == (201, [LESSON.id])


def test_an_error_is_not_kept(client: TestClient) -> None:
    """What was refused may be sent again under its key."""
    told = {"run_id": "r-none", "outcome": "wrong"}
    for _ in range(2):
        answer = client.post(f"{ROOT}/feedback", json=told, headers={"Idempotency-Key": "a-1"})
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (404, False)
    assert add(client, "a-1").status_code == 201


def test_a_job_is_found_by_its_key(client: TestClient) -> None:
    """With its place; the job itself goes on meanwhile."""
    answers = [client.post("/v1/compact", headers={"Idempotency-Key": "night"}) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert client.get(f"{answers[0].headers['location']}/wait").json()["state"] == "finished"


def test_while_the_first_is_answered_the_second_waits(client: TestClient, memory: Memory) -> None:
    """It gets 409 with `Retry-After`, and the answer once there is one."""
    begun, may, send = threading.Event(), threading.Event(), memory.send
    found: list[Any] = []

    def held(request: Any, **options: Any) -> Any:
        if type(request).__name__ == "AddEntries":
            begun.set()
            assert may.wait(20)
        return send(request, **options)

    memory.send = held  # type: ignore[method-assign]  # the real one, later
    thread = threading.Thread(target=lambda: found.append(add(client, "a-1")))
    thread.start()
    assert begun.wait(20)
    second = add(client, "a-1")
    assert (second.status_code, second.headers["retry-after"]) == (409, "1")
    may.set()
    thread.join()
    assert add(client, "a-1").content == found[0].content


def test_the_next_process_knows_the_key(tmp_path: Path) -> None:
    """Answers are in the store; a compaction deletes them, as they may hold what was forgotten."""
    with open_memory(tmp_path / "first", encoder=HashingEncoder(), starter=False) as first:
        add(TestClient(create_app(first, Settings()), base_url="http://127.0.0.1"), "a-1")
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    with open_memory(tmp_path / "second", encoder=HashingEncoder(), starter=False) as second:
        client = TestClient(create_app(second, Settings()), base_url="http://127.0.0.1")
        assert add(client, "a-1").headers["idempotency-replayed"] == "true"
        second.compact()
        assert add(client, "a-1").json()["new"] == 0


def test_old_answers_and_too_many_are_dropped(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest first; one that is a day old is not found, and is gone with the next that is kept."""
    monkeypatch.setattr(kept_answers, "MAX_KEPT", 3)
    store = core_of(memory).store
    for number in range(5):
        store.writer.keep_answer(DEFAULT_NAMESPACE, KeptAnswer(str(number), "d", 200, "{}", "{}"))
    found = [store.reader.find_answer(DEFAULT_NAMESPACE, str(number)) is not None for number in range(5)]
    assert found == [False, False, True, True, True]
    with store.state.database.transaction() as connection:
        connection.execute("UPDATE kept_answers SET kept_at = kept_at - INTERVAL 25 HOUR WHERE key = '3'")
    assert store.reader.find_answer(DEFAULT_NAMESPACE, "3") is None
    store.writer.keep_answer(DEFAULT_NAMESPACE, KeptAnswer("5", "d", 200, "{}", "{}"))
    rows = store.state.database.connection.execute("SELECT key FROM kept_answers ORDER BY key").fetchall()
    assert rows == [("2",), ("4",), ("5",)]


def test_every_post_that_writes_takes_a_key() -> None:
    """The description says so of each, and of no other; an upload and an import find their job otherwise."""
    paths = described()["paths"]
    taking = {
        path
        for path, methods in paths.items()
        for one in methods.values()
        if any(given["name"] == "idempotency-key" for given in one.get("parameters", ()))
    }
    wanted = {one.route.path for one in OPERATIONS if one.route is not None and one.route.takes_key}
    assert taking - wanted == {f"/v1/namespaces/{{namespace}}/{name}" for name in ("trajectories",)}
    assert {f"/v1/namespaces/{{namespace}}/{name}" for name in ("entries", "feedback", "repair")} <= taking
