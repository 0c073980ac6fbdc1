"""A chat model behind an endpoint says what a query needs; the server here is a real one with scripted answers."""

import logging
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import midthought
from midthought.api.chat_query_reasoner import ChatQueryReasoner, load_prompt, read_lines
from midthought.api.opening import make_query_reasoner, open_directory
from midthought.api.settings_sources import load_settings
from midthought.memory.errors import BadSettings, Unreachable
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.recall import QUERY_REASONING_FAILED

from ..chat_server import ChatServer, serve_chat

KEY = "sk-secret-of-tests"
ANSWER = """<think>
Let me see.
</think>
**Problem:** count orders of equal things
- Help: multinomial coefficient

Draft: divide the factorial of all by those of the repeats."""
LINES = [
    "count orders of equal things",
    "multinomial coefficient",
    "divide the factorial of all by those of the repeats.",
]


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A chat server that gives one answer."""
    with serve_chat() as started:
        started.content = ANSWER
        yield started


def test_a_model_is_asked_about_the_query(server: ChatServer) -> None:
    """The request names the model and carries prompt, query and key; its answer becomes lines without labels."""
    assert ChatQueryReasoner(f"{server.url}/v1/", "small", key=KEY)("orders of MISSISSIPPI") == LINES
    assert server.paths == ["/v1/chat/completions"]
    assert server.keys == [f"Bearer {KEY}"]
    (body,) = server.bodies
    assert body["model"] == "small"
    assert [message["content"] for message in body["messages"]] == [load_prompt().instructions, "orders of MISSISSIPPI"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": null}}]}'])
def test_an_answer_of_another_shape_is_an_error(server: ChatServer, body: bytes) -> None:
    """What is no chat answer raises `Unreachable`, which names the server and the model."""
    server.body = body
    with pytest.raises(Unreachable, match=f"{server.url}/v1/chat/completions failed for the model 'small'"):
        ChatQueryReasoner(server.url, "small")("why?")


def test_a_server_that_refuses_or_is_gone_is_an_error(server: ChatServer) -> None:
    """A status above 400 and a lost connection raise `Unreachable`; the key is in neither message."""
    server.status = 401
    reasoner = ChatQueryReasoner(server.url, "small", key=KEY)
    with pytest.raises(Unreachable, match="status 401") as refused:
        reasoner("why?")
    with serve_chat() as gone:
        absent = ChatQueryReasoner(gone.url, "small", key=KEY)
    with pytest.raises(Unreachable, match="no answer") as lost:
        absent("why?")
    assert KEY not in f"{refused.value} {lost.value}"


def test_lines_without_labels_are_texts_too() -> None:
    """Labels in any case and marks around them are cut; a line with a colon of its own stays whole."""
    assert read_lines("PROBLEM : a\n\n1. b: c\n# Help:d\n", ["Problem", "Help"]) == ["a", "1. b: c", "d"]
    assert read_lines("<think>never ends", ["Problem"]) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "ftp://host", "model": "m"}, "'query_reasoner_url' must start with http"),
        ({"url": "http://user:pass@host", "model": "m"}, "give the key as 'query_reasoner_key'"),
        ({"url": "http://host", "model": ""}, "query_reasoner_model"),
        ({"url": "http://host", "model": "m", "key": "line\nbreak"}, "'query_reasoner_key'"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(given: dict[str, str], words: str) -> None:
    """What is wrong is said before the first query, by the name of the setting."""
    with pytest.raises(BadSettings, match=words):
        ChatQueryReasoner(**given)


def test_a_memory_opened_by_settings_asks_the_server(
    server: ChatServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A recall searches the texts of the answer; when the server fails it goes on without, and says so."""
    environment = {
        "MIDTHOUGHT_ENCODER": "hashing",
        "MIDTHOUGHT_HOME": str(tmp_path / "memory"),
        "MIDTHOUGHT_STARTER": "false",
        "MIDTHOUGHT_QUERY_REASONER_URL": server.url,
        "MIDTHOUGHT_QUERY_REASONER_MODEL": "small",
        "MIDTHOUGHT_QUERY_REASONER_KEY": KEY,
        "MIDTHOUGHT_MIN_SIMILARITY": "-1",
        "MIDTHOUGHT_QUERY_REASONER_TIMEOUT": "3600",
    }
    settings = load_settings(environment=environment)
    assert KEY not in repr(settings)
    with open_directory(settings) as memory:
        memory.add_entries([Procedure("How do I use a multinomial coefficient?", "Divide.")])
        answered = memory.recall("orders of MISSISSIPPI", k=1)
        server.status = 503
        with caplog.at_level(logging.WARNING):
            failed = memory.recall("orders of MISSISSIPPI", k=1)
    assert answered.degraded == ()
    assert answered.usage.texts == 1 + len(LINES)
    assert failed.degraded == (QUERY_REASONING_FAILED,)
    assert failed[0].id == answered[0].id
    assert "status 503" in caplog.text
    assert KEY not in caplog.text


def test_a_server_that_is_late_costs_the_reasoning_only(server: ChatServer, tmp_path: Path) -> None:
    """After the timeout the recall goes on without the texts; the server has not answered by then."""
    server.go.clear()
    with midthought.open(
        tmp_path / "memory",
        encoder=HashingEncoder(),
        starter=False,
        min_similarity=-1.0,
        query_reasoner=ChatQueryReasoner(server.url, "small", timeout=3600),
        query_reasoner_timeout=0.05,
    ) as memory:
        memory.add_entries([Procedure("How do I use a multinomial coefficient?", "Divide.")])
        assert memory.recall("orders of MISSISSIPPI").degraded == (QUERY_REASONING_FAILED,)
    server.go.set()


def test_no_url_is_no_reasoner() -> None:
    """Without the setting there is none."""
    assert make_query_reasoner(load_settings(environment={})) is None


def test_the_prompt_has_a_line_per_label(root: Path) -> None:
    """The file under data/prompts has the fields that are read, and its instructions ask for each label."""
    prompt = load_prompt()
    assert set(tomllib.loads((root / "data" / "prompts" / "query_reasoning.toml").read_text())) == {
        "instructions",
        "labels",
        "max_tokens",
    }
    assert all(f"\n{label}: " in prompt.instructions for label in prompt.labels)
