"""``midthought concepts``, and learning concepts from each entrance."""

import json
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.entry import Concept, ConceptKind, Parameter
from midthought.memory.records.entry_json import entry_from_dict
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import Cli

TRACE = {
    "question": "In how many rows can the family stand if the twins are side by side?",
    "thought": "I treat the twins as one block and arrange the blocks. Then I order the pair inside.",
    "answer": "It is done.",
    "outcome": "correct",
}
CONCEPT = {
    "name": "block method",
    "kind": "routine",
    "description": "Treat what stays together as one thing.",
    "passages": ["I treat the twins as one block"],
}


def model(name: str = "block method") -> ScriptedEngine:
    """A model that finds one concept in everything."""
    answer = "```json\n" + json.dumps({**CONCEPT, "name": name}) + "\n```"
    return ScriptedEngine([ScriptedReply(prompt_contains("Which concepts does"), (answer,))])


def opened(path: Path, **options: Any) -> Memory:
    """A memory with a model."""
    decomposition = DecompositionOptions(model())
    return open_memory(path, encoder=HashingEncoder(), starter=False, decomposition=decomposition, **options)


def names(memory: Memory) -> list[str]:
    """The names of its concepts."""
    return [one.name for one in memory.concepts().concepts]


def test_the_tree_shows_what_fills_which_parameter(cli: Cli, home: Path) -> None:
    """The reference concepts: a look-up fills the parameter of its type; without --tree there are names alone."""
    lines = (Path(__file__).parents[2] / "data" / "decompositions" / "public.jsonl").read_text("utf-8").splitlines()
    records = [one for line in lines for one in json.loads(line)["concepts"]]
    entries = [
        entry_from_dict({"kind": "concept", **{k: v for k, v in one.items() if k != "spans"}}) for one in records
    ]
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries(entries)
    shown = cli("concepts", "--tree").out
    page = (Path(__file__).parents[2] / "docs" / "decomposition.md").read_text()
    assert page.partition("```text\n")[2].partition("```")[0] in shown
    assert "  sequence: Sequence\n    arithmetic progression (result)\n" in shown
    listed = cli("concepts").out.splitlines()
    assert len(listed) == len(entries)
    assert "two-entity check [routine, decision] -> bool" in listed
    (one,) = [line for line in cli("concepts", "-o", "json").lines if line["name"] == "two-entity check"]
    (slot,) = [slot for slot in one["parameters"] if slot["name"] == "property"]
    assert [filler["name"] for filler in slot["fillers"]] == ["bridge look-up"]


def test_a_type_with_two_meanings_is_told(cli: Cli, home: Path) -> None:
    """On standard error, with the tree."""
    twice = [
        Concept(name, ConceptKind.ROUTINE, "d", parameters=(Parameter("f", f"Scorer := Callable[[{name}], float]"),))
        for name in ("Grid", "Text")
    ]
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries(twice)
    assert "Scorer" in cli("concepts", "--tree").err
    assert cli("concepts").err == ""


def test_an_empty_memory_has_no_concepts(cli: Cli) -> None:
    """It is said on standard error."""
    ran = cli("concepts", "-o", "json")
    assert (ran.code, ran.out) == (0, "")
    assert "no concepts" in ran.err


def test_concepts_are_learnt_only_if_asked_for(tmp_path: Path) -> None:
    """By the call, or by how the memory was opened; `decompose=False` leaves the model out."""
    with opened(tmp_path / "one") as memory:
        memory.ingest(TRACE)
        assert names(memory) == []
        memory.ingest({**TRACE, "source": "again"}, concepts=True, all_attempts=True)
        assert names(memory) == ["block method"]
    with opened(tmp_path / "two", concepts=True) as memory:
        memory.ingest({**TRACE, "source": "silent"}, decompose=False)
        assert names(memory) == []
        memory.ingest(TRACE, all_attempts=True)
        assert names(memory) == ["block method"]


def test_passes_are_one_to_three_and_need_concepts(tmp_path: Path) -> None:
    """What cannot be meant is refused before anything is read."""
    with opened(tmp_path / "m") as memory:
        assert memory.ingest(TRACE, concepts=True, passes=3).position == 3
        with pytest.raises(BadInput, match=r"passes must be 1\.\.3, got 4"):
            memory.ingest(TRACE, concepts=True, passes=4)
        with pytest.raises(BadInput, match="only with concepts"):
            memory.ingest(TRACE, passes=2)
        with pytest.raises(BadSettings, match="learnt with a language model"):
            memory.ingest(TRACE, concepts=True, decompose=False)


def test_the_command_needs_a_model(cli: Cli, tmp_path: Path) -> None:
    """It says which settings name one; a pass too many is wrong usage."""
    file = tmp_path / "traces.jsonl"
    file.write_text(json.dumps(TRACE))
    ran = cli("ingest", "--concepts", str(file))
    assert (ran.code, "model_url" in ran.err) == (2, True)
    assert "passes must be 1..3" in cli("ingest", "--concepts", "--passes", "4", str(file)).err
