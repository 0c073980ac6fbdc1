"""Thinking through the service, in process: the order of events, what is recorded, errors, bounds and namespaces."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.operations.codec import write_request
from midthought.api.operations.reason import Reason, make_reason, think_fields
from midthought.api.operations.thought_json import AnswerGiven, ThoughtEventKind, ThoughtFailed, kind_of
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import EngineFailed, MissingExtra
from midthought.memory.records.entry import Procedure
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.events import QueryToken, RunFinished, ThinkEvent
from midthought.reasoner.thought.in_thought import last_run
from midthought.reasoner.thought.selection.selector import Selector
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.retrieval.encoders.hashing import HashingEncoder

from .thinking import EVENTS, REASON, EndlessEngine, FailingEngine, messages_of, plain, thinking_app, until

ASKED = {"question": "How many anagrams has LEVEL?"}
ARRANGE = Procedure("How do I count arrangements when items repeat?", "For problems like this I should divide.")
Thinking = Callable[..., TestClient]


@pytest.fixture
def thinking(lay_store: Callable[[Path], Path], tmp_path: Path) -> Iterator[Thinking]:
    """The service over a memory of one entry, with an engine and settings."""
    with ExitStack() as stack:

        def serve(engine: Engine | Callable[[], Engine] | None = None, **settings: Any) -> TestClient:
            memory = stack.enter_context(remember(lay_store(tmp_path / "memory"), engine))
            app = thinking_app(memory, **settings)
            return stack.enter_context(TestClient(app, base_url="http://127.0.0.1"))

        yield serve


def remember(home: Path, engine: Engine | Callable[[], Engine] | None) -> Memory:
    """A memory of one entry that never abstains for want of similarity."""
    memory = open_memory(home, encoder=HashingEncoder(), starter=False, min_similarity=-1.0, engine=engine)
    memory.add_entries([ARRANGE])
    return memory


def memory_of(client: TestClient) -> Memory:
    """The memory behind a service."""
    memory: Memory = client.app.state.memory  # type: ignore[attr-defined]  # a FastAPI
    return memory


def problem_of(answer: Response) -> tuple[int, str]:
    """Status and kind of a problem document, which is checked to be one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    record = answer.json()
    assert record["status"] == answer.status_code
    return answer.status_code, record["type"].removeprefix("urn:midthought:problem:")


def test_events_come_in_order_and_end_with_the_receipt(thinking: Thinking) -> None:
    """Numbered from 0, each under the name of its kind: thought, recall, injection, thought, answer, receipt."""
    answer = thinking(make_demo_engine()).post(REASON, json=ASKED | {"stream": True})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    found = messages_of(answer.text)
    assert [one.id for one in found] == [str(number) for number in range(len(found))]
    assert [one.name for one in found] == [kind_of(type(one.event)) for one in found]
    changes = [one.name for place, one in enumerate(found) if place == 0 or found[place - 1].name != one.name]
    assert changes == ["thought", "recall", "injection", "thought", "answer", "receipt"]
    given, last = found[-2].event, found[-1].event
    assert isinstance(given, AnswerGiven)
    assert isinstance(last, RunFinished)
    assert (given.run_id, given.answer, given.text) == (last.run.id, "42", last.run.text)


def test_events_are_those_of_the_library(thinking: Thinking) -> None:
    """Memory.reason yields the same, but for times."""
    client = thinking(make_demo_engine())
    found = [one.event for one in messages_of(client.post(REASON, json=ASKED, headers=EVENTS).text)]
    here = list(memory_of(client).reason(ASKED["question"], engine=make_demo_engine()))
    assert plain([one for one in found if not isinstance(one, AnswerGiven)]) == plain(here)


def test_without_a_stream_the_answer_is_the_recorded_run(thinking: Thinking) -> None:
    """As `GET .../runs/{run_id}` returns it; the recall and the injection are receipts of it, and of nothing else."""
    client = thinking(make_demo_engine())
    answer = client.post(REASON, json=ASKED)
    assert (answer.status_code, answer.json()["answer"]) == (200, "42")
    stored = client.get(f"/v1/namespaces/default/runs/{answer.json()['id']}").json()["content"]
    assert answer.json() == stored | {"id": answer.json()["id"]}
    receipts = client.get("/v1/namespaces/default/receipts").json()
    assert sorted(one["kind"] for one in receipts) == ["injection", "recall"]
    assert {one["run_id"] for one in receipts} == {answer.json()["id"]}


def test_settings_of_the_service_hold_unless_the_request_says_otherwise(thinking: Thinking) -> None:
    """Each by itself; null is the same as nothing."""
    client = thinking(make_demo_engine, branches=2, procedures=1, max_tokens=3)
    told = client.post(REASON, json=ASKED | {"seed": None}).json()
    asked = client.post(REASON, json=ASKED | {"branches": 4, "max_tokens": 2, "temperature": 1.5, "seed": 9}).json()
    assert [len(told["samples"]), told["configuration"]["max_tokens"]] == [2, 3]
    assert [len(asked["samples"]), {one["tokens"] for one in asked["samples"]}] == [4, {2}]
    assert [asked["configuration"][name] for name in ("temperature", "seed")] == [1.5, 9]


def test_texts_beside_the_question_can_be_quoted(thinking: Thinking) -> None:
    """They stand in the prompt, named or not; two of one name are refused."""
    client = thinking(make_demo_engine())
    texts = ["Swans are white.", {"text": "Ducks are brown.", "id": "ducks"}]
    first = messages_of(client.post(REASON, json=ASKED | {"context": texts}, headers=EVENTS).text)[0].event
    assert "Swans are white." in repr(first)
    assert "Ducks are brown." in repr(first)
    twice = client.post(REASON, json=ASKED | {"context": [texts[1], texts[1]]})
    assert problem_of(twice) == (400, "bad-input")


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ({"question": " "}, 400, "the question is empty"),
        ({"branches": 33}, 400, "branches must be <= 32 at this service, got 33"),
        ({"max_tokens": 20_000}, 400, "max_tokens must be <= 16384 at this service, got 20000"),
        ({"procedures": 5}, 400, "branches"),
        ({"temperature": 0.0001}, 400, "temperature must be 0 or"),
        ({"spans": "constrain"}, 400, "the engine 'scripted' cannot constrain"),
        ({"selector": "self-certainty"}, 400, "log-probs"),
        ({"arm": "trace-chunk"}, 400, "needs `traces`"),
        ({"triggers": ["never", "start"]}, 400, "'never' alone"),
        ({"triggers": ["soon"]}, 422, "triggers"),
        ({"triggers": []}, 422, "triggers"),
        ({"triggers": ["uncertainty"]}, 400, "gives no log-probs"),
        ({"recalls": 101}, 422, "recalls"),
        ({"hint_tokens": 20_000}, 400, "hint_tokens must be <= 16384 at this service"),
        ({"max_hint_tokens": 20_000}, 400, "max_hint_tokens must be <= 16384 at this service"),
        ({"max_hint_tokens": 0}, 422, "max_hint_tokens"),
        ({"evidence": 2}, 400, "the engine 'scripted' cannot constrain"),
        ({"context": [" "]}, 400, "the text is empty"),
        ({"deadline_ms": 0}, 422, "deadline_ms"),
        ({"spans": "loud"}, 422, "spans"),
        ({"prompts": {}}, 422, "prompts"),
        ({"trigger": "tag"}, 422, "trigger: Extra inputs are not permitted; did you mean 'triggers'?"),
    ],
)
def test_what_a_service_does_not_take_is_refused_by_name(
    thinking: Thinking, asked: dict[str, Any], status: int, told: str
) -> None:
    """With a stream or without; nothing is recorded."""
    client = thinking(make_demo_engine())
    for headers in ({}, EVENTS):
        answer = client.post(REASON, json=ASKED | asked, headers=headers)
        assert (answer.status_code, told in answer.json()["detail"]) == (status, True), answer.text
    assert memory_of(client).runs() == []


@pytest.mark.parametrize("headers", [{}, EVENTS])
def test_a_service_without_an_engine_says_so(thinking: Thinking, headers: dict[str, str]) -> None:
    """With a status and a kind of its own, whether there is none or it cannot be made."""
    answer = thinking(None).post(REASON, json=ASKED, headers=headers)
    assert problem_of(answer) == (501, "no-engine")
    assert "has no engine" in answer.json()["detail"]


def test_an_engine_that_cannot_be_made_is_tried_again(thinking: Thinking) -> None:
    """What was installed meanwhile is found without a restart; one that was made is shared."""
    made: list[str] = []

    def make() -> Engine:
        made.append("")
        if len(made) == 1:
            raise MissingExtra("torch", purpose="The engine", extra="local")
        return make_demo_engine()

    client = thinking(make)
    answer = client.post(REASON, json=ASKED)
    assert problem_of(answer) == (501, "no-engine")
    assert "pip install 'midthought[local]'" in answer.json()["detail"]
    assert [client.post(REASON, json=ASKED).status_code for _ in range(2)] == [200, 200]
    assert len(made) == 2


@pytest.mark.parametrize("headers", [{}, EVENTS])
def test_an_engine_that_fails_at_once_is_an_answer_with_a_status(thinking: Thinking, headers: dict[str, str]) -> None:
    """502 before any event, with the words of the engine."""
    answer = thinking(FailingEngine(EngineFailed("out of memory"), words=0)).post(REASON, json=ASKED, headers=headers)
    assert problem_of(answer) == (502, "engine-failed")
    assert answer.json()["detail"] == "out of memory"


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (EngineFailed("the server died"), 502, "the server died"),
        (ZeroDivisionError("secret"), 500, "ZeroDivisionError"),
    ],
)
def test_an_engine_that_fails_in_mid_stream_ends_it_with_an_error(
    thinking: Thinking, error: Exception, status: int, told: str
) -> None:
    """The words before it have come, the last event is the problem, and no run is recorded."""
    client = thinking(FailingEngine(error, words=7))
    answer = client.post(REASON, json=ASKED | {"stream": True})
    *before, last = messages_of(answer.text)
    assert (answer.status_code, len(before), last.name) == (200, 8, ThoughtEventKind.ERROR)
    assert isinstance(last.event, ThoughtFailed)
    assert (last.event.problem["status"], told in last.event.problem["detail"]) == (status, True)
    assert "secret" not in answer.text
    assert memory_of(client).runs() == []
    assert client.post(REASON, json=ASKED).status_code == status


class _Silent:
    """A memory whose thoughts end without a run."""

    def __init__(self, memory: Memory) -> None:
        self.store = memory.store

    def reason(self, *_: object, **__: object) -> Iterator[ThinkEvent]:
        """Say one word."""
        yield QueryToken("word")


def test_a_thought_without_a_run_is_an_error(thinking: Thinking) -> None:
    """A stream ends with a receipt or an error, whatever happened; an answer is never empty."""
    client = thinking(None)
    memory, client.app.state.memory = memory_of(client), _Silent(memory_of(client))  # type: ignore[attr-defined]
    assert problem_of(client.post(REASON, json=ASKED)) == (502, "engine-failed")
    assert [one.name for one in messages_of(client.post(REASON, json=ASKED, headers=EVENTS).text)] == [
        "thought",
        "error",
    ]
    client.app.state.memory = memory  # type: ignore[attr-defined]


@pytest.mark.parametrize("by_setting", [True, False])
def test_a_thought_that_takes_too_long_is_stopped(thinking: Thinking, by_setting: bool) -> None:
    """By the time of the service or the shorter one of the request: 504, or the error that ends the stream."""
    engine = EndlessEngine()
    client = thinking(engine, **({"reason_timeout": 0.1} if by_setting else {}))
    asked = ASKED | {"deadline_ms": 3_600_000 if by_setting else 100}
    assert problem_of(client.post(REASON, json=asked)) == (504, "deadline-passed")
    last = messages_of(client.post(REASON, json=asked, headers=EVENTS).text)[-1].event
    assert isinstance(last, ThoughtFailed)
    assert last.problem["detail"] == "the thought did not end within 0.1 seconds"
    client.app.state.thoughts.running.close()  # type: ignore[attr-defined]
    assert 2 <= engine.begun == engine.closed


def test_a_model_that_hangs_keeps_its_place_and_no_caller(thinking: Thinking) -> None:
    """Its caller is answered at the deadline; others are refused until the model has really stopped."""
    gate = Event()
    engine = EndlessEngine(gate.wait)
    client = thinking(engine, reason_concurrency=1)
    assert problem_of(client.post(REASON, json=ASKED | {"deadline_ms": 50})) == (504, "deadline-passed")
    assert problem_of(client.post(REASON, json=ASKED)) == (429, "too-many-thoughts")
    gate.set()
    until(lambda: not len(client.app.state.thoughts.running))  # type: ignore[attr-defined]
    assert problem_of(client.post(REASON, json=ASKED | {"deadline_ms": 50})) == (504, "deadline-passed")
    until(lambda: not len(client.app.state.thoughts.running))  # type: ignore[attr-defined]
    assert 2 <= engine.begun == engine.closed


def test_a_thought_sees_and_records_in_its_namespace_alone(thinking: Thinking) -> None:
    """Nothing that another namespace holds is in any event, and no other namespace has the run."""
    client = thinking(make_demo_engine())
    memory = memory_of(client)
    memory.add_entries([Procedure("How do I count canaries that repeat?", "canary-7f3a")], namespace="alice")
    memory.create_namespace("bob", starter=False)
    for name in ("bob", "default"):
        answer = client.post(f"/v1/namespaces/{name}/reason", json={"question": "canaries"}, headers=EVENTS)
        assert messages_of(answer.text)[-1].name == "receipt"
        assert "canary-7f3a" not in answer.text
    assert (
        "canary-7f3a" in client.post("/v1/namespaces/alice/reason", json={"question": "canaries"}, headers=EVENTS).text
    )
    assert [len(memory.runs(namespace=name)) for name in ("alice", "bob", "default")] == [1, 1, 1]
    assert problem_of(client.post("/v1/namespaces/typo/reason", json=ASKED)) == (404, "not-found")
    assert "typo" not in [one.name for one in memory.namespaces()]


def test_a_key_thinks_in_its_own_namespaces_only(thinking: Thinking) -> None:
    """401 without a key, 404 with another's, before a thought is begun."""
    engine = make_demo_engine()
    keys = Keyring((ApiKey("alices", ("alice",)), ApiKey("all")))
    client = thinking(engine, api_keys=keys)
    statuses = [
        client.post(REASON, json=ASKED, headers={"Authorization": f"Bearer {key}"}).status_code
        for key in ("nobodys", "alices")
    ]
    assert (statuses, engine.prompts) == ([401, 404], [])
    assert client.post(REASON, json=ASKED, headers={"Authorization": "Bearer all"}).status_code == 200


def test_a_memory_that_cannot_be_written_does_not_begin(thinking: Thinking, tmp_path: Path) -> None:
    """A run could not be recorded: 507 before the model writes a word."""
    memory_of(thinking(None)).close()
    engine = make_demo_engine()
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), read_only=True, engine=engine) as memory:
        client = TestClient(thinking_app(memory), base_url="http://127.0.0.1")
        assert problem_of(client.post(REASON, json=ASKED)) == (507, "store-full")
    assert engine.prompts == []


def test_the_own_engine_of_a_memory_thinks_without_a_service(thinking: Thinking) -> None:
    """Memory.reason needs no engine if the memory was opened with one."""
    memory = memory_of(thinking(make_demo_engine))
    assert last_run(memory.reason("How many?")).answer == "42"


def test_every_event_is_described(thinking: Thinking) -> None:
    """The data of each event has the fields of its schema and no others, found by the discriminator."""
    client = thinking(make_demo_engine())
    described = client.get("/openapi.json").json()
    content = described["paths"]["/v1/namespaces/{namespace}/reason"]["post"]["responses"]["200"]["content"]
    mapping = content["text/event-stream"]["schema"]["properties"]["data"]["contentSchema"]["discriminator"]["mapping"]
    schemas = described["components"]["schemas"]
    sent = [
        json.loads(line.removeprefix("data: "))
        for line in client.post(REASON, json=ASKED, headers=EVENTS).text.split("\n")
        if line.startswith("data: ")
    ]
    assert len({one["type"] for one in sent}) > 6
    for record in sent:
        schema = schemas[mapping[record["type"]].rpartition("/")[2]]
        assert set(record) == set(schema["properties"])
        assert schema["x-event"] in set(ThoughtEventKind)


def test_a_caller_chooses_arm_triggers_and_selector(thinking: Thinking) -> None:
    """Each by name, with the parameters of a trigger; they stand in the configuration of the run."""
    client = thinking(make_demo_engine())
    asked = {"arm": "in-thought", "triggers": ["every"], "every_tokens": 4, "selector": "majority", "branches": 2}
    answer = client.post(REASON, json=ASKED | asked)
    assert answer.status_code == 200, answer.text
    told = answer.json()["configuration"]
    assert [told[name] for name in ("arm", "triggers", "selector", "samples")] == ["in-thought", "every", "majority", 2]
    assert told["triggering.every_tokens"] == 4
    assert {one["trigger"] for one in answer.json()["receipts"]} == {"every"}
    none = client.post(REASON, json=ASKED | {"arm": "none"}).json()
    assert (none["arm"], none["receipts"]) == ("none", [])


def test_every_setting_of_a_thought_can_be_chosen_or_is_the_services_own() -> None:
    """A new one needs a field in the request, or its name here: prompts, and what belongs to quoting."""
    own = {"prompts", "spans", "triggering"}
    settings = {one.name for one in fields(ThinkSettings)} - own | {one.name for one in fields(TriggerSettings)}
    named = {"branches": "samples"}
    assert {named.get(name, name) for name in think_fields()} == settings | {"spans"}


@given(st.data())
def test_a_service_thinks_as_the_settings_that_were_sent(data: st.DataObject) -> None:
    """Whatever the settings of the service: those of the client hold, each of them."""
    sent = ThinkSettings(
        arm=data.draw(st.sampled_from(Arm)),
        triggers=data.draw(st.sampled_from([("never",), ("start", "every"), ("tag",)])),
        triggering=TriggerSettings(
            every_tokens=data.draw(st.integers(1, 9)),
            tag_open=data.draw(st.sampled_from("<[")),
        ),
        samples=data.draw(st.integers(2, 9)),
        procedures=data.draw(st.integers(0, 2)),
        holdout=data.draw(st.sampled_from([0.0, 0.5])),
        selector=data.draw(st.sampled_from(Selector)),
        spans=SpanSettings(data.draw(st.sampled_from(SpanMode))),
        evidence=data.draw(st.integers(0, 2)),
    )
    request = make_reason("Why?", settings=sent, context=())
    arrived = TypeAdapter[Reason](Reason).validate_python(write_request(request))
    own = ThinkSettings(samples=7, procedures=2, holdout=0.25, triggering=TriggerSettings(every_tokens=3), seed=5)
    assert arrived.settings(own) == sent
