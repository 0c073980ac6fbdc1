"""A command that is given what another one takes names that one, with the path as the shell needs it."""

import json
import shlex
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory
from midthought.memory.errors import BadInput

from .conftest import LESSON, TRACE, Cli

MEM0 = {"results": [{"id": "1", "memory": "Likes tea"}]}
SKILL = "---\nname: tea\ndescription: when tea is wanted\n---\n\nBoil water.\n"
TAKEN_BY = {
    "export": "import",
    "export.jsonl": "import",
    "mem0.json": "import",
    "skill.md": "import",
    "skills": "import",
    "traces.jsonl": "ingest",
    "traces.jsonl.gz": "ingest",
    "backup": "restore",
    "backup/midthought.duckdb": "restore",
}


@pytest.fixture
def places(memory: Memory, tmp_path: Path) -> Path:
    """A folder, with a blank in its name, of everything that some command takes."""
    import gzip

    folder = tmp_path / "every thing"
    folder.mkdir()
    memory.add_entries([LESSON])
    memory.export(folder / "export")
    memory.export(folder / "export.jsonl")
    memory.backup(folder / "backup")
    (folder / "mem0.json").write_text(json.dumps(MEM0))
    (folder / "skill.md").write_text(SKILL)
    (folder / "skills" / "tea").mkdir(parents=True)
    (folder / "skills" / "tea" / "SKILL.md").write_text(SKILL)
    (folder / "traces.jsonl").write_text(json.dumps(TRACE) + "\n" + json.dumps(TRACE | {"answer": "31"}))
    (folder / "traces.jsonl.gz").write_bytes(gzip.compress((folder / "traces.jsonl").read_bytes()))
    return folder


@pytest.mark.sampled
@pytest.mark.parametrize("command", ["import", "ingest", "restore"])
@pytest.mark.parametrize("name", sorted(TAKEN_BY))
def test_the_right_command_is_named(cli: Cli, places: Path, home: Path, command: str, name: str) -> None:
    """The command that takes a thing takes it; the others exit 1, name it, and make nothing."""
    place = places / name
    if TAKEN_BY[name] == command:
        if name != "backup/midthought.duckdb":
            assert cli(command, str(place)).code == 0
        return
    ran = cli(command, str(place))
    told = "restore {} --home NEW_DIRECTORY" if TAKEN_BY[name] == "restore" else TAKEN_BY[name] + " {}"
    assert (ran.code, ran.out if command != "ingest" else "") == (1, "")
    assert f"midthought {told.format(shlex.quote(str(place)))}" in ran.err
    if command != "ingest":
        assert not home.exists()


def test_the_directory_of_a_memory_is_told(cli: Cli, memory: Memory, tmp_path: Path) -> None:
    """Neither of the three takes it as it lies: it is used with --home."""
    for command in ("import", "ingest", "restore"):
        ran = cli(command, str(tmp_path / "library"))
        assert ran.code == 1
        assert f"is the directory of a memory: midthought stats --home {tmp_path / 'library'}" in ran.err


def test_the_library_says_so_too(memory: Memory, places: Path) -> None:
    """`Memory.import_` and `Memory.ingest` name the command as well."""
    with pytest.raises(BadInput, match="is a backup: midthought restore"):
        memory.import_(places / "backup")
    with pytest.raises(BadInput, match="holds traces: midthought ingest"):
        memory.import_(places / "traces.jsonl")
    with pytest.raises(BadInput, match="is an export: midthought import"):
        memory.ingest(places / "export.jsonl")
