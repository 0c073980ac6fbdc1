"""The commands for what happens to entries later: revise, history, forget, compact, reindex, doctor --repair."""

import json
import shutil
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, Cli

OLD = Procedure("How do I sharpen a pencil with a knife?", "Cut.", domain="craft", tags=("wood", "blade"))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed memory of two entries."""
    place = tmp_path_factory.mktemp("original") / "memory"
    with open_memory(place, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([OLD, LESSON])
    return place


@pytest.fixture
def planted(original: Path, home: Path) -> Procedure:
    """The command line's memory, with two entries."""
    shutil.copytree(original, home)
    return OLD


def wording(cli: Cli, item_id: str, **changes: object) -> str:
    """What get prints of an entry, edited."""
    return json.dumps(cli("get", item_id, "-o", "json").json | changes)


@pytest.mark.slow
def test_what_get_prints_is_edited_and_revised(cli: Cli, planted: Procedure, tmp_path: Path) -> None:
    """The new wording is version 2 with an id of its own, and the one that is recalled."""
    (tmp_path / "entry.json").write_text(wording(cli, planted.id, subroutine="Cut away from yourself."))
    ran = cli("revise", planted.id, str(tmp_path / "entry.json"), "--source", "editor", "-o", "json")
    assert (ran.code, ran.json["version"], ran.json["subroutine"]) == (0, 2, "Cut away from yourself.")
    assert {one["source"] for one in ran.json["provenance"]} == {"own", "editor"}
    assert cli("recall", planted.key, "-o", "json").json["hits"][0]["id"] == ran.json["id"] != planted.id
    assert cli("get", planted.id, "-o", "json").json["id"] == ran.json["id"]


@pytest.mark.slow
def test_a_wording_comes_from_standard_input(cli: Cli, planted: Procedure, monkeypatch: pytest.MonkeyPatch) -> None:
    """- is standard input, as for ingest."""
    text = wording(cli, planted.id, subroutine="Whittle.")
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))
    ran = cli("revise", planted.id, "-")
    assert (ran.code, f"version 2 of {planted.id} is p-" in ran.out) == (0, True)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "procedure", "subquestion": "How do I whittle?", "subroutine": "Cut."},
        {"kind": "concept", "name": "Whittling", "concept_kind": "routine", "description": "Cut."},
    ],
    ids=lambda fields: fields["kind"],
)
def test_what_get_prints_of_an_earlier_id_is_accepted(cli: Cli, tmp_path: Path, fields: dict[str, object]) -> None:
    """Unchanged it changes nothing; changed it is the next version; the id of another entry is still refused."""
    file = tmp_path / "entry.json"
    file.write_text(json.dumps(fields | {"parameters": [{"name": "wood"}]} if "name" in fields else fields))
    (old,) = cli("add", str(file), "-o", "json").json["ids"]
    field = "subroutine" if "subroutine" in fields else "description"
    file.write_text(wording(cli, old, **{field: "Cut away from yourself."}))
    new = cli("revise", old, str(file), "-o", "json").json["id"]
    file.write_text(cli("get", old, "-o", "json").out)
    ran = cli("revise", old, str(file), "-o", "json")
    assert (ran.code, ran.json["id"], ran.json["version"]) == (0, new, 2)
    file.write_text(wording(cli, old, **{field: "Cut slowly."}))
    assert cli("revise", old, str(file), "-o", "json").json["version"] == 3
    file.write_text(wording(cli, old, id="p-other"))
    refused = cli("revise", old, str(file))
    assert (refused.code, f"not of {old}, which is " in refused.err) == (1, True)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[1]", "must be one JSON object, got list"),
        ('{"kind": "spell"}', "field 'kind' must be one of"),
        ('{"id": "p-other", "kind": "lesson"}', "the wording of p-other"),
        ('{"kind": "lesson", "situation": "x", "suggestion": " "}', "the new wording"),
        ('{"kind": "lesson", "situation": "x", "suggestion": "y", "mood": 1}', "unknown field 'mood'"),
    ],
)
def test_what_is_no_wording_is_refused(cli: Cli, planted: Procedure, tmp_path: Path, text: str, words: str) -> None:
    """One line that says why, and the entry stays as it was."""
    (tmp_path / "entry.json").write_text(text)
    ran = cli("revise", planted.id, str(tmp_path / "entry.json"))
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert words in ran.err
    assert cli("get", planted.id, "-o", "json").json["version"] == 1


@pytest.mark.slow
def test_a_missing_file_or_entry_is_told(cli: Cli, planted: Procedure, tmp_path: Path) -> None:
    """By its name."""
    assert "nowhere.json: cannot be read" in cli("revise", planted.id, "nowhere.json").err
    (tmp_path / "entry.json").write_text('{"kind": "lesson", "situation": "x", "suggestion": "y"}')
    assert "'p-nothing'" in cli("revise", "p-nothing", str(tmp_path / "entry.json")).err
    assert cli("history", "p-nothing").code == 1


@pytest.mark.slow
def test_history_shows_wordings_and_changes(cli: Cli, planted: Procedure, tmp_path: Path) -> None:
    """Oldest first, by any id; with --diff what changed, in text and in JSON."""
    (tmp_path / "entry.json").write_text(wording(cli, planted.id, subroutine="Whittle.", tags=["wood"]))
    new = cli("revise", planted.id, str(tmp_path / "entry.json"), "-o", "json").json["id"]
    ran = cli("history", new)
    assert [line.split(",")[0] for line in ran.out.splitlines() if line.startswith("version")] == [
        f"version 1 {planted.id}",
        f"version 2 {new}",
    ]
    assert ran.out == cli("history", planted.id).out
    diff = [line.strip() for line in cli("history", planted.id, "--diff").out.splitlines()]
    assert {"-subroutine: Cut.", "+subroutine: Whittle.", "-- blade"} <= set(diff)
    assert "subquestion: How do I sharpen a pencil with a knife?" in diff
    first, second = cli("history", planted.id, "--diff", "-o", "json").lines
    assert (first["diff"], first["id"], first["retired_at"]) == (None, planted.id, second["learnt_at"])
    assert (second["id"], second["retired_at"], "+subroutine: Whittle." in second["diff"]) == (new, None, True)
    assert "diff" not in cli("history", planted.id, "-o", "json").lines[0]
    hits = cli("recall", planted.key, "--as-of", first["learnt_at"], "-o", "json").json["hits"]
    assert hits[0]["id"] == planted.id


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), 2),
        (("--kind", "lesson"), 1),
        (("--domain", "craft"), 1),
        (("--domain", "craft", "--domain", ""), 2),
        (("--tag", "wood", "--tag", "x"), 1),
        (("--tag", "wood", "--kind", "lesson"), 0),
        (("--outcome", "correct"), 0),
        (("--source", "own"), 2),
        (("--since", "2000-01-01"), 2),
        (("--until", "2000-01-01T12:00+02:00"), 0),
        (("--as-of", "2000-01-01"), 0),
    ],
)
def test_recall_is_narrowed(
    cli: Cli, planted: Procedure, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], found: int
) -> None:
    """Every option narrows; of one given more than once any value will do."""
    monkeypatch.setenv("MIDTHOUGHT_MIN_SIMILARITY", "-1")
    ran = cli("recall", planted.key, *options, "-o", "json")
    assert (ran.code, len(ran.json["hits"])) == (0, found)


def test_a_time_that_is_none_is_told(cli: Cli, planted: Procedure) -> None:
    """With an example of one."""
    ran = cli("recall", planted.key, "--since", "yesterday")
    assert (ran.code, "since must be a time such as 2026-07-01" in ran.err) == (2, True)


@pytest.mark.slow
def test_a_whole_namespace_needs_its_name_twice(cli: Cli, planted: Procedure) -> None:
    """Anything else is wrong usage, and forgets nothing."""
    for wrong in ([], ["--confirm", "other"], ["--confirm", "default", planted.id]):
        assert cli("forget", "--everything", *wrong).code == 2
    assert cli("--namespace", "other", "forget", "--everything", "--confirm", "default").code == 2
    assert cli("forget").code == 2
    assert len(cli("list", "-o", "json").lines) == 2
    ran = cli("forget", "--everything", "--confirm", "default", "-o", "json")
    assert (ran.code, ran.json) == (0, {"namespace": "default", "entries": 2})
    assert cli("list").out == ""


@pytest.mark.slow
def test_compact_removes_what_was_forgotten(cli: Cli, planted: Procedure, home: Path) -> None:
    """No file has its text afterwards; the rest is recalled as before."""
    cli("recall", LESSON.key)
    cli("forget", planted.id)
    ran = cli("compact", "-o", "json")
    assert (ran.code, set(ran.json)) == (0, {"home", "bytes_before", "bytes_after"})
    files = [file for file in home.rglob("*") if file.is_file()]
    assert [file for file in files if b"sharpen a pencil" in file.read_bytes()] == []
    assert cli("recall", LESSON.key, "-o", "json").json["hits"][0]["id"] == LESSON.id
    assert "MiB before" in cli("compact").out


def test_commands_for_a_directory_make_none(cli: Cli, home: Path) -> None:
    """Where there is no memory, they say so."""
    for command in (["compact"], ["reindex", "--list"], ["reindex", "--encoder", "hashing"]):
        ran = cli(*command)
        assert (ran.code, "there is no memory" in ran.err) == (1, True)
    assert not home.exists()


@pytest.mark.slow
def test_a_memory_is_moved_to_another_encoder(cli: Cli, home: Path) -> None:
    """Opened with the wrong one, the error names both and the command; the command, and then the setting, mend it."""
    with open_memory(home, encoder=HashingEncoder(64), starter=False) as memory:
        memory.add_entries([PROCEDURE, LESSON])
    refused = cli("recall", PROCEDURE.key)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    for words in ("hashing (64 dimensions", "hashing (256 dimensions", "midthought reindex --encoder"):
        assert words in refused.err
    ran = cli("reindex", "--encoder", "hashing", "-o", "json")
    assert (ran.code, ran.json["encoded"]) == (0, 2)
    assert [(one["number"], one["state"]) for one in ran.json["generations"]] == [(1, "earlier"), (2, "current")]
    assert cli("recall", PROCEDURE.key, "-o", "json").json["hits"][0]["id"] == PROCEDURE.id
    assert cli("reindex", "--encoder", "hashing", "-o", "json").json["encoded"] == 0
    assert cli("doctor").code == 0
    listed = cli("reindex", "--list")
    assert "generation 2: current, hashing (256 dimensions" in listed.out
    assert cli("compact").code == 0
    assert [one["number"] for one in cli("reindex", "--list", "-o", "json").json["generations"]] == [2]


def test_the_setting_to_change_is_named(cli: Cli, planted: Procedure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the setting names another encoder than the one moved to."""
    monkeypatch.setenv("MIDTHOUGHT_ENCODER", "minilm")
    ran = cli("reindex", "--encoder", "hashing")
    assert (ran.code, "MIDTHOUGHT_ENCODER=hashing" in ran.out, "encoded 0 keys" in ran.out) == (0, True, True)


@pytest.mark.sampled
@pytest.mark.parametrize("options", [[], ["--list", "--encoder", "hashing"]])
def test_reindex_wants_one_thing(cli: Cli, planted: Procedure, options: list[str]) -> None:
    """An encoder or the list."""
    assert cli("reindex", *options).code == 2


@pytest.mark.slow
def test_doctor_repairs(cli: Cli, planted: Procedure, home: Path) -> None:
    """Without --repair it says how; with it each fault is listed as mended, and then all is well."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory, memory.store.transaction() as connection:
        connection.execute("DELETE FROM vectors")
    ran = cli("doctor")
    assert (ran.code, "2 entries have no vector" in ran.out, "midthought doctor --repair" in ran.out) == (1, True, True)
    ran = cli("doctor", "--repair", "-o", "json")
    mended = [one["detail"] for one in ran.json["findings"] if one["name"] == "mended in default"]
    assert (ran.code, ran.json["well"], any("2 entries have no vector" in one for one in mended)) == (0, True, True)
    assert cli("doctor").code == 0
    assert cli("recall", planted.key, "-o", "json").json["hits"][0]["id"] == planted.id


def test_an_index_kind_is_a_setting(cli: Cli, planted: Procedure, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next use makes that kind; an unknown one is told with those there are."""
    monkeypatch.setenv("MIDTHOUGHT_INDEX", "hnsw")
    assert cli("recall", planted.key).code == 0
    assert any('"hnsw"' in file.read_text() for file in (home / "derived").rglob("manifest.json"))
    monkeypatch.setenv("MIDTHOUGHT_INDEX", "tree")
    ran = cli("stats")
    assert (ran.code, "auto, exact, hnsw, ivf_pq" in ran.err) == (2, True)
