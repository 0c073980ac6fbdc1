"""Unmodified client programs that are only told the base URL: through the proxy arrives what the upstream says.

The upstreams are llama.cpp's own server with SmolLM2, and a made-up model whose words do not depend on the prompt.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings
from midthought.reasoner.engines.model_file import find_model

from ...docs.doc_blocks import read_blocks
from .chaos_upstream import ChaosUpstream
from .client_programs import (
    FRAMEWORKS,
    HERE,
    OFFICIAL,
    SECOND,
    errors_of,
    make_environment,
    run_program,
    serve_llama,
    shape_of,
    without_hints,
    without_receipts,
)
from .running_proxy import RunningProxy, run_proxy
from .wire_client import ask_one

HINT = "For problems like this I should"
"""Stands in each entry of the memory."""


@contextmanager
def proxies(memory: Memory, url: str) -> Iterator[dict[ProxyMode, RunningProxy]]:
    """Two services before one upstream, one with the memory off, one with it on."""
    settings = replace(Settings(), upstream=url, proxy_recall_timeout=30.0)
    with (
        run_proxy(memory, replace(settings, proxy_mode=ProxyMode.OFF)) as off,
        run_proxy(memory, replace(settings, proxy_mode=ProxyMode.ON)) as on,
    ):
        yield {ProxyMode.OFF: off, ProxyMode.ON: on}


@pytest.fixture(scope="module")
def made_up(chaos: ChaosUpstream, chaos_memory: Memory) -> Iterator[dict[ProxyMode, RunningProxy]]:
    """The services before the made-up model."""
    with proxies(chaos_memory, chaos.url) as running:
        yield running


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment of clients, which has none of Midthought's packages."""
    return make_environment(tmp_path_factory.mktemp("clients") / "environment")


@pytest.fixture(scope="module")
def llama(clients: Path) -> Iterator[str]:
    """The address of llama.cpp's server."""
    with serve_llama(clients, find_model(), HERE / "chatml_tools.jinja") as url:
        yield url


@pytest.fixture(scope="module")
def before_llama(llama: str, chaos_memory: Memory) -> Iterator[dict[ProxyMode, RunningProxy]]:
    """The services before llama.cpp."""
    with proxies(chaos_memory, llama) as running:
        yield running


def check_made_up(python: Path, name: str, chaos: ChaosUpstream, made_up: dict[ProxyMode, RunningProxy]) -> None:
    """With the memory off all is equal; with it on, all but the hint, which stands in what can be seen of the thought
    or in what went up.
    """
    direct = run_program(python, name, chaos.url)
    assert run_program(python, name, made_up[ProxyMode.OFF].url) == direct
    before = len(chaos.asked)
    hinted = run_program(python, name, made_up[ProxyMode.ON].url)
    told = json.dumps([hinted, [body for _, _, body in chaos.asked[before:]]])
    assert HINT in told
    assert without_hints(without_receipts(hinted)) == without_hints(without_receipts(direct))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("openai") is None, reason="the openai client is not installed")
@pytest.mark.parametrize("name", OFFICIAL)
def test_the_official_client_sees_what_a_made_up_model_says(
    chaos: ChaosUpstream, made_up: dict[ProxyMode, RunningProxy], name: str
) -> None:
    """Chat, tools and schemas, whole and streamed; errors too."""
    check_made_up(Path(sys.executable), name, chaos, made_up)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("openai") is None, reason="the openai client is not installed")
def test_the_python_of_the_page_runs(root: Path, made_up: dict[ProxyMode, RunningProxy]) -> None:
    """The answer has the words of the model, and says what the memory did."""
    blocks = [one.text for one in read_blocks(root) if (one.page, one.language) == ("docs/proxy.md", "python")]
    names: dict[str, Any] = {}
    for text in blocks:
        exec(text.replace("http://localhost:8377", made_up[ProxyMode.ON].url), names)
    assert names["answer"].choices[0].message.content
    assert names["answer"].midthought
    names["client"].close()


@pytest.mark.heavy
@pytest.mark.parametrize("name", [*OFFICIAL, *FRAMEWORKS])
def test_clients_of_another_environment_see_what_a_made_up_model_says(
    clients: Path, chaos: ChaosUpstream, made_up: dict[ProxyMode, RunningProxy], name: str
) -> None:
    """In the versions of requirements.txt, with LangChain and LiteLLM."""
    check_made_up(clients, name, chaos, made_up)


@pytest.mark.heavy
@pytest.mark.parametrize("name", [*OFFICIAL, *SECOND, *FRAMEWORKS])
def test_clients_see_what_llama_says(
    clients: Path, llama: str, before_llama: dict[ProxyMode, RunningProxy], name: str
) -> None:
    """With the memory off all is equal: text, usage, log-probs, errors. With it on the model has read a hint: the
    fields and their types are the same, and so is every error.
    """
    direct = run_program(clients, name, llama)
    assert run_program(clients, name, before_llama[ProxyMode.OFF].url) == direct
    hinted = run_program(clients, name, before_llama[ProxyMode.ON].url)
    assert errors_of(hinted) == errors_of(direct)
    assert shape_of(without_receipts(hinted)) == shape_of(without_receipts(direct))


@pytest.mark.heavy
def test_curl_streams(llama: str, before_llama: dict[ProxyMode, RunningProxy]) -> None:
    """The same lines, as they come; -N does not wait for the end."""
    body = {"messages": [{"role": "user", "content": "How do I sharpen a pencil?"}], "temperature": 0, "max_tokens": 24}
    direct, off, on = (
        _curl(url, body | {"stream": True})
        for url in (llama, before_llama[ProxyMode.OFF].url, before_llama[ProxyMode.ON].url)
    )
    assert _plain_lines(off) == _plain_lines(direct)
    assert on[-1] == direct[-1] == "data: [DONE]"
    assert "midthought" in json.loads(on[-2].removeprefix("data: "))


def _curl(url: str, body: dict[str, Any]) -> list[str]:
    command = [
        "curl",
        "-sN",
        f"{url}/v1/chat/completions",
        "-H",
        "Content-Type: application/json",
        "-d",
        json.dumps(body),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line]


def _plain_lines(lines: list[str]) -> list[Any]:
    records = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    return [
        {name: one for name, one in record.items() if name not in ("id", "created", "timings")} for record in records
    ]


@pytest.mark.heavy
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_llama_thinks_on_behind_the_hint(clients: Path, chaos_memory: Memory, stream: bool) -> None:
    """A template that opens the thought: the hint stands in `reasoning_content`, and the model goes on behind it."""
    text = "How do I sharpen a pencil with a knife?"
    asked = {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 24, "stream": stream}
    with (
        serve_llama(clients, find_model(), HERE / "chatml_thinking.jinja") as url,
        proxies(chaos_memory, url) as by_mode,
    ):
        read = ask_one(by_mode[ProxyMode.ON].url, asked)
    receipt, told = read.receipt, read.text_of("reasoning_content")
    assert (receipt["way"], receipt["degraded"]) == ("in-thought", [])
    assert told.count(HINT) == len(receipt["injections"]) == 1
    assert told.partition("[end of hint]")[2].removeprefix("\nNow,").strip()
