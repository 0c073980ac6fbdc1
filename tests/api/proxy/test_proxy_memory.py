"""The proxy with the memory on: hints before the thought, receipts, runs, and what happens in trouble."""

import gzip
import json
from typing import Any

import httpx
import pytest

from midthought.api.proxy import proxy_session
from midthought.api.python.memory import Memory
from midthought.memory.errors import StoreInUse
from midthought.reasoner.thought.receipts import ReceiptKind

from ..test_reason_rest import ARRANGE
from ..thinking import until
from .chaos_upstream import serve_chaos
from .proxy_place import ProxyPlace, serve_proxy
from .raw_upstream import RawAnswer, RawRequest, RawUpstream, serve_raw

QUESTION = "How many anagrams has LEVEL?"
BEGIN = "[memory"
USAGE = {"prompt_tokens": 30, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 16}}
WHOLE: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "id": "c",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": '30 {}"'}, "finish_reason": "stop"}],
        "usage": USAGE,
    },
    "/v1/responses": {
        "id": "r",
        "status": "completed",
        "output": [],
        "usage": {"input_tokens": 30, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 16}},
    },
    "/v1/messages": {
        "id": "m",
        "content": [],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 30, "output_tokens": 4, "cache_read_input_tokens": 16},
    },
}
"""What an upstream answers unstreamed."""


def event_of(record: dict[str, Any], name: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(record)}\n\n".encode()


def stream_of(path: str) -> list[bytes]:
    """The events of a streamed answer."""
    if path == "/v1/responses":
        done = {"type": "response.completed", "response": WHOLE[path]}
        return [event_of({"type": "response.output_text.delta", "delta": "30"}), event_of(done, "response.completed")]
    if path == "/v1/messages":
        delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": WHOLE[path]["usage"]}
        return [
            event_of({"type": "ping"}, "ping"),
            event_of(delta, "message_delta"),
            event_of({"type": "message_stop"}),
        ]
    choice = {"index": 0, "delta": {"content": '"finish_reason":"x"'}, "finish_reason": None}
    last = {"index": 0, "delta": {"tool_calls": []}, "finish_reason": "stop"}
    events = [{"choices": [choice]}, {"choices": [last]}, {"choices": [], "usage": USAGE}]
    return [*map(event_of, events), b"data: [DONE]\n\n"]


def respond(asked: RawRequest) -> RawAnswer:
    """What an upstream answers."""
    if json.loads(asked.body or b"{}").get("stream"):
        return RawAnswer(200, b"".join(stream_of(asked.path)), (("content-type", "text/event-stream"),))
    return RawAnswer(200, json.dumps(WHOLE[asked.path], indent=1).encode())


def body_for(path: str, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    """A request with one question."""
    field = "input" if path == "/v1/responses" else "messages"
    turns: Any = question if path == "/v1/responses" else [{"role": "user", "content": question}]
    return {"model": "m", field: turns, **more}


def asked_text(asked: RawRequest) -> str:
    """The last text of the user that the upstream was asked."""
    body = json.loads(asked.body)
    return str(body["input"] if "input" in body else body["messages"][-1]["content"])


def receipts_in(text: str, path: str) -> list[tuple[int, dict[str, Any]]]:
    """The places and the receipts of the events that hold one."""
    found = []
    for place, block in enumerate(text.split("\n\n")):
        data = block.rpartition("data: ")[2]
        record = json.loads(data) if data.startswith("{") else {}
        holder = record.get("response", record) if path == "/v1/responses" else record
        if "midthought" in holder:
            found.append((place, holder["midthought"]))
    return found


PATHS = sorted(WHOLE)


@pytest.mark.parametrize("path", PATHS)
def test_a_hint_stands_behind_the_question(home_memory: Memory, path: str) -> None:
    """On every route: framed, behind the user's own words; the answer has the receipt, and the rest as it was."""
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, json=body_for(path, midthought={"k": 1}))
    (asked,) = upstream.asked
    text = asked_text(asked)
    assert text.startswith(f"{QUESTION}\n\n[")
    assert ARRANGE.body in text
    assert text.endswith("]")
    assert "midthought" not in json.loads(asked.body)
    record = got.json()
    receipt = record.pop("midthought")
    assert record == WHOLE[path]
    (entry,) = home_memory.list_entries()
    assert (receipt["mode"], receipt["way"], receipt["degraded"]) == ("on", "hint-first", [])
    assert [one["entry_id"] for one in receipt["entries"]] == [entry.id]
    assert [(one["position"], one["trigger"], one["query"]) for one in receipt["injections"]] == [
        (0, "start", QUESTION)
    ]
    assert receipt["legs"] == [{"prompt_tokens": 30, "cached_tokens": 16, "completion_tokens": 4}]
    assert got.headers["x-midthought"] == "on"
    assert got.headers["x-midthought-run"] == receipt["run"]
    assert int(got.headers["content-length"]) == len(got.content)


@pytest.mark.parametrize("path", PATHS)
def test_the_last_event_has_the_receipt(home_memory: Memory, path: str) -> None:
    """The one with the reason of the end; every other event is that of the upstream, byte for byte."""
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, json=body_for(path, stream=True))
    events, there = [one.encode() for one in got.text.split("\n\n")], b"".join(stream_of(path)).split(b"\n\n")
    ((place, receipt),) = receipts_in(got.text, path)
    assert receipt["way"] == "hint-first"
    assert [one for number, one in enumerate(events) if number != place] == [
        one for number, one in enumerate(there) if number != place
    ]
    assert {"/v1/chat/completions": 1, "/v1/messages": 1, "/v1/responses": 1}[path] == place
    if path != "/v1/responses":
        assert events[place].startswith(there[place][:-1] + b',"midthought":{')


def test_of_many_choices_the_last_to_end_has_the_receipt(home_memory: Memory) -> None:
    """One receipt, although each choice has a reason of its own for its end."""
    ends = [event_of({"choices": [{"index": one, "delta": {}, "finish_reason": "stop"}]}) for one in (1, 0, 2)]
    answer = RawAnswer(200, b"".join(ends), (("content-type", "text/event-stream"),))
    with serve_raw(lambda _: answer) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        path = "/v1/chat/completions"
        got = httpx.post(proxy.url + path, json=body_for(path, stream=True, n=3))
    assert [place for place, _ in receipts_in(got.text, path)] == [2]


CONTENTS = [
    ("How?", "How?\n\n"),
    ([{"type": "text", "text": "How?"}, {"type": "image_url", "image_url": {"url": "data:x"}}], "How?\n\n"),
    ([{"type": "text", "text": "See."}, {"type": "text", "text": "How?", "cache_control": {}}], "How?\n\n"),
]


@pytest.mark.parametrize(("content", "begin"), CONTENTS)
def test_other_parts_of_a_message_stay(home_memory: Memory, content: Any, begin: str) -> None:
    """The hint is a part of the last text of the last user's turn; turns behind it, of tools, stay behind it."""
    path = "/v1/chat/completions"
    turns = [
        {"role": "user", "content": "Before."},
        {"role": "user", "content": content},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function"}]},
        {"role": "tool", "tool_call_id": "1", "content": "7"},
    ]
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        httpx.post(proxy.url + path, json={"model": "m", "messages": turns})
    got = json.loads(upstream.asked[0].body)["messages"]
    assert [got[0], *got[2:]] == [turns[0], *turns[2:]]
    sent = got[1]["content"]
    if isinstance(content, str):
        assert sent.startswith(begin)
    else:
        place = max(number for number, one in enumerate(content) if one["type"] == "text")
        assert sent[place].pop("text").startswith(begin)
        content = [dict(one) for one in content]
        content[place].pop("text")
        assert sent == content


WHY_NONE = [
    ({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}, "continues"),
    ({"messages": [{"role": "system", "content": "x"}]}, "no text of a user"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "no text of a user"),
    ({"messages": "none"}, "no text of a user"),
    ({"messages": [1, {"role": "user"}, {"role": "user", "content": [1, {"type": "text", "text": 2}]}]}, "no text"),
    ({"messages": [{"role": "user", "content": "x"}], "echo": True}, "echo"),
    ({"messages": [{"role": "user", "content": "x"}], "continue_final_message": True}, "continues"),
]


@pytest.mark.parametrize(("body", "why"), WHY_NONE)
def test_what_has_no_recall_goes_up_as_it_came(home_memory: Memory, body: dict[str, Any], why: str) -> None:
    """The receipt says why, and there is no run."""
    raw = json.dumps({"model": "m", **body}, indent=2).encode()
    path = "/v1/chat/completions"
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, content=raw)
        assert proxy.service.tasks == set()
    assert upstream.asked[0].body == raw
    receipt = got.json()["midthought"]
    assert (receipt["way"], receipt["run"], receipt["entries"]) == ("none", "", [])
    assert why in receipt["why"]
    assert "x-midthought-run" not in got.headers


RAW_BODIES = [
    b"",
    b"not JSON",
    b"\xff\xfe",
    b"[1]",
    b'"text"',
    b"null",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"messages": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    b'{"n": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("raw", RAW_BODIES, ids=range(len(RAW_BODIES)))
def test_a_body_that_cannot_be_read_goes_up_as_it_came(home_memory: Memory, raw: bytes) -> None:
    """What is wrong with it the upstream says; nothing of it is an error of ours."""
    refused = RawAnswer(400, b'{"error": {"message": "no"}}')
    with serve_raw(lambda _: refused) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(f"{proxy.url}/v1/chat/completions", content=raw)
    assert (got.status_code, got.content) == (400, refused.body)
    assert upstream.asked[0].body == raw


def test_a_compressed_body_goes_up_as_it_came(home_memory: Memory) -> None:
    """With its coding; the receipt says why nothing was recalled."""
    path = "/v1/chat/completions"
    raw = gzip.compress(json.dumps(body_for(path)).encode())
    answer = RawAnswer(200, json.dumps(WHOLE[path]).encode())
    with serve_raw(lambda _: answer) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, content=raw, headers={"content-encoding": "gzip"})
    assert (upstream.asked[0].body, upstream.asked[0].headers["content-encoding"]) == (raw, "gzip")
    assert got.json()["midthought"]["why"] == "the body is compressed (gzip)"


@pytest.mark.parametrize(
    ("setting", "header", "hinted"), [("off", "on", True), ("shadow", "on", True), ("on", "off", False)]
)
def test_the_header_decides_before_the_setting(home_memory: Memory, setting: str, header: str, hinted: bool) -> None:
    """In both directions."""
    path = "/v1/chat/completions"
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url, proxy_mode=setting) as proxy:
        got = httpx.post(proxy.url + path, json=body_for(path), headers={"X-Midthought": header})
    assert got.headers["x-midthought"] == header
    assert (asked_text(upstream.asked[0]) != QUESTION) is hinted


def test_strange_json_is_sent_on_in_its_sense(home_memory: Memory) -> None:
    """The last of two equal names, NaN, half a surrogate pair, and a number too large for a float."""
    turn = rb'{"role":"user","content":"\ud83d how"}'
    raw = rb'{"model":"m","model":"n","top":NaN,"far":1e400,"half":"\ud83d","messages":[' + turn + b"]}"
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(f"{proxy.url}/v1/chat/completions", content=raw)
    assert got.json()["midthought"]["way"] == "hint-first"
    sent = json.loads(upstream.asked[0].body)
    assert (sent["model"], sent["far"], sent["half"]) == ("n", float("inf"), "\ud83d")
    assert sent["top"] != sent["top"]
    assert sent["messages"][0]["content"].startswith("\ud83d how\n\n")


OPTION_CASES = [
    ({"k": 0}, "midthought.k"),
    ({"k": "many"}, "midthought.k"),
    ({"tirggers": ["start"]}, "midthought.tirggers"),
    ({"triggers": ["sometimes"]}, "midthought.triggers.0"),
    ({"triggers": ["never", "start"]}, "midthought"),
    ({"triggers": ["uncertainty"]}, "midthought"),
    ({"mode": "perhaps"}, "midthought.mode"),
    ({"mode": 1}, "midthought.mode"),
    ({"question": 1}, "midthought.question"),
    ({"hint_tokens": -1}, "midthought.hint_tokens"),
    ({"later_margin": 2}, "midthought.later_margin"),
    ({"namespace": "ada"}, "midthought.namespace"),
    ([], "midthought"),
    (None, "midthought"),
    ("on", "midthought"),
]


@pytest.mark.parametrize(("options", "param"), OPTION_CASES)
def test_a_wrong_option_is_the_mistake_of_the_caller(home_memory: Memory, options: Any, param: str) -> None:
    """400 in the shape of the upstream's errors, naming the option; nothing goes up."""
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(f"{proxy.url}/v1/chat/completions", json=body_for("", midthought=options))
    error = got.json()["error"]
    assert (got.status_code, error["type"], error["code"]) == (400, "invalid_request_error", "bad-input")
    assert error["param"] == param
    assert upstream.asked == []


def test_a_misspelt_option_is_told_its_name(home_memory: Memory) -> None:
    """The nearest that exists."""
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(f"{proxy.url}/v1/chat/completions", json=body_for("", midthought={"tirggers": ["start"]}))
    assert "did you mean 'triggers'?" in got.json()["error"]["message"]


def test_options_say_what_to_search_for_and_when(home_memory: Memory) -> None:
    """`question` in place of the user's words; `never` recalls nothing."""
    path = "/v1/chat/completions"
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        other = httpx.post(proxy.url + path, json=body_for(path, midthought={"question": "Count arrangements"}))
        never = httpx.post(proxy.url + path, json=body_for(path, midthought={"triggers": ["never"]}))
        off = httpx.post(proxy.url + path, json=body_for(path, midthought={"mode": "off"}))
    assert other.json()["midthought"]["injections"][0]["query"] == "Count arrangements"
    assert asked_text(upstream.asked[0]).startswith(f"{QUESTION}\n\n[")
    assert never.json()["midthought"]["injections"] == []
    assert [asked_text(one) for one in upstream.asked[1:]] == [QUESTION, QUESTION]
    assert off.json() == WHOLE[path]
    assert json.loads(upstream.asked[2].body) == body_for(path)


def last_run(memory: Memory, run_id: str) -> Any:
    """The run of a request, when it has been recorded."""
    until(lambda: any(one.id == run_id for one in memory.runs()))
    return next(one for one in memory.runs() if one.id == run_id)


def test_a_request_is_a_run(home_memory: Memory) -> None:
    """With its entries, receipts, tokens and model; feedback on it works."""
    path = "/v1/chat/completions"
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, json=body_for(path, stream=True))
        run = last_run(home_memory, got.headers["x-midthought-run"])
    (entry,) = home_memory.list_entries()
    assert (run.question, run.arm, run.engine, run.tokens, run.cached_tokens) == (
        QUESTION,
        "hint-first",
        "proxy:m",
        4,
        16,
    )
    assert [(one.entry_id, one.role.value, one.chosen) for one in run.entries] == [(entry.id, "injected", True)]
    kinds = [one.kind for one in home_memory.receipts() if one.run_id == run.id]
    assert sorted(kinds) == [ReceiptKind.INJECTION, ReceiptKind.RECALL]
    content = json.loads(run.content)
    assert content["configuration"]["way"] == "hint-first"
    assert content["text"] == ""
    home_memory.feedback(run.id, "correct")
    assert last_run(home_memory, run.id).outcome == "correct"


def test_a_client_that_left_has_a_run(home_memory: Memory) -> None:
    """What was put in is recorded although nobody read the answer."""
    body = {"model": "ok?words=5000&pause=0.01", "stream": True, "messages": [{"role": "user", "content": "canary-a"}]}
    with serve_chaos() as chaos, serve_proxy(home_memory, chaos.url) as proxy:
        with httpx.stream("POST", f"{proxy.url}/v1/chat/completions", json=body) as answer:
            next(answer.iter_raw())
        until(lambda: chaos.counts.left == 1)
        run = last_run(home_memory, answer.headers["x-midthought-run"])
        until(lambda: not proxy.service.tasks and proxy.service.running == 0)
    assert len(run.entries) == 1


def test_in_the_shadow_bytes_are_relayed(home_memory: Memory) -> None:
    """Recall runs and is recorded; the upstream and the client see the bytes of each other."""
    path = "/v1/chat/completions"
    raw = json.dumps(body_for(path, stream=True), indent=2).encode()
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, content=raw, headers={"X-Midthought": "shadow"})
        run = last_run(home_memory, got.headers["x-midthought-run"])
    assert upstream.asked[0].body == raw
    assert got.content == b"".join(stream_of(path))
    assert got.headers["x-midthought"] == "shadow"
    assert (run.arm, [one.role.value for one in run.entries]) == ("none", ["recalled"])
    assert [one.kind for one in home_memory.receipts()] == [ReceiptKind.RECALL]


def test_a_run_that_holds_out_gets_no_hint(home_memory: Memory) -> None:
    """By the setting `holdout`; what would have been put in is recorded as held back."""
    path = "/v1/chat/completions"
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url, holdout=1.0) as proxy:
        got = httpx.post(proxy.url + path, json=body_for(path))
        receipt = got.json()["midthought"]
        run = last_run(home_memory, receipt["run"])
    assert asked_text(upstream.asked[0]) == QUESTION
    assert (receipt["injections"], len(receipt["entries"])) == ([], 1)
    assert (run.withheld, run.holdout) == (True, 1.0)
    assert [one.role.value for one in run.entries] == ["withheld"]


def test_a_hint_that_does_not_fit_is_left_out(home_memory: Memory) -> None:
    """A refusal because of the hint is not the client's: its own request is sent, and the receipt says so."""

    def picky(asked: RawRequest) -> RawAnswer:
        return RawAnswer(400, b'{"error": {}}') if "[" in asked_text(asked) else respond(asked)

    path = "/v1/chat/completions"
    with serve_raw(picky) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, json=body_for(path))
    receipt = got.json()["midthought"]
    assert (got.status_code, receipt["way"], receipt["injections"], receipt["entries"]) == (200, "none", [], [])
    assert "refused the request with a hint in it (status 400)" in receipt["degraded"][0]


@pytest.mark.parametrize(
    ("error", "said"),
    [(StoreInUse("/m", pid=7), "StoreInUse"), (ValueError("a bug"), "a bug"), (MemoryError(), "MemoryError")],
    ids=["locked", "bug", "memory"],
)
def test_a_memory_in_trouble_costs_no_answer(
    home_memory: Memory, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """The request goes up as it came; header and receipt say what failed."""
    monkeypatch.setattr(proxy_session.RequestSession, "_open", lambda _: (_ for _ in ()).throw(error))
    path = "/v1/chat/completions"
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(proxy.url + path, json=body_for(path))
    record = got.json()
    receipt = record.pop("midthought")
    assert (record, asked_text(upstream.asked[0])) == (WHOLE[path], QUESTION)
    assert got.headers["x-midthought"] == "failed"
    assert said in receipt["degraded"][0]


def test_a_namespace_that_does_not_exist_has_nothing_to_recall(home_memory: Memory) -> None:
    """That is no trouble of the memory: the answer comes, and says so; there is no run, and no namespace is made."""
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        got = httpx.post(f"{proxy.url}/v1/namespaces/new/chat/completions", json=body_for("/v1/chat/completions"))
        until(lambda: not proxy.service.tasks)
    receipt = got.json()["midthought"]
    assert (receipt["degraded"], receipt["run"]) == ([], "")
    assert "namespace new" in receipt["abstained"]
    assert got.headers["x-midthought"] == "on"
    assert "x-midthought-run" not in got.headers
    assert [one.name for one in home_memory.namespaces()] == ["default"]


def ask_slow(place: ProxyPlace, upstream: RawUpstream) -> dict[str, Any]:
    """The receipt of a chat whose recall takes too long."""
    got = httpx.post(f"{place.url}/v1/chat/completions", json=body_for("/v1/chat/completions"))
    assert asked_text(upstream.asked[-1]) == QUESTION
    assert got.headers["x-midthought"] == "failed"
    receipt: dict[str, Any] = got.json()["midthought"]
    return receipt


def test_a_recall_that_takes_too_long_is_given_up(home_memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time of the setting; what it finds later is put in nowhere and noted nowhere."""
    import threading

    free = threading.Event()
    opened = proxy_session.RequestSession._open

    def wait(session: proxy_session.RequestSession) -> Any:
        free.wait(60)
        return opened(session)

    monkeypatch.setattr(proxy_session.RequestSession, "_open", wait)
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url, proxy_recall_timeout=0.05) as proxy:
        receipts = [ask_slow(proxy, upstream) for _ in range(12)]
        until(lambda: not proxy.service.tasks)
        free.set()
        runs = [last_run(home_memory, one["run"]) for one in receipts]
    assert {one["degraded"][0] for one in receipts} == {"recall took longer than 0.05 seconds"}
    assert all(not one.entries for one in runs)
