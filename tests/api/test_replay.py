"""A receipt holds the arguments by which the memory answers again as it did, whatever was written since."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import RecallResult

FRUITS = ("apples", "pears", "plums", "cherries", "melons")
ENTRIES = [Procedure(f"How do I count {' and '.join(FRUITS[:n])}?", f"Way {n}.", tags=("count",)) for n in range(1, 6)]
QUERY = "How do I count apples and pears and plums and cherries and melons?"


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A memory of five entries, each nearer to the query than the one before."""
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, min_similarity=0.1) as opened:
        opened.add_entries(ENTRIES)
        yield opened


def arguments(memory: Memory) -> dict[str, Any]:
    """The arguments in the newest receipt."""
    stored: dict[str, Any] = json.loads(memory.receipts(limit=1)[0].content)["arguments"]
    return stored


def shown(result: RecallResult) -> list[tuple[str, int, float | None]]:
    """Which wordings were returned, in order, with their cosines; those of earlier wordings differ in the last bit."""
    return [(hit.id, hit.version, hit.similarity and round(hit.similarity, 5)) for hit in result]


def change(memory: Memory) -> None:
    """Add two near entries, and revise the best and the third hit so that neither would be found."""
    memory.add_entries([Procedure(f"{QUERY} (again {n})", "New.", tags=("count",)) for n in range(2)])
    memory.revise(ENTRIES[4].id, replace(ENTRIES[4], subquestion="What is a boat?"))
    memory.revise(ENTRIES[2].id, replace(ENTRIES[2], subquestion="What is a ship?"))


def test_a_receipt_replays_its_recall(memory: Memory) -> None:
    """After additions and revisions the stored arguments give the same wordings in the same order, and not before."""
    first = memory.recall(QUERY, k=4, tags=["count"])
    stored = arguments(memory)
    assert stored == {
        "query": QUERY, "k": 4, "tags": ["count"], "min_similarity": 0.1, "shadow": False, "as_of": first.moment
    }  # fmt: skip
    change(memory)
    assert shown(memory.recall(QUERY, k=4, tags=["count"])) != shown(first)
    again = memory.recall(**stored)
    assert shown(again) == shown(first)
    assert [hit.entry for hit in again] == [hit.entry for hit in first]


def test_what_was_forgotten_stays_forgotten(memory: Memory) -> None:
    """A hit that was forgotten since is missing from the replay, and the others keep their order."""
    first = memory.recall(QUERY, k=4)
    stored = arguments(memory)
    change(memory)
    memory.forget(first[1].id)
    again = shown(memory.recall(**stored))
    assert again[:3] == [one for one in shown(first) if one[0] != first[1].id]
    assert [one[0] for one in again[3:]] == [ENTRIES[0].id]


def test_a_replay_can_be_replayed(memory: Memory) -> None:
    """A recall as of a moment stores that moment, so that its receipt gives the same again."""
    first = memory.recall(QUERY, k=2)
    change(memory)
    again = memory.recall(QUERY, k=2, as_of=first.moment)
    assert again.moment == first.moment == arguments(memory)["as_of"]
    assert shown(memory.recall(**arguments(memory))) == shown(first)


def test_an_abstention_is_replayed(memory: Memory) -> None:
    """What recall was silent on then it is silent on again, though the memory has an answer by now."""
    silent = memory.recall("boats")
    assert silent.abstention
    stored = arguments(memory)
    memory.add_entries([Procedure("boats", "Row.")])
    assert memory.recall("boats")
    assert memory.recall(**stored).abstention == silent.abstention


def test_the_excluded_question_is_not_in_the_receipt(memory: Memory) -> None:
    """Its trace may be forgotten later, and then no text of it may be left."""
    memory.recall(QUERY, exclude_question="How old is Anna's aunt?", explain=True)
    assert "aunt" not in memory.receipts(limit=1)[0].content
    assert not {"explain", "exclude_question"} & arguments(memory).keys()


def test_a_blank_query_has_no_moment(memory: Memory) -> None:
    """Nothing was searched, so there is nothing to replay at a moment."""
    assert memory.recall(" ").moment == ""
    assert "as_of" not in arguments(memory)
