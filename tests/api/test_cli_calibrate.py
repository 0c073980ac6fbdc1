"""The command that calibrates a namespace, shows which calibration decides, and clears it."""

import json
from pathlib import Path

import pytest

from midthought.api.cli.calibrate import read_judged_queries
from midthought.api.python.memory import open_memory
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import Cli

SUBJECTS = [
    f"{fruit} {thing}"
    for fruit in ("apples", "pears", "plums", "figs")
    for thing in ("trees", "carts", "jars", "bags", "tins")
]
ENTRIES = [Procedure(f"How do I count {subject}?", "Point at each one.") for subject in SUBJECTS]


@pytest.fixture
def queries(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of twenty queries with a right entry and twenty without, for a memory of twenty entries."""
    monkeypatch.setenv("MIDTHOUGHT_ENCODER", "hashing")
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries(ENTRIES)
    right = [{"query": f"count {one} now", "right": [entry.id]} for one, entry in zip(SUBJECTS, ENTRIES, strict=True)]
    nothing = [{"query": f"sail number{n} over wide seas", "right": []} for n in range(20)]
    file = tmp_path / "queries.jsonl"
    file.write_text("\n".join(map(json.dumps, [*right, *nothing])))
    return file


def test_calibrating_shows_what_it_answers_and_stats_and_doctor_show_it(cli: Cli, queries: Path) -> None:
    """Counts of both sorts, the same threshold in `stats` and `doctor`; cleared, neither shows it any more."""
    ran = cli("calibrate", str(queries), "--error-rate", "0.2")
    assert (ran.code, ran.err) == (0, "")
    assert "20 queries with a right entry in the first three, 20 without any" in ran.out
    assert " of 20 (" in ran.out
    state = cli("stats", "-o", "json").json["calibration"]
    assert (state["origin"], state["error_rate"], state["useful"], state["useless"]) == ("own", 0.2, 20, 20)
    told = f"recall answers from probability {state['threshold']:.3f}, error rate about 0.2"
    for command in (("calibrate", str(queries), "--error-rate", "0.2"), ("stats",), ("doctor",)):
        assert told in cli(*command).out
    cleared = cli("calibrate", "--clear", "-o", "json").json
    assert cleared["origin"] == "none"
    assert cli("stats", "-o", "json").json["calibration"] == cleared
    assert "no calibration: recall answers from similarity 0.4" in cli("doctor").out


def test_too_small_an_error_rate_is_warned_of(cli: Cli, queries: Path) -> None:
    """On standard error, so that JSON stays JSON; the JSON has it as well."""
    ran = cli("calibrate", str(queries), "--error-rate", "0.01", "-o", "json")
    assert ran.code == 0
    assert ran.err.startswith("warning: error rate 0.01 is too small for 20 queries")
    assert ran.json["warning"] in ran.err


def test_a_file_or_clear_is_given(cli: Cli, queries: Path) -> None:
    """Neither and both are wrong usage."""
    for given in ((), (str(queries), "--clear")):
        ran = cli("calibrate", *given)
        assert (ran.code, "give a FILE of judged queries, or --clear" in ran.err) == (2, True)


def test_a_line_ends_at_a_newline_alone(tmp_path: Path) -> None:
    """Other line separators of Unicode are part of a query, and a byte order mark is left out."""
    file = tmp_path / "queries.jsonl"
    line = json.dumps({"query": "moon\u2028jazz\x85", "right": []}, ensure_ascii=False)
    file.write_text(f"\ufeff{line}\n{line}\n", encoding="utf-8")
    assert [one.query for one in read_judged_queries(file)] == ["moon\u2028jazz\x85"] * 2
    file.write_text("[" * 100_000)
    with pytest.raises(BadInput, match="give"):
        read_judged_queries(file)
