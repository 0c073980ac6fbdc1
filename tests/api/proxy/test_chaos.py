"""The proxy before an upstream that fails, and for clients that leave: every request ends, nothing of it stays behind,
and no stream has a word of another.
"""

import asyncio
import gzip
from typing import Any

import httpx
import pytest

from .chaos_upstream import ChaosUpstream
from .running_proxy import RunningProxy
from .storm import MODES, PENCILS, WHOLE, storm
from .wire_client import CHAT, ask_one, chat, leave_early, numbers, run, wait_for

pytestmark = pytest.mark.slow

STATUSES = {"status-500": 500, "status-429": 429, "silence-before-head": 504}
STATUSES |= dict.fromkeys(("cut-before-head", "cut-in-head", "garbage-head"), 502)
EACH_MODE = [one if one == "on" else pytest.param(one, marks=pytest.mark.heavy) for one in MODES]
"""Most of the code runs with the memory on; the other modes run in `make accept`."""
BROKEN = ("cut-in-chunk", "cut-after-event", "cut-mid-event", "cut-mid-character", "silence")


@pytest.mark.parametrize("mode", EACH_MODE)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("fault", sorted(STATUSES))
def test_an_answer_that_does_not_begin_has_a_status(
    chaos_proxy: RunningProxy, chaos: ChaosUpstream, unleaking: None, fault: str, stream: bool, mode: str
) -> None:
    """That of the upstream with its body and headers; 502 or 504 of ours, if the upstream has none."""
    read = ask_one(chaos_proxy.url, chat(fault, "canary-a", stream=stream), mode=mode)
    assert (read.status, read.end) == (STATUSES[fault], "end")
    if fault.startswith("status"):
        direct = ask_one(chaos.url, chat(fault, "canary-a", stream=stream))
        assert read.body == direct.body
        assert {name: read.headers.get(name) for name in direct.headers} == direct.headers
    else:
        assert b'"error"' in read.body
        assert b"upstream-" in read.body


@pytest.mark.parametrize("mode", EACH_MODE)
@pytest.mark.parametrize("fault", BROKEN)
def test_an_answer_that_breaks_off_does_not_look_whole(
    chaos_proxy: RunningProxy, unleaking: None, fault: str, mode: str
) -> None:
    """It ends with an event that is an error, or with the connection; never with [DONE]. What came is the client's."""
    read = ask_one(chaos_proxy.url, chat(fault, "canary-b"), mode=mode)
    assert read.end in ("error event", "RemoteProtocolError")
    assert b"[DONE]" not in read.body
    expected = numbers("canary-b", 6)
    assert read.words == expected[: len(read.words)]
    assert bool(read.words) == (fault != "cut-in-chunk")


@pytest.mark.parametrize("fault", [*WHOLE, "garbage", "wrong-type", "error-event", "big-tool-call"])
def test_with_the_memory_off_the_bytes_are_those_of_the_upstream(
    chaos_proxy: RunningProxy, chaos: ChaosUpstream, unleaking: None, fault: str
) -> None:
    """Whatever they are, with the headers that are not ours; also in shadow, but for the receipt."""
    body = chat(fault, "canary-c", stream_options={"include_usage": True})
    direct, off = ask_one(chaos.url, body), ask_one(chaos_proxy.url, body, mode="off")
    assert (off.status, off.body, off.end) == (direct.status, direct.body, direct.end)
    ours = {"content-length", "transfer-encoding", "connection", "date", "server"}
    assert {name: off.headers.get(name) for name in direct.headers if name not in ours} == {
        name: value for name, value in direct.headers.items() if name not in ours
    }
    assert chaos.asked[-1][2] == body


@pytest.mark.parametrize("mode", EACH_MODE)
@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "content"])
@pytest.mark.parametrize("fault", ["ok", "drip", "no-done", "http10"])
def test_an_odd_answer_that_is_whole_arrives_whole(
    chaos_proxy: RunningProxy, unleaking: None, fault: str, field: str, mode: str
) -> None:
    """Every word once and in order, whichever pieces it came in."""
    for stream in (True, False) if fault in ("ok",) else (True,):
        read = ask_one(chaos_proxy.url, chat(f"{fault}?field={field}", "canary-d", stream=stream), mode=mode)
        assert (read.status, read.words) == (200, numbers("canary-d", 6))
        assert read.end == ("done" if stream and fault != "no-done" else "end")


def test_a_compressed_answer_arrives(chaos_proxy: RunningProxy, unleaking: None) -> None:
    """With the memory on too, as the client that accepts gzip reads it."""
    read = ask_one(chaos_proxy.url, chat("gzip", "canary-e"))
    if read.headers.get("content-encoding") == "gzip":
        read.body = gzip.decompress(read.body)
    assert read.words == numbers("canary-e", 6)


@pytest.mark.parametrize("mode", EACH_MODE)
def test_a_tool_call_of_ten_megabytes_arrives(chaos_proxy: RunningProxy, unleaking: None, mode: str) -> None:
    """Streamed, with an event of two megabytes, and whole."""
    for stream in (True, False):
        read = ask_one(chaos_proxy.url, chat("big-tool-call?words=1", "canary-f", stream=stream), mode=mode)
        assert (read.body.count(b"x") >= 10 << 20, read.words) == (True, numbers("canary-f", 1))


@pytest.mark.parametrize("fault", ["ok?pause=0.02", "silence", "ok?first=0.8", "silence-before-head"])
@pytest.mark.parametrize("mode", EACH_MODE)
def test_a_client_that_leaves_ends_the_request_to_the_upstream(
    chaos_proxy: RunningProxy, chaos: ChaosUpstream, unleaking: None, fault: str, mode: str
) -> None:
    """At once: before the first byte, in the middle, and in a silence; or it is never sent."""

    async def leave() -> None:
        async with httpx.AsyncClient(trust_env=False, headers={"x-midthought": mode}) as client:
            try:
                reading = leave_early(client, chaos_proxy.url + CHAT, chat(fault, "canary-g"), after=2)
                await asyncio.wait_for(reading, 0.4)
            except TimeoutError:
                pass

    left, asked = chaos.counts.left, len(chaos.asked)
    run(leave())
    sent = [body for _, _, body in chaos.asked[asked:] if "canary-g" in str(body)]
    wait_for(lambda: chaos.counts.left >= left + bool(sent))


def test_streams_do_not_mix(chaos_proxy: RunningProxy, unleaking: None) -> None:
    """Eight at a time, sound and broken, in every mode: each has its own words alone, each once and in order."""
    outcome = run(storm(chaos_proxy.url, streams=8, requests=60))
    assert outcome.whole > 20
    assert outcome.broken > 5


LATER = {"midthought": {"triggers": ["start", "every"], "every_tokens": 2, "later_margin": 0}}


@pytest.mark.parametrize("more", [{}, LATER], ids=["start", "later"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "content"])
def test_hints_stand_in_the_thought(
    chaos_proxy: RunningProxy, unleaking: None, field: str, stream: bool, more: dict[str, Any]
) -> None:
    """In the field that the upstream uses; no word is lost or said twice where a second request goes on."""
    read = ask_one(chaos_proxy.url, chat(f"ok?field={field}", "canary-j", stream=stream, **more))
    receipt = read.receipt
    assert (receipt["way"], receipt["degraded"]) == ("in-thought", [])
    assert read.words == numbers("canary-j", 6)
    told = read.text_of(field)
    hints = [one.subroutine for one in PENCILS if one.subroutine in told.partition("canary-j!")[0]]
    assert len(hints) == len(receipt["injections"]) == (3 if more else 1)
    assert [told.count(one) for one in hints] == [1] * len(hints)
    assert len(receipt["legs"]) == (3 if more else 1)
