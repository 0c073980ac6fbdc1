"""Steps and recognised links, as commands show them."""

from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.link import RecognisedLink, Sightings
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import PROCEDURE, Cli

TRAJECTORY = Trajectory("How sharp?", "I cut away from myself.\nIt is sharp.", "Sharp.", outcome=Outcome.CORRECT)
UNSPLIT = replace(TRAJECTORY, source="earlier")
STEPS = (
    Step(Span(Part.THOUGHT, 0, 24), StepKind.WORK, "a sharp point"),
    Step(Span(Part.THOUGHT, 24, 36), StepKind.CHECK, "", 1),
    Step(Span(Part.ANSWER, 0, 6), StepKind.RESULT),
)
LINK = RecognisedLink(PROCEDURE.id, TRAJECTORY.id, Span(Part.THOUGHT, 0, 23), 0.81, "cut away", "tests-1")


@pytest.fixture
def seen(planted_home: Path) -> Path:
    """A memory of one entry that was recognised in a trajectory, and of one that was stored without steps."""
    with open_memory(planted_home, encoder=HashingEncoder(), starter=False) as memory:
        trajectories = (TrajectoryWrite(TRAJECTORY, "tests-1", STEPS), TrajectoryWrite(UNSPLIT))
        memory.store.writer.write(DEFAULT_NAMESPACE, Batch(trajectories, links=(LINK,)))
    return planted_home


def test_get_shows_steps(seen: Path, cli: Cli) -> None:
    """Kind, place and goal of each, nested by depth, with how it begins; as JSON beside the trajectory."""
    lines = cli("get", TRAJECTORY.id, "--steps").out.splitlines()
    assert lines == [
        "1 work, thought 0-24: a sharp point",
        "  > I cut away from myself.",
        "  2 check, thought 24-36",
        "    > It is sharp.",
        "3 result, answer 0-6",
        "  > Sharp.",
    ]
    record = cli("get", TRAJECTORY.id, "--steps", "-o", "json").json
    assert record["question"] == TRAJECTORY.question
    assert record["steps"][1] == {"part": "thought", "start": 24, "end": 36, "kind": "check", "goal": "", "depth": 1}
    assert "steps" not in cli("get", TRAJECTORY.id, "-o", "json").json


def test_get_says_that_a_trajectory_has_no_steps(seen: Path, cli: Cli) -> None:
    """As one of an earlier version; and an entry never has any."""
    assert "no steps are stored" in cli("get", UNSPLIT.id, "--steps").out
    assert cli("get", UNSPLIT.id, "--steps", "-o", "json").json["steps"] == []
    ran = cli("get", PROCEDURE.id, "--steps")
    assert ran.code == 1
    assert "--steps is for a trajectory" in ran.err


def test_get_tells_what_was_seen_from_what_was_learnt(seen: Path, cli: Cli) -> None:
    """The provenance stays what it was; the traces it was recognised in are counted, with the passages."""
    out = cli("get", PROCEDURE.id).out
    assert "from own\n" in out
    assert "seen in 1 trace, 1 right\n" in out
    assert f"seen in {TRAJECTORY.id}, thought 0-23, similarity 0.81, by cut away\n  > I cut away from myself." in out
    record = cli("get", PROCEDURE.id, "-o", "json").json
    assert record["seen"] == {"traces": 1, "right": 1}
    assert [one["source"] for one in record["provenance"]] == ["own"]
    assert [one["seen"]["traces"] for one in cli("list", "-o", "json").lines] == [1]
    assert cli("list").out.rstrip().endswith("(seen in 1 trace, 1 right)")


def test_the_library_and_the_service_count_sightings(library: Memory | Client, memory: Memory) -> None:
    """In `get` and in `list_entries`: how many traces, and how many of them are right."""
    wrong = replace(TRAJECTORY, source="wrong", outcome=Outcome.WRONG)
    library.add_entries([PROCEDURE])
    links = tuple(replace(LINK, trajectory_id=one.id) for one in (TRAJECTORY, wrong))
    batch = Batch(tuple(TrajectoryWrite(one, "tests-1", STEPS) for one in (TRAJECTORY, wrong)), links=links)
    memory.store.writer.write(DEFAULT_NAMESPACE, batch)
    assert library.get(PROCEDURE.id).seen == Sightings(traces=2, right=1)
    assert [one.seen for one in library.list_entries()] == [Sightings(traces=2, right=1)]


def test_stats_count_links_apart(seen: Path, cli: Cli) -> None:
    """They are no entries."""
    out = cli("stats").out
    assert "1 entries\n" in out
    assert "recognised, not learnt: 1 known entries in 1 passages of 1 trajectories\n" in out
    assert cli("stats", "-o", "json").json["links"] == {"links": 1, "entries": 1, "trajectories": 1}


def test_what_list_prints_can_be_added(seen: Path, cli: Cli, tmp_path: Path) -> None:
    """Sightings belong to the store, and are not read."""
    file = tmp_path / "entries.jsonl"
    file.write_text(cli("list", "-o", "json").out)
    assert cli("--namespace", "copy", "add", str(file)).code == 0
    assert "seen in" not in cli("--namespace", "copy", "get", PROCEDURE.id).out
