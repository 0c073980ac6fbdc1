"""A memory whose index lies on a server that does not answer: what is refused, and what goes on."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from midthought.api.doctor import check_all
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings
from midthought.memory.errors import BadSettings, IndexUnavailable
from midthought.memory.indexes.index_pool import IndexPool
from midthought.memory.records.entry import Procedure
from midthought.memory.records.store_stats import IndexPosition

from .conftest import PROCEDURE, ServiceTransport, service_over

OTHER = Procedure("How do I weigh a thing?", "Put it on the scales and read what they say.")


def test_recall_is_refused_for_a_while_and_writing_goes_on(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recall is 503 with Retry-After, and the client's error is the same; entries are added, read and counted."""
    memory.add_entries([PROCEDURE])
    memory.recall(PROCEDURE.key)
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as service:
        client = Client("http://127.0.0.1", transport=ServiceTransport(service))
        with monkeypatch.context() as away:
            away.setattr(IndexPool, "get", refuse)
            away.setattr(IndexPool, "is_failing", True)
            answer = service.post("/v1/namespaces/default/recall", json={"query": "count"})
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.json()["type"] == "urn:midthought:problem:index-unavailable"
            with pytest.raises(IndexUnavailable, match="Milvus is away"):
                client.recall("count")
            (added,) = client.add_entries([OTHER]).ids
            assert client.get(added).entry == OTHER
            stats = client.stats()
            assert stats.entry_count == 2
            assert stats.index == IndexPosition("local", 1, 1)
        assert client.recall(OTHER.key).hits[0].stored.entry == OTHER
        assert client.stats().index == IndexPosition("local", 2, 0)


def refuse(*_: object) -> None:
    """Stand for a Milvus that does not answer."""
    raise IndexUnavailable("Milvus is away")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"index_home": "milvus"}, "'milvus_uri' is needed"),
        ({"index_home": "milvus", "milvus_uri": "localhost:19530"}, "must be a URL or a file that ends in .db"),
        ({"index_home": "milvus", "milvus_uri": "http://me:secret@localhost:19530"}, "no user and password"),
        ({"index_home": "milvus", "milvus_uri": "a.db", "milvus_prefix": "a-b"}, "letters, digits and _"),
        ({"index_home": "pinecone"}, "local, milvus"),
    ],
)
def test_an_address_that_cannot_be_is_a_bad_setting(given: dict[str, str], why: str) -> None:
    """Settings name what is wrong before anything is opened."""
    with pytest.raises(BadSettings, match=why):
        Settings(**given)  # type: ignore[arg-type]


def test_the_token_of_milvus_is_no_text() -> None:
    """It is masked wherever settings and addresses are shown."""
    settings = Settings(index_home="milvus", milvus_uri="http://127.0.0.1:1", milvus_token="root:hidden")
    assert "hidden" not in f"{settings!r} {settings.milvus!r}"


def test_doctor_asks_the_milvus_of_the_settings(home: Path) -> None:
    """A finding says that it does not answer, or what is to be installed first, and what to do."""
    settings = Settings(home=home, encoder="hashing", index_home="milvus", milvus_uri="http://127.0.0.1:1")
    (found,) = [one for one in check_all(settings) if one.name == "index"]
    assert not found.well
    assert "milvus" in found.mend
