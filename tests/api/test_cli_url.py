"""The commands that move and keep a memory do through a service what they do on a directory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.rest.app import create_app
from midthought.api.rest.connections import limits_of_process, server_config
from midthought.api.settings import Settings
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.run import EntryRole, RunEntry, RunRow
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..running_server import run_uvicorn
from .conftest import LESSON, PROCEDURE, Cli, give_model

SKILL = "---\nname: halving\ndescription: Halve an even number.\n---\nDivide by two.\n"


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """A memory with two entries, and a model that says back what it is asked."""
    folder = tmp_path_factory.mktemp("behind")
    with open_memory(folder / "memory", encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries([LESSON, PROCEDURE])
        give_model(opened)
        yield opened


@pytest.fixture(scope="module")
def url(memory: Memory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service over it, with a directory for backups."""
    settings = Settings(backups=tmp_path_factory.mktemp("backups"), model_url="http://127.0.0.1:9", model="none")
    server = uvicorn.Server(server_config(create_app(memory, settings), limits_of_process()))
    with run_uvicorn(server) as found:
        yield found


def test_an_export_of_a_service_is_imported_into_a_directory(cli: Cli, url: str, tmp_path: Path) -> None:
    """In every shape; a directory exports the same rows again, and a service takes them."""
    for name, options in (("one.jsonl", []), ("folder", []), ("rows", ["--format", "parquet", "--vectors"])):
        ran = cli("export", name, *options, "--url", url, "-o", "json")
        assert (ran.code, ran.json["rows"]["entries"], ran.err) == (0, 2, ran.err)
        taken = cli("import", name, "--home", f"of-{name}", "-o", "json")
        assert taken.json["tables"]["entries"] == {"read": 2, "stored": 2, "known": 0}
        again = cli("import", name, "--namespace", f"of-{name}", "--url", url, "-o", "json")
        assert again.json["tables"]["entries"] == {"read": 2, "stored": 2, "known": 0}
    assert cli("export", "one.jsonl", "--url", url).code == 1
    assert {one.name for one in tmp_path.iterdir()} >= {"one.jsonl", "folder", "rows"}
    assert not list(tmp_path.rglob("*unfinished*"))


def test_rejections_of_an_import_name_the_file(cli: Cli, url: str, tmp_path: Path) -> None:
    """As it is called here; no path of the machine of the service is told."""
    (tmp_path / "mem0.json").write_text(json.dumps([{"id": "a", "memory": "The kettle is hot"}, {"id": "b"}]))
    on_url = cli("import", "mem0.json", "--url", url, "--namespace", "kitchen")
    assert (on_url.code, on_url.out) == (3, cli("import", "mem0.json").out)
    (tmp_path / "skills" / "halving").mkdir(parents=True)
    (tmp_path / "skills" / "halving" / "SKILL.md").write_text(SKILL)
    told = cli("import", "skills", "--url", url, "--namespace", "skilled", "--trusted")
    assert told.out == cli("import", "skills", "--home", "other", "--trusted").out


def test_a_backup_of_a_service_lies_there(cli: Cli, url: str, memory: Memory) -> None:
    """Under the name that is given, or the time; it restores."""
    folder = core_of(memory).jobs.upkeep.plan.backups
    assert folder is not None
    named = cli("backup", "friday", "--url", url)
    assert (named.code, named.out.startswith("backed up to friday in the directory for backups of ")) == (0, True)
    assert (folder / "friday" / "manifest.json").exists()
    timed = cli("backup", "--url", url, "-o", "json").json
    assert (folder / timed["path"] / "manifest.json").exists()
    assert "is there already" in cli("backup", "friday", "--url", url).err
    assert cli("restore", str(folder / "friday"), "--home", "restored").code == 0
    assert cli("backup").code == 2


def test_a_service_reindexes_and_compacts(cli: Cli, url: str) -> None:
    """The outputs have the fields that they have on a directory."""
    moved = cli("reindex", "--encoder", "hashing", "--url", url, "-o", "json").json
    assert [one["state"] for one in moved["generations"]][-1] == "current"
    assert cli("reindex", "--list", "--url", url).code == 0
    assert "encoder must be" in cli("reindex", "--encoder", "/etc", "--url", url).err
    compacted = cli("compact", "--url", url, "-o", "json").json
    assert set(compacted) == {"url", "bytes_before", "bytes_after"}


def test_a_service_harvests(cli: Cli, url: str, tmp_path: Path) -> None:
    """With its own model; a checker, which is code, is not sent."""
    (tmp_path / "tasks.jsonl").write_text(json.dumps({"question": "What is 2 + 2?", "answer": "4"}))
    ran: Any = cli("harvest", "tasks.jsonl", "--samples", "2", "--no-decompose", "--url", url, "-o", "json")
    assert (ran.code, ran.json["state"], ran.json["rounds"][0]["attempts"]) == (0, "finished", 2)
    refused = cli("harvest", "tasks.jsonl", "--checker", "math:sqrt", "--url", url)
    assert "runs no checker" in refused.err


def test_pages_go_on_behind_the_last_item(cli: Cli, url: str, memory: Memory) -> None:
    """Of what entries do, and of similar pairs; an item that is gone is an error."""
    for entry in (LESSON, PROCEDURE):
        uses = (RunEntry(entry.id, 1, EntryRole.INJECTED),)
        memory.store.writer.record_run(
            DEFAULT_NAMESPACE, RunRow(f"r-{entry.id}", "Why?", "correct", 1, 1.0, "{}", holdout=0.5, entries=uses)
        )

    def ids(*options: str) -> list[str]:
        lines = cli("utility", *options, "--url", url, "-o", "json").out.splitlines()
        return [json.loads(line)["entry_id"] for line in lines]

    whole = ids()
    assert ids("--limit", "1") + ids("--limit", "1", "--after", whole[0]) == whole
    assert len(whole) == 2
    assert "no page begins after" in cli("utility", "--after", "p-none", "--url", url).err
    assert "no page begins after" in cli("duplicates", "--after", "p-none,p-none", "--url", url).err


def test_a_service_is_repaired_and_its_runs_are_looked_at(cli: Cli, url: str, memory: Memory) -> None:
    """What a service does not repair is told."""
    with memory.store.state.database.transaction() as connection:
        connection.execute("DELETE FROM vectors")
    repaired = cli("doctor", "--repair", "--url", url)
    assert (repaired.code, "mended in default" in repaired.out) == (0, True)
    assert "disk and the store's integrity were not checked" in repaired.out
    memory.check_integrity()
    assert "accept-loss works on a directory" in cli("doctor", "--accept-loss", "--url", url).err
    memory.store.writer.record_run(DEFAULT_NAMESPACE, RunRow("r-plain", "Why?", "correct", 1, 1.0, "{}"))
    assert "the cache was not zoomed in this run" in cli("zoom", "show", "r-plain", "--url", url).err
