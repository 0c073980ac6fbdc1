"""Continual learning: batches of problems in several passes, with the memory of the batch before in view."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.concepts.draft import EXTRACTOR
from midthought.memory.records.entry import Concept
from midthought.memory.records.job import Job
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.encoders.hashing import HashingEncoder

from .reciting import Reciting, concept, learn, lesson, trace

TRACES = [trace(name) for name in ("Smith", "Jones", "Brown", "White")]
WRONG = trace("Green", outcome=Outcome.WRONG)
ANSWERS = {
    "Smith_concepts": [concept("block method"), concept("block method", cues=["twins"])],
    "Jones_concepts": [concept("Block method", output_typing="int"), concept("pair order", cues=["a pair inside"])],
    "Brown_concepts": [concept("pair order"), concept("block method", implementation=["arrange the blocks"])],
    "White_concepts": [concept("row of blocks"), concept("row of blocks", routine_subtype="Counter")],
    "lessons": [lesson("When a count of blocks looks finished")],
}


def model(*, fail_at: int | None = None) -> Reciting:
    """A model that says something else in the second pass."""
    return Reciting(fail_at=fail_at, **ANSWERS)


def opened(folder: Path) -> Memory:
    """A memory."""
    return open_memory(folder, encoder=HashingEncoder(), starter=False)


def run(memory: Memory, reciting: Reciting, folder: Path, *, passes: int) -> Job:
    """Learn from the same file, two problems at a time."""
    return learn(memory, reciting, folder / "traces.jsonl", *TRACES, WRONG, passes=passes, batch=2)


def stored(memory: Memory) -> list[tuple[object, int, object]]:
    """What the model worded, with version and sources."""
    found = [one for one in memory.list_entries() if getattr(one.entry, "extractor", "") == EXTRACTOR]
    return [(one.entry, one.version, one.provenance) for one in found]


def concepts(memory: Memory) -> dict[str, Concept]:
    """The concepts by name."""
    return {one.name: one for one, _, _ in stored(memory) if isinstance(one, Concept)}


def test_the_batches_of_a_scripted_model_are_reproduced(tmp_path: Path) -> None:
    """Two runs ask the same prompts in the same order, word by word, and store the same."""
    asked, kept = [], []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        reciting = model()
        with opened(tmp_path / name / "m") as memory:
            job = run(memory, reciting, tmp_path / name, passes=2)
            kept.append(stored(memory))
        asked.append([request.messages for request in reciting.requests])
        # Two passes over four right problems; pseudocode and lessons are asked for once.
        assert [len(reciting.prompts[kind]) for kind in ("pseudocode", "concepts", "lessons")] == [4, 8, 4]
        assert job.counts.calls == len(reciting.requests)
        assert (job.counts.read, job.counts.stored, job.position) == (5, 5, 10)
        job.counts.check()
    assert asked[0] == asked[1]
    assert kept[0] == kept[1]


def test_a_batch_sees_what_the_one_before_taught(tmp_path: Path) -> None:
    """Not what its own problems teach; the second pass sees all of the first."""
    reciting = model()
    with opened(tmp_path / "m") as memory:
        run(memory, reciting, tmp_path, passes=2)
    shown = [
        {name for name in ("block method", "pair order", "row of blocks") if f"- {name} [" in prompt.lower()}
        for prompt in reciting.prompts["concepts"]
    ]
    every = {"block method", "pair order", "row of blocks"}
    assert shown == [set(), set(), {"block method"}, {"block method"}, every, every, every, every]


def test_a_later_pass_adds_and_revises(tmp_path: Path) -> None:
    """Under the same names; what one pass teaches, two hold as well; wrong attempts teach no concept."""
    with opened(tmp_path / "once") as memory:
        run(memory, model(), tmp_path, passes=1)
        once = concepts(memory)
    with opened(tmp_path / "twice") as memory:
        run(memory, model(), tmp_path, passes=2)
        twice = concepts(memory)
        (block,) = [version for one, version, _ in stored(memory) if getattr(one, "name", "") == "block method"]
    assert once.keys() == twice.keys() - {"nothing"}
    assert set(once["block method"].cues) < set(twice["block method"].cues)
    assert twice["block method"].implementation == ("join them to a block", "arrange the blocks")
    assert twice["row of blocks"].routine_subtype == "Counter"
    assert twice["pair order"].cues == ("things that must stay together", "a pair inside")
    assert block > 1


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """Two passes that nothing stopped: where their traces lie, their job, what they stored, how often they asked."""

    folder: Path
    job: Job
    entries: list[tuple[object, int, object]]
    calls: int


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Run once for all places at which another one is stopped."""
    folder, reciting = tmp_path_factory.mktemp("undisturbed"), model()
    with opened(folder / "whole") as memory:
        job = run(memory, reciting, folder, passes=2)
        return Undisturbed(folder, job, stored(memory), len(reciting.requests))


@pytest.mark.parametrize("fail_at", [3, 9, 14, 19, 23])
def test_an_interrupted_pass_repeats_no_call(tmp_path: Path, undisturbed: Undisturbed, fail_at: int) -> None:
    """Stopped at any call of either pass and continued: the same entries, the same counts, each call once."""
    first = model(fail_at=fail_at)
    with opened(tmp_path / "m") as memory, pytest.raises(KeyboardInterrupt):
        run(memory, first, undisturbed.folder, passes=2)
    first.fail_at = None  # it goes on in its script
    with opened(tmp_path / "m") as memory:
        job = run(memory, first, undisturbed.folder, passes=2)
        assert stored(memory) == undisturbed.entries
    assert len(first.requests) == undisturbed.calls
    assert replace(job.counts, examples=()) == replace(undisturbed.job.counts, examples=())
    assert job.id == undisturbed.job.id
