"""The proxy before a real vLLM server with prefix caching, with a reasoning parser and without, and before it dies."""

import asyncio
import importlib.util
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings
from midthought.reasoner.engines.smollm2 import convert_smollm2

from ...reasoner.test_openai_engine_served import copy_with_thoughts
from .client_programs import SECOND, errors_of, run_program, shape_of, without_receipts
from .running_proxy import RunningProxy, run_proxy
from .storm import PENCILS
from .wire_client import CHAT, chat
from .wire_tap import WireTap, tap_wire

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
]

NAMES = ("--served-model-name", "model", "ok?words=1")
"""The second is that of the client programs."""
FLAGS = (*NAMES, "--max-model-len", "4096", "--enable-prefix-caching", "--enable-prompt-tokens-details")
PARSER = ("--reasoning-parser", "deepseek_r1")
BLOCK = 128
"""Tokens in a block of the prefix cache of vLLM on a CPU; only whole ones are kept, and not the last."""
HITS = re.compile(r"^vllm:prefix_cache_hits_total\{[^}]*\} ([\d.e+]+)$", re.MULTILINE)
QUESTION = "How do I sharpen a pencil with a knife?"


@dataclass(frozen=True, slots=True)
class Served:
    """A server, and the proxy before it.

    Attributes:
        url: of vLLM.
        process: of vLLM.
        tap: what vLLM says to the proxy.
        proxy: the service.
        field: where this server tells a thought.
    """

    url: str
    process: Any
    tap: WireTap
    proxy: RunningProxy
    field: str

    def hits(self) -> int:
        """Return the tokens that came from the prefix cache so far."""
        found = HITS.search(httpx.get(f"{self.url}/metrics", trust_env=False).text)
        assert found is not None
        return int(float(found[1]))

    def count(self, text: str) -> int:
        """Return the tokens of a text."""
        body = {"model": "model", "prompt": text, "add_special_tokens": False}
        told = httpx.post(f"{self.url}/tokenize", json=body, trust_env=False, timeout=60).json()
        return int(told["count"])


@pytest.fixture(scope="session")
def vllm_servers(load_script: Callable[[str], Any]) -> Any:
    """What starts vLLM servers."""
    return load_script("benchmarks/spans/vllm_server.py")


@pytest.fixture(scope="module")
def thinking_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2 with two tokens that open and close a thought."""
    return copy_with_thoughts(convert_smollm2(), tmp_path_factory.mktemp("model") / "thinking")


@pytest.fixture(scope="module", params=["parser", "no parser"])
def served(
    request: pytest.FixtureRequest,
    vllm_servers: Any,
    thinking_model: Path,
    chaos_memory: Memory,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """One server after the other; the last test of each ends it."""
    parser = PARSER if request.param == "parser" else ()
    folder = tmp_path_factory.getbasetemp() / "vllm"
    with (
        vllm_servers.run_server(thinking_model, folder, flags=(*FLAGS, *parser)) as (url, process),
        tap_wire(url) as tap,
        run_proxy(chaos_memory, replace(Settings(), upstream=tap.url, proxy_recall_timeout=60.0)) as proxy,
    ):
        yield Served(url, process, tap, proxy, "reasoning" if parser else "content")


def openai_client(url: str, kind: str = "OpenAI", **more: Any) -> Any:
    """Return the official client."""
    import openai

    return getattr(openai, kind)(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=300, **more)


def body(**more: Any) -> dict[str, Any]:
    """Return a greedy request."""
    messages = [{"role": "user", "content": QUESTION}]
    return {"model": "model", "messages": messages, "temperature": 0, "max_tokens": 24, **more}


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_with_the_memory_off_the_bytes_are_those_of_vllm(served: Served, stream: bool) -> None:
    """The client has what the server sent, byte for byte; the server has what the client sent."""
    headers = {"x-midthought": "off"}
    more = {"stream_options": {"include_usage": True}} if stream else {}
    with httpx.Client(trust_env=False, timeout=300, headers=headers) as client:
        sent = body(stream=stream, logprobs=True, unknown=[1], **more)
        with client.stream("POST", served.proxy.url + CHAT, json=sent) as got:
            told = b"".join(got.iter_raw())
    assert told == served.tap.last_body()
    assert served.field.encode() in told
    assert b"midthought" not in told


def check_thought(thought: str, served: Served, receipt: dict[str, Any]) -> None:
    """The hint stands in the thought, and the model went on behind it."""
    assert (receipt["way"], receipt["degraded"], receipt["mode"]) == ("in-thought", [], "on")
    (hint,) = [one.subroutine for one in PENCILS if one.subroutine in thought]
    assert thought.count(hint) == len(receipt["injections"]) == 1
    assert thought.partition("[end of hint]")[2].partition("Now,")[2].strip()
    assert (served.field == "content") == ("<think>" in thought)


def test_the_official_client_reads_the_hint_in_the_thought(served: Served) -> None:
    """Sync, async and streamed, in the field that the server uses for thoughts; usage is that of all requests."""
    whole = openai_client(served.proxy.url).chat.completions.create(**body())
    message = whole.choices[0].message
    check_thought(getattr(message, served.field), served, whole.midthought)
    assert whole.usage.completion_tokens == sum(one["completion_tokens"] for one in whole.midthought["legs"])

    async def ask() -> Any:
        async with openai_client(served.proxy.url, "AsyncOpenAI") as client:
            stream = await client.chat.completions.create(**body(stream=True))
            return await client.chat.completions.create(**body()), [one async for one in stream]

    later, chunks = asyncio.run(ask())
    assert getattr(later.choices[0].message, served.field) == getattr(message, served.field)
    told = "".join(getattr(one.choices[0].delta, served.field, None) or "" for one in chunks if one.choices)
    assert told == getattr(message, served.field)
    (last,) = [one for one in chunks if one.choices and one.choices[0].finish_reason]
    check_thought(told, served, last.midthought)


def test_the_prefix_cache_holds_all_before_a_hint_in_the_middle(served: Served) -> None:
    """By the server's own counts: of n tokens before the hint, all whole blocks but the last are not read again."""
    story = f"The {served.field} of the river freezes from late November to early April. " * 80
    options = {"triggers": ["start", "every"], "every_tokens": 5, "later_margin": 0, "recalls": 1}
    asked = body(messages=[{"role": "user", "content": f"{story}\n{QUESTION}"}], max_tokens=60)
    before = served.hits()
    answer = openai_client(served.proxy.url).chat.completions.create(**asked, extra_body={"midthought": options})
    found, told = served.hits() - before, getattr(answer.choices[0].message, served.field)
    first, second = answer.midthought["legs"]
    _, hint = re.findall(r"\s*\[recalled hint\].*?\[end of hint\]\nNow,", told, re.DOTALL)
    n = second["prompt_tokens"] - served.count(hint)
    assert first["prompt_tokens"] > 1000
    assert n > first["prompt_tokens"]
    assert found >= n // BLOCK * BLOCK - BLOCK
    assert second["cached_tokens"] >= n // BLOCK * BLOCK - BLOCK


def test_errors_are_those_of_vllm(served: Served) -> None:
    """Status and body, with the memory on."""
    for wrong in ({"model": "none"}, {"temperature": -1}, {"max_tokens": 100_000}, {"messages": "hello"}):
        direct, ours = (
            httpx.post(url + CHAT, json=body() | wrong, trust_env=False, timeout=60)
            for url in (served.url, served.proxy.url)
        )
        assert (ours.status_code, ours.json()) == (direct.status_code, direct.json())
        assert direct.status_code >= 400


@pytest.mark.parametrize("name", [*SECOND, "openai_structured"])
def test_client_programs_see_what_vllm_says(served: Served, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same fields and errors, of /v1/responses and /v1/messages too."""
    if name == "openai_structured" and served.field == "reasoning":
        pytest.skip("with a parser this vLLM constrains no answer before the end of a thought")
    python, settings = Path(sys.executable), served.proxy.app.state.proxy.settings
    direct = run_program(python, name, served.url)
    for mode in (ProxyMode.OFF, ProxyMode.ON):
        monkeypatch.setattr(served.proxy.app.state.proxy, "settings", replace(settings, proxy_mode=mode))
        seen = run_program(python, name, served.proxy.url)
        assert errors_of(seen) == errors_of(direct)
        assert shape_of(without_receipts(seen)) == shape_of(without_receipts(direct))
    assert "midthought" in str(seen)


def test_tenants_have_prefix_caches_of_their_own(served: Served, chaos_memory: Memory) -> None:
    """With the setting, what one namespace asked is not in the cache of another, and is in its own."""
    keys = Keyring(tuple(ApiKey(f"key-of-{name}", (name,)) for name in ("alice", "bob")))
    settings = Settings(
        upstream=served.url, proxy_cache_salt=True, api_keys=keys, upstream_key="none", proxy_recall_timeout=60.0
    )
    story = f"With {served.field} the lake freezes from early December to late March. " * 80
    asked = body(messages=[{"role": "user", "content": f"{story}\nWhy?"}], max_tokens=2)
    with run_proxy(chaos_memory, settings) as proxy:
        cached = []
        for key in ("key-of-alice", "key-of-bob", "key-of-bob"):
            headers = {"authorization": f"Bearer {key}"}
            told = httpx.post(proxy.url + CHAT, json=asked, headers=headers, trust_env=False, timeout=300).json()
            cached.append(told["usage"]["prompt_tokens_details"]["cached_tokens"])
    assert cached[:2] == [0, 0]
    assert cached[2] > 500


def test_the_death_of_the_server_is_a_clear_error(served: Served) -> None:
    """In the middle of a stream the official client raises; behind it, every request is answered with 502."""
    import openai

    client = openai_client(served.proxy.url)
    stream = client.chat.completions.create(**body(stream=True, max_tokens=2000))
    told = [next(stream) for _ in range(5)]
    assert all(one.choices for one in told)
    os.killpg(served.process.pid, signal.SIGKILL)
    with pytest.raises((openai.APIError, httpx.RemoteProtocolError)) as broken:
        list(stream)
    print(repr(broken.value))
    for mode in ("on", "off"):
        after = httpx.post(
            served.proxy.url + CHAT, json=chat("model", "canary-x"), headers={"x-midthought": mode}, trust_env=False
        )
        assert (after.status_code, after.json()["error"]["code"]) == (502, "upstream-unreachable")
