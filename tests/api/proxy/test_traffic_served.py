"""A memory that grows from its own use: what passes a running proxy is judged, learnt and recalled again."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from midthought.api.proxy.traffic.policies import read_policies
from midthought.api.proxy.traffic.read_passed import BROKEN
from midthought.api.proxy.traffic.traffic import READS_ONLY
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.checks.recalled_hints import recalled_hints
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.trajectory import Trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

from ...stream_server import serve_streams
from ..test_reason_rest import ARRANGE
from ..thinking import until
from .passing import chat_events
from .proxy_place import ProxyPlace, serve_proxy
from .raw_upstream import RawAnswer, RawRequest, serve_raw
from .thinking_servers import Template, Thinker, ThinkingVllm

TRACES = Path(__file__).parents[3] / "data" / "trajectories"
RIGHT = [
    trace
    for name in ("own.jsonl", "fields.jsonl", "reasoning_gym.jsonl")
    for trace in map(json.loads, (TRACES / name).read_text(encoding="utf-8").splitlines())
    if trace.get("outcome") == "correct"
]
BY_QUESTION = {trace["question"]: trace for trace in RIGHT}
ASKED = list(BY_QUESTION)[:20]


def respond(asked: RawRequest) -> RawAnswer:
    """A model that thinks as our traces do, whatever stands behind the question; streamed or not."""
    body = json.loads(asked.body)
    text = body["messages"][-1]["content"]
    trace = next((one for question, one in BY_QUESTION.items() if text.startswith(question)), RIGHT[0])
    thought = f"{trace['thought']}{' I was told how.' if DEFAULT_HINT_MARKS.begin in text else ''}"
    if body.get("stream"):
        headers = (("content-type", "text/event-stream"),)
        return RawAnswer(200, chat_events(thought, trace["answer"]), headers)
    message = {"role": "assistant", "reasoning_content": thought, "content": trace["answer"]}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return RawAnswer(200, json.dumps({"object": "chat.completion", "choices": [choice]}).encode())


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """An empty memory that never abstains for want of similarity."""
    home = tmp_path / "home"
    with open_memory(home, encoder=HashingEncoder(), starter=False, min_similarity=-1.0) as opened:
        yield opened


def ask(proxy: ProxyPlace, question: str, **fields: Any) -> str:
    """Ask the model through the proxy; return the id of the run."""
    body = {"model": "m", "messages": [{"role": "user", "content": question}], **fields}
    answer = httpx.post(f"{proxy.url}/v1/chat/completions", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.headers.get("X-Midthought-Run", ""))


def stored(proxy: ProxyPlace) -> Callable[[], bool]:
    """Whether every run and trace is stored."""
    return lambda: not proxy.service.tasks and not proxy.service.running


def learnt(memory: Memory) -> Sequence[Trajectory]:
    """What was learnt from."""
    return [one for _, one in memory.store.reader.list_trajectories(DEFAULT_NAMESPACE, limit=1000)]


def test_twenty_answers_are_learnt_and_recalled_in_the_next(memory: Memory) -> None:
    """Twenty proxied answers, judged by their users, become trajectories and entries in one job, and the 21st request
    has a hint from them; what that attempt says, having seen the hint, is no evidence of it.
    """
    policies = read_policies("default=feedback")
    with serve_raw(respond) as upstream, serve_proxy(memory, upstream.url, traffic=policies) as proxy:
        runs = [
            ask(proxy, one, stream=bool(number % 2), midthought={"mode": "shadow"}) for number, one in enumerate(ASKED)
        ]
        until(stored(proxy))
        assert (len(set(runs)), all(runs)) == (len(ASKED), True)
        for run in runs:
            memory.feedback(run, "correct")
        assert proxy.service.traffic.learn_now() == 1
        assert {one.question for one in learnt(memory)} == set(ASKED)
        assert {one.outcome for one in learnt(memory)} == {"correct"}
        entries = {
            one.id: len(one.provenance) for one in memory.store.reader.list_entries(DEFAULT_NAMESPACE, limit=1000)
        }
        assert entries
        question = f"{ASKED[0]} Please."
        again = ask(proxy, question)
        sent = json.loads(upstream.asked[-1].body)["messages"][-1]["content"]
        assert DEFAULT_HINT_MARKS.begin in sent
        until(stored(proxy))
        (used,) = {
            one.entry_id
            for one in memory.store.reader.get_run(DEFAULT_NAMESPACE, again).entries
            if one.role == "injected"
        }
        memory.feedback(again, "correct")
        assert proxy.service.traffic.learn_now() == 1
        assert len(learnt(memory)) == len(ASKED) + 1
        found = {one.id: len(one.provenance) for one in memory.store.reader.list_entries(DEFAULT_NAMESPACE, limit=1000)}
        assert found[used] == entries[used]


def test_only_who_opts_in_is_kept(memory: Memory) -> None:
    """Requests with the memory off, and those of other namespaces, leave nothing."""
    policies = read_policies("alice=unjudged")
    with serve_raw(respond) as upstream, serve_proxy(memory, upstream.url, traffic=policies) as proxy:
        ask(proxy, ASKED[0])
        alice = ProxyPlace(f"{proxy.url}/v1/namespaces/alice", proxy.app)
        body = {"model": "m", "messages": [{"role": "user", "content": ASKED[1]}]}
        for headers in ({"X-Midthought": "off"}, {}):
            httpx.post(f"{alice.url}/chat/completions", json=body, headers=headers, timeout=30).raise_for_status()
        until(stored(proxy))
        proxy.service.traffic.learn_now()
    assert not learnt(memory)
    found = memory.store.reader.list_trajectories(Namespace("alice"))
    assert [one.question for _, one in found] == [ASKED[1]]


def test_a_key_that_may_read_is_given_hints_and_teaches_nothing(memory: Memory) -> None:
    """Its answers are counted as left out; those of a key that may write are learnt."""
    keys = [memory.create_key(scope, namespaces=["default"], scope=scope).key for scope in ("read", "write")]
    policies = read_policies("default=unjudged")
    with serve_raw(respond) as upstream, serve_proxy(memory, upstream.url, traffic=policies) as proxy:
        for question, key in zip(ASKED, keys, strict=False):
            body = {"model": "m", "messages": [{"role": "user", "content": question}]}
            headers = {"Authorization": f"Bearer {key}"}
            answer = httpx.post(f"{proxy.url}/v1/chat/completions", json=body, headers=headers, timeout=30)
            assert (answer.status_code, answer.headers["X-Midthought"]) == (200, "on")
            until(stored(proxy))
        assert not [one for one in upstream.asked if "Bearer" in str(one.headers)]
        proxy.service.traffic.learn_now()
        assert [one.question for one in learnt(memory)] == [ASKED[1]]
        assert memory.traffic().left_out == {READS_ONLY: 1}


def test_an_expected_answer_goes_to_the_checker_and_not_upstream(memory: Memory) -> None:
    """The option is ours; the answer is judged by it."""
    policies = read_policies("default=checker")
    trace = next(one for one in RIGHT if one.get("gold"))
    with serve_raw(respond) as upstream, serve_proxy(memory, upstream.url, traffic=policies) as proxy:
        ask(proxy, trace["question"], midthought={"expected": trace["gold"]})
        assert "midthought" not in json.loads(upstream.asked[-1].body)
        bad = {"model": "m", "messages": [], "midthought": {"expected": 3}}
        refused = httpx.post(f"{proxy.url}/v1/chat/completions", json=bad)
        until(stored(proxy))
        proxy.service.traffic.learn_now()
    assert [(one.outcome, one.gold) for one in learnt(memory)] == [("correct", trace["gold"])]
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "midthought.expected")


def test_a_client_that_leaves_is_not_learnt_from(memory: Memory) -> None:
    """What had passed by then is left out, and counted."""
    policies = read_policies("default=unjudged")
    big = chat_events("I think for long. " * 200_000, "12", piece=2000)
    slow = RawAnswer(200, big, (("content-type", "text/event-stream"),))
    with serve_raw(lambda _: slow) as upstream, serve_proxy(memory, upstream.url, traffic=policies) as proxy:
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": ASKED[0]}]}
        with httpx.stream("POST", f"{proxy.url}/v1/chat/completions", json=body, timeout=30) as answer:
            next(answer.iter_raw())
        until(stored(proxy))
        proxy.service.traffic.learn_now()
    assert not learnt(memory)
    assert dict(memory.traffic().left_out) == {BROKEN: 1}


def test_what_waits_can_be_seen(memory: Memory) -> None:
    """With the run that feedback needs; a service that stops keeps what it took."""
    policies = read_policies("default=feedback")
    with serve_raw(respond) as upstream, serve_proxy(memory, upstream.url, traffic=policies) as proxy:
        run = ask(proxy, ASKED[0])
        until(lambda: memory.traffic().waiting == 1)  # each is taken in behind its answer, in its own time
        ask(proxy, ASKED[1])
        until(stored(proxy))
        until(lambda: memory.traffic().waiting == 2)
        with Client(proxy.url) as client:
            assert client.traffic() == memory.traffic()
    memory.feedback(run, "correct")
    report = memory.traffic()
    assert (report.waiting, report.ready) == (1, 1)
    assert [(one.run_id == run, one.question, one.outcome) for one in report.traces] == [
        (True, ASKED[0], "correct"),
        (False, ASKED[1], "unknown"),
    ]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("parser", [True, False], ids=["parser", "marks"])
@pytest.mark.parametrize("trigger", ["start", "every"])
def test_a_hint_in_the_thought_is_cut_out(home_memory: Memory, trigger: str, parser: bool, stream: bool) -> None:
    """Wherever the proxy put it, and in whichever field the server writes its thoughts, the trace is the model's alone;
    in two rounds the entry gains no evidence, and comes back as nothing new.
    """
    options = {"triggers": [trigger], "every_tokens": 3, "later_margin": 0.0}
    model = ThinkingVllm(parser=parser, template=Template.OPENS)
    before = [(one.id, one.provenance) for one in home_memory.store.reader.list_entries(DEFAULT_NAMESPACE)]
    with (
        serve_streams(model.respond) as upstream,
        serve_proxy(home_memory, upstream.url, traffic=read_policies("default=feedback")) as proxy,
    ):
        for question in ("In how many ways can LEVEL be arranged?", "How many arrangements has LEVEL?"):
            run = ask(proxy, question, stream=stream, midthought=options)
            until(stored(proxy))
            home_memory.feedback(run, "correct")
            assert proxy.service.traffic.learn_now() == 1
    assert [one.thought.split() for one in learnt(home_memory)] == [Thinker().thought.split()] * 2
    assert [one.answer for one in learnt(home_memory)] == [Thinker().answer.strip()] * 2
    assert {recalled_hints(one).entries for one in learnt(home_memory)} == {(ARRANGE.id,)}
    found = home_memory.store.reader.list_entries(DEFAULT_NAMESPACE)
    assert [(one.id, one.provenance) for one in found if one.id == ARRANGE.id] == before
    assert not any(ARRANGE.body in one.entry.body for one in found if one.id != ARRANGE.id)
