"""The upstream of the chaos tests does what it is told: each fault as a client that knows HTTP sees it."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .chaos_faults import FAULTS
from .chaos_upstream import ChaosUpstream, serve_chaos


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChaosUpstream]:
    """One for all of these tests."""
    with serve_chaos() as running:
        yield running


def ask(model: str, *more: dict[str, Any], stream: bool = True) -> dict[str, Any]:
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": "canary-a1"}, *more]}


def read(upstream: ChaosUpstream, body: dict[str, Any], path: str = "/v1/chat/completions") -> bytes:
    with (
        httpx.Client(trust_env=False, timeout=20) as client,
        client.stream("POST", upstream.url + path, json=body) as got,
    ):
        return b"".join(got.iter_raw())


NUMBER = re.compile(r"canary-a1[:!](\d)")


def test_a_sound_answer_has_every_word_once(upstream: ChaosUpstream) -> None:
    """Thought and answer, streamed and whole, in the field that was asked for."""
    for stream in (True, False):
        told = read(upstream, ask("ok?field=reasoning_content", stream=stream)).decode()
        assert NUMBER.findall(told) == [*"012345", *"012345"]
        assert "reasoning_content" in told
        assert told.endswith("data: [DONE]\n\n") is stream


def test_a_half_written_thought_is_continued(upstream: ChaosUpstream) -> None:
    """With the number behind the last that is there, by chat and by ids."""
    begun = {"role": "assistant", "content": "<think>\ncanary-a1:0é☃ canary-a1:1é☃ something else"}
    body = ask("ok", begun) | {"continue_final_message": True, "add_generation_prompt": False}
    assert NUMBER.findall(read(upstream, body).decode()) == [*"2345", *"012345"]
    ids = [ord(one) for one in "<|user|>canary-a1<|end|><|assistant|><think>\ncanary-a1:0é☃ "]
    told = read(upstream, {"model": "ok", "prompt": ids, "stream": True}, "/v1/completions").decode()
    assert NUMBER.findall(told) == [*"12345", *"012345"]


@pytest.mark.parametrize("fault", ["cut-before-head", "cut-in-head", "garbage-head"])
def test_a_head_that_does_not_come_is_an_error(upstream: ChaosUpstream, fault: str) -> None:
    """Of the connection."""
    with pytest.raises(httpx.RemoteProtocolError):
        read(upstream, ask(fault))


@pytest.mark.parametrize("fault", ["cut-in-chunk", "cut-after-event", "cut-mid-event", "cut-mid-character"])
def test_a_body_that_is_cut_is_an_error(upstream: ChaosUpstream, fault: str) -> None:
    """The answer had begun."""
    with pytest.raises(httpx.RemoteProtocolError):
        read(upstream, ask(fault))


@pytest.mark.parametrize(("fault", "end"), [("drip", b"[DONE]\n\n"), ("http10", b"[DONE]\n\n"), ("no-done", b"}\n\n")])
def test_odd_answers_that_are_whole(upstream: ChaosUpstream, fault: str, end: bytes) -> None:
    """Every word comes."""
    told = read(upstream, ask(fault))
    assert NUMBER.findall(told.decode()) == [*"012345", *"012345"]
    assert told.endswith(end)


def test_statuses_and_what_is_no_stream(upstream: ChaosUpstream) -> None:
    """A status has its headers; a page is a page; an error comes as an event; gzip is gzip."""
    told = {name: httpx.post(upstream.url + "/v1/completions", json=ask(name)) for name in FAULTS if "status" in name}
    assert {name: one.status_code for name, one in told.items()} == {"status-500": 500, "status-429": 429}
    assert told["status-429"].headers["retry-after"] == "7"
    assert b"hotel" in read(upstream, ask("wrong-type"))
    assert b"EngineCore" in read(upstream, ask("error-event"))
    assert read(upstream, ask("gzip"))[:2] == b"\x1f\x8b"
    assert len(read(upstream, ask("big-tool-call"))) > 10 << 20


def test_a_client_that_leaves_is_counted(upstream: ChaosUpstream) -> None:
    """In a silence too; nothing stays open."""
    before = upstream.counts.left
    for fault in ("silence", "silence-before-head"):
        with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False, timeout=0.2) as client:
            client.post(upstream.url + "/v1/chat/completions", json=ask(fault))
    for _ in range(500):
        if upstream.counts.left == before + 2 and not upstream.counts.open:
            return
        time.sleep(0.01)
    raise AssertionError(upstream.counts)
