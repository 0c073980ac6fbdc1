"""Which requests of the proxy leave a run, and what a run says of its request."""

import json
import logging
from typing import Any

import httpx
import pytest

from midthought.api.python.memory import Memory

from ..thinking import until
from .proxy_place import ProxyPlace, serve_proxy
from .raw_upstream import RawAnswer, serve_raw
from .test_proxy_memory import QUESTION, body_for, respond

CHAT = "/v1/chat/completions"
MODES = ["on", "shadow"]


def ask(proxy: ProxyPlace, mode: str, **more: Any) -> httpx.Response:
    """The answer to a chat, when all that was to be recorded of it has been."""
    got = httpx.post(proxy.url + CHAT, json=body_for(CHAT, **more), headers={"X-Midthought": mode})
    until(lambda: not proxy.service.tasks and proxy.service.running == 0)
    return got


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_an_error_of_the_upstream_leaves_no_run(home_memory: Memory, mode: str, status: int) -> None:
    """Its header names none; the next request, which is answered, has one."""
    answers = [RawAnswer(200, b"{}")]
    with serve_raw(lambda _: answers[0]) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        answers[0] = RawAnswer(status, b'{"error": {"message": "no"}}')
        failed = ask(proxy, mode)
        assert home_memory.runs() == []
        answers[0] = RawAnswer(200, b'{"choices": []}')
        answered = ask(proxy, mode)
        (run,) = home_memory.runs()
    assert failed.status_code == status
    assert failed.headers["x-midthought"] == mode
    assert "x-midthought-run" not in failed.headers
    assert answered.headers["x-midthought-run"] == run.id


@pytest.mark.parametrize("mode", MODES)
def test_an_upstream_that_is_away_leaves_no_run(
    home_memory: Memory, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the path, as its pattern, and the cause."""
    with serve_raw(respond) as upstream:
        url = upstream.url
    with caplog.at_level(logging.WARNING), serve_proxy(home_memory, url) as proxy:
        got = ask(proxy, mode)
        assert home_memory.runs() == []
    assert got.status_code == 502
    assert "x-midthought-run" not in got.headers
    said = [one.getMessage() for one in caplog.records]
    assert any(one.startswith(f"POST {CHAT}: status 502") for one in said)
    assert any(got.json()["error"]["message"] in one for one in said)


def test_a_run_says_what_its_request_said(home_memory: Memory) -> None:
    """Numbers as they were sent; no defaults of thoughts that this service would write itself, and no texts."""
    asked = {"temperature": 0, "max_tokens": 100, "n": 1, "user": "ada", "top_p": "much"}
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        ask(proxy, "on", **asked)
        (run,) = home_memory.runs()
    said = json.loads(run.content)["configuration"]
    expected = {"temperature": 0, "max_tokens": 100, "n": 1, "path": CHAT, "mode": "on", "way": "hint-first"}
    assert {name: said[name] for name in expected} == expected
    assert (said["model"], said["triggers"], said["k"]) == ("m", "start", 3)
    alien = (
        "samples",
        "selector",
        "seed",
        "user",
        "top_p",
        "arm",
        "recalls",
        "zoom",
        "spans.",
        "prompts.",
        "triggering.",
    )
    assert not [name for name in said if name.startswith(alien)]


def test_a_run_of_later_triggers_says_their_parameters(home_memory: Memory) -> None:
    """Of those that were asked for, and of no others."""
    options = {"triggers": ["start", "every"], "every_tokens": 70}
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        ask(proxy, "on", midthought=options)
        (run,) = home_memory.runs()
    said = json.loads(run.content)["configuration"]
    of_triggers = {name: value for name, value in said.items() if name.startswith("triggering.")}
    assert of_triggers == {"triggering.every_tokens": 70}
    assert said["recalls"] == 2


def test_a_shadow_run_says_what_would_have_been_put_in(home_memory: Memory) -> None:
    """The entry whose hint was chosen, and the way that would have been tried first."""
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        ask(proxy, "shadow")
        (run,) = home_memory.runs()
    (entry,) = home_memory.list_entries()
    said = json.loads(run.content)["configuration"]
    assert (run.question, run.arm) == (QUESTION, "none")
    assert (said["shadow.entries"], said["shadow.way"]) == (f"{entry.id} version 1", "in-thought")
