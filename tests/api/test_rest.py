"""The service's endpoints, one by one, over the real application."""

import gzip
import json
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from midthought.api.python.memory import Memory, open_memory
from midthought.api.rest.app import create_app
from midthought.api.rest.json_values import list_items
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput
from midthought.memory.records.entry_json import entry_from_dict, entry_to_dict
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, TRACE, service_over

ROOT = "/v1/namespaces/default"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    """The service without keys, asked from this machine."""
    app = service_over(memory, Settings(max_body_mb=1))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The same over an empty memory, for requests that change nothing: making a service takes a tenth of a second."""
    with open_memory(tmp_path_factory.mktemp("unchanged"), encoder=HashingEncoder(), starter=False) as memory:
        app = create_app(memory, Settings(max_body_mb=1))
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
            yield opened


def add(client: TestClient) -> None:
    """Two entries of our own."""
    body = {"entries": [entry_to_dict(PROCEDURE), entry_to_dict(LESSON)]}
    answer = client.post(f"{ROOT}/entries", json=body)
    assert (answer.status_code, answer.json()) == (201, {"ids": [PROCEDURE.id, LESSON.id], "new": 2})


@pytest.mark.slow
def test_an_entry_is_revised_and_its_history_kept(client: TestClient) -> None:
    """PUT answers with the new id and version; the history has both wordings with their times."""
    add(client)
    wording = entry_to_dict(PROCEDURE) | {"subroutine": "Cut away from yourself."}
    answer = client.put(f"{ROOT}/entries/{PROCEDURE.id}", json={"entry": wording, "source": "editor"})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    new = answer.json()["id"]
    assert client.get(f"{ROOT}/entries/{new}").json() == answer.json()
    first, second = client.get(f"{ROOT}/entries/{PROCEDURE.id}/history").json()
    assert (first["id"], second["id"], second["retired_at"]) == (PROCEDURE.id, new, None)
    assert first["retired_at"] == second["learnt_at"] != first["learnt_at"]
    assert first["learnt_at"].endswith("Z")
    assert entry_from_dict(first["entry"]) == PROCEDURE
    assert client.get(f"{ROOT}/entries/p-nothing/history").status_code == 404
    assert client.put(f"{ROOT}/entries/p-nothing", json={"entry": wording}).status_code == 404
    assert client.put(f"{ROOT}/entries/{new}", json={"entry": wording, "id": "x"}).status_code == 422
    body = {"query": PROCEDURE.key, "as_of": first["learnt_at"]}
    assert client.post(f"{ROOT}/recall", json=body).json()["hits"][0]["id"] == PROCEDURE.id


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({"kinds": ["lesson"]}, 1),
        ({"sources": ["own"]}, 2),
        ({"sources": ["x"]}, 0),
        ({"domains": ["x"]}, 0),
        ({"tags": ["x"]}, 0),
        ({"outcomes": ["wrong"]}, 0),
        ({"since": "2000-01-01T00:00:00Z"}, 2),
        ({"until": "2000-01-01"}, 0),
        ({"as_of": "2000-01-01T00:00:00+02:00"}, 0),
        ({"as_of": None, "since": None}, 2),
    ],
)
def test_a_recall_is_narrowed(client: TestClient, narrowed: dict[str, object], found: int) -> None:
    """Each condition of the library is one of the body."""
    add(client)
    answer = client.post(f"{ROOT}/recall", json={"query": LESSON.key, **narrowed})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["hits"]) == found


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("narrowed", "status"),
    [
        ({"since": "yesterday"}, 422),
        ({"outcomes": ["good"]}, 422),
        ({"tags": "x"}, 422),
        ({"min_similarity": 2}, 422),
        ({"since": "2001-01-01", "until": "2000-01-01"}, 400),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, 400),
        ({"domains": ["a\0b"]}, 400),
    ],
)
def test_impossible_conditions_are_refused(unchanged: TestClient, narrowed: dict[str, object], status: int) -> None:
    """By the schema, or by what the library says."""
    assert unchanged.post(f"{ROOT}/recall", json={"query": "x", **narrowed}).status_code == status


def test_a_namespace_is_forgotten_by_its_name(client: TestClient) -> None:
    """Only where `confirm` repeats it."""
    add(client)
    assert client.delete(ROOT).status_code == 422
    assert client.delete(ROOT, params={"confirm": "other"}).status_code == 400
    assert len(client.get(f"{ROOT}/entries").json()["items"]) == 2
    answer = client.delete(ROOT, params={"confirm": "default"})
    assert (answer.status_code, answer.json()) == (200, {"namespace": "default", "entries": 2})
    assert client.get(f"{ROOT}/entries").json()["items"] == []


def wait_until_ready(client: TestClient) -> Response:
    """The answer of /health/ready once it is no longer 503."""
    while (answer := client.get("/health/ready")).status_code == 503:
        time.sleep(0.01)
    return answer


@pytest.mark.slow
def test_health(client: TestClient) -> None:
    """Live at once, ready when the encoder is loaded."""
    assert client.get("/health/live").json()["status"] == "live"
    answer = wait_until_ready(client)
    assert (answer.json()["status"], answer.json()["encoder"]) == ("ready", "hashing")


def test_not_ready_while_the_encoder_cannot_be_loaded(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken encoder is told, and the service lives on."""
    monkeypatch.setattr(memory, "warm_up", lambda: (_ for _ in ()).throw(RuntimeError("no weights")))
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        while "no weights" not in (answer := client.get("/health/ready")).json()["detail"]:
            time.sleep(0.01)
    assert (answer.status_code, "no weights" in answer.json()["detail"]) == (503, True)


BODIES = [
    (json.dumps(TRACE), 1),
    (json.dumps(TRACE, indent=2), 1),
    (json.dumps([TRACE, TRACE | {"question": "Another?"}], indent=1), 2),
    (json.dumps(TRACE) + "\n\n" + json.dumps(TRACE | {"question": "Another?"}) + "\n", 2),
    (gzip.compress(json.dumps(TRACE).encode()), 1),
    (json.dumps({"question": "Q?", "response": "<think>Let me think.</think>A."}), 1),
]


@pytest.mark.sampled
@pytest.mark.parametrize(("body", "stored"), BODIES)
def test_every_form_of_body_is_learnt_from(client: TestClient, body: str | bytes, stored: int) -> None:
    """One object, written out or not; a list; one a line; compressed; any reader's format."""
    answer = client.post(f"{ROOT}/trajectories", content=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["job"]["counts"]["stored"] == stored
    assert answer.json()["job"]["state"] == "finished"
    assert len(client.get(f"{ROOT}/trajectories").json()["items"]) == stored


def test_bad_records_are_told_and_the_rest_is_stored(client: TestClient) -> None:
    """Counts add up, and each rejection has its place and reason; the operation remembers them."""
    body = json.dumps(TRACE) + '\n{broken\n{"question": "Q?"}\n'
    answer = client.post(f"{ROOT}/trajectories", content=body).json()
    counts = answer["job"]["counts"]
    assert (counts["read"], counts["stored"], counts["rejected"]) == (3, 1, 2)
    assert [one["place"] for one in answer["rejections"]] == ["<stdin>:2", "<stdin>:3"]
    job = answer["job"]["id"]
    assert client.get(f"{ROOT}/jobs/{job}/rejections").json() == answer["rejections"]
    assert client.get(f"{ROOT}/jobs/{job}").json() == answer["job"]
    assert client.get(f"{ROOT}/jobs").json() == [answer["job"]]


def test_strict_refuses_the_whole_body(client: TestClient) -> None:
    """One bad record, and nothing is stored."""
    answer = client.post(f"{ROOT}/trajectories?strict=true", content=json.dumps(TRACE) + "\n{broken\n")
    assert answer.status_code == 400
    assert client.get(f"{ROOT}/trajectories").json()["items"] == []


@pytest.mark.slow
def test_the_same_body_twice_changes_nothing(client: TestClient) -> None:
    """The second time all is merged."""
    counts = [client.post(f"{ROOT}/trajectories", json=TRACE).json()["job"]["counts"] for _ in range(2)]
    assert [one["merged"] for one in counts] == [0, 1]


@pytest.mark.slow
def test_trajectories_are_got_and_forgotten(client: TestClient) -> None:
    """By id, whole; then gone."""
    client.post(f"{ROOT}/trajectories", json=TRACE | {"metadata": {"a": [1]}})
    (one,) = client.get(f"{ROOT}/trajectories").json()["items"]
    assert (one["thought"], one["metadata"]) == (TRACE["thought"], {"a": [1]})
    place = f"{ROOT}/trajectories/{one['id']}"
    assert client.get(place).json() == one
    assert client.delete(place).json()["trajectories"] == 1
    assert client.get(place).status_code == 404


def test_pages_follow_each_other(client: TestClient) -> None:
    """`next` leads through all items in order, each once."""
    entries = [{"kind": "lesson", "situation": f"Situation {n}", "suggestion": "Act."} for n in range(7)]
    client.post(f"{ROOT}/entries", json={"entries": entries})
    found, after = [], ""
    while after is not None:
        page = client.get(f"{ROOT}/entries", params={"limit": 3, "after": after}).json()
        found += [one["id"] for one in page["items"]]
        after = page["next"]
    assert found == sorted(set(found))
    assert len(found) == 7


@pytest.mark.slow
def test_entries_are_got_filtered_and_forgotten(client: TestClient) -> None:
    """By id and by kind; a forgotten one is not recalled either."""
    add(client)
    assert client.get(f"{ROOT}/entries/{PROCEDURE.id}").json()["subroutine"] == PROCEDURE.subroutine
    (lesson,) = client.get(f"{ROOT}/entries", params={"kind": "lesson"}).json()["items"]
    assert lesson["id"] == LESSON.id
    assert client.delete(f"{ROOT}/entries/{PROCEDURE.id}").json()["entries"] == 1
    assert client.post(f"{ROOT}/recall", json={"query": PROCEDURE.key}).json()["hits"] == []


def test_recall(client: TestClient) -> None:
    """Hits with fields, scores and provenance; kinds leave others out; an abstention is status 200."""
    add(client)
    (hit,) = client.post(f"{ROOT}/recall", json={"query": PROCEDURE.key, "k": 1}).json()["hits"]
    assert (hit["id"], hit["provenance"]) == (PROCEDURE.id, [{"source": "own", "trajectory_id": None}])
    answer = client.post(f"{ROOT}/recall", json={"query": PROCEDURE.key, "kinds": ["concept"]})
    assert (answer.status_code, answer.json()["hits"]) == (200, [])
    assert answer.json()["abstention"]["reason"]


@pytest.mark.slow
def test_stats(client: TestClient) -> None:
    """Counts of the namespace in the path."""
    add(client)
    assert client.get(f"{ROOT}/stats").json()["entries"] == [
        {"kind": "lesson", "count": 1},
        {"kind": "procedure", "count": 1},
    ]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "/recall", {"json": {}}, 422),
        ("POST", "/recall", {"json": {"query": "x", "namespace": "other"}}, 422),
        ("POST", "/recall", {"json": {"query": "x", "k": 0}}, 422),
        ("POST", "/recall", {"content": b'{"query": "half \\ud800"}', "headers": JSON}, 422),
        ("POST", "/recall", {"json": {"query": "nul \0"}}, 400),
        ("POST", "/recall", {"content": b"{", "headers": JSON}, 422),
        ("POST", "/recall", {"content": b"{"}, 415),
        ("POST", "/entries", {"json": {"entries": []}}, 422),
        ("POST", "/entries", {"json": {"entries": [{"kind": "spell", "words": "x"}]}}, 422),
        ("POST", "/entries", {"json": {"entries": [{"kind": "lesson", "situation": " ", "suggestion": "x"}]}}, 400),
        ("POST", "/trajectories", {"content": b"[1, 2"}, 400),
        ("POST", "/trajectories", {"content": b"[\xff]"}, 400),
        ("POST", "/trajectories", {"content": b"x" * (1 << 20) + b"x"}, 413),
        ("POST", "/trajectories", {"content": iter([b"x" * (1 << 20), b"x"])}, 413),
        ("POST", "/recall", {"content": b" " * (1 << 20) + b"x", "headers": JSON}, 413),
        ("POST", "/trajectories?format=runes", {"content": b""}, 422),
        ("GET", "/entries?limit=0", {}, 422),
        ("GET", "/entries/p-nothing", {}, 404),
        ("GET", "/trajectories/t-nothing", {}, 404),
        ("DELETE", "/entries/t-nothing", {}, 404),
        ("DELETE", "/trajectories/p-nothing", {}, 404),
        ("GET", "/jobs/o-nothing", {}, 404),
        ("GET", "/jobs/o-nothing/rejections", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("PUT", "/stats", {}, 405),
    ],
)
def test_refusals_are_problem_documents(
    unchanged: TestClient, method: str, path: str, options: dict[str, object], status: int
) -> None:
    """Every refusal has its status, the problem media type and a reason."""
    answer = unchanged.request(method, ROOT + path, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_a_bad_namespace_is_refused(unchanged: TestClient) -> None:
    """Names become directories: only safe ones are taken."""
    assert unchanged.get("/v1/namespaces/No%20Way/stats").status_code == 400
    assert unchanged.get("/v1/namespaces/..%2f..%2fetc/stats").status_code in {400, 404}


def test_an_unexpected_error_says_nothing_of_the_inside(
    client: TestClient, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of ours is status 500 without its message, which may hold a caller's text."""
    wait_until_ready(client)
    monkeypatch.setattr(memory.store.reader, "stats", lambda *_: 1 / 0)
    answer = client.get(f"{ROOT}/stats")
    assert answer.status_code == 500
    assert "division" not in answer.text


def test_too_many_ingestions_are_put_off(client: TestClient) -> None:
    """While all places are taken an upload is answered 429, and recall goes on."""
    places = client.app.state.ingestions  # type: ignore[attr-defined]  # the application itself
    while places.acquire(blocking=False):
        pass
    answer = client.post(f"{ROOT}/trajectories", json=TRACE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert client.post(f"{ROOT}/recall", json={"query": "x"}).status_code == 200


@pytest.mark.slow
def test_openapi_has_examples(unchanged: TestClient) -> None:
    """The description names every path, with examples of bodies."""
    found = unchanged.get("/openapi.json").json()
    assert len(found["paths"]) == 63
    assert "LEVEL" in json.dumps(found["paths"])
    assert "examples" in json.dumps(found["components"])


@pytest.mark.parametrize("text", ["[1", "[1 2]", "[1] 2", "[,]", "[1,]"])
def test_a_list_that_is_not_json_is_refused(text: str) -> None:
    """Half a list is not half understood."""
    with pytest.raises(BadInput):
        list(list_items(text))


def test_an_operation_whose_process_was_killed_is_interrupted(client: TestClient, memory: Memory) -> None:
    """Over HTTP as in the library: never running where nobody runs it."""
    memory.store.writer.put_job(Namespace("default"), Job("o-1", "ingest", "file"))
    assert client.get(f"{ROOT}/jobs/o-1").json()["state"] == "interrupted"
    assert [one["state"] for one in client.get(f"{ROOT}/jobs").json()] == ["interrupted"]


@pytest.mark.slow
def test_the_bare_address_says_where_to_go_on(client: TestClient) -> None:
    """Every path it names is there."""
    answer = client.get("/")
    assert answer.status_code == 200
    paths = [path for path in answer.json().values() if path.startswith("/")]
    assert {"/docs", "/v1/namespaces"} <= set(paths)
    assert [path for path in paths if client.get(path).status_code not in {200, 503}] == []


@pytest.mark.sampled
@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_body_of_another_type_is_told_the_header_to_send(unchanged: TestClient, media_type: str) -> None:
    """As `curl -d` sends it: the right JSON under the header of a form; with the right header nothing is said of it."""
    words = {"content": b'{"query": "pencil"}', "headers": {"Content-Type": media_type}}
    assert "-H 'Content-Type: application/json'" in unchanged.post(f"{ROOT}/recall", **words).json()["detail"]
    assert "Content-Type" not in unchanged.post(f"{ROOT}/recall", json=[]).json()["detail"]


def test_the_earlier_path_of_jobs_still_answers(client: TestClient) -> None:
    """The same answers as `/jobs`; the description marks it, and nothing else, as deprecated."""
    job = client.post(f"{ROOT}/trajectories", content=json.dumps(TRACE) + "\n{broken\n").json()["job"]["id"]
    for place in ("", f"/{job}", f"/{job}/rejections"):
        before, now = (client.get(f"{ROOT}/{name}{place}") for name in ("operations", "jobs"))
        assert (before.status_code, before.json()) == (200, now.json())
    paths = client.get("/openapi.json").json()["paths"]
    marked = {path for path, methods in paths.items() for one in methods.values() if one.get("deprecated")}
    assert marked == {path for path in paths if "/operations" in path}
    assert len(marked) == 3


@pytest.mark.parametrize(
    ("path", "body", "reasons"),
    [
        (
            "/entries",
            {"entries": [{"kind": "procedure"}]},
            {
                "body.entries.0.procedure.subquestion": "Field required",
                "body.entries.0.procedure.subroutine": "Field required",
            },
        ),
        ("/entries", {"entries": []}, {"body.entries": "List should have at least 1 item after validation, not 0"}),
        ("/entries", {"entries": "x"}, {"body.entries": "Input should be a valid list"}),
        ("/entries", {"entries": [[]]}, {"body.entries.0": "Input should be a valid object"}),
        ("/recall", {"query": "x", "bogus": 1}, {"body.bogus": "Extra inputs are not permitted"}),
        ("/recall", {"query": "x", "tags": "x"}, {"body.tags": "Input should be a valid list"}),
        ("/recall", [], {"body": "Input should be a valid object"}),
    ],
)
def test_a_body_is_refused_in_the_words_of_json(
    unchanged: TestClient, path: str, body: object, reasons: dict[str, str]
) -> None:
    """Each error once, where it is; nothing names a tuple or a class."""
    answer = unchanged.post(ROOT + path, json=body).json()
    assert {one["place"]: one["reason"] for one in answer["errors"]} == reasons
    assert answer["detail"] == "; ".join(f"{place}: {reason}" for place, reason in reasons.items())
