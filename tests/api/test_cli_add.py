"""The command that stores entries of one's own: from options, from a file, from standard input."""

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from midthought.api.cli.add import _split_requests
from midthought.memory.records.entry import Lesson

from .conftest import LESSON, PROCEDURE, Cli

MANY = [f"wording {number}" for number in range(21)]
CONCEPT = {
    "kind": "concept",
    "name": "Whittling",
    "concept_kind": "routine",
    "description": "Shaping wood with a knife.",
    "parameters": [{"name": "wood", "typing": "Wood", "description": ""}],
    "tags": ["craft"],
}


def lines(*records: object) -> str:
    """Records as JSON Lines."""
    return "".join(json.dumps(one) + "\n" for one in records)


def test_options_describe_one_entry(cli: Cli) -> None:
    """Its kind is that of the options; get shows each field in text and in JSON."""
    options = ["--domain", "craft", "--tag", "wood", "--tag", "blade", "--asked-as", "blunt pencil"]
    where = ["--applicability", "Soft pencils.", "--pitfall", "Fingers."]
    ran = cli("add", "--subquestion", PROCEDURE.key, "--subroutine", "Cut.", *where, *options, "-o", "json")
    assert (ran.code, ran.json["new"]) == (0, 1)
    (entry_id,) = ran.json["ids"]
    shown = cli("get", entry_id).out
    for text in ("Soft pencils.", "Fingers.", "domain: craft", "- wood", "- blade", "- blunt pencil", "from own"):
        assert text in shown
    record = cli("get", entry_id, "-o", "json").json
    assert (record["kind"], record["asked_as"], record["tags"]) == ("procedure", ["blunt pencil"], ["wood", "blade"])
    assert f"{entry_id}\n1 entries: 0 stored, 1 known already\n" == cli("add", "-o", "text", *no_change(record)).out


def test_a_worked_example_is_added_and_shown(cli: Cli) -> None:
    """Listed by its kind, counted by its size, with its question and result in `get`."""
    what = ["--goal", "A sharp point", "--passage", "I cut away from me.", "--size", "step"]
    (entry_id,) = cli(
        "add", *what, "--question", "How sharp?", "--result", "Sharp", "--outcome", "correct", "-o", "json"
    ).json["ids"]
    assert entry_id.startswith("w-")
    assert cli("list", "--kind", "examples").out == f"{entry_id}  example    A sharp point\n"
    shown = cli("get", entry_id).out
    for text in ("A sharp point", "I cut away from me.", "question: How sharp?", "result: Sharp", "outcome: correct"):
        assert text in shown
    record = cli("get", entry_id, "-o", "json").json
    assert (record["size"], record["outcome"], record["passage"]) == ("step", "correct", "I cut away from me.")
    assert "  1 step example\n" in cli("stats").out
    assert "a worked example also needs --size" in cli("add", *what[:4]).err


def no_change(record: dict[str, object]) -> list[str]:
    """The options of an entry's id: what it says."""
    return [
        *("--subquestion", str(record["subquestion"]), "--subroutine", str(record["subroutine"])),
        *("--applicability", str(record["applicability"]), "--pitfall", "Fingers."),
    ]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (("--name", "Knife", "--concept-kind", "structure", "--description", "A blade.", "--cue", "dull"), "concept"),
        (("--situation", "It is dull", "--suggestion", "Sharpen it."), "lesson"),
        (("--goal", "A point", "--passage", "I cut.", "--size", "step", "--question", "How sharp?"), "example"),
    ],
)
def test_the_options_say_the_kind(cli: Cli, options: tuple[str, ...], kind: str) -> None:
    """A concept and a lesson have options as a procedure has."""
    (entry_id,) = cli("add", *options, "-o", "json").json["ids"]
    assert cli("get", entry_id, "-o", "json").json["kind"] == kind


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a FILE (- is standard input), or the options of one kind"),
        (("--tag", "x"), "procedure: --subquestion, --subroutine"),
        (("--name", "x"), "a concept also needs --concept-kind, --description"),
        (("--subquestion", "x", "--situation", "y"), "procedure and lesson: an entry has one kind"),
        (("--situation", "x", "--suggestion", "y", "--cue", "z"), "a lesson has no --cue"),
        (("--situation", "x", "--suggestion", " "), "needs text to be found by and text to hand on"),
        (("file", "--tag", "x"), "not both: --tag"),
        (("--situation", "x", "--suggestion", "y", *(f"--asked-as={one}" for one in MANY)), "up to 20 wordings"),
    ],
)
def test_wrong_options_are_told_before_a_memory_is_made(
    cli: Cli, home: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Exit code 2, one line that says what to give, and no directory."""
    ran = cli("add", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n"), home.exists()) == (2, "", 1, False)
    assert words in ran.err


@pytest.mark.slow
def test_what_list_prints_is_added_elsewhere(cli: Cli, planted_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same entries, with the same ids; fields of the store are not read, and the source is that of the addition."""
    listed = cli("list", "-o", "json").out
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(listed.encode())))
    added = cli("--namespace", "copy", "add", "-", "--source", "friend", "-o", "json").json
    copies = cli("--namespace", "copy", "list", "-o", "json").lines
    assert added == {"ids": [PROCEDURE.id], "new": 1}
    assert [(one["id"], one["provenance"][0]["source"]) for one in copies] == [(PROCEDURE.id, "friend")]


@pytest.mark.sampled
@pytest.mark.parametrize("text", [lines(CONCEPT), json.dumps(CONCEPT, indent=1), f"\ufeff{json.dumps([CONCEPT])}"])
def test_a_file_holds_lines_or_one_object_or_a_list(cli: Cli, tmp_path: Path, text: str) -> None:
    """A byte order mark is no part of it."""
    (tmp_path / "entries").write_text(text)
    (entry_id,) = cli("add", "entries", "-o", "json").json["ids"]
    assert cli("get", entry_id, "-o", "json").json["parameters"] == CONCEPT["parameters"]


def test_each_bad_record_is_told_by_file_and_line(cli: Cli, home: Path, tmp_path: Path) -> None:
    """Nothing is stored if one cannot be used, and no memory is made."""
    good = {"kind": "lesson", "situation": LESSON.situation, "suggestion": LESSON.suggestion}
    bad = {
        "{": "not JSON",
        "[1]": "expected a JSON object",
        json.dumps(good | {"kind": "spell"}): "field 'kind' must be one of",
        json.dumps({"kind": "concept", "name": "x"}): "'concept_kind' and 'description'",
        json.dumps(good | {"mood": 1}): "unknown field 'mood'",
        json.dumps(good | {"situation": 1}): "field 'situation' must be text, got int",
        json.dumps(good | {"tags": "x"}): "field 'tags' must be a list of texts",
        json.dumps(good | {"asked_as": MANY}): "asked_as holds up to 20 wordings, got 21",
        json.dumps(good | {"suggestion": " "}): "needs text to be found by",
        json.dumps(good | {"domain": "\0"}): "holds a NUL character",
        json.dumps(CONCEPT | {"parameters": ["wood"]}): "field 'parameters' must be a list of objects",
        json.dumps(CONCEPT | {"parameters": [{"name": 1}]}): "field 'parameters.name' must be text",
        json.dumps(CONCEPT | {"check": [1]}): "field 'check' must be an object with example, code and result",
        json.dumps(CONCEPT | {"check": {"example": 5, "code": "", "result": ""}}): "'check.example' must be text",
    }
    (tmp_path / "entries.jsonl").write_text("\n".join([json.dumps(good), "", *bad]))
    ran = cli("add", "entries.jsonl")
    assert (ran.code, ran.out, home.exists()) == (1, "", False)
    told = ran.err.splitlines()
    assert [one.split(" ")[1] for one in told] == [f"entries.jsonl:{number}:" for number in range(3, len(bad) + 3)]
    assert [words for words, line in zip(bad.values(), told, strict=True) if words not in line] == []


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read: No such file"), (b"", "holds no entry"), (b"\xff\n", "not UTF-8: byte 0xff")],
)
def test_an_unusable_file_is_named(cli: Cli, home: Path, tmp_path: Path, content: bytes | None, words: str) -> None:
    """A missing one, an empty one, and one that is no text."""
    if content is not None:
        (tmp_path / "entries").write_bytes(content)
    ran = cli("add", "entries")
    assert (ran.code, ran.err.count("\n"), home.exists()) == (1, 1, False)
    assert ran.err.startswith("error: entries: ")
    assert words in ran.err


def test_standard_input_is_utf_8_in_every_locale(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if Python reads texts in another encoding; a byte order mark is left out, as in a file."""
    line = json.dumps({"kind": "lesson", "situation": "Grüße zählen", "suggestion": "einzeln"}, ensure_ascii=False)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"\xef\xbb\xbf" + line.encode()), encoding="latin-1"))
    ran = cli("add", "-", "--source", "tests")
    assert ran.code == 0
    assert "Grüße zählen" in cli("get", ran.out.split()[0]).out


def test_a_request_holds_no_more_bytes_than_a_service_takes() -> None:
    """Entries are sent in parts by number and by size; a large one alone, in their order."""
    small, large = Lesson("s", "short"), Lesson("l", "x" * 3_000_000)
    entries = [small, large, large, small] + [small] * 1_000
    parts = list(_split_requests(entries))
    assert [len(part) for part in parts] == [2, 1_000, 2]
    assert [one for part in parts for one in part] == entries
