"""The recipes of CONTRIBUTING.md that show code are followed in a copy of the tree, and what they add works."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.extraction.registry import EXTRACTORS
from midthought.ingest.formats.registry import JSON_FORMATS
from midthought.ingest.transfer.import_format import FOREIGN_FORMATS
from midthought.memory.indexes.home_kinds import INDEX_HOMES
from midthought.memory.indexes.vectors.kinds import INDEX_KINDS
from midthought.memory.registry import Registry
from midthought.reasoner.engines.registry import ENGINES
from midthought.reasoner.thought.arms import ARMS
from midthought.reasoner.thought.selection.selector import SELECTORS
from midthought.reasoner.thought.triggers.trigger import TRIGGERS
from midthought.reasoner.zoom.registry import PARTS, POLICIES
from midthought.retrieval.encoders.registry import ENCODERS

_BLOCK = re.compile(r"^   ```(python|diff) (\S+)\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)


def follow_recipe(root: Path, copy: Path, title: str) -> None:
    """Write the files and add the rows that a recipe shows."""
    _, found, rest = (root / "CONTRIBUTING.md").read_text().partition(f"\n### {title}\n")
    blocks = _BLOCK.findall(rest.partition("\n###")[0])
    assert found, title
    assert [kind for kind, _, _ in blocks] == ["python", "diff"]
    for kind, path, text in blocks:
        file, lines = copy / path, textwrap.dedent(text)
        file.write_text(lines if kind == "python" else add_rows(file.read_text(), text))


def add_rows(source: str, diff: str) -> str:
    """Add the lines that begin with a plus behind those before them, which must stand in the source."""
    lines = [line.removeprefix("   ") for line in diff.splitlines()]
    before = "\n".join(line[1:] for line in lines if not line.startswith("+")) + "\n"
    added = "\n".join(line[1:] for line in lines if line.startswith("+")) + "\n"
    assert source.count(before) == 1, before
    return source.replace(before, before + added)


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """The package in a tree of its own."""
    for folder in ("api", "ingest", "memory", "reasoner", "retrieval", "src"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(root / folder, tmp_path / "tree" / folder, symlinks=True, ignore=ignored)
    shutil.copytree(root / "data", tmp_path / "tree" / "data", ignore=shutil.ignore_patterns("trajectories"))
    return tmp_path / "tree"


def run_in(copy: Path, *arguments: str) -> str:
    """Run Python with the package of the copy; return what it prints."""
    settings = {"MIDTHOUGHT_HOME": str(copy.parent / "home"), "MIDTHOUGHT_ENCODER": "hashing"}
    settings["PYTHONPATH"] = str(copy / "src")
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy.parent, capture_output=True, text=True, check=False,
        env=os.environ | settings,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


ROWS: dict[str, Registry[Any]] = {
    "docs/trajectories.md": JSON_FORMATS,
    "docs/extraction.md": EXTRACTORS,
    "docs/moving.md": FOREIGN_FORMATS,
    "docs/settings.md encoders": ENCODERS,
    "docs/settings.md engines": ENGINES,
    "docs/settings.md indexes": INDEX_KINDS,
    "docs/store.md": INDEX_KINDS,
    "docs/settings.md homes": INDEX_HOMES,
    "docs/triggers.md triggers": TRIGGERS,
    "docs/triggers.md selectors": SELECTORS,
    "docs/triggers.md arms": ARMS,
    "docs/zoom.md": POLICIES,
    **{f"docs/zoom.md {name}": registry for name, registry in PARTS.items()},
}
"""The pages that list the rows of a registry."""


@pytest.mark.parametrize("page", ROWS)
def test_the_docs_name_every_row(root: Path, page: str) -> None:
    """Each choice of a registry stands, as code, in a table of its page."""
    lines = [line for line in (root / page.split()[0]).read_text().splitlines() if line.startswith("|")]
    table = "\n".join(lines)
    assert len(ROWS[page]) > 0
    assert [name for name in ROWS[page] if f"`{name}`" not in table] == []


@pytest.mark.slow
def test_a_trace_format_is_one_file_and_one_row(root: Path, copy: Path) -> None:
    """A record of the new format is told by its fields, read and stored; the option `--format` offers it."""
    follow_recipe(root, copy, "A trace format")
    card = {"front": "What is 12 * 15?", "way": "12 * 10 and 12 * 5 are 120 and 60.", "back": "180", "correct": True}
    (copy.parent / "cards.jsonl").write_text(json.dumps(card) + "\n")
    midthought = ("-m", "midthought")
    run_in(copy, *midthought, "ingest", "cards.jsonl")
    (stored,) = run_in(copy, *midthought, "list", "--kind", "trajectories", "-o", "json").splitlines()
    trajectory = json.loads(stored)
    assert [trajectory[name] for name in ("question", "thought", "answer")] == [
        card["front"],
        card["way"],
        card["back"],
    ]
    assert "flashcard" in run_in(copy, *midthought, "ingest", "--help")


@pytest.mark.slow
def test_an_extractor_is_one_file_and_one_row(root: Path, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new extractor is chosen by its name in the settings, its entries are stored, and `doctor` lists it."""
    follow_recipe(root, copy, "An extractor")
    trace = {
        "question": "How are units checked?",
        "thought": "Follow them.\n12 m.",
        "answer": "12",
        "outcome": "correct",
    }
    (copy.parent / "traces.jsonl").write_text(json.dumps(trace) + "\n")
    monkeypatch.setenv("MIDTHOUGHT_EXTRACTOR", "opening-1")
    run_in(copy, "-m", "midthought", "ingest", "traces.jsonl")
    (stored,) = run_in(copy, "-m", "midthought", "list", "-o", "json").splitlines()
    assert all(said in stored for said in ('"Follow them."', '"opening-1"'))
    imports = ["api.doctor_models import see_choices", "api.settings_sources import load_settings as load"]
    code = "".join(f"from midthought.{one}\n" for one in imports)
    assert "links-2, opening-1 (chosen)" in run_in(copy, "-c", f"{code}print(*see_choices(load()))")


@pytest.mark.slow
def test_an_import_format_is_one_file_and_one_row(root: Path, copy: Path) -> None:
    """A file of the new format is recognised by its content and its records are stored; `--format` offers it."""
    follow_recipe(root, copy, "An import format")
    (copy.parent / "notes.json").write_text(json.dumps({"notes": [{"title": "Check units", "text": "First."}]}))
    midthought = ("-m", "midthought")
    told = run_in(copy, *midthought, "import", "notes.json")
    assert "notes.json (notebook): 1 records read = 1 stored + 0 merged" in told
    assert "Check units" in run_in(copy, *midthought, "list")
    assert "notebook" in run_in(copy, *midthought, "import", "--help")


@pytest.mark.slow
def test_a_zoom_policy_is_one_file_and_one_row(root: Path, copy: Path) -> None:
    """The new policy is chosen by its name in the settings, and made with the visible share."""
    follow_recipe(root, copy, "A zoom policy")
    code = """
from midthought.reasoner.zoom.registry import POLICIES
from midthought.reasoner.zoom.zoom_settings import ZoomSettings

settings = ZoomSettings(policy="half")
policy = POLICIES.load(settings.policy)(settings, 0.5)
print(type(policy).__name__, policy.takes_entries, policy._visibility.share)
"""
    assert run_in(copy, "-c", code) == "HalfPolicy False 0.25\n"
    environment = run_in(copy, "-c", "from midthought.reasoner.zoom.registry import POLICIES; print(*POLICIES)")
    assert "half" in environment.split()


def test_rows_go_behind_the_lines_before_them() -> None:
    """A row is added where the recipe says, and a recipe whose place is gone fails."""
    diff = "    a = (\n   +    1,\n"
    assert add_rows("a = (\n)\n", diff) == "a = (\n    1,\n)\n"
    with pytest.raises(AssertionError, match="a = "):
        add_rows("b = (\n)\n", diff)
