"""Moving a memory by the library and by the command line."""

import json
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import BadInput, NotFound
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, Cli

MEMORIES = [{"id": "a", "memory": "The kettle is in the kitchen"}, {"id": "b"}]


@pytest.mark.slow
def test_library_round_trip(memory: Memory, tmp_path: Path) -> None:
    """What one memory exports another takes in, and recalls."""
    memory.add_entries([LESSON, PROCEDURE])
    memory.export(tmp_path / "out", format="parquet", vectors=True)
    with open_memory(tmp_path / "second", encoder=HashingEncoder(), starter=False) as second:
        done = second.import_(tmp_path / "out")
        assert (done.format, done.job) == ("midthought", None)
        assert [hit.stored.entry for hit in second.recall(LESSON.situation, k=1).hits] == [LESSON]
        second.check_integrity()


@pytest.mark.slow
def test_library_backup(memory: Memory, tmp_path: Path) -> None:
    """A memory backs itself up while it is open; the manifest says in which format."""
    memory.add_entries([LESSON])
    assert dict(memory.backup(tmp_path / "backup").rows)["entries"] == 1
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["midthought_backup"] == 1


@pytest.mark.parametrize("call", ["export", "import_"])
def test_unknown_formats(memory: Memory, tmp_path: Path, call: str) -> None:
    """A format there is not is refused with those there are."""
    with pytest.raises(BadInput, match=r"format must be one of .*, got 'csv'"):
        getattr(memory, call)(tmp_path / "x", format="csv")


def test_an_empty_namespace_is_not_exported(memory: Memory, tmp_path: Path) -> None:
    """A misspelt namespace is an error, not an empty export, and so is one that holds nothing."""
    memory.add_entries([LESSON], namespace="own")
    for name, told in (("defualt", "there is no namespace defualt"), ("default", "namespace default holds nothing")):
        with pytest.raises(NotFound, match=told):
            memory.export(tmp_path / "out", namespace=name)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_command_line_round_trip(cli: Cli, traces: Path, tmp_path: Path) -> None:
    """Export and import give a memory that exports the same; a second import knows everything."""
    cli("ingest", str(traces))
    told = cli("export", "out", "--vectors", "-o", "json")
    assert told.code == 0
    assert told.json["rows"]["trajectories"] == 2
    assert told.json["rows"]["rejections"] == 1
    assert cli("export", "out").err == "error: out: is there already: choose another name, or remove it first\n"
    taken = cli("import", "out", "--home", "second", "-o", "json")
    assert taken.code == 0
    assert taken.json["tables"]["entries"] == {"read": 2, "stored": 2, "known": 0}
    cli("export", "again", "--vectors", "--home", "second")
    for file in (tmp_path / "out").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
    assert cli("import", "out", "--home", "second").out.splitlines()[0] == (
        "trajectories: 2 read = 0 stored + 2 known already"
    )


@pytest.mark.slow
def test_command_line_foreign(cli: Cli, tmp_path: Path) -> None:
    """Another tool's memory is counted, what is rejected is listed, and the exit code says so."""
    (tmp_path / "mem0.json").write_text(json.dumps(MEMORIES))
    told = cli("import", "mem0.json")
    assert told.code == 3
    assert told.out.splitlines() == [
        "mem0.json (mem0): 2 records read = 1 stored + 0 merged (known already) + 1 rejected",
        "  rejected mem0.json:2: field 'memory' must be text, got nothing",
    ]
    again = cli("import", "mem0.json", "--format", "mem0", "-o", "json")
    assert (again.json["merged"], again.json["format"], len(again.json["rejections"])) == (1, "mem0", 1)
    assert cli("recall", "kettle kitchen", "-o", "json").json["hits"][0]["provenance"][0]["source"] == "mem0:a"


def test_nothing_is_made_for_nothing(cli: Cli, home: Path) -> None:
    """A path that holds nothing to import, and a home without a memory, leave no memory behind."""
    assert cli("import", "missing.json").err == "error: missing.json: cannot be read: No such file or directory\n"
    assert "there is no memory in" in cli("export", "out").err
    assert "there is no memory in" in cli("backup", "out").err
    assert not home.exists()


@pytest.mark.slow
def test_command_line_backup_and_restore(cli: Cli, traces: Path, tmp_path: Path) -> None:
    """A restored memory lists what the first one does; a home that holds something is refused."""
    cli("ingest", str(traces))
    assert cli("backup", "saved").out.startswith("backed up to saved: 2 entries, 2 trajectories, ")
    assert cli("restore", "saved", "--home", "second", "-o", "json").json["rows"]["entries"] == 2
    assert cli("list", "--home", "second").out == cli("list").out != ""
    refused = cli("restore", "saved", "--home", "second")
    assert refused.code == 1
    assert "second: is not empty" in refused.err
    assert cli("doctor", "-o", "json", "--home", "second").json["findings"]


@pytest.mark.slow
def test_backup_and_restore_count_as_stats_does(
    cli: Cli, traces: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The namespaces' own entries are one number, those of the starter memory another."""
    monkeypatch.setenv("MIDTHOUGHT_STARTER", "true")
    cli("ingest", str(traces))
    counted = cli("stats", "-o", "json").json
    shared = counted["starter"]
    assert shared > 300
    told = f": 2 entries and {shared} of the starter memory, 2 trajectories"
    assert f"saved{told}, " in cli("backup", "saved").out
    assert told in cli("restore", "saved", "--home", "second").out
    assert "2 entries\n  2 whole examples\n" in cli("stats", "--home", "second").out


def test_a_service_restores_nothing(cli: Cli) -> None:
    """A directory that a service uses cannot be made another memory; the error says so."""
    told = cli("restore", "x", "--url", "http://localhost:1")
    assert told.code == 2
    assert told.err.startswith("error: restore makes a directory of this machine a memory")


@pytest.mark.parametrize("command", ["export", "backup"])
def test_a_home_in_use(cli: Cli, home: Path, command: str) -> None:
    """A directory that is open already is the usual error, which says who has it: here this process itself."""
    with open_memory(home, encoder=HashingEncoder(), starter=False):
        told = cli(command, "out")
    assert told.code == 1
    assert "is in use by this process" in told.err
