"""Namespaces begin by writing or by name and end by being forgotten; reading makes none."""

import inspect
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.operations.jobs import ListJobs
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.namespace import STARTER_NAMESPACE
from midthought.memory.records.trajectory import Trajectory
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, TRACE, Cli, harvest_echoes, service_over

TYPO = "typo"
READS: dict[str, Callable[[Memory, Path], object]] = {
    "recall": lambda memory, _: memory.recall("anything", namespace=TYPO),
    "reason": lambda memory, _: list(memory.reason("What?", engine=make_demo_engine(), namespace=TYPO)),
    "recall_batch": lambda memory, _: memory.recall_batch(["anything"], namespace=TYPO),
    "get_namespace": lambda memory, _: memory.get_namespace(TYPO),
    "patch": lambda memory, _: memory.patch("p-0", {"suggestion": "x"}, namespace=TYPO),
    "get": lambda memory, _: memory.get("p-0", namespace=TYPO),
    "get_trajectory": lambda memory, _: memory.get_trajectory("t-0", namespace=TYPO),
    "get_run": lambda memory, _: memory.get_run("r-0", namespace=TYPO),
    "list_entries": lambda memory, _: memory.list_entries(namespace=TYPO),
    "list_trajectories": lambda memory, _: memory.list_trajectories(namespace=TYPO),
    "concepts": lambda memory, _: memory.concepts(namespace=TYPO),
    "jobs": lambda memory, _: memory.jobs(namespace=TYPO),
    "get_job": lambda memory, _: memory.get_job("o-0", namespace=TYPO),
    "job_report": lambda memory, _: memory.job_report("o-0", namespace=TYPO),
    "rejections": lambda memory, _: memory.rejections("o-0", namespace=TYPO),
    "dead_letters": lambda memory, _: memory.dead_letters("o-0", namespace=TYPO),
    "wait_job": lambda memory, _: memory.wait_job("o-0", namespace=TYPO),
    "cancel_job": lambda memory, _: memory.cancel_job("o-0", namespace=TYPO),
    "retry_job": lambda memory, _: memory.retry_job("o-0", namespace=TYPO),
    "stats": lambda memory, _: memory.stats(namespace=TYPO),
    "links": lambda memory, _: memory.links("p-0", namespace=TYPO),
    "get_steps": lambda memory, _: memory.get_steps("t-0", namespace=TYPO),
    "list_drafts": lambda memory, _: memory.list_drafts(namespace=TYPO),
    "accept_drafts": lambda memory, _: memory.accept_drafts(["p-0"], namespace=TYPO),
    "reject_drafts": lambda memory, _: memory.reject_drafts(["p-0"], namespace=TYPO),
    "edit_draft": lambda memory, _: memory.edit_draft("p-0", LESSON, namespace=TYPO),
    "export": lambda memory, folder: memory.export(folder / "export", namespace=TYPO),
    "history": lambda memory, _: memory.history("p-0", namespace=TYPO),
    "runs": lambda memory, _: memory.runs(namespace=TYPO),
    "compare_runs": lambda memory, _: memory.compare_runs("none", "withheld", namespace=TYPO),
    "forget_run": lambda memory, _: memory.forget_run("run-0", namespace=TYPO),
    "open_session": lambda memory, _: memory.open_session("What?", namespace=TYPO),
    "step_session": lambda memory, _: memory.step_session("s-0", "So", position=0, namespace=TYPO),
    "close_session": lambda memory, _: memory.close_session("s-0", namespace=TYPO),
    "feedback": lambda memory, _: memory.feedback("run-0", "wrong", namespace=TYPO),
    "traffic": lambda memory, _: memory.traffic(namespace=TYPO),
    "apply_retention": lambda memory, _: memory.apply_retention(namespace=TYPO),
    "retention_report": lambda memory, _: memory.retention_report("o-0", namespace=TYPO),
    "utility": lambda memory, _: memory.utility(namespace=TYPO),
    "verify": lambda memory, _: memory.verify("p-0", namespace=TYPO),
    "restore_entry": lambda memory, _: memory.restore_entry("p-0", namespace=TYPO),
    "receipts": lambda memory, _: memory.receipts(namespace=TYPO),
    "duplicates": lambda memory, _: memory.duplicates(namespace=TYPO),
    "send": lambda memory, _: memory.send(ListJobs(), namespace=TYPO),
    "revise": lambda memory, _: memory.revise("p-0", LESSON, namespace=TYPO),
    "forget": lambda memory, _: memory.forget("p-0", namespace=TYPO),
    "calibrate": lambda memory, _: memory.calibrate([JudgedQuery("apples")] * 40, namespace=TYPO),
    "clear_calibration": lambda memory, _: memory.clear_calibration(namespace=TYPO),
    "forget_namespace": lambda memory, _: memory.forget_namespace(TYPO),
    "repair": lambda memory, _: memory.repair(namespace=TYPO),
    "set_namespace": lambda memory, _: memory.set_namespace(TYPO, starter=False),
}
"""Whatever needs a namespace that exists."""
WRITES: dict[str, Callable[[Memory, Path], object]] = {
    "ingest": lambda memory, _: memory.ingest("-", stream=io.BytesIO(json.dumps(TRACE).encode()), namespace=TYPO),
    "ingest_trajectories": lambda memory, _: memory.ingest_trajectories([Trajectory("q", "t")], namespace=TYPO),
    "harvest": lambda memory, folder: harvest_echoes(memory, folder, question="What?", namespace=TYPO),
    "add_entries": lambda memory, _: memory.add_entries([LESSON], namespace=TYPO),
    "import_": lambda memory, folder: _export_and_import(memory, folder),
    "create_namespace": lambda memory, _: memory.create_namespace(TYPO),
}
"""Whatever makes one."""


def _export_and_import(memory: Memory, folder: Path) -> None:
    memory.add_entries([LESSON])
    memory.export(folder / "export")
    memory.import_(folder / "export", namespace=TYPO)


def rows(memory: Memory) -> dict[str, int]:
    """How many rows each table has."""
    with memory.store.snapshot() as connection:
        names = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in names}


def test_every_operation_is_one_of_the_two() -> None:
    """A method of the library that takes a namespace is tested here as a read or as a write."""
    taking = {
        name
        for name, method in inspect.getmembers(Memory, inspect.isfunction)
        if not name.startswith("_") and "namespace" in inspect.signature(method).parameters
    }
    assert taking == READS.keys() | WRITES.keys()


@pytest.mark.sampled
@pytest.mark.parametrize("name", READS)
def test_a_namespace_that_does_not_exist_is_not_found_and_not_made(memory: Memory, tmp_path: Path, name: str) -> None:
    """No row of any table, no folder of an index."""
    memory.add_entries([PROCEDURE])
    memory.recall(PROCEDURE.key)
    before = rows(memory)
    with pytest.raises(NotFound, match="there is no namespace typo"):
        READS[name](memory, tmp_path)
    assert rows(memory) == before
    assert not list((tmp_path / "library" / "derived").glob(f"{TYPO}*"))


@pytest.mark.sampled
@pytest.mark.parametrize("name", WRITES)
def test_a_write_makes_a_namespace(memory: Memory, tmp_path: Path, name: str) -> None:
    """And from then on it is listed and can be read, until it is forgotten."""
    WRITES[name](memory, tmp_path)
    assert [one.name for one in memory.namespaces()] == ["default", TYPO]
    memory.stats(namespace=TYPO)
    memory.forget_namespace(TYPO)
    assert [one.name for one in memory.namespaces()] == ["default"]
    with pytest.raises(NotFound):
        memory.stats(namespace=TYPO)


def test_refused_writes_make_none(memory: Memory, tmp_path: Path) -> None:
    """A bad entry, a missing file, a broken record of a strict ingestion."""
    for refused in (
        lambda: memory.add_entries([PROCEDURE.__class__(" ", "x")], namespace=TYPO),
        lambda: memory.ingest(tmp_path / "missing", namespace=TYPO),
        lambda: memory.ingest("-", stream=io.BytesIO(b"{broken\n"), strict=True, namespace=TYPO),
        lambda: memory.import_(tmp_path / "missing", namespace=TYPO),
    ):
        with pytest.raises(BadInput):
            refused()
    assert [one.name for one in memory.namespaces()] == ["default"]


@pytest.mark.sampled
def test_default_is_always_there(library: Memory | Client) -> None:
    """In a fresh memory all of its reads work, and forgetting it leaves it empty."""
    assert library.stats().entry_count == 0
    assert library.list_entries() == []
    assert library.recall("anything").abstention is not None
    library.add_entries([PROCEDURE])
    assert library.forget_namespace("default") == 1
    assert library.forget_namespace("default") == 0
    assert library.stats().entry_count == 0


def test_receipts_and_runs_of_a_forgotten_namespace_are_not_kept(memory: Memory) -> None:
    """It is forgotten while a thought runs: nothing of the thought is left."""
    memory.add_entries([PROCEDURE], namespace=TYPO)
    for event in memory.reason(PROCEDURE.key, engine=make_demo_engine(), namespace=TYPO):
        if TYPO in [one.name for one in memory.namespaces()]:
            memory.forget_namespace(TYPO)
        assert event is not None
    assert [one.name for one in memory.namespaces()] == ["default"]
    assert (rows(memory)["runs"], rows(memory)["receipts"]) == (0, 0)


@pytest.mark.sampled
def test_namespaces_are_made_switched_and_listed(library: Memory | Client) -> None:
    """In the library as through the service."""
    made = library.create_namespace("alice", starter=False)
    assert (made.name, made.starter) == ("alice", False)
    assert made.created_at is not None
    assert library.set_namespace("alice", starter=True).starter
    assert library.create_namespace("alice", starter=False).created_at == made.created_at
    assert [(one.name, one.starter) for one in library.namespaces()] == [("alice", False), ("default", True)]
    with pytest.raises(NotFound):
        library.set_namespace("bob", starter=True)


@pytest.mark.slow
def test_the_service_answers_404_for_every_read(memory: Memory) -> None:
    """Whatever the path; and nothing is there afterwards."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as service:
        before = rows(memory)
        root = f"/v1/namespaces/{TYPO}"
        paths = (
            "stats",
            "entries",
            "trajectories",
            "jobs",
            "entries/p-0",
            "entries/p-0/history",
            "jobs/o-0",
        )
        answers = [service.get(f"{root}/{path}") for path in paths]
        answers.append(service.post(f"{root}/recall", json={"query": "x"}))
        answers.append(service.delete(root, params={"confirm": TYPO}))
        answers.append(service.delete(f"{root}/entries/p-0"))
        assert [one.status_code for one in answers] == [404] * len(answers)
        assert rows(memory) == before


@pytest.mark.slow
def test_a_key_sees_its_own_namespaces_only(memory: Memory) -> None:
    """And can make no other."""
    memory.create_namespace("bob")
    keys = Keyring((ApiKey("a-secret", ("alice",)),))
    headers = {"Authorization": "Bearer a-secret"}
    with TestClient(service_over(memory, Settings(api_keys=keys)), headers=headers) as service:
        assert service.put("/v1/namespaces/alice").json()["name"] == "alice"
        assert [one["name"] for one in service.get("/v1/namespaces").json()] == ["alice"]
        assert service.put("/v1/namespaces/bob", json={"starter": False}).status_code == 403
        assert service.get("/v1/namespaces", headers={"Authorization": ""}).status_code == 401


@pytest.mark.sampled
@pytest.mark.parametrize(
    "command", [["stats"], ["list"], ["recall", "x"], ["duplicates"], ["get", "p-0"], ["history", "p-0"]]
)
def test_commands_do_not_find_it(cli: Cli, command: list[str]) -> None:
    """Exit code 1 and one line; the list of namespaces is as before."""
    ran = cli("--namespace", TYPO, *command)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no namespace typo" in ran.err
    assert [one["name"] for one in cli("namespaces", "-o", "json").lines] == ["default"]


@pytest.mark.slow
def test_the_command_makes_and_switches(cli: Cli) -> None:
    """As text and as JSON."""
    assert cli("namespaces", "create", "alice", "--no-starter").out.startswith("alice  without starter memory, made ")
    assert cli("namespaces", "set", "alice", "--starter", "-o", "json").json["starter"] is True
    assert cli("namespaces", "set", "bob", "--no-starter").code == 1
    assert [line.split()[:2] for line in cli("namespaces").out.splitlines()] == [["alice", "with"], ["default", "with"]]


@pytest.mark.slow
def test_nobody_can_name_or_write_the_reserved_one(tmp_path: Path) -> None:
    """Not by a name, and not by its constant either."""
    with open_memory(tmp_path / "m", encoder=HashingEncoder()) as memory:
        before = rows(memory)
        for name in (STARTER_NAMESPACE.name, STARTER_NAMESPACE):
            for refused in (
                lambda name=name: memory.add_entries([LESSON], namespace=name),
                lambda name=name: memory.ingest_trajectories([Trajectory("q", "t")], namespace=name),
                lambda name=name: memory.create_namespace(name),
                lambda name=name: memory.set_namespace(name, starter=False),
                lambda name=name: memory.forget_namespace(name),
            ):
                with pytest.raises(BadInput):
                    refused()
        assert rows(memory) == before
        with TestClient(service_over(memory), base_url="http://127.0.0.1") as service:
            assert service.post("/v1/namespaces/@starter/entries", json={"entries": []}).status_code in {400, 422}
            assert service.get("/v1/namespaces/%40starter/stats").status_code == 400
        assert [one.name for one in memory.namespaces()] == ["default"]
