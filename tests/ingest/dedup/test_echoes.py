"""What a model was shown does not come back from its trace: as an entry, as a source of itself, as a link."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.checks.recalled_hints import NOTHING_RECALLED, describe_recalled, recalled_hints
from midthought.ingest.dedup.echoes import REASON
from midthought.memory.records.entry import Entry, Procedure, StoredEntry, WorkedExample
from midthought.memory.records.job import Job
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.trajectory import Trajectory
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.retrieval.encoders.hashing import HashingEncoder

TRACES = Path(__file__).parents[3] / "data" / "trajectories"


@dataclass
class Taught:
    """A memory that learnt from one trace, and that trace."""

    memory: Memory
    trace: dict[str, Any]

    @property
    def entries(self) -> dict[str, tuple[str, int]]:
        """The key of each entry and the number of its sources, by id."""
        return {one.id: (one.entry.key, len(one.provenance)) for one in entries_of(self.memory)}

    @property
    def wordings(self) -> list[Entry]:
        """The entries themselves."""
        return [one.entry for one in entries_of(self.memory)]

    def again(self, *, shown: list[str], texts: list[str], thought: str = "") -> Job:
        """Learn from the trace of another attempt, which says the same."""
        said = {"midthought": describe_recalled(shown, texts)} if shown or texts else {}
        trace = self.trace | {"source": f"again {len(self.memory.jobs())}", "metadata": said}
        return self.memory.ingest(trace | ({"thought": thought} if thought else {}))


def traces(name: str) -> list[dict[str, Any]]:
    """The traces of a file of ours."""
    return [json.loads(line) for line in (TRACES / name).read_text(encoding="utf-8").splitlines()]


def entries_of(memory: Memory) -> list[StoredEntry]:
    """Every entry that was learnt."""
    return memory.store.reader.list_entries(DEFAULT_NAMESPACE, limit=10_000)


def links_of(memory: Memory, namespace: str) -> list[RecognisedLink]:
    """Every link of a namespace."""
    return memory.store.reader.list_links(Namespace(namespace), limit=10_000)


@pytest.fixture
def taught(tmp_path: Path) -> Iterator[Taught]:
    """A memory without the starter memory, and a trace that gives it entries."""
    trace = next(one for one in traces("own.jsonl") if one.get("outcome") == "correct")
    with open_memory(tmp_path / "home", encoder=HashingEncoder(), starter=False) as memory:
        memory.ingest(trace)
        assert entries_of(memory)
        yield Taught(memory, trace)


def test_the_same_trace_is_more_evidence_unless_it_was_shown(taught: Taught) -> None:
    """Another attempt that says the same gives each entry a source; shown them, it gives none, and is told why."""
    before = taught.entries
    shown = taught.again(shown=list(before), texts=[])
    assert taught.entries == before
    counted = dict(shown.counts.reasons)
    assert counted[REASON] == len(before)
    shown.counts.check()
    taught.again(shown=[], texts=[])
    assert {one: (key, sources) for one, (key, sources) in taught.entries.items() if before[one][1] < sources}


def test_two_rounds_add_nothing(taught: Taught) -> None:
    """However often an entry is recalled for a trace that then says it, it keeps the evidence that it had."""
    before = taught.entries
    for _ in range(2):
        taught.again(shown=list(before), texts=[])
    assert taught.entries == before


def test_words_of_a_hint_are_not_learnt_from_what_is_left(taught: Taught) -> None:
    """A model that says a hint again in its own thought, with other blanks, teaches nothing of it."""
    hints = [ThoughtPrompts().frame_hint(one) for one in taught.wordings]
    fresh = {one.entry.id for one in entries_of(taught.memory)}
    with open_memory(taught.memory.store.path.parent / "other", encoder=HashingEncoder(), starter=False) as other:
        spaced = "\n\n".join(paragraph.replace(" ", "  ") for paragraph in str(taught.trace["thought"]).split("\n\n"))
        repeated = replace_trace(taught.trace, thought=spaced)
        job = other.ingest(repeated | {"metadata": {"midthought": describe_recalled([], hints)}})
        assert dict(job.counts.reasons)["injected-hint: says what an injected hint says"] >= len(fresh)
        assert not entries_of(other)
        other.ingest(repeated | {"source": "nothing shown"})
        assert entries_of(other)


def replace_trace(trace: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The trace with other fields."""
    return {**trace, **fields}


def test_a_revised_entry_is_still_the_one_that_was_shown(taught: Taught) -> None:
    """What a trace was shown is an earlier wording: the id of that counts for all."""
    stored = entries_of(taught.memory)[0]
    assert isinstance(stored.entry, WorkedExample)
    revised = taught.memory.revise(stored.id, replace(stored.entry, passage=f"{stored.entry.passage} So it is."))
    before = taught.entries[revised.id]
    shown = taught.again(shown=[stored.id], texts=[])
    assert dict(shown.counts.reasons)[REASON] >= 1
    assert taught.entries[revised.id] == before


WORK = "With i + b/2 - 1 and the points that I counted, 4 inside and 8 on the border, the area is 4 + 8/2 - 1 = 7."
PICK = Procedure(
    "How do I find the area of a polygon on a lattice?", "I count points and take i + b/2 - 1: Pick's theorem"
)
CUES = json.dumps({"entry": PICK.subquestion, "cues": ["pick's theorem"], "evidence": ["b/2"]})
LATTICE = {
    "question": "What is the area?",
    "thought": f"I find the area of a polygon on a lattice by Pick's theorem. {WORK}",
    "answer": "7",
    "outcome": "correct",
}


@pytest.fixture
def linking(tmp_path: Path) -> Iterator[tuple[Memory, str]]:
    """A memory with one procedure that its cues find in the trace, and the procedure's id."""
    cues = tmp_path / "cues.jsonl"
    cues.write_text(CUES)
    with open_memory(tmp_path / "home", encoder=HashingEncoder(), starter=False, cues=cues) as memory:
        memory.add_entries([PICK])
        yield memory, PICK.id


def test_links_of_what_was_shown_are_left_out(linking: tuple[Memory, str]) -> None:
    """An entry that was recalled for a trace is not shown to be useful by it; else the trace links it."""
    memory, pick = linking
    memory.ingest(LATTICE | {"metadata": {"midthought": describe_recalled([pick], [])}})
    assert not links_of(memory, "default")
    memory.ingest(LATTICE)
    assert [one.entry_id for one in links_of(memory, "default")] == [pick]


def test_a_passage_inside_marks_is_no_link(linking: tuple[Memory, str]) -> None:
    """What another program put into a thought between the marks of a hint shows no entry to be useful."""
    memory, _ = linking
    prompts = ThoughtPrompts()
    marked = f"{prompts.hint_begin}\n{LATTICE['thought']}\n{prompts.hint_end}\nNow, I write the answer."
    memory.ingest(LATTICE | {"thought": marked})
    assert not links_of(memory, "default")


@pytest.mark.parametrize(
    "metadata",
    [
        "{}",
        '{"midthought":3}',
        '{"midthought":{"recalled":[]}}',
        '{"midthought":{"recalled":{"entries":5,"words":{"13":"?"}}}}',
        '{"midthought":{"recalled":{"words":{"thirteen":"AAAA"}}}}',
        '{"midthought":{"recalled":{"words":{"13":"AAAA"}}}}',
        '{"midthought":{"recalled":{"words":{"13":null}}}}',
        '{"recalled":{"entries":["p-1"]}}',
    ],
)
def test_metadata_of_others_says_nothing(metadata: str) -> None:
    """Whatever another program writes into the metadata, nothing is read from it, and nothing fails."""
    read = recalled_hints(Trajectory("Why?", "Because.", metadata=metadata))
    assert (read.entries, dict(read.words.runs)) == (NOTHING_RECALLED.entries, {})
