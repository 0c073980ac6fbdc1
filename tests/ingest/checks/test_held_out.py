"""What overlaps with held-out questions is not learnt."""

import json
from pathlib import Path

import pytest

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.held_out import hold_out, read_held_out
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

from .drafts import SOURCE, procedure_draft, refusal_of

HELD = "A train leaves the old station at noon and reaches the coast three hours later; how far did it go at 60 km/h?"


def test_thirteen_words_in_a_row_are_an_overlap() -> None:
    """Whatever their case and punctuation; twelve are none."""
    words = HELD.replace(";", "").split()
    held_out = hold_out([HELD])
    assert held_out.find_overlap("So: " + " ".join(words[2:15]).upper() + " indeed")
    assert held_out.find_overlap("So " + " ".join(words[2:14]) + " indeed, and so on, and on") == ""


def test_a_short_text_counts_as_a_whole() -> None:
    """A question of fewer than 13 words overlaps with what holds all of it; five words are too few to tell."""
    held_out = hold_out(["How many primes are below fifty?", "What is 2 + 2?"])
    assert held_out.find_overlap("I ask: how many primes are below fifty, then.")
    assert held_out.find_overlap("What is 2 + 2?") == ""


def test_the_trace_of_a_held_out_question_teaches_nothing() -> None:
    """Neither does a draft with its words from another trace; the reason and the words are kept."""
    context = CheckContext(held_out=hold_out([HELD]))
    fine = procedure_draft("I divide the whole by one share.")
    assert refusal_of(fine, SOURCE, context) is None
    refused = refusal_of(fine, Trajectory(f"Problem 3. {HELD}", SOURCE.thought), context)
    assert refused is not None
    assert refused.reason == "contamination: shares 13 words with a held-out text"
    assert refused.found == "a train leaves the old station at noon and reaches the coast three"
    assert refusal_of(procedure_draft(HELD), SOURCE, context)


def test_held_out_files(tmp_path: Path) -> None:
    """JSON objects give their question or all their texts, JSON strings and other lines themselves."""
    path = tmp_path / "held.jsonl"
    other = {"name": "x", "body": "The second text has more than six words in it."}
    path.write_text(
        "\n".join(
            [
                json.dumps({"question": HELD, "answer": "180"}),
                json.dumps(other),
                "",
                "And a plain line of more than six words.",
            ]
        )
    )
    held_out = read_held_out(path)
    assert held_out.texts == 4
    for text in (HELD, other["body"], "and a plain line of more than six words"):
        assert held_out.find_overlap(text)
    assert held_out.bytes == 8 * sum(map(len, held_out.runs.values()))


@pytest.mark.parametrize("content", [b"", b"few words\n", b"\xff\xfe\xfa"])
def test_a_file_that_holds_nothing_out_is_an_error(tmp_path: Path, content: bytes) -> None:
    """An empty file, one of short lines only, and one that is no text."""
    path = tmp_path / "held.txt"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"held\.txt"):
        read_held_out(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_held_out(tmp_path / "missing.txt")
