"""What cannot be done is refused in one line, before anything is made, and does not stop what can."""

import json
import sys
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import BadInput, BadSettings
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import PROCEDURE, TRACE, Cli
from .test_cli import plant


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["reason", "x", "--temperature", "nan"], 2, "0 or 0.001..100, got nan"),
        (["reason", "x", "--temperature", "inf"], 2, "got inf"),
        (["reason", "x", "--temperature", "1e-300"], 2, "got 1e-300"),
        (["reason", "x", "--branches", "1", "--procedures", "2"], 2, "--branches 1 --procedures 1"),
        (["reason", "x", "--trigger", "later"], 2, "triggers must be of start, boundary"),
        (["reason", "x", "--trigger", "never,start"], 2, "'never' alone"),
        (["reason", "x", "--arm", "trace-chunk", "--engine", "scripted"], 2, "from Python only"),
        (["reason", "x", "--trigger", "uncertainty", "--engine", "scripted"], 2, "gives no log-probs"),
        (["reason", "x", "--selector", "self-certainty", "--engine", "scripted"], 2, "gives no log-probs"),
        (["reason", "x", "--selector", "longest"], 2, "longest"),
        (["reason", "x", "--holdout", "2"], 2, "'holdout'"),
        (["reason", "x", "--model", "/nope"], 2, "/nope is not a directory"),
        (["reason", " ", "--engine", "scripted"], 2, "the question is empty"),
        (["--url", "http://[::1", "stats"], 2, "'url'"),
        (["--home", "x" * 300, "stats"], 2, "File name too long"),
        (["--home", "/dev/null", "stats"], 2, "not a directory"),
        (["--home", "/dev/null", "demo"], 2, "Not a directory"),
        (["--home", "\udcff", "stats"], 2, "not UTF-8"),
        (["--home", "~nouser-here/x", "stats"], 2, "no such user"),
        (["reason", "x", "--model", "~nouser-here/x"], 2, "no such user"),
        (["--url", "http://xn--a", "stats"], 1, "does not answer"),
        (["get", "p-\udcff"], 1, "is not UTF-8 text"),
        (["get", "t-\udcff"], 1, "is not UTF-8 text"),
        (["forget", "p-\udcff"], 1, "is not UTF-8 text"),
        (["ingest", "nope-\udcff.jsonl"], 1, "no such file"),
        (["--url", "http://127.0.0.1:9", "get", "p-\udcff"], 1, "is not UTF-8 text"),
        (["--url", "http://127.0.0.1:9", "forget", "p-\udcff"], 1, "is not UTF-8 text"),
        (["--url", "http://127.0.0.1:9", "ingest", "nope.jsonl"], 1, "no such file"),
    ],
)
def test_each_is_one_line_that_says_what(cli: Cli, arguments: list[str], code: int, words: str) -> None:
    """No traceback, nothing on standard output, and the reason is named."""
    ran = cli(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert ran.err.startswith("error: ")
    assert words in ran.err
    ran.err.encode()


@pytest.mark.parametrize("kinds", ["procedure", ["spell"]])
def test_kinds_that_would_find_nothing_are_refused(memory: Memory, kinds: list[str]) -> None:
    """A bare string is not taken for its letters."""
    with pytest.raises(BadInput, match="kinds must be a list"):
        memory.recall("x", kinds=kinds)  # type: ignore[arg-type]  # the mistake under test


def test_half_a_hit_is_refused(memory: Memory) -> None:
    """The number of hits is whole."""
    with pytest.raises(BadInput, match=r"k must be a whole number, got 2\.5"):
        memory.recall("x", k=2.5)  # type: ignore[arg-type]  # the mistake under test


def test_kinds_may_be_names(memory: Memory) -> None:
    """A list of plain strings means the kinds of those names."""
    memory.add_entries([PROCEDURE])
    assert memory.recall(PROCEDURE.key, kinds=["procedure"]).hits  # type: ignore[list-item]  # allowed to callers without types


def test_an_empty_question_is_refused(memory: Memory) -> None:
    """Before the model is asked for a query."""
    with pytest.raises(BadInput, match="empty"):
        next(iter(memory.reason("\n", engine=make_demo_engine())))


def test_a_file_is_no_memory(tmp_path: Path) -> None:
    """Opening it from Python says so too."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSettings, match="not a directory"):
        open_memory(tmp_path / "file", encoder=HashingEncoder())


def test_a_missing_file_makes_no_memory(cli: Cli, home: Path) -> None:
    """The mistake is told before a directory is made or a namespace planted."""
    assert cli("ingest", "nope.jsonl").code == 1
    assert not home.exists()


def test_a_missing_file_plants_no_namespace(tmp_path: Path) -> None:
    """Nor does the library plant the starter memory for it."""
    with open_memory(tmp_path / "m", encoder=HashingEncoder()) as memory:
        with pytest.raises(BadInput, match="no such file"):
            memory.ingest(tmp_path / "nope.jsonl")
        assert [one.name for one in memory.namespaces()] == ["default"]


def test_a_missing_file_does_not_stop_the_others(cli: Cli, tmp_path: Path) -> None:
    """The rest is ingested, each missing one is told at the end, and the exit code is 1."""
    for name in ("good", "good2"):
        (tmp_path / name).write_text(json.dumps(TRACE | {"question": f"How many letters has {name}?"}))
    ran = cli("ingest", "good", "missing", "good2", "missing2", "-o", "json")
    assert (ran.code, [one["source"] for one in ran.lines]) == (1, ["good", "good2"])
    assert [line.split(":")[1].strip() for line in ran.err.splitlines()] == ["missing", "missing2"]


def test_an_unknown_id_does_not_stop_the_others(cli: Cli, home: Path) -> None:
    """What can be forgotten is, what is not there is told, and the exit code is 1."""
    plant(home)
    ran = cli("forget", "p-nothing", PROCEDURE.id, "p-none")
    assert (ran.code, ran.out.startswith(f"forgot {PROCEDURE.id}"), ran.err.count("error: ")) == (1, True, 2)


def test_a_closed_standard_input_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in ``ingest - <&-``."""
    monkeypatch.setattr(sys, "stdin", None)
    ran = cli("ingest", "-")
    assert (ran.code, "standard input is closed" in ran.err) == (1, True)


@pytest.mark.slow
def test_what_was_forgotten_comes_back_from_another_trace(memory: Memory, tmp_path: Path) -> None:
    """As docs/cli.md says: its own trace is known and teaches nothing, another that teaches the same does."""
    for name in ("LEVEL", "PEPPER"):
        (tmp_path / name).write_text(json.dumps(TRACE | {"source": name}))
    memory.ingest(tmp_path / "LEVEL")
    learnt = [one.id for one in memory.list_entries()]
    for one in learnt:
        memory.forget(one)
    memory.ingest(tmp_path / "LEVEL")
    assert memory.list_entries() == []
    memory.ingest(tmp_path / "PEPPER")
    assert [one.id for one in memory.list_entries()] == learnt != []
