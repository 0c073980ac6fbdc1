"""The description says what every route really answers, and the page that shows it needs nothing else."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from jsonschema import Draft202012Validator

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.operations.catalogue import OPERATIONS
from midthought.api.python.memory import Memory
from midthought.api.rest.app import create_app
from midthought.api.rest.docs_page import POLICY, docs_page
from midthought.api.rest.job_events import EVENTS, MAX_STREAMS
from midthought.api.rest.problem_model import ProblemModel
from midthought.api.rest.running_thoughts import RunningThoughts
from midthought.api.rest.transfer import EXPORT, IMPORT
from midthought.api.settings import Settings
from midthought.ingest.progress import IngestStopped
from midthought.memory.errors import (
    BadInput,
    EncoderMismatch,
    EngineFailed,
    MidthoughtError,
    MissingExtra,
    NotFound,
    Overloaded,
    StoreDamaged,
    StoreFull,
    TooManySessions,
)
from midthought.memory.records.api_key import Scope
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.job import Job, JobState
from midthought.reasoner.thought.events import ThinkEvent

from .conftest import PROCEDURE, TRACE, service_over

SETTINGS = Settings(max_body_mb=1, api_keys=Keyring((ApiKey("own", ("own",)), ApiKey("all"))))
RARE = Settings(key_rate=0.001, key_burst=1)
ALL = {"Authorization": "Bearer all"}
ENTRY = entry_to_dict(PROCEDURE)
REASON = "/v1/namespaces/{namespace}/reason"
BODIES: dict[tuple[str, str], object] = {
    ("post", "/v1/namespaces/{namespace}/sessions"): {"question": "how?"},
    ("post", "/v1/namespaces/{namespace}/sessions/{session_id}/step"): {"text": "So", "position": 0},
    ("post", "/v1/namespaces/{namespace}/entries"): {"entries": [ENTRY]},
    ("put", "/v1/namespaces/{namespace}/entries/{entry_id}"): {"entry": ENTRY},
    ("post", "/v1/namespaces/{namespace}/recall"): {"query": "x"},
    ("post", "/v1/namespaces/{namespace}/recall:batch"): {"recalls": [{"query": "x"}]},
    ("patch", "/v1/namespaces/{namespace}/entries/{entry_id}"): {"changes": {"subroutine": "So."}},
    ("post", "/v1/backups"): {"name": "friday"},
    ("post", "/v1/reindex"): {"encoder": "runes"},
    ("post", "/v1/namespaces/{namespace}/harvest"): {"tasks": [{"question": "x", "gold": "y"}]},
    ("post", IMPORT): {},
    ("post", REASON): {"question": "x", "deadline_ms": 100},
    ("post", "/v1/namespaces/{namespace}/trajectories"): TRACE,
    ("post", "/v1/namespaces/{namespace}/calibration"): {"queries": [{"query": "x", "right": []}]},
    ("post", "/v1/namespaces/{namespace}/drafts/accept"): {"ids": []},
    ("post", "/v1/namespaces/{namespace}/drafts/reject"): {"ids": []},
    ("put", "/v1/namespaces/{namespace}/drafts/{draft_id}"): {"entry": ENTRY},
    ("post", "/v1/namespaces/{namespace}/runs/compare"): {"first_arm": "none", "second_arm": "in-thought"},
    ("post", "/v1/namespaces/{namespace}/feedback"): {"run_id": "run-none", "outcome": "wrong"},
    ("post", "/v1/namespaces/{namespace}/retention"): {"dry_run": True},
    ("post", "/v1/keys"): {"name": "x", "namespaces": ["own"], "expires_at": "2001-01-01"},  # with a key it needs keys
    ("post", "/v1/keys/{key_id}/rotate"): {},
    ("put", "/v1/namespaces/{namespace}"): {"starter": True},
    ("patch", "/v1/namespaces/{namespace}"): {"starter": False},
}
"""A good body for each route that takes one: a new route must be added here."""

PATHS = {"{namespace}": "own", "{entry_id}": "p-none", "{trajectory_id}": "t-none", "{job_id}": "o-none"}
RAISED: dict[int, MidthoughtError | Exception] = {
    400: BadInput("x"),
    404: NotFound("x"),
    409: EncoderMismatch("x"),
    429: TooManySessions("x"),
    500: StoreDamaged("x"),
    501: MissingExtra("x", purpose="tests"),
    502: EngineFailed("x"),
    503: Overloaded("x"),
    507: StoreFull("x"),
}


class Raising:
    """A memory whose every method raises one error: what disks and encoders do only at times."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    @property
    def _core(self) -> Any:
        """What recalls are carried out on."""
        raise self._error

    def __getattr__(self, name: str) -> Any:
        def refuse(*_: object, **__: object) -> None:
            raise self._error

        return refuse


class Stream:
    """Stands for a stream that is open."""


class Ended:
    """A memory with one job, which has ended."""

    def get_job(self, *_: object, **__: object) -> Job:
        """The job."""
        return Job("o-1", "ingest", "x", JobState.FINISHED)


class Slow:
    """A memory in which no thought ends before its time is up; something may happen meanwhile."""

    def __init__(self, happens: Callable[[], object] = lambda: None) -> None:
        self._happens = happens

    def reason(self, *_: object, **__: object) -> Iterator[ThinkEvent]:
        """Say nothing for longer than the deadline."""
        self._happens()
        time.sleep(0.2)
        yield from ()


@cache
def described_text() -> str:
    """The description; no memory is needed for it."""
    return json.dumps(create_app(Raising(NotFound("x")), SETTINGS).openapi())  # type: ignore[arg-type]


def described() -> dict[str, Any]:
    """The description, for a test alone."""
    found: dict[str, Any] = json.loads(described_text())
    return found


ROUTES = [
    ("post", "/v1/namespaces/{namespace}/trajectories"),  # the upload first: the quick one of those that are sampled
    *sorted(
        {
            (operation.route.method.lower(), path)
            for operation in OPERATIONS
            if operation.route is not None and not operation.route.raw_body
            for path in (operation.route.path, *operation.route.deprecated)
        }
    ),
    ("get", EXPORT),
    ("post", IMPORT),
    ("get", EVENTS),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("get", "/metrics"),
]
"""Every route. Not read from the description, which takes half a second in each process that only collects tests."""


def test_no_route_is_left_out() -> None:
    """The description has these routes and no others, each once."""
    served = [(method, path) for path, methods in described()["paths"].items() for method in methods]
    assert sorted(served) == sorted(ROUTES)


def ask(client: TestClient, method: str, path: str, *, own: str = "own", **options: Any) -> Response:
    """A good request to a route, but for what is changed."""
    for name, value in (PATHS | {"{namespace}": own}).items():
        path = path.replace(name, value)
    good: dict[str, Any] = {"headers": ALL, "params": {"confirm": own} if method == "delete" else {}}
    if (body := BODIES.get((method, options.pop("route", "")))) is not None and "content" not in options:
        good["json"] = body
    return client.request(method, path, **{**good, **options})


def attacks(client: TestClient, method: str, path: str) -> Iterator[Response]:
    """Answers to everything that a caller can do wrong, and to a good request."""
    operation = described()["paths"][path][method]
    if "{job_id}" in path:
        yield ask(client, method, path.replace("{job_id}", "%20"), route=path)
    yield ask(client, method, path, route=path)
    yield ask(client, method, path, route=path, headers={})
    yield ask(client, method, path, route=path, own="other", headers={"Authorization": "Bearer own"})
    yield ask(client, method, path, route=path, own="No%20Way")
    for one in operation.get("parameters", ()):
        if one["in"] == "header" and one["name"].startswith("if-"):
            for value in ('"a"', "*", "a"):
                yield ask(client, method, path, route=path, headers=ALL | {one["name"]: value})
        if one["name"] == "idempotency-key":
            yield ask(client, method, path, route=path, headers=ALL | {"Idempotency-Key": "x" * 201})
        if one["in"] == "query":
            yield ask(client, method, path, route=path, params={one["name"]: "x" * 300})
            yield ask(client, method, path, route=path, params={})
        if one["name"] == "after":
            yield ask(client, method, path, route=path, params={"after": "nothing-has-this-id"})
    if "requestBody" in operation:
        for body in (b"", b"{", b"{}", b"[1, 2", b"\xff", b'{"a": 1}', b"x" * ((1 << 20) + 1)):
            yield ask(client, method, path, content=body, headers=ALL | {"Content-Type": "application/json"})
        for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain"):
            yield ask(client, method, path, route=path, headers=ALL | {"Content-Type": kind})


@pytest.mark.sampled
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_route_declares_exactly_what_it_answers(memory: Memory, method: str, path: str) -> None:
    """Every error comes as the declared document, none is undeclared, and each declared one can be met."""
    app = service_over(memory, SETTINGS)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    declared = described()["paths"][path][method]["responses"]
    answers = list(attacks(client, method, path))
    app.state.readiness.ready = False
    answers.append(ask(client, method, path, route=path))
    app.state.readiness.ready = True
    keyless = TestClient(service_over(memory, RARE), base_url="http://127.0.0.1")
    evil = {"Sec-Fetch-Site": "cross-site"}
    answers.append(ask(keyless, method, path, route=path, headers=evil))
    answers += [ask(keyless, method, path, route=path, own="nowhere") for _ in range(2)]  # the second is one too many
    while app.state.ingestions.acquire(blocking=False):
        pass
    answers.append(ask(client, method, path, route=path))
    app.state.ingestions.release()
    if path == EVENTS:
        app.state.memory, streams = Ended(), app.state.job_streams
        answers.append(ask(client, method, path, route=path))
        kept = [Stream() for _ in range(MAX_STREAMS)]
        streams.open.update(kept)
        answers.append(ask(client, method, path, route=path))
    if path == REASON:
        running = app.state.thoughts
        app.state.thoughts = replace(running, running=RunningThoughts(0))
        answers.append(ask(client, method, path, route=path))
        app.state.thoughts = running
        for stopped in (Slow(), Slow(running.running.stop)):
            app.state.memory = stopped
            answers.append(ask(client, method, path, route=path))
    for status, error in RAISED.items():
        if str(status) in declared and path != "/health/ready":  # its errors are those of `Readiness`
            app.state.memory = Raising(error)
            answers.append(ask(client, method, path, route=path))
    if method == "post" and path.endswith("/trajectories"):
        app.state.memory = Raising(IngestStopped("the service ends"))
        answers.append(ask(client, method, path, route=path))
    for answer in answers:
        assert str(answer.status_code) in declared, (answer.status_code, answer.text)
        if not (answer.is_success or answer.status_code == 304):
            assert list(declared[str(answer.status_code)]["content"]) == [answer.headers["content-type"]]
            assert ProblemModel.model_validate(answer.json(), strict=True).status == answer.status_code
    errors = {status for status in declared if status[0] in "45"}
    assert {str(answer.status_code) for answer in answers if answer.is_error} == errors


def test_every_error_is_described_by_the_problem_schema() -> None:
    """No schema of FastAPI's own errors is left, and every name that is referred to is there."""
    found = described()
    text = json.dumps(found)
    assert "HTTPValidationError" not in text
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= set(found["components"]["schemas"])
    for method, path in ROUTES:
        for status, answer in found["paths"][path][method]["responses"].items():
            if status[0] in "45":
                schema = {"$ref": "#/components/schemas/ProblemModel"}
                assert list(answer["content"]) == ["application/problem+json"]
                assert answer["content"]["application/problem+json"]["schema"] == schema


def test_every_body_and_answer_has_an_example_that_fits() -> None:
    """Each is what its schema says, errors included; a stream has at least a text."""
    found, shown = described(), 0
    for method, path in ROUTES:
        operation = found["paths"][path][method]
        for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind, content in holder.get("content", {}).items():
                schema = {**content["schema"], "components": found["components"]}
                if kind.endswith("json"):
                    named = found["components"]["schemas"].get(content["schema"].get("$ref", "").rpartition("/")[2], {})
                    example = content["example"] if "example" in content else named["examples"][0]
                    Draft202012Validator(schema).validate(example)
                    shown += 1
    assert shown > len(ROUTES)


def test_keys_are_a_bearer_scheme() -> None:
    """Every route names it, but the health checks; without keys it is not needed."""
    found = described()
    assert {name: one["scheme"] for name, one in found["components"]["securitySchemes"].items()} == {"bearer": "bearer"}
    for method, path in ROUTES:
        needed = found["paths"][path][method]["security"]
        is_open = path.startswith("/health/")
        assert needed == ([] if is_open else [{"bearer": []}, {}])
        assert found["paths"][path][method].get("x-scope") in ([None] if is_open else list(Scope))


class Reader(HTMLParser):
    """Every attribute of a page that can make a browser ask for something, every tag, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name not in {"lang", "charset", "id", "open"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.slow
def test_the_page_shows_everything_and_needs_nothing(memory: Memory) -> None:
    """Every route and schema stands on it; it links to itself and /openapi.json alone, runs and loads nothing."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        answer = client.get("/docs")
        assert client.get("/redoc").status_code == 404
    page = Reader()
    page.feed(answer.text)
    assert (answer.status_code, answer.headers["content-security-policy"]) == (200, POLICY)
    assert POLICY.startswith("default-src 'none';")
    assert not {"script", "img", "link", "iframe", "form", "object", "base"} & set(page.tags)
    assert set(page.links) <= {"/openapi.json", *(f"#{name}" for name in page.ids)}
    assert "url(" not in answer.text
    assert "@import" not in answer.text
    for method, path in ROUTES:
        assert f"{method.upper()} {path}" in page.text
    assert set(described()["components"]["schemas"]) == set(page.ids)
    assert "LEVEL" in page.text


def test_the_page_shows_text_as_text() -> None:
    """What a description says is no markup."""
    found = described()
    found["info"] = found["info"] | {"description": "<script>alert(1)</script>"}
    assert "<script" not in docs_page(found)


def with_defaults(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a part of the description that has a default."""
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for one in inside:
        yield from with_defaults(one)
    if isinstance(part, dict) and "default" in part and {"type", "anyOf", "$ref"} & part.keys():
        yield part


def test_every_default_is_a_value_that_its_own_schema_takes() -> None:
    """A generator of clients fills fields with it."""
    shared = {"components": described()["components"]}
    found = list(with_defaults(described()))
    for one in found:
        Draft202012Validator({**shared, **one}).validate(one["default"])
    assert found
