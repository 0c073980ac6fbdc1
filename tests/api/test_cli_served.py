"""The commands that think with a model on a server, which is a fake of vLLM."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..reasoner.fake_servers import FakeVllm
from ..stream_server import StreamServer, serve_streams
from .conftest import Cli


def write(prompt: str, _: int) -> str:
    """A query behind the fixed sentence, else a thought and an answer."""
    return " How do I count orders?" if prompt.endswith(":") else " I count.\n</think>\n\nFinal answer: 60"


@pytest.fixture
def server() -> Iterator[StreamServer]:
    """A server that answers both."""
    with serve_streams(FakeVllm(write, reports_cache=True).respond) as state:
        yield state


@pytest.fixture
def model(server: StreamServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The section of a settings file that names it."""
    (tmp_path / "midthought.toml").write_text(f'[model]\nname = "Qwen/Qwen3-8B"\nurl = "{server.url}"\n')
    monkeypatch.setenv("MIDTHOUGHT_CONFIG", str(tmp_path / "midthought.toml"))


@pytest.mark.usefixtures("model")
def test_the_documented_commands_work(cli: Cli, server: StreamServer) -> None:
    """`doctor` says what the server can do; `reason` thinks there, and its prompts continue what they began with."""
    told = cli("doctor").out
    assert "thinking: continues by ids; token ids, log-probs, prefix cache; 8 at once\n" in told
    ran = cli("reason", "How many arrangements do the letters of BANANA have?")
    assert (ran.code, "60" in ran.out) == (0, True)
    assert "  the server continues by ids\n" in ran.out
    prompts = [body["prompt"] for body in server.bodies("/v1/completions") if body.get("stream")]
    first, *others = prompts
    assert others
    assert all(len(one) > 20 and first[: len(one)] == one[: len(first)] for one in others)


@pytest.mark.usefixtures("model")
def test_a_hint_before_the_thought_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server is not to continue a thought, the summary of the run says where the hints stand."""
    monkeypatch.setenv("MIDTHOUGHT_MODEL_CONTINUE", "hint-first")
    ran = cli("reason", "How many arrangements do the letters of BANANA have?")
    assert (ran.code, "60" in ran.out) == (0, True)
    assert "  the server continues by hint-first; the hints stand before the thought\n" in ran.out


def test_a_server_that_is_not_there_is_a_finding(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """`doctor` says so and goes on; `reason` ends with an error line."""
    monkeypatch.setenv("MIDTHOUGHT_MODEL", "big")
    monkeypatch.setenv("MIDTHOUGHT_MODEL_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("MIDTHOUGHT_MODEL_RETRIES", "0")
    told = cli("doctor")
    assert "the model server at http://127.0.0.1:9/tokenize failed for the model 'big'" in told.out + told.err
    assert "start its server" in told.out + told.err
    ran = cli("reason", "Why?")
    assert (ran.code, ran.err.startswith("error: the model server at")) == (1, True)
