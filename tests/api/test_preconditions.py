"""ETag names the state of an entry or a namespace; If-Match and If-None-Match hold for one state."""

import threading
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from midthought.api.python.memory import Memory
from midthought.memory.records.entry_json import entry_to_dict

from .conftest import LESSON, PROCEDURE, service_over

ENTRY = f"/v1/namespaces/default/entries/{LESSON.id}"
NEW = {"entry": entry_to_dict(LESSON) | {"suggestion": "Leave it."}}


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    """The service over a memory with two entries."""
    memory.add_entries([LESSON, PROCEDURE])
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as opened:
        yield opened


def test_a_tag_is_that_of_the_state(client: TestClient) -> None:
    """Reading twice gives one tag, a change gives another, and the answer to the change has it already."""
    before = client.get(ENTRY).headers["etag"]
    assert client.get(ENTRY).headers["etag"] == before
    changed = client.put(ENTRY, json=NEW).headers["etag"]
    assert changed != before
    assert client.get(ENTRY).headers["etag"] == changed


@pytest.mark.parametrize("header", ["{}", "*", '"other", {}', "W/{}"])
def test_a_reader_who_has_the_state_gets_304(client: TestClient, header: str) -> None:
    """Without a body; with another tag the answer is whole."""
    tag = client.get(ENTRY).headers["etag"]
    answer = client.get(ENTRY, headers={"If-None-Match": header.format(tag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert client.get(ENTRY, headers={"If-None-Match": '"other"'}).json()["id"] == LESSON.id


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_another_state_is_refused(client: TestClient, method: str) -> None:
    """With 412, and nothing is changed; with the tag of the state it is made."""
    body = {"PUT": NEW, "PATCH": {"changes": {"suggestion": "Leave it."}}}.get(method)
    tag = client.get(ENTRY).headers["etag"]
    refused = client.request(method, ENTRY, json=body, headers={"If-Match": '"other"'})
    assert (refused.status_code, refused.json()["title"]) == (412, "Another state")
    assert client.get(ENTRY).headers["etag"] == tag
    assert client.request(method, ENTRY, json=body, headers={"If-Match": tag}).status_code == 200
    again = client.request(method, ENTRY, json=body, headers={"If-Match": tag})
    assert again.status_code == 412


def test_a_namespace_is_made_only_if_there_is_none(client: TestClient) -> None:
    """`If-None-Match: *` makes it once; a setting is changed only in the state that was read."""
    place, once = "/v1/namespaces/fresh", {"If-None-Match": "*"}
    answers = [client.put(place, json={"starter": False}, headers=once) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 412]
    tag = client.get(place).headers["etag"]
    assert tag == answers[0].headers["etag"]
    changes = [client.patch(place, json={"starter": True}, headers={"If-Match": tag}) for _ in range(2)]
    assert [one.status_code for one in changes] == [200, 412]


def test_of_many_changes_of_one_state_one_is_made(client: TestClient) -> None:
    """However they fall in time: the others see that the state is another."""
    tag, found = client.get(ENTRY).headers["etag"], []

    def change(number: int) -> None:
        body = {"changes": {"suggestion": f"Count to {number}."}}
        found.append(client.patch(ENTRY, json=body, headers={"If-Match": tag}).status_code)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == [200] + [412] * 7
    assert client.get(ENTRY).json()["version"] == 2


def test_a_patch_changes_the_fields_that_it_names(client: TestClient) -> None:
    """The others stay, a value of a wrong type is told by its field, and the kind cannot change."""
    answer = client.patch(ENTRY, json={"changes": {"suggestion": "Leave it."}, "source": "editor"}).json()
    assert (answer["situation"], answer["suggestion"], answer["version"]) == (LESSON.situation, "Leave it.", 2)
    assert {one["source"] for one in answer["provenance"]} == {"own", "editor"}
    for changes in ({"suggestion": 7}, {"words": "x"}, {"kind": "procedure"}, {}):
        refused = client.patch(ENTRY, json={"changes": changes})
        assert (refused.status_code, refused.json()["place"]) == (400, "changes"), refused.text


def test_a_batch_of_recalls_answers_in_order(client: TestClient) -> None:
    """As each recall alone would, each with its receipt; one that cannot be refuses them all."""
    place = "/v1/namespaces/default/recall:batch"
    found = client.post(place, json={"recalls": [{"query": LESSON.key, "k": 1}, {"query": PROCEDURE.key}]}).json()
    assert [one["hits"][0]["id"] for one in found] == [LESSON.id, PROCEDURE.id]
    receipts = {one["id"] for one in client.get("/v1/namespaces/default/receipts").json()}
    assert {one["request_id"] for one in found} <= receipts
    refused = client.post(place, json={"recalls": [{"query": "x"}, {"query": "x", "k": 0}]})
    assert (refused.status_code, refused.json()["errors"][0]["place"]) == (422, "body.recalls.1.k")
    assert client.post(place, json={"recalls": [{"query": "x"}] * 101}).status_code == 422
    assert len(client.get("/v1/namespaces/default/receipts").json()) == len(receipts)


def test_a_dry_run_stores_nothing(client: TestClient) -> None:
    """It says which ids there would be, and how many of them are new; it checks what it is given."""
    place, new = "/v1/namespaces/default/entries", entry_to_dict(LESSON) | {"suggestion": "Leave it."}
    before = client.get(place).json()
    answer = client.post(place, json={"entries": [entry_to_dict(LESSON), new, new], "dry_run": True})
    assert (answer.status_code, answer.json()["new"], len(set(answer.json()["ids"]))) == (201, 1, 2)
    assert client.get(place).json() == before
    assert client.post(place, json={"entries": [new | {"situation": " "}], "dry_run": True}).status_code == 400
