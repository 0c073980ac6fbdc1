"""The command line: what it prints, and what its exit codes say."""

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from midthought.api.cli.global_options import hoist_globals
from midthought.api.cli.thought_show import TerminalSurface
from midthought.api.python.memory import open_memory
from midthought.memory.errors import NotFound
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import PROCEDURE, TRACE, Cli

COUNTS = {
    "calls",
    "dead_letters",
    "tokens_cached",
    "tokens_in",
    "tokens_out",
    "drafted",
    "entries_merged",
    "entries_refused",
    "entries_stored",
    "entries_waiting",
    "learnt",
    "linked",
    "linked_only",
    "examples",
    "masked",
    "merged",
    "read",
    "reasons",
    "refused_by_check",
    "rejected",
    "untaught",
    "stored",
    "taught",
}


def plant(home: Path) -> None:
    """One entry of our own in the command line's memory."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([PROCEDURE])


def test_help_needs_no_command(cli: Cli) -> None:
    """Without arguments the help is printed, and that is fine."""
    ran = cli()
    assert ran.code == 0
    assert "midthought demo" in ran.out


def test_version(cli: Cli) -> None:
    """--version prints one line."""
    assert cli("--version").out.startswith("midthought 0.")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["frobnicate"], 2),
        (["recall"], 2),
        (["recall", "x", "--frob"], 2),
        (["recall", "x", "-k", "0"], 2),
        (["--namespace", "No!", "stats"], 2),
        (["--config", "nowhere.toml", "stats"], 2),
        (["ingest", "nowhere.jsonl"], 1),
        (["get", "p-nothing"], 1),
        (["get", "t-nothing"], 1),
        (["forget", "p-nothing"], 1),
        (["reason", "x", "--branches", "1", "--procedures", "3"], 2),
        (["serve", "--host", "192.0.2.1"], 2),
        (["--url", "http://127.0.0.1:9", "stats"], 1),
    ],
)
def test_errors_are_one_line_with_a_code(cli: Cli, arguments: list[str], code: int) -> None:
    """2 is wrong usage or settings, 1 is what failed; nothing on standard output, no traceback."""
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1


def test_ingest_json(cli: Cli, traces: Path) -> None:
    """One object a source: counts that add up, rejections with place and reason, exit code 3."""
    ran = cli("ingest", str(traces), "-o", "json")
    assert ran.code == 3
    assert set(ran.json) == COUNTS | {"source", "job_id", "state", "rejections"}
    assert (ran.json["read"], ran.json["stored"], ran.json["merged"], ran.json["rejected"]) == (3, 2, 0, 1)
    assert ran.json["rejections"][0]["place"] == f"{traces}:2"
    assert ran.json["state"] == "finished"


def test_ingest_text_lists_rejections_and_sums(cli: Cli, traces: Path) -> None:
    """People see that read = stored + merged + rejected, and each rejected record."""
    ran = cli("ingest", str(traces))
    assert "3 records read = 2 stored + 0 merged (known already) + 1 rejected" in ran.out
    assert f"rejected {traces}:2: " in ran.out


def test_ingest_tells_of_each_record_why(cli: Cli, tmp_path: Path) -> None:
    """--explain prints place and reason, --report writes the same as JSON; both are what the sums say."""
    file, report = tmp_path / "t.jsonl", tmp_path / "why.jsonl"
    unjudged, wrong = TRACE | {"outcome": "unknown"}, TRACE | {"outcome": "wrong"}
    file.write_text("".join(json.dumps(one) + "\n" for one in (TRACE, unjudged, TRACE, wrong)) + "{broken\n")
    ran = cli("ingest", str(file), "--explain", "--report", str(report))
    assert (
        f"{file}:2: not judged\n{file}:3: known already\n{file}:4: wrong answer\n{file}:5: cannot be read (" in ran.out
    )
    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(one["number"], one["place"], one["reason"]) for one in told] == [
        (2, f"{file}:2", "not judged"),
        (3, f"{file}:3", "known already"),
        (4, f"{file}:4", "wrong answer"),
        (5, f"{file}:5", "cannot be read"),
    ]
    assert [one["id"] is None for one in told] == [False, False, False, True]
    assert "4 of the read taught nothing:" in ran.out
    assert ran.out.count(f"{file}:5: ") == 1
    assert len(cli("ingest", str(file), "--explain", "-o", "json").json["rejections"]) == 1
    assert cli("ingest", str(file), "--report", str(tmp_path)).code == 2


@pytest.mark.slow
def test_ingest_twice_changes_nothing(cli: Cli, traces: Path) -> None:
    """The second time every good record is merged, and the lists are the same bytes."""
    cli("ingest", str(traces))
    before = cli("list", "-o", "json").out + cli("list", "--kind", "trajectories", "-o", "json").out
    assert cli("ingest", str(traces), "-o", "json").json["merged"] == 2
    assert cli("list", "-o", "json").out + cli("list", "--kind", "trajectories", "-o", "json").out == before


def test_ingest_goes_on_after_a_url_that_does_not_answer(cli: Cli, traces: Path) -> None:
    """The file is ingested, and the URL is told at the end without its query."""
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    ran = cli("ingest", "http://127.0.0.1:1/x.jsonl?key=hidden", str(traces))
    assert ran.code == 1
    assert f"{traces}: 3 records read = 2 stored" in ran.out
    assert "error: http://127.0.0.1:1/x.jsonl cannot be read" in ran.err


def test_ingest_with_ray_names_what_it_lacks(cli: Cli, traces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra, an address that is one, and a directory: the processes of a service are its own."""
    monkeypatch.setitem(sys.modules, "ray", None)
    told = [
        cli("ingest", str(traces), *options).err
        for options in (["--ray"], ["--ray", "local"], ["--ray=local", "--url", "http://127.0.0.1:1"])
    ]
    assert ["pip install 'midthought[ray]'" in one for one in told] == [True, True, False]
    assert "--ray needs the directory of the memory" in told[2]
    for address in ("traces.jsonl", "localhost:99999"):
        refused = cli("ingest", "--ray", address, str(traces))
        assert (refused.code, f"'{address}' is no address of a Ray cluster" in refused.err) == (2, True)


def test_ingest_strict_stores_nothing(cli: Cli, traces: Path) -> None:
    """With --strict a bad record refuses its file."""
    ran = cli("ingest", "--strict", str(traces))
    assert ran.code == 1
    assert "traces.jsonl:2" in ran.err
    assert cli("list", "--kind", "trajectories").out == ""


def test_ingest_from_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """- is standard input."""
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(json.dumps(TRACE).encode())))
    ran = cli("ingest", "-", "-o", "json")
    assert (ran.code, ran.json["source"], ran.json["stored"]) == (0, "-", 1)


@pytest.mark.usefixtures("planted_home")
def test_recall_json(cli: Cli) -> None:
    """A hit carries its entry's fields, scores and provenance."""
    ran = cli("recall", PROCEDURE.key, "-o", "json")
    (hit,) = ran.json["hits"]
    assert (ran.code, ran.json["query"], ran.json["abstention"]) == (0, PROCEDURE.key, None)
    assert (hit["id"], hit["kind"], hit["version"]) == (PROCEDURE.id, "procedure", 1)
    assert hit["subroutine"] == PROCEDURE.subroutine
    assert hit["provenance"] == [{"source": "own", "trajectory_id": None}]
    assert hit["similarity"] == pytest.approx(1.0)
    assert {"score", "bm25"} <= set(hit)


@pytest.mark.usefixtures("planted_home")
def test_recall_text(cli: Cli) -> None:
    """People see subquestion, source, scores and the beginning of the subroutine."""
    out = cli("recall", PROCEDURE.key).out
    assert all(part in out for part in (PROCEDURE.key, PROCEDURE.subroutine, PROCEDURE.id, "from own", "similarity"))


@pytest.mark.usefixtures("planted_home")
def test_recall_explained(cli: Cli) -> None:
    """With --explain people see ranks, keys and words of each hit, and what decided; of an abstention, the nearest."""
    out = cli("recall", "--explain", "--kind", "procedure", PROCEDURE.key).out
    assert f"   key main 1.000: {PROCEDURE.key}" in out
    assert all(
        part in out for part in ("ranks: dense 1 (1.000), nearness 1 (1.040), words 1 (", "words held: ", "rerank none")
    )
    assert all(part in out for part in ("conditions: of kind procedure", "decided by: ", "signals: cosine 1.000"))
    silent = cli("recall", "--explain", "zebra").out
    assert (
        silent.index("nothing recalled") < silent.index("nearest, withheld:") < silent.index("words of no entry: zebra")
    )
    assert "ranks: " not in cli("recall", PROCEDURE.key).out


@pytest.mark.usefixtures("planted_home")
def test_recall_says_which_examples_it_leaves_out(cli: Cli) -> None:
    """The same question with other numbers is a near copy: a line counts its examples, --explain names them."""
    asked = "How many ways are there to sharpen 12 pencils with 3 knives?"
    added = cli("add", "--goal", asked, "--passage", "12 * 3 = 36.", "--size", "whole", "-o", "json").json
    arguments = ("recall", "--min-similarity", "-1", asked.replace("12", "45").replace("3", "7"))
    told = "1 worked example of this question, or of a near copy with other numbers, is left out"
    assert cli(*arguments).out.splitlines()[-1] == told
    assert f"left out: {added['ids'][0]}" in cli(*arguments, "--explain", "--shadow").out
    assert "left out" not in cli("recall", PROCEDURE.key).out
    assert f"; {told})" in cli("recall", "--min-similarity", "1", arguments[-1]).out


@pytest.mark.slow
def test_an_abstention_is_an_answer(cli: Cli, home: Path) -> None:
    """Exit code 0, with the reason."""
    empty = cli("recall", "zebra", "-o", "json")
    assert (empty.code, empty.json["hits"]) == (0, [])
    assert empty.json["abstention"]["reason"] == "the memory holds no entries"
    plant(home)
    assert "nothing recalled: nothing in the memory is close enough" in cli("recall", "zebra").out


@pytest.mark.slow
@pytest.mark.usefixtures("planted_home")
def test_list_get_forget(cli: Cli, traces: Path) -> None:
    """What is listed can be got and forgotten, and is then gone."""
    cli("ingest", str(traces))
    listed = cli("list", "--kind", "trajectories", "-o", "json").lines
    assert [one["id"] for one in listed] == sorted(one["id"] for one in listed)
    assert cli("get", listed[0]["id"], "-o", "json").json == listed[0]
    assert cli("get", PROCEDURE.id, "-o", "json").json["subquestion"] == PROCEDURE.subquestion
    assert cli("forget", PROCEDURE.id, listed[0]["id"], "-o", "json").lines[0]["entries"] == 1
    assert cli("get", PROCEDURE.id).code == 1
    assert cli("get", listed[0]["id"]).code == 1


@pytest.mark.usefixtures("planted_home")
def test_list_shows_one_kind(cli: Cli) -> None:
    """--kind leaves the others out."""
    assert len(cli("list", "--kind", "procedures").out.splitlines()) == 1
    assert cli("list", "--kind", "lessons").out == ""


@pytest.mark.slow
def test_get_shows_the_passage(cli: Cli, traces: Path) -> None:
    """A learnt procedure is shown with the passage it was learnt from, where there is one."""
    cli("ingest", str(traces))
    learnt = cli("list", "-o", "json").lines
    assert learnt
    for entry in learnt:
        passage = cli("get", entry["id"]).out
        assert "  > " in passage


@pytest.mark.usefixtures("planted_home")
def test_stats(cli: Cli) -> None:
    """Counts as JSON and as text."""
    assert cli("stats", "-o", "json").json["entries"] == [{"kind": "procedure", "count": 1}]
    assert "1 entries\n  1 procedure\n" in cli("stats").out


@pytest.mark.usefixtures("planted_home")
def test_namespaces_are_apart(cli: Cli) -> None:
    """--namespace works before and after the command."""
    assert cli("list", "--namespace", "other").out == ""
    assert cli("--namespace", "default", "list").out.startswith(PROCEDURE.id)


@pytest.mark.slow
def test_reason_sets_the_hint_apart(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain text every line of a hint has a mark, and its id and source stand above it."""
    monkeypatch.setenv("MIDTHOUGHT_STARTER", "true")
    out = cli("reason", "How many anagrams has LEVEL?", "--engine", "scripted").out
    block = out[out.index("+---") : out.index("+--- end of hint")].splitlines()
    assert "hint from memory: p-" in block[0]
    assert "starter:" in block[0]
    assert all(line.startswith("| ") for line in block[1:])
    assert "answer: 42" in out


def test_reason_json(cli: Cli) -> None:
    """One object: the whole run with its receipts."""
    ran = cli("reason", "How many?", "--engine", "scripted", "--seed", "7", "-o", "json")
    assert (ran.json["answer"], ran.json["configuration"]["seed"]) == ("42", 7)
    assert ran.json["receipts"][0]["abstention"] == "the memory holds no entries"
    assert cli("stats", "-o", "json").json["runs"] == 1


@pytest.mark.slow
def test_doctor_finds_nothing_wrong(cli: Cli, home: Path, traces: Path) -> None:
    """On a good memory every finding is well; on none at all too, and none is made."""
    assert cli("doctor").code == 0
    assert not home.exists()
    cli("ingest", str(traces))
    ran = cli("doctor", "-o", "json")
    assert (ran.code, ran.json["well"]) == (0, True)
    assert "namespace default" in {one["name"] for one in ran.json["findings"]}


def test_doctor_names_what_is_wrong(cli: Cli, home: Path) -> None:
    """A file that is no database is a finding with a way to mend it, and exit code 1."""
    home.mkdir()
    (home / "midthought.duckdb").write_bytes(b"not a database" * 1000)
    ran = cli("doctor", "-o", "json")
    (bad,) = [one for one in ran.json["findings"] if not one["well"]]
    assert (ran.code, bad["name"]) == (1, "store")
    assert bad["mend"]


def test_stored_text_cannot_steer_the_terminal(cli: Cli, traces: Path) -> None:
    """Escape characters in a trace are shown as replacement characters."""
    traces.write_text(json.dumps(TRACE | {"question": "clear \x1b[2J screen?"}))
    cli("ingest", str(traces))
    assert "\x1b" not in cli("list", "--kind", "trajectories").out


def test_an_interrupt_says_what_stays(cli: Cli, traces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is exit code 130, and the same command goes on."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("midthought.ingest.ingest_source.ingest_source", interrupt)
        ran = cli("ingest", str(traces))
    assert ran.code == 130
    assert "what was committed stays" in ran.err


def test_global_options_may_follow_the_command() -> None:
    """They are put first; what follows -- is left alone."""
    assert hoist_globals(["list", "--home=/a", "-o", "json"]) == ["--home=/a", "list", "-o", "json"]
    assert hoist_globals(["recall", "--", "--home"]) == ["recall", "--", "--home"]


def test_debug_shows_the_traceback(cli: Cli) -> None:
    """With --debug the error itself comes through."""
    with pytest.raises(NotFound):
        cli("get", "p-nothing", "--debug")


def test_a_terminal_gets_a_panel(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal the hint stands in a frame, with where it comes from; the words stream as they are."""
    surface = TerminalSurface()
    surface.token("I think [bold] of ")
    surface.hint("hint from memory: p-1, learnt from starter:algebra", "Do \x1b[2J this.")
    printed = capsys.readouterr().out
    assert printed.startswith("I think [bold] of ")
    assert "starter:algebra" in printed
    assert "\x1b[2J" not in printed
    assert "\u256d" in printed


@pytest.mark.slow
def test_a_new_memory_is_told(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error says where it is made, once."""
    monkeypatch.setenv("MIDTHOUGHT_STARTER", "true")
    assert str(home) in cli("stats").err
    assert cli("stats").err == ""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has /proc")
@pytest.mark.parametrize("command", [["review"], ["serve"], ["ingest", "-"]])
def test_a_home_that_cannot_be_made_is_named(cli: Cli, command: list[str]) -> None:
    """One sentence says which directory and why; no error number of the system."""
    ran = cli(*command, "--home", "/proc/memory")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith(
        "error: the directory /proc/memory cannot be made (no such file or directory): choose another one\n"
    )
