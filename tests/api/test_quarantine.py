"""What held-out texts keep from being learnt is quarantined: it can be listed, and recall does not serve it."""

import json
from pathlib import Path

import pytest

from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.records.draft import DraftState
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import TRACE, Cli, ServiceTransport, service_over

QUESTION = "In how many different ways can the seven letters of the word PEPPERS be arranged in one row on the shelf?"
FILE = "held_out.txt"


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    """A file that holds the question out."""
    file = tmp_path / FILE
    file.write_text(QUESTION + "\n")
    return file


def test_the_command_quarantines_and_lists(
    cli: Cli, tmp_path: Path, held_out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is recalled or listed as an entry; list, stats and doctor tell of it, and review releases it."""
    file = tmp_path / "traces.jsonl"
    file.write_text(json.dumps(TRACE | {"question": QUESTION}) + "\n")
    assert cli("list", "--kind", "quarantined").err == "no drafts are quarantined in namespace default\n"
    told = cli("ingest", str(file), "--held-out", str(held_out), "-o", "json").json
    listed = cli("list", "--kind", "quarantined", "-o", "json").lines
    assert len(listed) == told["refused_by_check"]["contamination"] > 0
    assert {one["job_id"] for one in listed} == {told["job_id"]}
    assert [line.split()[0] for line in cli("list", "--kind", "quarantined").out.splitlines()] == [
        one["id"] for one in listed
    ]
    assert cli("list").out == ""
    monkeypatch.setenv("MIDTHOUGHT_MIN_SIMILARITY", "-1")
    assert recalled(cli) == []
    assert f"{len(listed)} drafts are quarantined" in cli("stats").out
    assert f"{len(listed)} drafts quarantined by held-out texts" in cli("doctor").out
    assert cli("review").err == "no draft waits in namespace default\n"
    assert cli("review", "--accept", listed[0]["id"]).code == 0
    assert [line.split()[0] for line in cli("list").out.splitlines()] == [listed[0]["id"]]
    assert recalled(cli) == [listed[0]["id"]]


def recalled(cli: Cli) -> list[str]:
    """What recall serves for a question like the one held out."""
    ran = cli("recall", "How do I count arrangements of letters that repeat?", "-o", "json")
    return [one["id"] for one in ran.json["hits"]]


def test_a_program_and_the_service_list_what_is_quarantined(tmp_path: Path, held_out: Path) -> None:
    """The same drafts, apart from those that wait; one that is rejected does not come back."""
    from fastapi.testclient import TestClient

    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, held_out=held_out) as memory:
        memory.ingest(TRACE | {"question": QUESTION})
        found = memory.list_drafts(quarantined=True)
        assert found
        assert memory.list_drafts() == []
        with TestClient(service_over(memory), base_url="http://127.0.0.1") as service:
            client: Client = Client("http://127.0.0.1", transport=ServiceTransport(service))
            assert client.list_drafts(quarantined=True) == found
            assert client.list_drafts() == []
            client.reject_drafts([found[0].id])
        assert check_state(memory, found[0].id) is DraftState.REJECTED
        assert [one.id for one in memory.list_drafts(quarantined=True)] == [one.id for one in found[1:]]


def check_state(memory: Memory, draft_id: str) -> DraftState:
    """The state of a draft."""
    from midthought.memory.records.namespace import DEFAULT_NAMESPACE

    return memory.store.reader.draft_states(DEFAULT_NAMESPACE, [draft_id])[draft_id]
