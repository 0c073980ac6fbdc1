"""What the demo shows, says and suggests, with the engine that recites."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.cli.demo import invoked_as
from midthought.api.cli.run_summary import explain_no_answer
from midthought.api.cli.thought_show import PlainSurface, show_thought
from midthought.api.demo import show_fullest
from midthought.api.python.memory import Memory
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_ends
from midthought.reasoner.thought.in_thought import last_run
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

from .conftest import LESSON, PROCEDURE

EMPTY, ROUND, FULL = "So.</think>", "go on " * 40, "Cut away from the hand, then turn the pencil."
SCRIPT = "#!{python}\nfrom midthought.api.cli.main import main\nmain()\n"


def engine(pencil: str, other: str) -> ScriptedEngine:
    """An engine that asks one query, and answers the branch with the hint about pencils, and the others."""
    asked = ScriptedReply(prompt_ends(ThoughtPrompts().opening), ("How do I sharpen a pencil or hear a kettle?",))
    return ScriptedEngine(
        [
            asked,
            ScriptedReply(lambda prompt: "away from myself" in prompt, (pencil,)),
            ScriptedReply(lambda _: True, (other,)),
        ]
    )


@pytest.mark.sampled
@pytest.mark.parametrize("replies", [(EMPTY, FULL), (FULL, EMPTY), (ROUND, FULL), (FULL, ROUND)])
def test_the_fullest_sample_is_shown(
    memory: Memory, capsys: pytest.CaptureFixture[str], replies: tuple[str, str]
) -> None:
    """Neither the one that ends at once nor the one that repeats itself, and the page says why this one."""
    memory.add_entries([PROCEDURE, LESSON])
    settings = ThinkSettings(samples=2, procedures=2, max_tokens=200)
    surface = PlainSurface()
    events = memory.reason("How is a pencil sharpened?", engine=engine(*replies), settings=settings)
    run = show_thought(show_fullest(events, surface), surface)
    out = capsys.readouterr().out
    assert len(run.samples) == 2
    assert out.count(FULL) == 1
    assert "go on go on" not in out
    assert out.count("+--- hint from memory: ") == 1
    assert "different words; shown is the one with the most" in out
    (shown,) = re.findall(r"^# branch (\d+), sample 1$", out, re.MULTILINE)
    (chosen,) = re.findall(r"^# chosen: branch (\d+), sample 1", out, re.MULTILINE)
    assert ("that is not the one shown above" in out) == (shown != chosen)


def test_why_no_answer_is_marked(memory: Memory) -> None:
    """Cut off, or ended without one: what the chosen sample says."""
    memory.add_entries([PROCEDURE])
    run = last_run(
        memory.reason(
            "why?", engine=engine(ROUND, ROUND), settings=ThinkSettings(samples=1, procedures=1, max_tokens=5)
        )
    )
    assert explain_no_answer(run).startswith("none marked: the chosen thought was cut off after 5 tokens")
    done = replace(run, samples=tuple(replace(one, finish="done") for one in run.samples))
    assert explain_no_answer(done).startswith("none marked: the chosen thought ended without")


def ways(folder: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
    """How people call the program: by name, by a path from the folder they are in, and as a module."""
    script = folder / "my bin" / "midthought"
    script.parent.mkdir()
    script.write_text(SCRIPT.format(python=sys.executable))
    script.chmod(0o755)
    yield ["midthought"], {"PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}"}
    yield ["my bin/midthought"], {}
    yield [sys.executable, "-m", "midthought"], {}


def without_progress(told: str) -> str:
    """What a command wrote on standard error, without the progress that it tells if it takes seconds."""
    return re.sub(r"^\S+: ingest \d+ of \d+\n", "", told, flags=re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("way", [0, *(pytest.param(way, marks=pytest.mark.heavy) for way in (1, 2))])
def test_the_suggested_commands_work_where_the_demo_ran(tmp_path: Path, way: int) -> None:
    """In the same folder and environment each suggested line does what it says, blanks in names and all."""
    home = tmp_path / "a home's folder"
    command, more = list(ways(tmp_path))[way]
    environment = os.environ | {"MIDTHOUGHT_ENGINE": "scripted", "MIDTHOUGHT_ENCODER": "hashing"} | more
    environment["MIDTHOUGHT_URL"] = "http://127.0.0.1:9"  # a service the demo must not need
    ran = subprocess.run(
        [*command, "--home", str(home), "demo"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, without_progress(ran.stderr)) == (0, "")
    lines = ran.stdout.partition("\nNext, on the demo's memory")[2].splitlines()[1:]
    assert len(lines) == 4
    for line in lines:
        again = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert (again.returncode, without_progress(again.stderr)) == (0, ""), line
        assert again.stdout.strip()
    assert "answer: 42" in ran.stdout
    assert ran.stdout.count("different words; shown is") == 1


def test_a_program_of_another_installation_is_not_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `midthought` on the PATH that is not this one is another memory's program."""
    (tmp_path / "bin").mkdir()
    for place in (tmp_path / "bin" / "midthought", tmp_path / "midthought"):
        place.write_text("#!/bin/sh\n")
        place.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert shutil.which("midthought") == str(tmp_path / "bin" / "midthought")
    assert invoked_as(str(tmp_path / "midthought")) == str(tmp_path / "midthought")
    assert invoked_as(str(tmp_path / "bin" / "midthought")) == "midthought"
    assert invoked_as("-c").endswith(" -m midthought")
