"""Who may see what: keys, namespaces, and web pages on this machine."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings

from .conftest import TRACE, service_over

KEYRING = Keyring((ApiKey("alices-key", ("alice",)), ApiKey("bobs-key", ("bob",)), ApiKey("admins-key")))
CANARY = "canary-7f3a"


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    """The service with keys for alice, bob and everybody."""
    app = service_over(memory, Settings(api_keys=KEYRING))
    with TestClient(app, base_url="http://service.example") as opened:
        yield opened


def as_(name: str) -> dict[str, str]:
    """The header with a key."""
    return {"Authorization": f"Bearer {name}-key"}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (as_("alice"), 401),
        (as_("alices") | {"Authorization": "Basic alices-key"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer \u00e4".encode()}, 401),
        (as_("bobs"), 404),
        (as_("alices"), 200),
        (as_("admins"), 200),
    ],
)
def test_a_key_opens_its_namespaces_only(client: TestClient, headers: dict[str, str], status: int) -> None:
    """No key and a wrong one are 401, to another's there is none, whether there is such a namespace or not."""
    assert client.get("/v1/namespaces/nobody/stats", headers=as_("alices")).status_code == 404
    client.put("/v1/namespaces/alice", headers=as_("alices"))
    answer = client.get("/v1/namespaces/alice/stats", headers=headers)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.slow
def test_what_concerns_all_namespaces_needs_a_key_for_all(client: TestClient) -> None:
    """The integrity of every namespace is told to a key that opens every one; repairing one needs a key of it."""
    answers = [client.get("/v1/integrity", headers=as_(one)).status_code for one in ("nobodys", "alices", "admins")]
    assert answers == [401, 403, 200]
    client.put("/v1/namespaces/alice", headers=as_("alices"))
    repairs = [client.post("/v1/namespaces/alice/repair", headers=as_(one)).status_code for one in ("bobs", "alices")]
    assert repairs == [404, 200]


def test_a_refused_upload_is_not_read(client: TestClient) -> None:
    """Without a key nothing is stored, whatever the body."""
    assert client.post("/v1/namespaces/alice/trajectories", json=TRACE).status_code == 401
    assert client.get("/v1/namespaces/alice/trajectories", headers=as_("alices")).status_code == 404


@pytest.mark.slow
def test_health_needs_no_key(client: TestClient) -> None:
    """Whoever starts services can ask."""
    assert client.get("/health/live").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/nothing"])
def test_every_other_path_needs_a_key(client: TestClient, path: str) -> None:
    """The description of the service is no exception."""
    assert client.get(path).status_code == 401
    assert client.get(path, headers=as_("alices")).status_code == (404 if path == "/nothing" else 200)


@pytest.mark.slow
def test_the_key_is_asked_for_before_the_body_is_read(client: TestClient) -> None:
    """Whoever has no key is not told what is wrong with a body."""
    answer = client.post("/v1/namespaces/alice/recall", content=b"{")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    kept = as_("alices") | {"Content-Type": "application/json"}
    assert client.post("/v1/namespaces/alice/recall", content=b"{", headers=kept).status_code == 422


@pytest.mark.slow
def test_the_canary_is_never_seen_from_another_namespace(client: TestClient) -> None:
    """What alice stores comes out of no endpoint under bob's namespace, with her ids known."""
    alice, bob = "/v1/namespaces/alice", "/v1/namespaces/bob"
    trace = TRACE | {"question": f"{CANARY}: {TRACE['question']}", "thought": f"{CANARY} {TRACE['thought']}"}
    learnt = client.post(f"{alice}/trajectories", json=trace, headers=as_("alices")).json()
    entry = {"kind": "procedure", "subquestion": f"How do I keep the {CANARY}?", "subroutine": CANARY}
    added = client.post(f"{alice}/entries", json={"entries": [entry]}, headers=as_("alices")).json()
    (trajectory,) = client.get(f"{alice}/trajectories", headers=as_("alices")).json()["items"]
    job = learnt["job"]["id"]
    client.put(bob, headers=as_("bobs"))
    asked = [
        ("GET", "/entries", {}),
        ("GET", f"/entries/{added['ids'][0]}", {}),
        ("DELETE", f"/entries/{added['ids'][0]}", {}),
        ("GET", "/trajectories", {}),
        ("GET", f"/trajectories/{trajectory['id']}", {}),
        ("DELETE", f"/trajectories/{trajectory['id']}", {}),
        ("GET", "/jobs", {}),
        ("GET", f"/jobs/{job}", {}),
        ("GET", f"/jobs/{job}/rejections", {}),
        ("GET", "/stats", {}),
    ]
    for method, path, options in asked:
        answer = client.request(method, bob + path, headers=as_("bobs"), **options)
        assert CANARY not in answer.text
        assert job not in answer.text or answer.status_code == 404
    for query in (entry["subquestion"], trace["question"], CANARY):
        assert client.post(f"{bob}/recall", json={"query": query}, headers=as_("bobs")).json()["hits"] == []
    assert client.get(f"{bob}/stats", headers=as_("bobs")).json()["jobs"] == 0
    found = client.post(f"{alice}/recall", json={"query": entry["subquestion"]}, headers=as_("alices"))
    assert CANARY in found.text
