"""A memory moves between encoders by the command line, an endpoint among them, and is found by each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..embeddings_server import KEY, EmbeddingsServer, serve_embeddings
from .conftest import LESSON, PROCEDURE, Cli


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingsServer]:
    """A server that wants a key, named by the environment."""
    with serve_embeddings() as served:
        served.needs_key = True
        for name, value in (("URL", served.url), ("MODEL", "tiny"), ("KEY", KEY)):
            monkeypatch.setenv(f"MIDTHOUGHT_ENCODER_{name}", value)
        yield served


def move(cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Move the memory, change the setting as the command says, and find an entry."""
    ran = cli("reindex", "--encoder", name)
    assert (ran.code, f"MIDTHOUGHT_ENCODER={name}" in ran.out) == (0, True)
    monkeypatch.setenv("MIDTHOUGHT_ENCODER", name)
    assert cli("recall", PROCEDURE.key, "-o", "json").json["hits"][0]["id"] == PROCEDURE.id


def plant(home: Path) -> None:
    """A memory of the hashing encoder."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([PROCEDURE, LESSON])


def test_to_an_endpoint_and_back(
    cli: Cli, home: Path, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing, endpoint, hashing: each time the entry is found; `doctor` names the model; no file holds the key."""
    plant(home)
    move(cli, monkeypatch, "openai")
    ran = cli("doctor")
    assert (ran.code, "encoder: openai:tiny, 48 dimensions" in ran.out) == (0, True)
    move(cli, monkeypatch, "hashing")
    assert [file for file in home.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()] == []


@pytest.mark.slow
def test_from_the_default_to_an_endpoint_and_back(
    cli: Cli, home: Path, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing, MiniLM, endpoint, MiniLM."""
    plant(home)
    for name in ("minilm", "openai", "minilm"):
        move(cli, monkeypatch, name)


def test_an_endpoint_that_refuses_is_one_line(
    cli: Cli, home: Path, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong key: the command fails with the status and the address, and the memory stays with its encoder."""
    plant(home)
    monkeypatch.setenv("MIDTHOUGHT_ENCODER_KEY", "wrong-key")
    ran = cli("reindex", "--encoder", "openai")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "status 401" in ran.err
    assert server.url in ran.err
    assert "wrong-key" not in ran.err
    assert cli("recall", PROCEDURE.key, "-o", "json").json["hits"][0]["id"] == PROCEDURE.id
    monkeypatch.setenv("MIDTHOUGHT_ENCODER", "openai")
    assert "check encoder_url, encoder_model and encoder_key" in cli("doctor").out
